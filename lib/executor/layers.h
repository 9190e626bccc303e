/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Layers on disk: <runtimes dir>/layers/<language>/<id>/ with the directory `files` and the text file `layer`:
 *
 *   codeexec-layer 1
 *   package NAME VERSION
 *   archive SHA256 NAME
 *   file SHA256 SIZE NAME */
#ifndef CE_EXECUTOR_LAYERS_H
#define CE_EXECUTOR_LAYERS_H

#include "executor/executor.h"
#include "executor/strv.h"

#define CE_LAYER_ID_DIGITS 32
#define CE_LAYERS_TARGET "/opt/layers" /* in the cell; each below it by its id */

struct ce_layer_entry {
	char *id;                 /* owned, and so on */
	char *directory;
	struct ce_strv packages;  /* name@version */
	struct ce_strv archives;  /* where each went: "x.jar" is a file, "node_modules/x.tgz" the directory node_modules/x */
	uint64_t file_count, bytes, built_s;
};

struct ce_layer_list {
	struct ce_layer_entry *items; /* newest first */
	size_t count;
};

/* [A-Za-z0-9@/._+-], no ".." and not absolute: what goes into paths, manifests and messages as it is. */
bool ce__layers_name_ok(const char *name);
/* Reads all layers of a language; one that makes no sense is left out. CE_ERR_NO_MEMORY. */
int ce__layers_read(const char *runtimes_dir, const char *language, struct ce_layer_list *out, ce_error **error);
void ce__layers_finish(struct ce_layer_list *list);

/* The newest layer with the package, or NULL; one that has exactly this version comes before one that lies in the range.
 * Names are compared as the registry does. */
const struct ce_layer_entry *ce__layers_find(const struct ce_layer_list *list, const char *registry, const ce_dependency *d);
/* A whole file, owned and ended by a NUL; NULL if it cannot be read or is larger than `max`. */
char *ce__layers_read_text(const char *path, size_t max);

/* Adds what the dependencies need to both stages: mounts, and the variable and the options that the manifest names under
 * `layers`. CE_ERR_INVALID if the runtime takes no layers; CE_ERR_NOT_FOUND names those that nobody has, and the command that would build them. */
int ce__layers_add(const char *runtimes_dir, const struct ce_executor *executor, size_t runtime,
		   const ce_dependency *dependencies, size_t count, struct ce_execution_inputs *inputs, ce_error **error);

#endif
