/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include <codeexec/executors.h>

#include "api/sandbox.h"

static const struct ce_manifest_runtime *runtime_at(const ce_executor *executor, size_t index)
{
	return index < executor->runtime_count ? &executor->runtimes[index] : NULL;
}

const char *ce_executor_runtime_alias(const ce_executor *executor, size_t index, size_t alias)
{
	const struct ce_manifest_runtime *runtime = runtime_at(executor, index);

	for (size_t i = 0; runtime && runtime->aliases[i]; i++)
		if (i == alias)
			return runtime->aliases[i];
	return NULL;
}

int ce_executor_runtime_has_compile_stage(const ce_executor *executor, size_t index)
{
	return index < executor->runtime_count && executor->runtimes[index].has_compile;
}

const char *ce_executor_runtime_warm_mode(const ce_executor *executor, size_t index)
{
	static const char *const names[] = { [CE_WARM_NONE] = "none", [CE_WARM_PARK] = "park", [CE_WARM_FORK] = "fork" };

	return index < executor->runtime_count ? names[executor->runtimes[index].run.warm.mode] : "none";
}

int ce_executor_runtime_opt_in(const ce_executor *executor, size_t index)
{
	return index < executor->runtime_count && executor->runtimes[index].opt_in;
}

const char *ce_executor_runtime_unavailable_reason(const ce_executor *executor, size_t index)
{
	const struct ce_manifest_runtime *runtime = runtime_at(executor, index);

	if (!runtime || runtime->available)
		return "";
	return runtime->unavailable_reason ? runtime->unavailable_reason : "its plugin was refused";
}

int ce_executor_runtime_limits(const ce_executor *executor, size_t index, ce_stage stage, ce_limits *limits)
{
	const struct ce_manifest_runtime *runtime = runtime_at(executor, index);

	if (!runtime || !limits || (stage != CE_STAGE_RUN && stage != CE_STAGE_COMPILE))
		return CE_ERR_INVALID;
	return ce__sized_copy_out(limits, stage == CE_STAGE_RUN ? &runtime->run.limits : &runtime->compile.limits,
				  sizeof(*limits)) ? CE_ERR_INVALID : 0;
}

const char *ce_test_kind_name(size_t index)
{
	return ce__manifest_kind_name((enum ce_test_kind)(index + 1));
}

const char *ce_executor_test_kind(const ce_executor *executor, const char *test)
{
	for (size_t i = 0; i < executor->test_count; i++) {
		if (strcmp(executor->tests[i].name, test) == 0) {
			const char *kind = ce__manifest_kind_name(executor->tests[i].kind);

			return kind ? kind : "";
		}
	}
	return NULL;
}

int ce_executor_kind_state(const ce_executor *executor, size_t index, const char *kind, const char **reason)
{
	const struct ce_manifest_runtime *runtime = runtime_at(executor, index);

	if (reason)
		*reason = "";
	for (int k = 1; runtime && k < CE_TEST_KINDS; k++) {
		if (strcmp(ce__manifest_kind_name((enum ce_test_kind)k), kind) != 0)
			continue;
		if (ce__manifest_has_kind(executor, runtime, (enum ce_test_kind)k))
			return CE_KIND_TESTED;
		if (!runtime->cannot[k])
			return CE_KIND_MISSING;
		if (reason)
			*reason = runtime->cannot[k];
		return CE_KIND_EXCUSED;
	}
	return CE_ERR_INVALID;
}

int ce_manifest_review(const char *path, ce_review_fn on_warning, void *user_data, ce_error **error)
{
	struct ce_executor *executor = NULL;
	int r, count = 0;

	if (!path)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "path must not be NULL");
	r = ce__manifest_read(path, &executor, error);
	for (size_t i = 0; !r && i < executor->runtime_count; i++) {
		const struct ce_manifest_runtime *runtime = &executor->runtimes[i];

		for (int k = 1; k < CE_TEST_KINDS; k++) {
			const char *kind = ce__manifest_kind_name((enum ce_test_kind)k);
			CE_CLEANUP_FREE char *message = NULL;

			if (runtime->cannot[k] || ce__manifest_has_kind(executor, runtime, (enum ce_test_kind)k))
				continue;
			message = ce__base_asprintf("%s:%zu:%zu: runtime \"%s\" has no test of kind %s, nor a reason under \"cannot\"",
						    path, runtime->line, runtime->column, runtime->name, kind);
			if (on_warning && message)
				on_warning(message, user_data);
			count++;
		}
	}
	ce__manifest_free(executor);
	return r ? r : count;
}
