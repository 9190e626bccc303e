/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "api/sandbox.h"

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
	/* A version that is asked for the first time is remembered; sandboxes are never constants. */
	return ce__sandbox_find((ce_sandbox *)(uintptr_t)sandbox, language, true, out, &runtime, error);
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

const char *ce_executor_option(const ce_executor *executor, size_t runtime, size_t option)
{
	return runtime < executor->runtime_count && option < executor->runtimes[runtime].option_count
		       ? executor->runtimes[runtime].options[option].name
		       : NULL;
}

const char *ce_executor_option_value(const ce_executor *executor, size_t runtime, size_t option, size_t value)
{
	const struct ce_manifest_option *o;

	if (!ce_executor_option(executor, runtime, option))
		return NULL;
	o = &executor->runtimes[runtime].options[option];
	return value < o->choice_count ? o->choices[value].value : NULL;
}

int ce_manifest_lint(const char *path, ce_error **error)
{
	if (!path)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "path must not be NULL");
	return ce__manifest_lint(path, error);
}
