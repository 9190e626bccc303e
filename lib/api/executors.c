/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "api/sandbox.h"
#include "plan/effective.h"

size_t ce_sandbox_executor_count(const ce_sandbox *sandbox)
{
	return sandbox->registry->count;
}

const ce_executor *ce_sandbox_executor(const ce_sandbox *sandbox, size_t index)
{
	return index < sandbox->registry->count ? sandbox->registry->executors[index] : NULL;
}

int ce_sandbox_find_executor(const ce_sandbox *sandbox, const char *language, const ce_executor **out,
			     ce_error **error)
{
	size_t runtime;

	if (!language || !out)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "language and out must not be NULL");
	return ce__registry_find(sandbox->registry, language, true, out, &runtime, error);
}

size_t ce_sandbox_load_error_count(const ce_sandbox *sandbox)
{
	return sandbox->registry->load_error_count;
}

const ce_error *ce_sandbox_load_error(const ce_sandbox *sandbox, size_t index)
{
	return index < sandbox->registry->load_error_count ? sandbox->registry->load_errors[index] : NULL;
}

const char *ce_executor_name(const ce_executor *executor)
{
	return executor->name;
}

const char *ce_executor_title(const ce_executor *executor)
{
	return executor->title ? executor->title : executor->name;
}

const char *ce_executor_source_name(const ce_executor *executor)
{
	return executor->source_name;
}

static const char *nth(char *const *list, size_t index)
{
	for (size_t i = 0; list && list[i]; i++)
		if (i == index)
			return list[i];
	return NULL;
}

const char *ce_executor_alias(const ce_executor *executor, size_t index)
{
	return nth(executor->aliases, index);
}

const char *ce_executor_extension(const ce_executor *executor, size_t index)
{
	return nth(executor->extensions, index);
}

const char *ce_executor_shebang(const ce_executor *executor, size_t index)
{
	return nth(executor->shebangs, index);
}

/* The default runtime: the first that is available, else the first. */
static const struct ce_manifest_runtime *default_runtime(const ce_executor *executor)
{
	for (size_t i = 0; i < executor->runtime_count; i++)
		if (executor->runtimes[i].available)
			return &executor->runtimes[i];
	return &executor->runtimes[0];
}

int ce_executor_has_compile_stage(const ce_executor *executor)
{
	return default_runtime(executor)->has_compile;
}

int ce_executor_available(const ce_executor *executor)
{
	return executor->plugin && default_runtime(executor)->available;
}

const char *ce_executor_unavailable_reason(const ce_executor *executor)
{
	const char *reason = default_runtime(executor)->unavailable_reason;

	if (ce_executor_available(executor))
		return "";
	if (!executor->plugin)
		return "its plugin was refused";
	return reason ? reason : "no runtime is available";
}

size_t ce_executor_runtime_count(const ce_executor *executor)
{
	return executor->runtime_count;
}

const char *ce_executor_runtime_name(const ce_executor *executor, size_t index)
{
	return index < executor->runtime_count ? executor->runtimes[index].name : NULL;
}

int ce_executor_runtime_available(const ce_executor *executor, size_t index)
{
	return index < executor->runtime_count && executor->runtimes[index].available;
}

const char *ce_executor_runtime_package(const ce_executor *executor, size_t index, size_t package)
{
	return index < executor->runtime_count ? nth(executor->runtimes[index].packages, package) : NULL;
}

static bool is_version_character(char c)
{
	return c && strchr("0123456789.-+~abcdefghijklmnopqrstuvwxyz", c);
}

/* The first word of the first line that begins with a digit: "Python 3.11.2", "v18.20.4", "gcc (Debian 12.2.0-14) 12.2.0". */
static char *find_version(const char *text, size_t size)
{
	for (size_t i = 0; i < size && text[i] != '\n'; i++) {
		size_t n = 0;

		if (text[i] < '0' || text[i] > '9' || (i > 0 && text[i - 1] != ' ' && text[i - 1] != 'v'))
			continue;
		while (i + n < size && n < 40 && is_version_character(text[i + n]))
			n++;
		return strndup(text + i, n);
	}
	return strdup("");
}

static char *ask_version(ce_sandbox *sandbox, const struct ce_executor *executor, size_t runtime)
{
	const struct ce_limits_sources sources = { &sandbox->limits, &executor->runtimes[runtime].run.limits, NULL };
	struct ce_execution_inputs inputs;
	ce_execution *execution = NULL;
	ce_result *result = NULL;
	char *text = NULL;
	ce_limits limits;

	memset(&inputs, 0, sizeof(inputs));
	if (ce__executor_prepare_version(executor, runtime, &inputs, NULL))
		return strdup("");
	if (!ce__effective_limits(&sources, CE_STAGE_RUN, "limits", &limits, NULL) &&
	    !ce__execute_start(sandbox,
			       &(struct ce_start_request){ .executor = executor, .runtime = runtime, .inputs = &inputs,
							   .run_limits = &limits },
			       &execution, NULL) &&
	    !ce__execute_wait(execution, -1, NULL) && !ce_execution_take_result(execution, &result, NULL)) {
		for (int stream = CE_STREAM_STDOUT; !(text && *text) && stream <= CE_STREAM_STDERR; stream++) {
			size_t size;
			const char *output = ce_result_output(result, CE_STAGE_RUN, stream, &size);

			free(text);
			text = find_version(output, size);
		}
	}
	ce_result_free(result);
	ce_execution_destroy(execution);
	ce__execution_inputs_finish(&inputs);
	return text; /* NULL: it could not be asked now, and is asked again */
}

const char *ce_sandbox_runtime_version(ce_sandbox *sandbox, const ce_executor *executor, size_t index)
{
	struct ce_version_cache *v, *mine;

	if (index >= executor->runtime_count || !executor->runtimes[index].available)
		return "";
	pthread_mutex_lock(&sandbox->lock);
	for (v = sandbox->versions; v && !(v->executor == executor && v->runtime == index); v = v->next)
		;
	pthread_mutex_unlock(&sandbox->lock);
	if (v)
		return v->text;
	mine = calloc(1, sizeof(*mine));
	if (!mine)
		return "";
	mine->executor = executor;
	mine->runtime = index;
	mine->text = ask_version(sandbox, executor, index); /* not under the lock: it takes a while */
	if (!mine->text) {
		free(mine);
		return "";
	}
	/* Two threads may have asked at once: both answers stay, for both were given away. */
	pthread_mutex_lock(&sandbox->lock);
	mine->next = sandbox->versions;
	sandbox->versions = mine;
	pthread_mutex_unlock(&sandbox->lock);
	return mine->text;
}

int ce_manifest_lint(const char *path, ce_error **error)
{
	if (!path)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "path must not be NULL");
	return ce__manifest_lint(path, error);
}
