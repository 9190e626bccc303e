/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Layers: what programs may depend on, built ahead. A layer is a read-only directory of the unpacked files of some packages
 * of one language, with a manifest of digests beside it; ce_request.dependencies names packages, and the layers that have
 * them are shown in the cell. Nothing is ever fetched or built for a request. The rules of codeexec.h hold here too. */
#ifndef CODEEXEC_LAYERS_H
#define CODEEXEC_LAYERS_H

#include <codeexec/codeexec.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ce_layer {
	size_t size;
	const char *language;
	const char *id;                /* 32 hexadecimal digits of a digest of all that is in it */
	const char *directory;         /* on the host: `layer`, its manifest, and `files` */
	const char *const *packages;   /* "name@version"; NULL-terminated */
	uint64_t file_count;
	uint64_t bytes;
	uint64_t built_s;              /* seconds since 1970 */
} ce_layer;

/* `layer` and its texts are borrowed for the call. */
typedef void (*ce_layer_fn)(const ce_layer *layer, void *user_data);

/* Calls back for each layer of a language (NULL: of all), the newest of a language first. Returns their number, or a
 * CE_ERR_*. */
CE_API int ce_sandbox_layers(ce_sandbox *sandbox, const char *language, ce_layer_fn on_layer, void *user_data,
			     ce_error **error);

/* Where packages for the layers of a runtime are fetched: "npm" or "pip"; "" if there is no registry and their archives must
 * be at hand. NULL: the runtime takes no layers, or there is none of that number. */
CE_API const char *ce_executor_layer_registry(const ce_executor *executor, size_t runtime);

/* Builds a layer of `packages` (their `source` is not looked at) out of archives, which somebody fetched and whose digests
 * somebody checked. An archive's name is where it goes and what it is: "node_modules/x.tgz" is unpacked into
 * node_modules/x without its first directory, "x.whl" and "x.gem" into the layer's top, "x.jar" is kept as it is. They are
 * taken apart in a cell, by Python, without network, and none of their scripts is run; links and devices are left out. The
 * same packages out of the same archives give the same layer. `on_layer` may be NULL. CE_ERR_INVALID for a language that takes
 * no layers and archives that cannot be read, CE_ERR_UNAVAILABLE without Python, CE_ERR_OS. Blocks. */
CE_API int ce_sandbox_layer_build(ce_sandbox *sandbox, const char *language, const ce_dependency *packages,
				  size_t package_count, const ce_file *archives, size_t archive_count, ce_layer_fn on_layer,
				  void *user_data, ce_error **error);

/* Removes layers that newer ones of the same language replace, package for package, and what broken-off builds left.
 * What runs keeps what it has. Returns the number of layers removed, or a CE_ERR_*. */
CE_API int ce_sandbox_layers_gc(ce_sandbox *sandbox, ce_layer_fn on_removed, void *user_data, ce_error **error);

#ifdef __cplusplus
}
#endif
#endif
