/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * ce_execute and the asynchronous pair: request -> checked -> inputs -> plan -> execution. */
#include <limits.h>
#include <string.h>

#include "api/sandbox.h"
#include "executor/layers.h"
#include "plan/build.h"
#include "plan/effective.h"

static int fill_stage(ce_sandbox *sandbox, struct ce_build_stage *out, ce_stage stage,
		      const struct ce_stage_inputs *inputs, const ce_limits *limits, const char *const *env,
		      ce_error **error)
{
	*out = (struct ce_build_stage){ .stage = stage, .inputs = inputs, .limits = limits, .user_env = env };
	return ce__filters_get(sandbox, inputs ? (const char *const *)inputs->seccomp : NULL, &out->bpf, &out->bpf_size,
			       error);
}

/* One that waits where it reads its program has looked for this line already, and found none. */
static bool begins_with_interpreter(const ce_file *program)
{
	return program->data_size >= 2 && !memcmp(program->data, "#!", 2);
}

/* Not with arguments or an environment of the request's own: they would lie in a process that nobody may ever use. */
static void allow_parking(const ce_sandbox *sandbox, const struct ce_start_request *start, struct ce_build_stage *stage)
{
	const ce_request *request = start->request;

	if (!sandbox->park_object || start->compiled || !request || !stage->inputs || stage->inputs->warm.mode == CE_WARM_NONE || !start->file_count ||
	    (request->args && request->args[0]) || (request->env && request->env[0]) ||
	    (stage->inputs->warm.second_read && begins_with_interpreter(&start->files[0])) ||
	    strlen(start->files[0].name) >= CE_PLAN_MAX_TRIGGER)
		return;
	stage->trigger = start->files[0].name;
	stage->park_object = sandbox->park_object;
	stage->full_exit = (sandbox->flags & CE_SANDBOX_FULL_EXIT) != 0;
}

int ce__execute_start(ce_sandbox *sandbox, const struct ce_start_request *start, ce_execution **out, ce_error **error)
{
	const ce_request *request = start->request;
	const struct ce_execution_inputs *inputs = start->inputs;
	struct ce_build_inputs build = {
		.root = &sandbox->root,
		.files = start->files,
		.file_count = start->file_count,
		.executable = start->executable,
		.outputs = request ? request->outputs : NULL,
		.outputs_max_bytes = request ? request->outputs_max_bytes : 0,
		.flags = inputs ? 0 : CE_PLAN_PROBE,
		.network = request ? request->network : CE_NETWORK_NONE,
		.disable = sandbox->disable,
		.tolerate = sandbox->tolerate,
		.usage_interval_us = request && start->on_event ? request->usage_interval_ms * 1000 : 0,
		.queue_timeout_us = sandbox->queue_timeout_ms * 1000,
		.keep_max_bytes = start->ticket ? sandbox->cache->entry_max_bytes : 0,
	};
	CE_CLEANUP_FREE void *plan = NULL;
	size_t plan_size = 0;
	int r = 0;

	if (inputs && inputs->has_compile && !start->compiled) /* no environment of the user's while a compiler runs */
		r = fill_stage(sandbox, &build.stages[build.stage_count++], CE_STAGE_COMPILE, &inputs->compile,
			       start->compile_limits, NULL, error);
	if (start->compile_only && inputs) {
		build.outputs = (const char *const *)inputs->compile.artifacts;
		build.outputs_max_bytes = start->compile_limits->disk_bytes;
	} else if (!r)
		r = fill_stage(sandbox, &build.stages[build.stage_count++], CE_STAGE_RUN, inputs ? &inputs->run : NULL,
			       start->run_limits, request ? request->env : NULL, error);
	if (!r && build.stage_count == 1 && !start->compile_only)
		allow_parking(sandbox, start, &build.stages[0]);
	if (start->prewarm)
		build.flags |= CE_PLAN_PARK;
	else if (inputs && request && (request->flags & CE_REQUEST_TRACE))
		build.flags |= CE_PLAN_TRACE;
	if (start->compiled)
		build.flags |= CE_PLAN_COMPILED;
	else if (start->ticket)
		build.flags |= CE_PLAN_KEEP;
	if (!r)
		r = ce__build_plan(&build, &plan, &plan_size, error);
	if (r)
		return r;
	return ce__execution_create(
		&(struct ce_execution_setup){
			.client = &sandbox->client,
			.executor = start->executor,
			.runtime = start->runtime,
			.plan = plan,
			.plan_size = plan_size,
			.stage_count = build.stage_count,
			.last_stage = start->compile_only ? CE_STAGE_COMPILE : CE_STAGE_RUN,
			.input = request ? request->input : NULL,
			.input_size = request ? request->input_size : 0,
			.interactive = request && (request->flags & CE_REQUEST_INTERACTIVE),
			.cache = sandbox->cache,
			.compiled = start->compiled,
			.ticket = start->ticket,
			.kill_on_output_limit = (sandbox->flags & CE_SANDBOX_KILL_ON_OUTPUT_LIMIT) != 0,
			.output_bytes = { start->compile_limits ? start->compile_limits->output_bytes : 0,
					  start->run_limits->output_bytes },
			.on_event = start->on_event,
			.user_data = start->user_data,
		},
		out, error);
}

int ce__execute_limits(const ce_sandbox *sandbox, const struct ce_manifest_runtime *runtime,
		       const struct ce_checked_request *checked, ce_limits *run, ce_limits *compile, ce_error **error)
{
	const struct ce_limits_sources run_sources = { &sandbox->limits, &runtime->run.limits, &checked->limits };
	const struct ce_limits_sources compile_sources = { &sandbox->compile_limits, &runtime->compile.limits,
							   &checked->compile_limits };
	int r = ce__effective_limits(&run_sources, CE_STAGE_RUN, "limits", run, error);

	return r ? r : ce__effective_limits(&compile_sources, CE_STAGE_COMPILE, "compile_limits", compile, error);
}

/* Has this been compiled before? Else it may be kept this time. */
static void look_into_cache(ce_sandbox *sandbox, const struct ce_checked_request *checked, struct ce_start_request *start)
{
	enum ce_cache_use use = start->executor->runtimes[start->runtime].compile.cache;

	if (!sandbox->cache || !start->inputs->has_compile || use == CE_CACHE_NONE ||
	    (checked->request.flags & CE_REQUEST_NO_CACHE))
		return;
	start->compiled = ce__cache_find(sandbox->cache,
					 &(struct ce_cache_subject){
						 .tenant = checked->request.tenant,
						 .shared = use == CE_CACHE_SHARED && (sandbox->flags & CE_SANDBOX_SHARE_CACHE),
						 .executor = start->executor,
						 .runtime = start->runtime,
						 .compile = &start->inputs->compile,
						 .files = start->files,
						 .file_count = start->file_count,
						 .network = checked->request.network,
					 },
					 start->compile_limits->output_bytes, &start->ticket);
}

static int start_with_cache(ce_sandbox *sandbox, const struct ce_checked_request *checked, struct ce_start_request *start,
			    ce_execution **out, ce_error **error)
{
	int r;

	look_into_cache(sandbox, checked, start);
	r = ce__execute_start(sandbox, start, out, error);
	if (r && start->compiled)
		ce__cache_release(sandbox->cache, start->compiled);
	if (r)
		ce__cache_ticket_free(start->ticket);
	return r;
}

static int start_checked(ce_sandbox *sandbox, struct ce_checked_request *checked, ce_event_fn on_event, void *user_data,
			 ce_execution **out, ce_error **error)
{
	const struct ce_program *program = checked->request.program;
	const struct ce_executor *executor = NULL;
	struct ce_execution_inputs inputs;
	ce_limits run, compile;
	size_t runtime = 0;
	int r;

	if (program && program->sandbox != sandbox)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request.program belongs to another sandbox");
	if (program) {
		executor = program->executor;
		runtime = program->runtime;
		r = ce__request_add_program(checked, error);
	} else {
		r = ce__sandbox_find(sandbox, checked->request.language, false, &executor, &runtime, error);
		if (!r)
			r = ce__request_name_program(checked, executor, runtime, error);
	}
	if (!r)
		r = ce__execute_limits(sandbox, &executor->runtimes[runtime], checked, &run, &compile, error);
	if (r)
		return r;
	checked->request.limits = &run;
	checked->request.compile_limits = &compile;
	memset(&inputs, 0, sizeof(inputs));
	r = ce__executor_prepare(executor, runtime, &checked->request, &inputs, error);
	if (!r && checked->request.dependency_count)
		r = ce__layers_add(sandbox->runtimes_dir, executor, runtime, checked->request.dependencies,
				   checked->request.dependency_count, &inputs, error);
	if (program)
		inputs.has_compile = false; /* that was done when it was made */
	if (!r)
		r = start_with_cache(sandbox, checked,
				     &(struct ce_start_request){
					     .executor = executor,
					     .runtime = runtime,
					     .inputs = &inputs,
					     .run_limits = &run,
					     .compile_limits = &compile,
					     .files = checked->files,
					     .file_count = checked->file_count,
					     .executable = checked->executable,
					     .request = &checked->request,
					     .on_event = on_event,
					     .user_data = user_data,
				     },
				     out, error);
	checked->request.limits = checked->request.compile_limits = NULL; /* they end here */
	ce__execution_inputs_finish(&inputs);
	return r;
}

int ce_execution_start(ce_sandbox *sandbox, const ce_request *request, ce_event_fn on_event, void *user_data,
		       ce_execution **out, ce_error **error)
{
	struct ce_checked_request checked;
	int r;

	if (!sandbox || !out)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "sandbox and out must not be NULL");
	*out = NULL;
	r = ce__request_check(request, &checked, error);
	if (!r)
		r = start_checked(sandbox, &checked, on_event, user_data, out, error);
	ce__request_finish(&checked);
	return r;
}

int ce_execution_fd(const ce_execution *execution)
{
	return execution->epoll;
}

int ce_execution_dispatch(ce_execution *execution, ce_error **error)
{
	return ce__execution_step(execution, 0, error);
}

int ce__execute_wait(ce_execution *execution, int64_t timeout_ms, ce_error **error)
{
	uint64_t start = ce__clock_us();

	for (;;) {
		int64_t left = -1;
		int r;

		if (timeout_ms >= 0) {
			left = timeout_ms - (int64_t)((ce__clock_us() - start) / 1000);
			left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
		}
		r = ce__execution_step(execution, (int)left, error);
		if (r)
			return r < 0 ? r : 0;
		if (left == 0)
			return ce__error_set(error, CE_ERR_TIMEOUT, 0, NULL, "not finished after %lld ms",
					     (long long)timeout_ms);
	}
}

int ce_execution_wait(ce_execution *execution, int64_t timeout_ms, ce_error **error)
{
	return ce__execute_wait(execution, timeout_ms, error);
}

static int flush_input(ce_execution *e, ce_error **error)
{
	int r = ce__input_flush(&e->input, e->epoll);

	return r ? ce__error_set(error, CE_ERR_OS, -r, "write", "cannot wait for the program's input") : 0;
}

int ce_execution_write(ce_execution *execution, const void *data, size_t size, ce_error **error)
{
	struct ce_input *input = &execution->input;

	if (execution->finished)
		return 0; /* nobody reads it any more; whoever writes need not know yet */
	if (input->closing || input->write_fd < 0)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "the input is closed");
	if (size && !data)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "data must not be NULL");
	if (ce__input_add(input, data, size))
		return ce__error_no_memory(error);
	return flush_input(execution, error);
}

int ce_execution_close_input(ce_execution *execution, ce_error **error)
{
	execution->input.closing = true;
	return execution->finished ? 0 : flush_input(execution, error);
}

size_t ce_execution_pending_input(const ce_execution *execution)
{
	return execution->input.size - execution->input.at;
}

const char *ce_execution_id(const ce_execution *execution)
{
	return execution->id;
}

int ce_execution_take_result(ce_execution *execution, ce_result **out, ce_error **error)
{
	if (!out)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "out must not be NULL");
	*out = NULL;
	if (!execution->finished || execution->taken)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "the result is %s",
				     execution->taken ? "taken already" : "not there yet");
	execution->taken = true;
	if (execution->failure) {
		int code = ce_error_code(execution->failure);

		if (error)
			*error = ce__steal_pointer(&execution->failure);
		return code;
	}
	*out = ce__steal_pointer(&execution->result);
	return 0;
}

int ce_execute(ce_sandbox *sandbox, const ce_request *request, ce_result **out, ce_error **error)
{
	ce_execution *execution = NULL;
	int r;

	if (!out)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "out must not be NULL");
	*out = NULL;
	if (request && request->size >= offsetof(ce_request, flags) + sizeof(request->flags) &&
	    (request->flags & CE_REQUEST_INTERACTIVE))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "an interactive request needs ce_execution_start");
	r = ce_execution_start(sandbox, request, NULL, NULL, &execution, error);
	if (!r)
		r = ce__execute_wait(execution, -1, error);
	if (!r)
		r = ce_execution_take_result(execution, out, error);
	ce_execution_destroy(execution);
	return r;
}
