/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a manifest wants made once: its command is run in a cell like any program, so that the files remember the paths
 * that later cells have, and a broken one breaks nothing. The library then puts the files where cells show them. */
#include <fcntl.h>
#include <string.h>

#include <codeexec/executors.h>

#include "api/keep.h"
#include "api/sandbox.h"
#include "plan/effective.h"

#define STAMP_NAME ".codeexec"
#define OUTPUTS_MAX_BYTES (UINT64_C(4) << 30)
#define STDERR_SHOWN 300

struct prebuild {
	ce_sandbox *sandbox;
	const struct ce_executor *executor;
	const struct ce_manifest_runtime *runtime;
	size_t index;
	char *directory; /* on the host; owned */
	char *stamp;     /* what the files depend on; owned */
};

/* The version and the manifest's own words: when either is another one, it is made again. */
static char *make_stamp(const struct prebuild *p)
{
	const struct ce_manifest_prebuild *m = &p->runtime->prebuild;
	char *stamp = ce__base_asprintf("%s\n", ce_sandbox_runtime_version(p->sandbox, p->executor, p->index));

	for (size_t list = 0; list < 2; list++) {
		for (char **word = list ? m->outputs : m->command; stamp && *word; word++) {
			CE_CLEANUP_FREE char *before = stamp;

			stamp = ce__base_asprintf("%s%s\n", before, *word);
		}
	}
	for (size_t i = 0; stamp && i < m->files.count; i++) {
		CE_CLEANUP_FREE char *before = stamp;

		stamp = ce__base_asprintf("%s%s\n%s\n", before, m->files.items[i].name, m->files.items[i].data);
	}
	return stamp;
}

static bool is_up_to_date(const struct prebuild *p)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/" STAMP_NAME, p->directory);
	size_t size = strlen(p->stamp);
	CE_CLEANUP_FREE char *text = malloc(size + 2);
	ssize_t n = path && text ? ce__io_read_file(AT_FDCWD, path, text, size + 2) : -1;

	return n >= 0 && (size_t)n == size && memcmp(text, p->stamp, size) == 0;
}

static int write_files(const struct prebuild *p, const char *directory, const ce_result *result, ce_error **error)
{
	size_t written = 0;

	for (size_t i = 0; i < ce_result_file_count(result); i++) {
		ce_output_file file = { .size = sizeof(file) };
		int r;

		ce_result_file(result, i, &file);
		if (file.flags & CE_OUTPUT_FILE_SKIPPED)
			return ce__error_set(error, CE_ERR_UNAVAILABLE, 0, NULL, "prebuild of %s@%s: %s: %s", p->executor->name,
					     p->runtime->name, file.name, file.reason);
		r = ce__keep_file(directory, file.name, file.data, file.data_size,
				  (file.flags & CE_OUTPUT_FILE_EXECUTABLE) != 0, error);
		if (r)
			return r;
		written++;
	}
	if (!written)
		return ce__error_set(error, CE_ERR_UNAVAILABLE, 0, NULL, "prebuild of %s@%s made none of its outputs",
				     p->executor->name, p->runtime->name);
	return ce__keep_file(directory, STAMP_NAME, p->stamp, strlen(p->stamp), false, error);
}

static int keep_files(const struct prebuild *p, const ce_result *result, ce_error **error)
{
	CE_CLEANUP_FREE char *fresh = NULL;
	int r = ce__keep_begin(p->directory, &fresh, error);

	if (r)
		return r;
	r = write_files(p, fresh, result, error);
	if (!r)
		r = ce__keep_commit(fresh, p->directory, error);
	if (r)
		ce__keep_remove(fresh);
	return r;
}

static int run_command(const struct prebuild *p, ce_result **out, ce_error **error)
{
	const struct ce_manifest_prebuild *m = &p->runtime->prebuild;
	const struct ce_limits_sources sources = { &p->sandbox->compile_limits, &m->limits, NULL };
	CE_CLEANUP_FREE ce_file *files = calloc(m->files.count + 1, sizeof(*files));
	ce_request request = ce_request_init();
	struct ce_execution_inputs inputs;
	ce_execution *execution = NULL;
	ce_limits limits;
	int r;

	if (!files)
		return ce__error_no_memory(error);
	for (size_t i = 0; i < m->files.count; i++)
		files[i] = (ce_file){ m->files.items[i].name, m->files.items[i].data, m->files.items[i].data_size };
	request.outputs = (const char *const *)m->outputs;
	request.outputs_max_bytes = OUTPUTS_MAX_BYTES;
	memset(&inputs, 0, sizeof(inputs));
	r = ce__effective_limits(&sources, CE_STAGE_COMPILE, "limits", &limits, error);
	if (!r)
		r = ce__executor_prepare_prebuild(p->executor, p->index, &inputs, error);
	if (!r)
		r = ce__execute_start(p->sandbox,
				      &(struct ce_start_request){ .executor = p->executor,
								  .runtime = p->index,
								  .inputs = &inputs,
								  .run_limits = &limits,
								  .files = files,
								  .file_count = m->files.count,
								  .request = &request },
				      &execution, error);
	if (!r)
		r = ce__execute_wait(execution, -1, error);
	if (!r)
		r = ce_execution_take_result(execution, out, error);
	ce_execution_destroy(execution);
	ce__execution_inputs_finish(&inputs);
	return r;
}

/* With the end of what it said, as one line. */
static int fail_command(const struct prebuild *p, const ce_result *result, ce_error **error)
{
	char shown[STDERR_SHOWN + 1];
	size_t size;
	const char *said = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDERR, &size);

	while (size && said[size - 1] == '\n')
		size--;
	if (size > STDERR_SHOWN) {
		said += size - STDERR_SHOWN;
		size = STDERR_SHOWN;
	}
	for (size_t i = 0; i < size; i++)
		shown[i] = (unsigned char)said[i] < 32 ? ' ' : said[i];
	shown[size] = '\0';
	return ce__error_set(error, CE_ERR_UNAVAILABLE, 0, NULL, "prebuild of %s@%s ended with %s (%s): %s", p->executor->name,
			     p->runtime->name, ce_result_status(result), ce_result_message(result), shown);
}

static int build(const struct prebuild *p, ce_error **error)
{
	ce_result *result = NULL;
	int r = run_command(p, &result, error);

	if (!r && ce_result_outcome(result) != CE_OUTCOME_SUCCESS)
		r = fail_command(p, result, error);
	if (!r)
		r = keep_files(p, result, error);
	ce_result_free(result);
	return r ? r : 1;
}

int ce_sandbox_prebuild(ce_sandbox *sandbox, const char *language, uint64_t flags, ce_error **error)
{
	struct prebuild p = { .sandbox = sandbox };
	int r;

	if (!sandbox || !language)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "sandbox and language must not be NULL");
	if (flags & ~CE_PREBUILD_FORCE)
		return ce__error_set(error, CE_ERR_TOO_NEW, 0, NULL, "prebuild: a flag that this library does not know");
	r = ce__sandbox_find(sandbox, language, false, &p.executor, &p.index, error);
	if (r)
		return r;
	p.runtime = &p.executor->runtimes[p.index];
	if (!p.runtime->prebuild.command)
		return 0;
	/* prebuilt begins with the place in the cell; the host has the same below its own directory. */
	p.directory = ce__base_asprintf("%s%s", sandbox->runtimes_dir, p.runtime->prebuilt + strlen(CE_RUNTIMES_TARGET));
	p.stamp = p.directory ? make_stamp(&p) : NULL;
	if (!p.stamp)
		r = ce__error_no_memory(error);
	else if ((flags & CE_PREBUILD_FORCE) || !is_up_to_date(&p))
		r = build(&p, error);
	free(p.directory);
	free(p.stamp);
	return r;
}
