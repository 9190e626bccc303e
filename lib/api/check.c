/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Runs the self-tests of manifests, on every runtime that is available, as a caller would run them. */
#include <stdio.h>
#include <string.h>

#include "api/sandbox.h"

struct check {
	ce_sandbox *sandbox;
	ce_check_fn on_test;
	void *user_data;
	int failed;
};

static bool contains(const char *text, size_t size, const char *part)
{
	return memmem(text, size, part, strlen(part)) != NULL;
}

static bool has_diagnostic(const ce_result *result, const struct ce_manifest_test *test)
{
	for (size_t i = 0; i < ce_result_diagnostic_count(result); i++) {
		ce_diagnostic d = { .size = sizeof(d) };

		ce_result_diagnostic(result, i, &d);
		if ((!test->diagnostic_type || !strcmp(test->diagnostic_type, d.type)) &&
		    (!test->diagnostic_line || (uint64_t)test->diagnostic_line == d.line))
			return true;
	}
	return false;
}

/* Writes what differs and returns false. */
static bool judge(const ce_result *result, const struct ce_manifest_test *test, char *why, size_t size)
{
	ce_stage stage = ce_result_has_stage(result, CE_STAGE_RUN) ? CE_STAGE_RUN : CE_STAGE_COMPILE;
	size_t out_size, err_size;
	const char *out = ce_result_output(result, stage, CE_STREAM_STDOUT, &out_size);
	const char *err = ce_result_output(result, stage, CE_STREAM_STDERR, &err_size);

	*why = '\0';
	if (!(test->outcomes & UINT64_C(1) << ce_result_outcome(result)))
		snprintf(why, size, "status is %s, not %s: %s; stderr: %.200s", ce_result_status(result),
			 ce_outcome_name((ce_outcome)__builtin_ctzll(test->outcomes)), ce_result_message(result), err);
	else if (test->exit_code >= 0 && ce_result_exit_code(result) != test->exit_code)
		snprintf(why, size, "exit code is %d, not %d", ce_result_exit_code(result), test->exit_code);
	else if (test->stdout_is && (out_size != test->stdout_size || memcmp(out, test->stdout_is, out_size) != 0))
		snprintf(why, size, "stdout is \"%.100s\", not \"%.100s\"", out, test->stdout_is);
	else if (test->stdout_has && !contains(out, out_size, test->stdout_has))
		snprintf(why, size, "stdout lacks \"%.100s\": \"%.100s\"", test->stdout_has, out);
	else if (test->stderr_has && !contains(err, err_size, test->stderr_has))
		snprintf(why, size, "stderr lacks \"%.100s\": \"%.200s\"", test->stderr_has, err);
	else if ((test->diagnostic_type || test->diagnostic_line) && !has_diagnostic(result, test))
		snprintf(why, size, "no diagnostic of type \"%s\" in line %lld",
			 test->diagnostic_type ? test->diagnostic_type : "any", (long long)test->diagnostic_line);
	return !*why;
}

static void run_test(struct check *c, const struct ce_executor *executor, size_t runtime,
		     const struct ce_manifest_test *test)
{
	CE_CLEANUP_FREE ce_file *files = calloc(test->files.count + 1, sizeof(*files));
	CE_CLEANUP_FREE char *language = ce__base_asprintf("%s@%s", executor->name, executor->runtimes[runtime].name);
	ce_request request = ce_request_init();
	CE_CLEANUP_ERROR ce_error *error = NULL;
	ce_result *result = NULL;
	char why[700] = "out of memory";
	bool passed = false;

	if (files && language) {
		for (size_t i = 0; i < test->files.count; i++)
			files[i] = (ce_file){ test->files.items[i].name, test->files.items[i].data,
					      test->files.items[i].data_size };
		request.language = language;
		request.code = test->code;
		request.code_size = test->code_size;
		request.files = test->files.count ? files : NULL;
		request.file_count = test->files.count;
		request.input = test->input;
		request.input_size = test->input_size;
		request.args = (const char *const *)test->args;
		request.options = (const char *const *)test->options;
		request.limits = &test->limits;
		request.compile_limits = &test->compile_limits;
		if (ce_execute(c->sandbox, &request, &result, &error))
			snprintf(why, sizeof(why), "%s", error ? ce_error_message(error) : "could not be run");
		else
			passed = judge(result, test, why, sizeof(why));
	}
	c->failed += !passed;
	if (c->on_test)
		c->on_test(executor, executor->runtimes[runtime].name, test->name, passed, why, result, c->user_data);
	ce_result_free(result);
}

static void check_executor(struct check *c, const struct ce_executor *executor, size_t first, size_t last)
{
	for (size_t i = first; i <= last && i < executor->runtime_count; i++)
		for (size_t k = 0; executor->runtimes[i].available && k < executor->test_count; k++)
			if (ce__manifest_test_applies(&executor->tests[k], &executor->runtimes[i]))
				run_test(c, executor, i, &executor->tests[k]);
}

int ce_sandbox_check(ce_sandbox *sandbox, const char *language, ce_check_fn on_test, void *user_data, ce_error **error)
{
	struct check c = { sandbox, on_test, user_data, 0 };

	if (language) {
		const struct ce_executor *executor = NULL;
		size_t runtime = 0;
		int r = ce__sandbox_find(sandbox, language, false, &executor, &runtime, error);

		if (r)
			return r;
		if (strchr(language, '@'))
			check_executor(&c, executor, runtime, runtime);
		else
			check_executor(&c, executor, 0, SIZE_MAX - 1);
		return c.failed;
	}
	for (size_t i = 0; i < sandbox->registry->count; i++)
		if (ce_executor_available(sandbox->registry->executors[i]))
			check_executor(&c, sandbox->registry->executors[i], 0, SIZE_MAX - 1);
	return c.failed;
}
