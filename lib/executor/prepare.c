/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The prepare hook: a request in, commands out. What the manifest says of environment, artifacts, seccomp
 * groups, mounts and limits is put in place before the plugin is asked, and what the plugin made is checked
 * after it. */
#include "executor/call.h"
#include "executor/options.h"
#include "executor/program.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define DEFAULT_MEMORY_MIB 256

/* The names of the request that a plugin sees and a template is filled in with. */
struct request_view {
	ce_plugin_request request;
	ce_file *files; /* owned */
	struct ce_strv sources;
	struct ce_strv option_words, options;
};

static bool has_extension(const struct ce_executor *executor, const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strchr(dot, '/') && ce__strv_has(executor->extensions, dot + 1);
}

static int view_request(const struct ce_executor *executor, const struct ce_manifest_runtime *rt,
			const struct ce_request *request, struct request_view *out, ce_error **error)
{
	static const char *const no_args[] = {NULL};
	size_t count = 0;
	int r;

	if (!request->code && request->file_count == 0)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "the request has neither code nor files");
	out->files = calloc(request->file_count + 1, sizeof(*out->files));
	if (!out->files)
		return ce__error_no_memory(error);
	if (request->code)
		out->files[count++] = (ce_file){executor->source_name, request->code, request->code_size};
	for (size_t i = 0; i < request->file_count; i++)
		out->files[count++] = request->files[i];
	for (size_t i = 0; i < count; i++)
		if ((i == 0 || has_extension(executor, out->files[i].name)) &&
		    !ce__strv_add(&out->sources, out->files[i].name))
			return ce__error_no_memory(error);
	r = ce__options_settle(executor, rt, request->options, &out->option_words, &out->options, error);
	if (r)
		return r;
	out->request = (ce_plugin_request){
	    .size = sizeof(out->request),
	    .program = out->files[0].name,
	    .files = out->files,
	    .file_count = count,
	    .args = request->args ? request->args : no_args,
	    .limits = request->limits,
	    .compile_limits = request->compile_limits,
	    .options = out->options.items ? (const char *const *)out->options.items : no_args,
	};
	return 0;
}

static void finish_view(struct request_view *view)
{
	ce__strv_finish(&view->sources);
	ce__strv_finish(&view->option_words);
	ce__strv_finish(&view->options);
	free(view->files);
}

static uint64_t memory_mib(const struct ce_limits *effective, const struct ce_limits *manifest)
{
	uint64_t bytes = effective ? effective->memory_bytes : 0;

	if (bytes == 0)
		bytes = manifest->memory_bytes;
	if (bytes == 0 || bytes == CE_UNLIMITED)
		return DEFAULT_MEMORY_MIB;
	return bytes < MIB ? 1 : bytes / MIB;
}

static struct ce_template_values template_values(const struct request_view *view, const struct ce_manifest_runtime *rt,
						 uint64_t memory)
{
	return (struct ce_template_values){
	    .source = view->request.program,
	    .sources = view->sources.items,
	    .args = view->request.args,
	    .memory_mib = memory,
	    .prebuilt = rt->prebuilt,
	    .options = view->option_words.items,
	};
}

/* The first word becomes a path in the cell. */
static int resolve_program(struct ce_plugin_call *call, struct ce_call_stage *stage, const char *what,
			   ce_error **error)
{
	char *path = NULL, *real = NULL;
	const char *name;
	int r;

	if (stage->argv.count == 0)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL,
				     "plugin \"%s\" gave no command to %s \"%s\"",
				     call->executor->plugin_name, what, call->executor->name);
	name = stage->argv.items[0];
	if (strncmp(name, "./", 2) == 0)
		return 0;
	r = ce__program_find(name, stage->mounts, stage->mount_count, &path, &real);
	if (r == -EXDEV)
		r = ce__error_set(error, CE_ERR_UNAVAILABLE, 0, NULL,
				  "%s: \"%s\" leads to %s, outside of what a cell shows",
				  call->executor->name, name, real ? real : "a place");
	else if (r == -ENOMEM)
		r = ce__error_no_memory(error);
	else if (r < 0)
		r = ce__error_set(error, CE_ERR_UNAVAILABLE, 0, NULL, "%s: \"%s\" is not installed any more",
				  call->executor->name, name);
	free(real);
	if (r)
		return r;
	free(stage->argv.items[0]);
	stage->argv.items[0] = path;
	return 0;
}

static int take_stage(struct ce_call_stage *stage, const struct ce_manifest_stage *manifest,
		      struct ce_stage_inputs *out, ce_error **error)
{
	out->argv = ce__strv_steal(&stage->argv);
	out->env = ce__strv_steal(&stage->env);
	out->artifacts = ce__strv_steal(&stage->artifacts);
	out->seccomp = ce__strv_steal(&stage->seccomp);
	out->mounts = ce__steal_pointer(&stage->mounts);
	out->mount_count = stage->mount_count;
	stage->mount_count = 0;
	out->limits = manifest->limits;
	out->rlimit_as = manifest->rlimit_as;
	out->warm = manifest->warm;
	if (!out->argv || !out->env || !out->artifacts || !out->seccomp)
		return ce__error_no_memory(error);
	return 0;
}

/* Checks and hands over what was put together in the call. */
static int take_inputs(struct ce_plugin_call *call, struct ce_execution_inputs *out, ce_error **error)
{
	const struct ce_manifest_runtime *runtime = call->runtime;
	int r;

	out->source_name = call->executor->source_name;
	out->has_compile = runtime->has_compile && !call->skip_compile;
	if (out->has_compile) {
		r = resolve_program(call, &call->compile, "compile", error);
		if (!r)
			r = take_stage(&call->compile, &runtime->compile, &out->compile, error);
		if (r)
			return r;
	}
	r = resolve_program(call, &call->run, "run", error);
	return r ? r : take_stage(&call->run, &runtime->run, &out->run, error);
}

static int start_stages(struct ce_plugin_call *call)
{
	int r = ce__call_start_stage(call, &call->run, &call->runtime->run);

	if (!r && call->runtime->has_compile)
		r = ce__call_start_stage(call, &call->compile, &call->runtime->compile);
	return r;
}

int ce__executor_prepare(const struct ce_executor *executor, size_t runtime, const struct ce_request *request,
			 struct ce_execution_inputs *out, ce_error **error)
{
	const struct ce_plugin *plugin = executor->plugin;
	const struct ce_manifest_runtime *rt = &executor->runtimes[runtime];
	struct request_view view = {0};
	struct ce_plugin_call call;
	int r;

	memset(out, 0, sizeof(*out));
	if (plugin && !plugin->prepare)
		plugin = executor->fallback;
	if (!plugin || !plugin->prepare)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL, "\"%s\" has no usable plugin",
				     executor->name);
	ce__call_init(&call, CE_CALL_PREPARE, executor, rt);
	r = view_request(executor, rt, request, &view, error);
	if (!r) {
		call.run.values = template_values(&view, rt, memory_mib(request->limits, &rt->run.limits));
		call.compile.values =
		    template_values(&view, rt, memory_mib(request->compile_limits, &rt->compile.limits));
		r = start_stages(&call);
		if (!r)
			r = plugin->prepare(&ce__call_host, &call, &call.view, &view.request);
		r = ce__call_result(&call, r, "prepare", error);
	}
	if (!r)
		r = take_inputs(&call, out, error);
	if (r)
		ce__execution_inputs_finish(out);
	ce__call_finish(&call);
	finish_view(&view);
	return r;
}

/* A command of the manifest that belongs to no request, as a run stage of its own. */
static int prepare_command(const struct ce_executor *executor, size_t runtime, char *const *command, bool compiles,
			   struct ce_execution_inputs *out, ce_error **error)
{
	const struct ce_manifest_runtime *rt = &executor->runtimes[runtime];
	const struct ce_request request = {.size = sizeof(request), .code = ""};
	struct request_view view = {0};
	struct ce_plugin_call call;
	int r;

	memset(out, 0, sizeof(*out));
	ce__call_init(&call, CE_CALL_PREPARE, executor, rt);
	call.skip_compile = true;
	r = view_request(executor, rt, &request, &view, error);
	if (!r) {
		call.run.values = template_values(&view, rt, memory_mib(NULL, &rt->run.limits));
		r = ce__call_start_stage(&call, &call.run, compiles && rt->has_compile ? &rt->compile : &rt->run);
		if (!r)
			r = ce__call_expand(&call, CE_STAGE_RUN, (const char *const *)command);
		r = ce__call_result(&call, r, "prepare", error);
	}
	ce__strv_finish(&call.run.artifacts);
	if (!r)
		r = take_inputs(&call, out, error);
	if (r)
		ce__execution_inputs_finish(out);
	out->run.warm.mode = CE_WARM_NONE;
	ce__call_finish(&call);
	finish_view(&view);
	return r;
}

int ce__executor_prepare_version(const struct ce_executor *executor, size_t runtime,
				 struct ce_execution_inputs *out, ce_error **error)
{
	const struct ce_manifest_runtime *rt = &executor->runtimes[runtime];

	memset(out, 0, sizeof(*out));
	if (!rt->version)
		return ce__error_set(error, CE_ERR_NOT_FOUND, 0, NULL,
				     "runtime \"%s\" of \"%s\" has no version command", rt->name,
				     executor->name);
	return prepare_command(executor, runtime, rt->version, false, out, error);
}

int ce__executor_prepare_prebuild(const struct ce_executor *executor, size_t runtime,
				  struct ce_execution_inputs *out, ce_error **error)
{
	return prepare_command(executor, runtime, executor->runtimes[runtime].prebuild.command, true, out, error);
}

void ce__executor_identity(const struct ce_executor *executor, size_t runtime, struct ce_program_identity *out)
{
	const struct ce_manifest_runtime *rt = &executor->runtimes[runtime];

	memset(out, 0, sizeof(*out));
	if (rt->version)
		ce__program_identify(rt->version[0], rt->mounts, rt->mount_count, out);
}

static void finish_stage(struct ce_stage_inputs *stage)
{
	ce__strv_free(stage->argv);
	ce__strv_free(stage->env);
	ce__strv_free(stage->artifacts);
	ce__strv_free(stage->seccomp);
	for (size_t i = 0; i < stage->mount_count; i++) {
		free(stage->mounts[i].source);
		free(stage->mounts[i].target);
	}
	free(stage->mounts);
}

void ce__execution_inputs_finish(struct ce_execution_inputs *inputs)
{
	finish_stage(&inputs->compile);
	finish_stage(&inputs->run);
	memset(inputs, 0, sizeof(*inputs));
}
