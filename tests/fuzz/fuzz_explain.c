/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The plugins' readers of diagnostics, on what a hostile program could have printed, and their readers of sources, on the same
 * bytes. The plugins are linked in under names of their own, so that the fuzzer sees into them. */
#include "executor/executor.h"
#include "reader.h"

#define PLUGINS(X) X(c) X(command) X(go) X(java) X(javascript) X(kotlin) X(php) X(python) X(ruby) X(rust) X(typescript)
#define DECLARE(name) const ce_plugin *fuzz_##name##_entry(void);
#define LIST(name) fuzz_##name##_entry,
PLUGINS(DECLARE)

static const ce_plugin *(*const entries[])(void) = { PLUGINS(LIST) };

static const char manifest[] = "abi: 1\n"
			       "name: fuzz\n"
			       "title: Fuzz\n"
			       "source: main.txt\n"
			       "diagnostics:\n"
			       "  - \"{file}:{line}:{column}: {severity}: {message}\"\n"
			       "  - \"{file}({line},{column}): {severity} {type}: {message}\"\n"
			       "  - \"File \\\"{file}\\\", line {line}, characters {any}-{any}:\\nError: {message}\"\n"
			       "  - \"{any}({file}:{line}).\"\n"
			       "runtimes:\n"
			       "  - name: only\n"
			       "    compile:\n"
			       "      command: [sh, \"{source}\"]\n"
			       "      artifacts: [\"*\"]\n"
			       "    run:\n"
			       "      command: [\"./main\"]\n";

static void check(const struct ce_owned_diagnostic *d, size_t count)
{
	if (count > 100)
		abort();
	for (size_t i = 0; i < count; i++)
		if (strlen(d[i].severity) > 4096 || strlen(d[i].type) > 4096 || strlen(d[i].message) > 4096 ||
		    strlen(d[i].file) > 4096)
			abort();
}

static void explain(struct ce_executor *executor, const ce_plugin *plugin, const struct ce_explain_input *input)
{
	struct ce_owned_diagnostic *diagnostics = NULL;
	size_t count = 0;

	executor->plugin = plugin;
	ce__executor_explain(executor, 0, input, &diagnostics, &count);
	check(diagnostics, count);
	ce__diagnostics_free(diagnostics, count);
}

/* The same bytes as a program: what it is called, and how it would be run. */
static void prepare(struct ce_executor *executor, const ce_plugin *plugin, const struct ce_explain_input *input)
{
	ce_file file = { "main.cpp", input->errors, input->errors_size };
	ce_request request = ce_request_init();
	struct ce_execution_inputs inputs;
	char *name = NULL;

	executor->plugin = plugin;
	if (ce__executor_name_source(executor, 0, file.data, file.data_size, &name, NULL) == 0 && name && strchr(name, '/'))
		abort();
	request.files = &file;
	request.file_count = 1;
	if (ce__executor_prepare(executor, 0, &request, &inputs, NULL) == 0)
		ce__execution_inputs_finish(&inputs);
	free(name);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct ce_executor *executor;
	struct reader r = { .data = data, .size = size };
	struct ce_explain_input input = { 0 };
	uint8_t kind = reader_byte(&r);

	if (!executor && ce__manifest_parse("fuzz.yaml", manifest, sizeof(manifest) - 1, &executor, NULL))
		abort();
	input.stage = kind & 1 ? CE_STAGE_COMPILE : CE_STAGE_RUN;
	input.outcome = kind & 2 ? CE_OUTCOME_ERROR : kind & 4 ? CE_OUTCOME_SUCCESS : CE_OUTCOME_COMPILATION_ERROR;
	input.exit_code = kind & 8 ? (int)reader_byte(&r) : 1;
	input.signal = kind & 16 ? (int)reader_byte(&r) : 0;
	if (kind & 32)
		input.output = reader_block(&r, &input.output_size);
	input.errors_size = r.size;
	input.errors = reader_allocate(&r, r.size);
	if (input.errors && r.size)
		memcpy((void *)(uintptr_t)input.errors, r.data, r.size);
	if (input.errors)
		for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
			const ce_plugin *plugin = entries[i]();

			explain(executor, plugin, &input);
			if (plugin->prepare)
				prepare(executor, plugin, &input);
		}
	reader_finish(&r);
	return 0;
}
