/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Layers are built. Archives are taken apart in a cell; what comes out of it is hostile as well, and read as one
 * list of lengths and bytes. */
#include <stdio.h>
#include <string.h>

#include <codeexec/layers.h>

#include "api/keep.h"
#include "api/layers.h"
#include "api/sandbox.h"
#include "api/unpack_script.h"
#include "cache/sha256.h"
#include "executor/layers.h"
#include "plan/effective.h"

#define MIB (UINT64_C(1) << 20)
#define PACKAGES_MAX 1024
#define ARCHIVES_MAX 2048
#define FILES_MAX 200000
#define UNPACKED_MAX (UINT64_C(1) << 30)

struct build {
	ce_sandbox *sandbox;
	const struct ce_executor *executor;
	const ce_dependency *packages;
	const ce_file *archives;
	size_t package_count, archive_count;
	struct ce_strv lines; /* of the manifest */
	char id[CE_LAYER_ID_DIGITS + 1];
};

static void hex(const unsigned char *bytes, size_t count, char *out)
{
	for (size_t i = 0; i < count; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void digest_hex(const void *data, size_t size, char out[2 * CE_SHA256_BYTES + 1])
{
	unsigned char digest[CE_SHA256_BYTES];
	struct ce_sha256 sha;

	ce__sha256_init(&sha);
	ce__sha256_add(&sha, data, size);
	ce__sha256_end(&sha, digest);
	hex(digest, sizeof(digest), out);
}

/* The lines that do not depend on what is in the archives' insides; the layer's name is a digest of them. */
static int describe(struct build *b, ce_error **error)
{
	struct ce_sha256 sha;
	unsigned char digest[CE_SHA256_BYTES];
	char text[2 * CE_SHA256_BYTES + 1];

	if (!ce__strv_add(&b->lines, "codeexec-layer 1"))
		return ce__error_no_memory(error);
	for (size_t i = 0; i < b->package_count; i++)
		if (!ce__strv_take(&b->lines, ce__base_asprintf("package %s %s", b->packages[i].name, b->packages[i].version)))
			return ce__error_no_memory(error);
	for (size_t i = 0; i < b->archive_count; i++) {
		digest_hex(b->archives[i].data, b->archives[i].data_size, text);
		if (!ce__strv_take(&b->lines, ce__base_asprintf("archive %s %s", text, b->archives[i].name)))
			return ce__error_no_memory(error);
	}
	ce__sha256_init(&sha);
	ce__sha256_add(&sha, b->executor->name, strlen(b->executor->name) + 1);
	for (char **line = b->lines.items; *line; line++)
		ce__sha256_add(&sha, *line, strlen(*line) + 1);
	ce__sha256_end(&sha, digest);
	hex(digest, CE_LAYER_ID_DIGITS / 2, b->id);
	return 0;
}

static int check_language(const struct build *b, ce_error **error)
{
	for (size_t i = 0; i < b->executor->runtime_count; i++)
		if (b->executor->runtimes[i].layers.env)
			return 0;
	return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s takes no layers: its manifest has no \"layers\"", b->executor->name);
}

static int check_input(const struct build *b, ce_error **error)
{
	if (!b->package_count || !b->packages || b->package_count > PACKAGES_MAX)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: from 1 to %d packages", PACKAGES_MAX);
	if (!b->archive_count || !b->archives || b->archive_count > ARCHIVES_MAX)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: from 1 to %d archives", ARCHIVES_MAX);
	for (size_t i = 0; i < b->package_count; i++) {
		const ce_dependency *p = &b->packages[i];

		if (!p->name || !p->version || !ce__layers_name_ok(p->name) || !ce__layers_name_ok(p->version) ||
		    strchr(p->version, '@'))
			return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: \"%.64s@%.64s\" is no name@version",
					     p->name ? p->name : "", p->version ? p->version : "");
	}
	for (size_t i = 0; i < b->archive_count; i++)
		if (!b->archives[i].name || !ce__layers_name_ok(b->archives[i].name) ||
		    !ce__plan_name_ok(b->archives[i].name, strlen(b->archives[i].name)) ||
		    (b->archives[i].data_size && !b->archives[i].data))
			return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: \"%.64s\" is no name of an archive",
					     b->archives[i].name ? b->archives[i].name : "");
	return 0;
}

/* The program and the archives as one request to Python; names in a directory of their own, away from the program's. */
static int run_unpacker(struct build *b, ce_request *request, ce_result **out, ce_error **error)
{
	const ce_limits wanted = { .size = sizeof(wanted), .wall_time_ms = 120000, .cpu_time_ms = 120000,
				   .memory_bytes = 3072 * MIB, .disk_bytes = 2560 * MIB, .file_size_bytes = 1280 * MIB };
	const struct ce_limits_sources sources = { NULL, &wanted, NULL };
	struct ce_checked_request checked;
	const struct ce_executor *python = NULL;
	struct ce_execution_inputs inputs;
	ce_execution *execution = NULL;
	ce_limits limits;
	size_t runtime = 0;
	int r;

	memset(&inputs, 0, sizeof(inputs));
	r = ce__request_check(request, &checked, error);
	if (!r)
		r = ce__sandbox_find(b->sandbox, "python", false, &python, &runtime, error);
	if (!r)
		r = ce__request_name_program(&checked, python, runtime, error);
	if (!r)
		r = ce__effective_limits(&sources, CE_STAGE_RUN, "limits", &limits, error);
	if (!r)
		r = ce__executor_prepare(python, runtime, &checked.request, &inputs, error);
	inputs.run.warm.mode = CE_WARM_NONE;
	if (!r)
		r = ce__execute_start(b->sandbox,
				      &(struct ce_start_request){ .executor = python,
								  .runtime = runtime,
								  .inputs = &inputs,
								  .run_limits = &limits,
								  .files = checked.files,
								  .file_count = checked.file_count,
								  .executable = checked.executable,
								  .request = &checked.request },
				      &execution, error);
	if (!r)
		r = ce__execute_wait(execution, -1, error);
	if (!r)
		r = ce_execution_take_result(execution, out, error);
	ce_execution_destroy(execution);
	ce__execution_inputs_finish(&inputs);
	ce__request_finish(&checked);
	return r;
}

static int fill_request(struct build *b, ce_file *files, char **names, ce_result **out, ce_error **error)
{
	static const char *const outputs[] = { CE_UNPACK_OUTPUT, NULL };
	ce_request request = ce_request_init();

	for (size_t i = 0; i < b->archive_count; i++) {
		names[i] = ce__base_asprintf("in/%s", b->archives[i].name);
		if (!names[i])
			return ce__error_no_memory(error);
		files[i] = (ce_file){ names[i], b->archives[i].data, b->archives[i].data_size };
	}
	request.language = "python";
	request.code = ce__unpack_script;
	request.code_size = sizeof(ce__unpack_script) - 1;
	request.files = files;
	request.file_count = b->archive_count;
	request.args = (const char *const *)names;
	request.outputs = outputs;
	request.outputs_max_bytes = UNPACKED_MAX;
	return run_unpacker(b, &request, out, error);
}

static int unpack(struct build *b, ce_result **out, ce_error **error)
{
	CE_CLEANUP_FREE ce_file *files = calloc(b->archive_count, sizeof(*files));
	char **names = calloc(b->archive_count + 1, sizeof(*names));
	int r = files && names ? fill_request(b, files, names, out, error) : ce__error_no_memory(error);

	ce__strv_free(names);
	if (!r && ce_result_outcome(*out) != CE_OUTCOME_SUCCESS) {
		size_t size;
		const char *said = ce_result_output(*out, CE_STAGE_RUN, CE_STREAM_STDERR, &size);

		r = ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: the archives cannot be unpacked: %s: %.*s",
				  ce_result_status(*out), size < 300 ? (int)strcspn(said, "\n") : 300, said);
	}
	return r;
}

/* ---- what came out of the cell ---- */

struct cursor {
	const unsigned char *at, *end;
};

static bool take_number(struct cursor *c, size_t bytes, uint64_t *out)
{
	*out = 0;
	if ((size_t)(c->end - c->at) < bytes)
		return false;
	for (size_t i = 0; i < bytes; i++)
		*out |= (uint64_t)c->at[i] << 8 * i;
	c->at += bytes;
	return true;
}

/* 1: a file was kept, 0: that was all. */
static int keep_next(struct build *b, struct cursor *c, const char *directory, ce_error **error)
{
	uint64_t name_size, executable, size;
	char name[4096], digest[2 * CE_SHA256_BYTES + 1];
	CE_CLEANUP_FREE char *path = NULL;
	int r;

	if (c->at == c->end)
		return 0;
	if (!take_number(c, 4, &name_size) || !take_number(c, 4, &executable) || !take_number(c, 8, &size) ||
	    name_size >= sizeof(name) || name_size > (uint64_t)(c->end - c->at) ||
	    size > (uint64_t)(c->end - c->at) - name_size)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: the unpacked files make no sense");
	memcpy(name, c->at, name_size);
	name[name_size] = '\0';
	c->at += name_size;
	if (!ce__plan_name_ok(name, name_size) || strchr(name, '\n'))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: an unpacked file has no good name");
	path = ce__base_asprintf("files/%s", name);
	if (!path)
		return ce__error_no_memory(error);
	r = ce__keep_file(directory, path, c->at, size, executable != 0, error);
	if (r)
		return r;
	digest_hex(c->at, size, digest);
	c->at += size;
	if (!ce__strv_take(&b->lines, ce__base_asprintf("file %s %llu %s", digest, (unsigned long long)size, name)))
		return ce__error_no_memory(error);
	return 1;
}

static int write_manifest(const struct build *b, const char *directory, ce_error **error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return ce__error_no_memory(error);
	for (char **line = b->lines.items; *line; line++)
		fprintf(out, "%s\n", *line);
	r = fclose(out) ? ce__error_no_memory(error) : ce__keep_file(directory, "layer", text, size, false, error);
	free(text);
	return r;
}

static int keep(struct build *b, const ce_result *result, ce_error **error)
{
	CE_CLEANUP_FREE char *final =
		ce__base_asprintf("%s/layers/%s/%s", b->sandbox->runtimes_dir, b->executor->name, b->id);
	CE_CLEANUP_FREE char *fresh = NULL;
	ce_output_file file = { .size = sizeof(file) };
	struct cursor cursor;
	size_t kept = 0;
	int r;

	if (!final)
		return ce__error_no_memory(error);
	if (ce_result_file(result, 0, &file) || (file.flags & CE_OUTPUT_FILE_SKIPPED) || !file.data_size)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: there is nothing in the archives%s%s",
				     file.reason && *file.reason ? ": " : "", file.reason ? file.reason : "");
	cursor = (struct cursor){ file.data, (const unsigned char *)file.data + file.data_size };
	r = ce__keep_begin(final, &fresh, error);
	if (r)
		return r;
	while ((r = keep_next(b, &cursor, fresh, error)) == 1)
		if (++kept > FILES_MAX) {
			r = ce__error_set(error, CE_ERR_INVALID, 0, NULL, "layer: more than %d files", FILES_MAX);
			break;
		}
	if (!r)
		r = write_manifest(b, fresh, error);
	if (!r)
		r = ce__keep_commit(fresh, final, error);
	if (r)
		ce__keep_remove(fresh);
	return r;
}

static int tell_built(const struct build *b, ce_layer_fn fn, void *user_data, ce_error **error)
{
	struct ce_layer_list list;
	int r = ce__layers_read(b->sandbox->runtimes_dir, b->executor->name, &list, error);

	if (r)
		return r;
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].id, b->id))
			ce__layer_tell(&list.items[i], b->executor->name, fn, user_data);
	ce__layers_finish(&list);
	return 0;
}

int ce_sandbox_layer_build(ce_sandbox *sandbox, const char *language, const ce_dependency *packages, size_t package_count,
			   const ce_file *archives, size_t archive_count, ce_layer_fn on_layer, void *user_data,
			   ce_error **error)
{
	struct build b = { .sandbox = sandbox, .packages = packages, .package_count = package_count,
			   .archives = archives, .archive_count = archive_count };
	ce_result *result = NULL;
	size_t runtime;
	int r;

	if (!sandbox || !language)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "sandbox and language must not be NULL");
	r = ce__sandbox_find(sandbox, language, true, &b.executor, &runtime, error);
	if (!r)
		r = check_language(&b, error);
	if (!r)
		r = check_input(&b, error);
	if (!r)
		r = describe(&b, error);
	if (!r)
		r = unpack(&b, &result, error);
	if (!r)
		r = keep(&b, result, error);
	if (!r)
		r = tell_built(&b, on_layer, user_data, error);
	ce_result_free(result);
	ce__strv_finish(&b.lines);
	return r;
}
