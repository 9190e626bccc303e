/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Programs that are compiled once and run many times: the compile stage alone, its artifacts brought back like any other
 * files, and put into each later execution's work directory as part of its plan. */
#include <string.h>

#include "api/sandbox.h"
#include "executor/layers.h"

static int copy_files(struct ce_program *program, const struct ce_checked_request *checked, ce_error **error)
{
	program->files = calloc(checked->file_count + 1, sizeof(*program->files));
	if (!program->files)
		return ce__error_no_memory(error);
	for (size_t i = 0; i < checked->file_count; i++) {
		const ce_file *from = &checked->files[i];
		char *name = strdup(from->name);
		char *data = malloc(from->data_size + 1);

		program->files[i] = (ce_file){ name, data, from->data_size };
		program->file_count = i + 1;
		if (!name || !data)
			return ce__error_no_memory(error);
		if (from->data_size)
			memcpy(data, from->data, from->data_size);
	}
	return 0;
}

static int compile(ce_sandbox *sandbox, const struct ce_program *program, struct ce_checked_request *checked,
		   ce_result **out, ce_error **error)
{
	struct ce_execution_inputs inputs;
	ce_execution *execution = NULL;
	ce_limits run, limits;
	int r = ce__execute_limits(sandbox, &program->executor->runtimes[program->runtime], checked, &run, &limits, error);

	if (r)
		return r;
	checked->request.limits = &run;
	checked->request.compile_limits = &limits;
	memset(&inputs, 0, sizeof(inputs));
	r = ce__executor_prepare(program->executor, program->runtime, &checked->request, &inputs, error);
	if (!r && checked->request.dependency_count)
		r = ce__layers_add(sandbox->runtimes_dir, program->executor, program->runtime, checked->request.dependencies,
				   checked->request.dependency_count, &inputs, error);
	if (!r && inputs.has_compile)
		r = ce__execute_start(sandbox,
				      &(struct ce_start_request){
					      .executor = program->executor,
					      .runtime = program->runtime,
					      .inputs = &inputs,
					      .compile_only = true,
					      .run_limits = &run,
					      .compile_limits = &limits,
					      .files = checked->files,
					      .file_count = checked->file_count,
				      },
				      &execution, error);
	if (!r && execution)
		r = ce__execute_wait(execution, -1, error);
	if (!r && execution)
		r = ce_execution_take_result(execution, out, error);
	ce_execution_destroy(execution);
	checked->request.limits = checked->request.compile_limits = NULL; /* they end here */
	ce__execution_inputs_finish(&inputs);
	return r;
}

static int create(ce_sandbox *sandbox, struct ce_checked_request *checked, struct ce_program *program, ce_error **error)
{
	int r = ce__sandbox_find(sandbox, checked->request.language, false, &program->executor,
				  &program->runtime, error);

	if (!r)
		r = ce__request_name_program(checked, program->executor, program->runtime, error);
	if (!r)
		r = copy_files(program, checked, error);
	return r ? r : compile(sandbox, program, checked, &program->compiled, error);
}

/* The caller's own copy of what the compile stage said; the artifacts stay with the program. */
static int hand_over_result(struct ce_program **program, ce_result **compiled)
{
	ce_result *result = (*program)->compiled, *copy;

	if (result->outcome != CE_OUTCOME_SUCCESS) {
		*compiled = ce__steal_pointer(&(*program)->compiled);
		ce_program_free(*program);
		*program = NULL;
		return 0;
	}
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return CE_ERR_NO_MEMORY;
	/* Everything moves to the caller's result but the files. */
	*copy = *result;
	copy->files = NULL;
	copy->file_count = 0;
	memset(result->stages, 0, sizeof(result->stages));
	result->language = result->runtime = NULL;
	result->diagnostics = NULL;
	result->diagnostic_count = 0;
	*compiled = copy;
	return 0;
}

int ce_program_create(ce_sandbox *sandbox, const ce_request *request, ce_program **out, ce_result **compiled,
		      ce_error **error)
{
	struct ce_checked_request checked;
	ce_result *said = NULL;
	ce_program *program;
	int r;

	if (!sandbox || !out)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "sandbox and out must not be NULL");
	*out = NULL;
	if (compiled)
		*compiled = NULL;
	program = calloc(1, sizeof(*program));
	if (!program)
		return ce__error_no_memory(error);
	program->sandbox = sandbox;
	r = ce__request_check(request, &checked, error);
	if (!r && checked.request.program)
		r = ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request.program is compiled already");
	if (!r)
		r = create(sandbox, &checked, program, error);
	ce__request_finish(&checked);
	if (!r && program->compiled && hand_over_result(&program, &said))
		r = ce__error_no_memory(error);
	if (r) {
		ce_program_free(program);
		return r;
	}
	if (compiled)
		*compiled = said;
	else
		ce_result_free(said);
	*out = program;
	return 0;
}

void ce_program_free(ce_program *program)
{
	if (!program)
		return;
	for (size_t i = 0; i < program->file_count; i++) {
		free((void *)(uintptr_t)program->files[i].name);
		free((void *)(uintptr_t)program->files[i].data);
	}
	free(program->files);
	ce_result_free(program->compiled);
	free(program);
}
