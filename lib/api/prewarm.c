/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Interpreters started ahead on demand of the caller: a request with an empty program, whose shape the supervisor keeps. */
#include <string.h>

#include "api/sandbox.h"

static int wait_for(ce_sandbox *sandbox, struct ce_start_request *start, ce_error **error)
{
	ce_execution *execution = NULL;
	ce_result *nothing = NULL;
	int r = ce__execute_start(sandbox, start, &execution, error);

	if (!r)
		r = ce__execute_wait(execution, -1, error);
	if (!r)
		r = ce_execution_take_result(execution, &nothing, error);
	/* Nothing was run, and the result says so: what counts is that there was an answer. */
	if (!r && execution->probe.type != CE_MSG_FINISHED)
		r = ce__error_set(error, CE_ERR_OS, 0, "prewarm", "%s", ce_result_message(nothing));
	ce_result_free(nothing);
	ce_execution_destroy(execution);
	return r;
}

static int prewarm(ce_sandbox *sandbox, const struct ce_executor *executor, size_t runtime,
		   struct ce_checked_request *checked, ce_error **error)
{
	struct ce_execution_inputs inputs;
	ce_limits run, compile;
	int r = ce__execute_limits(sandbox, &executor->runtimes[runtime], checked, &run, &compile, error);

	if (r)
		return r;
	checked->request.limits = &run;
	checked->request.compile_limits = &compile;
	memset(&inputs, 0, sizeof(inputs));
	r = ce__executor_prepare(executor, runtime, &checked->request, &inputs, error);
	if (!r && (inputs.has_compile || inputs.run.warm.mode == CE_WARM_NONE))
		r = ce__error_set(error, CE_ERR_UNSUPPORTED, 0, NULL, "%s: its manifest does not say that it can be started ahead",
				  executor->name);
	if (!r)
		r = wait_for(sandbox,
			     &(struct ce_start_request){
				     .executor = executor,
				     .runtime = runtime,
				     .inputs = &inputs,
				     .prewarm = true,
				     .run_limits = &run,
				     .compile_limits = &compile,
				     .files = checked->files,
				     .file_count = checked->file_count,
				     .request = &checked->request,
			     },
			     error);
	checked->request.limits = checked->request.compile_limits = NULL; /* they end here */
	ce__execution_inputs_finish(&inputs);
	return r;
}

static int prewarm_language(ce_sandbox *sandbox, const char *language, ce_error **error)
{
	ce_request request = ce_request_init();
	const struct ce_executor *executor = NULL;
	struct ce_checked_request checked;
	size_t runtime = 0;
	int r;

	request.language = language;
	request.code = "";
	r = ce__request_check(&request, &checked, error);
	if (!r)
		r = ce__sandbox_find(sandbox, language, false, &executor, &runtime, error);
	if (!r)
		r = ce__request_name_program(&checked, executor, runtime, error);
	if (!r)
		r = prewarm(sandbox, executor, runtime, &checked, error);
	ce__request_finish(&checked);
	return r;
}

int ce_sandbox_prewarm(ce_sandbox *sandbox, const char *const *languages, ce_error **error)
{
	int r = 0;

	if (!sandbox || !languages)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "sandbox and languages must not be NULL");
	if (!sandbox->park_object)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "nothing is started ahead in this sandbox: set options.warm_memory_bytes");
	for (size_t i = 0; !r && languages[i]; i++)
		r = prewarm_language(sandbox, languages[i], error);
	return r;
}
