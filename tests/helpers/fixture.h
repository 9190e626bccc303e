/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What every integration test stands on: a sandbox from the build tree (or the installed one), results and
 * executions that are released even when an assertion jumps out of the test, and a look at the machine before
 * and after.
 *
 * CE_TEST_EXECUTORS_DIR, CE_TEST_PLUGIN_DIR, CE_TEST_SUPERVISOR: of a build tree; unset: what is installed
 * CE_TEST_KIND: root, delegated or undelegated; unset: root or delegated by who we are
 * CE_TEST_CGROUP: a delegated directory; unset: discovered
 * CE_TEST_ONLY: a pattern of names, to run a part of them
 * CE_TESTS_MUST_RUN=1: a skip is a failure unless this kind of user can never do it */
#ifndef CE_TESTS_FIXTURE_H
#define CE_TESTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <codeexec/codeexec.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)

enum fixture_kind {
	KIND_ROOT,
	KIND_DELEGATED,  /* an ordinary user with cgroups of its own */
	KIND_UNDELEGATED /* an ordinary user without */
};

enum fixture_kind fixture_kind(void);

/* In main(): fixture_main("name", tests) runs an array of TEST()s. */
#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_before, fixture_after)
#define fixture_main(name, tests)                                                                            \
	(fixture_prepare(), cmocka_run_group_tests_name(name, tests, fixture_begin, fixture_end))

void fixture_prepare(void);
int fixture_begin(void **state);
int fixture_end(void **state);
int fixture_before(void **state);
int fixture_after(void **state);

/* Skips the test for good: this kind of user can never do it. */
void fixture_not_here(const char *reason);
/* Skips the test, or fails it under CE_TESTS_MUST_RUN=1: the machine lacks something that it could have. */
void fixture_lacks(const char *reason);
void fixture_need_root(void);
/* Skips where limits are but sampled. */
void fixture_need_cgroups(void);
/* False (and said) if the language is not installed; a failure under CE_TESTS_MUST_RUN=1. */
bool fixture_has_language(const ce_sandbox *sandbox, const char *language);
void fixture_need_language(const ce_sandbox *sandbox, const char *language);

const char *fixture_state_dir(void);
uint64_t fixture_uid_base(void);
uint64_t fixture_uid_count(void);

/* For this kind of user; without a cgroup that is CE_SANDBOX_ALLOW_WEAKER. */
ce_sandbox_options fixture_options(void);
/* These fail the test with the error's message, and what they give is released after the test. */
ce_sandbox *fixture_sandbox(void);
ce_sandbox *fixture_create(const ce_sandbox_options *options);
void fixture_destroy(ce_sandbox *sandbox);

ce_request fixture_request(const char *language, const char *code);
ce_result *fixture_run(ce_sandbox *sandbox, const ce_request *request);
ce_result *fixture_code(ce_sandbox *sandbox, const char *language, const char *code);
ce_execution *fixture_start(ce_sandbox *sandbox, const ce_request *request, ce_event_fn on_event,
			    void *user_data);
/* Waits up to a minute and takes the result. */
ce_result *fixture_finish(ce_execution *execution);
/* Destroys it now. */
void fixture_drop(ce_execution *execution);

/* The call fails with `code` and a message that contains `part`. check_error frees the error. */
void fixture_refuses(ce_sandbox *sandbox, const ce_request *request, int code, const char *part);
void fixture_refuses_options(const ce_sandbox_options *options, int code, const char *part);
void fixture_check_error(int returned, ce_error **error, int code, const char *part);

/* ---- what a result must say; failures show the whole of it ---- */

void expect_outcome(const ce_result *result, ce_outcome outcome);
void expect_exit(const ce_result *result, ce_outcome outcome, int exit_code);
void expect_stdout(const ce_result *result, const char *text);
/* Success, with this on stdout. */
void expect_says(const ce_result *result, const char *text);
void expect_stdout_has(const ce_result *result, const char *part);
void expect_stderr_has(const ce_result *result, const char *part);
/* These bits and no others. */
void expect_limits_hit(const ce_result *result, uint64_t bits);
void expect_limit_among(const ce_result *result, uint64_t bit);

const char *stdout_of(const ce_result *result);
const char *stderr_of(const ce_result *result);

#endif
