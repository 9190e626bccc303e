/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Names, versions, the list of executors, their self-tests, and the probe. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

static void names_go_there_and_back(void **state)
{
	(void)state;
	assert_string_equal(ce_version(), CE_VERSION);
	for (int i = 0; i < CE_PROTECTION_COUNT; i++) {
		const char *name = ce_protection_name(UINT64_C(1) << i);

		assert_non_null(name);
		assert_true(ce_protection_from_name(name) == UINT64_C(1) << i);
	}
	assert_null(ce_protection_name(UINT64_C(1) << CE_PROTECTION_COUNT));
	assert_null(ce_protection_name(3));
	assert_true(ce_protection_from_name("nonsense") == 0);
	assert_true(ce_protection_from_name(NULL) == 0);
	for (int i = 0; i < 8; i++)
		assert_non_null(ce_limit_name(UINT64_C(1) << i));
	assert_null(ce_limit_name(UINT64_C(1) << 8));
	for (int i = CE_OUTCOME_SUCCESS; i <= CE_OUTCOME_SYSTEM_ERROR; i++)
		assert_string_not_equal(ce_outcome_name((ce_outcome)i), "unknown");
	assert_string_equal(ce_outcome_name((ce_outcome)0), "unknown");
	assert_string_equal(ce_outcome_name((ce_outcome)12), "unknown");
	assert_string_equal(ce_stage_name(CE_STAGE_COMPILE), "compile");
	assert_string_equal(ce_stage_name(CE_STAGE_RUN), "run");
	for (int i = CE_ERR_UNAVAILABLE; i <= CE_ERR_INVALID; i++)
		assert_string_not_equal(ce_error_name(i), "unknown");
	assert_string_equal(ce_error_name(-999), "unknown");
}

static void options_are_listed_with_their_values(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	const ce_executor *c;

	(void)state;
	fixture_need_language(sandbox, "c");
	assert_int_equal(ce_sandbox_find_executor(sandbox, "c", &c, NULL), 0);
	assert_string_equal(ce_executor_option(c, 0, 0), "std");
	assert_non_null(ce_executor_option_value(c, 0, 0, 0));
	assert_null(ce_executor_option_value(c, 0, 0, 1000));
	assert_null(ce_executor_option_value(c, 0, 1000, 0));
	assert_null(ce_executor_option(c, 0, 1000));
	assert_null(ce_executor_option(c, ce_executor_runtime_count(c), 0));
}

static void executors_are_listed_in_the_order_of_their_names(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	size_t count = ce_sandbox_executor_count(sandbox);

	(void)state;
	assert_int_equal(ce_sandbox_load_error_count(sandbox), 0);
	assert_null(ce_sandbox_load_error(sandbox, 0));
	assert_true(count >= 4);
	assert_null(ce_sandbox_executor(sandbox, count));
	for (size_t i = 0; i < count; i++) {
		const ce_executor *e = ce_sandbox_executor(sandbox, i);

		assert_true(strlen(ce_executor_name(e)) > 0 && strlen(ce_executor_title(e)) > 0);
		assert_true(strlen(ce_executor_source_name(e)) > 0);
		assert_true(ce_executor_runtime_count(e) >= 1);
		assert_true(ce_executor_available(e) || strlen(ce_executor_unavailable_reason(e)) > 0);
		if (ce_executor_available(e))
			assert_string_equal(ce_executor_unavailable_reason(e), "");
		assert_null(ce_executor_runtime_name(e, ce_executor_runtime_count(e)));
		assert_int_equal(ce_executor_runtime_available(e, ce_executor_runtime_count(e)), 0);
		if (i > 0)
			assert_true(strcmp(ce_executor_name(ce_sandbox_executor(sandbox, i - 1)),
					   ce_executor_name(e)) < 0);
	}
}

static void an_executor_tells_what_its_manifest_says(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	const ce_executor *python = NULL, *c = NULL, *by_alias = NULL;

	(void)state;
	assert_int_equal(ce_sandbox_find_executor(sandbox, "python", &python, NULL), 0);
	assert_int_equal(ce_sandbox_find_executor(sandbox, "py", &by_alias, NULL), 0);
	assert_ptr_equal(python, by_alias);
	assert_string_equal(ce_executor_source_name(python), "main.py");
	assert_string_equal(ce_executor_extension(python, 0), "py");
	assert_null(ce_executor_extension(python, 1));
	assert_string_equal(ce_executor_alias(python, 0), "py");
	assert_string_equal(ce_executor_shebang(python, 1), "python3");
	assert_null(ce_executor_shebang(python, 2));
	assert_false(ce_executor_has_compile_stage(python));
	assert_string_equal(ce_executor_runtime_name(python, 0), "cpython");
	assert_string_equal(ce_executor_runtime_package(python, 0, 0), "python3");
	assert_null(ce_executor_runtime_package(python, 0, 1));
	assert_int_equal(ce_sandbox_find_executor(sandbox, "c", &c, NULL), 0);
	assert_true(ce_executor_has_compile_stage(c));
}

static void a_runtime_tells_its_version_and_remembers_it(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	const ce_executor *python = NULL;
	const char *version;

	(void)state;
	fixture_need_language(sandbox, "python");
	assert_int_equal(ce_sandbox_find_executor(sandbox, "python", &python, NULL), 0);
	version = ce_sandbox_runtime_version(sandbox, python, 0);
	if (!strstr(version, "3."))
		fail_msg("python's version is \"%s\"", version);
	assert_ptr_equal(version, ce_sandbox_runtime_version(sandbox, python, 0));
	assert_string_equal(ce_sandbox_runtime_version(sandbox, python, 99), "");
}

static void report_failed_test(const ce_executor *executor, const char *runtime, const char *test, int passed,
			       const char *message, const ce_result *result, void *user_data)
{
	(void)result;
	++*(int *)user_data;
	if (!passed)
		print_error("%s (%s): %s: %s\n", ce_executor_name(executor), runtime, test, message);
}

static void the_manifests_tests_pass(void **state)
{
	static const char *const languages[] = {"c", "javascript", "python"};
	ce_sandbox *sandbox = fixture_sandbox();
	int count = 0;

	(void)state;
	assert_int_equal(ce_sandbox_check(sandbox, "bash", report_failed_test, &count, NULL), 0);
	assert_true(count >= 5);
	/* Those of all languages are a step of their own in scripts/test.sh: a machine may have a hundred. */
	for (size_t i = 0; i < COUNT(languages); i++) {
		/* A sanitizer reserves more address space than there is where that stands for the memory limit. */
		if (fixture_kind() == KIND_UNDELEGATED && !strcmp(languages[i], "c"))
			continue;
		if (!fixture_has_language(sandbox, languages[i]))
			continue;
		assert_int_equal(ce_sandbox_check(sandbox, languages[i], report_failed_test, &count, NULL), 0);
	}
	assert_int_equal(ce_sandbox_check(sandbox, "nonsense", NULL, NULL, NULL), CE_ERR_NOT_FOUND);
}

static void print_probe(const ce_probe *probe, size_t i)
{
	print_error("%s: state %d: %s (%s)\n", ce_probe_name(probe, i), ce_probe_state(probe, i),
		    ce_probe_reason(probe, i), ce_probe_remedy(probe, i));
}

/* What an ordinary user, or one without cgroups, cannot have. */
static uint64_t out_of_reach(void)
{
	uint64_t bits = 0;

	if (fixture_kind() != KIND_ROOT)
		bits |= CE_PROTECTION_OWN_UID;
	if (fixture_kind() == KIND_UNDELEGATED)
		bits |= CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT | CE_PROTECTION_CPU_LIMIT;
	return bits;
}

/* Of kernels: what may be missing on an older one. */
#define YOUNG (CE_PROTECTION_LANDLOCK_SCOPE | CE_PROTECTION_LANDLOCK | CE_PROTECTION_TIME_NS)

static void the_probe_finds_every_protection(void **state)
{
	ce_sandbox_options o = fixture_options();
	ce_probe *probe = NULL;
	bool missing = false;

	(void)state;
	assert_int_equal(ce_probe_create(&o, &probe, NULL), 0);
	assert_int_equal(ce_probe_count(probe), CE_PROTECTION_COUNT);
	for (size_t i = 0; i < ce_probe_count(probe); i++) {
		uint64_t bit = UINT64_C(1) << i;
		int wanted = out_of_reach() & bit ? CE_PROBE_TOLERATED : CE_PROBE_AVAILABLE;

		assert_string_equal(ce_probe_name(probe, i), ce_protection_name(bit));
		assert_true(strlen(ce_probe_purpose(probe, i)) > 0);
		if (ce_probe_state(probe, i) == CE_PROBE_AVAILABLE)
			assert_string_equal(ce_probe_reason(probe, i), "");
		else
			assert_true(strlen(ce_probe_reason(probe, i)) > 0);
		if (ce_probe_state(probe, i) != wanted && !(YOUNG & bit)) {
			print_probe(probe, i);
			missing = true;
		}
	}
	assert_null(ce_probe_name(probe, CE_PROTECTION_COUNT));
	assert_int_equal(ce_probe_state(probe, CE_PROTECTION_COUNT), 0);
	if (fixture_kind() == KIND_UNDELEGATED)
		assert_string_equal(ce_probe_limits_backend(probe), "rlimits");
	else
		assert_non_null(strstr(ce_probe_limits_backend(probe), "cgroup-v"));
	assert_true(strlen(ce_probe_limits_detail(probe)) > 0);
	ce_probe_free(probe);
	assert_false(missing);
}

static void the_probe_tells_what_the_options_disable(void **state)
{
	ce_sandbox_options o = fixture_options();
	ce_probe *probe = NULL;

	(void)state;
	o.disable = CE_PROTECTION_IPC_NS;
	assert_int_equal(ce_probe_create(&o, &probe, NULL), 0);
	assert_int_not_equal(ce_probe_state(probe, 4), CE_PROBE_AVAILABLE);
	assert_string_equal(ce_probe_name(probe, 4), "ipc_ns");
	assert_non_null(strstr(ce_probe_reason(probe, 4), "disabled"));
	ce_probe_free(probe);
}

static void a_manifest_is_linted_by_place(void **state)
{
	char path[200];
	ce_error *error = NULL;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/broken.yaml", fixture_state_dir());
	f = fopen(path, "we");
	fputs("abi: 1\nname: broken\ntitel: Broken\n", f);
	fclose(f);
	fixture_check_error(ce_manifest_lint(path, &error), &error, CE_ERR_MANIFEST, "broken.yaml:3:1");
	unlink(path);
}

static void a_trace_is_made_when_it_is_asked_for(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = fixture_request("bash", "exit 0");
	ce_result *result = fixture_run(sandbox, &request);
	bool filter = false, decided = false;
	uint64_t at_us, before_us = 0;
	size_t count;

	(void)state;
	assert_int_equal(ce_result_trace_count(result, CE_STAGE_RUN), 0);
	assert_null(ce_result_trace_step(result, CE_STAGE_RUN, 0, NULL));
	request.flags = CE_REQUEST_TRACE;
	result = fixture_run(sandbox, &request);
	expect_exit(result, CE_OUTCOME_SUCCESS, 0);
	count = ce_result_trace_count(result, CE_STAGE_RUN);
	for (size_t i = 0; i < count; i++) {
		const char *name = ce_result_trace_step(result, CE_STAGE_RUN, i, &at_us);
		bool cell = strncmp(name, "cell: ", 6) == 0;

		filter = filter || !strcmp(name, "cell: seccomp");
		decided = decided || !strcmp(name, "outcome");
		assert_true(cell || at_us >= before_us); /* in the supervisor's order */
		before_us = cell ? before_us : at_us;
	}
	assert_true(filter && decided);
	assert_null(ce_result_trace_step(result, CE_STAGE_RUN, count, &at_us));
	assert_int_equal(at_us, 0);
	assert_int_equal(ce_result_trace_count(result, CE_STAGE_COMPILE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(names_go_there_and_back),
	    TEST(options_are_listed_with_their_values),
	    TEST(executors_are_listed_in_the_order_of_their_names),
	    TEST(an_executor_tells_what_its_manifest_says),
	    TEST(a_runtime_tells_its_version_and_remembers_it),
	    TEST(the_manifests_tests_pass),
	    TEST(the_probe_finds_every_protection),
	    TEST(the_probe_tells_what_the_options_disable),
	    TEST(a_manifest_is_linted_by_place),
	    TEST(a_trace_is_made_when_it_is_asked_for),
	};

	return fixture_main("getters", tests);
}
