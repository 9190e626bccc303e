/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a plugin may ask of the library, and what it is told when it asks for something else: the call fails with the first
 * reason, whatever the plugin does afterwards, and nothing of it is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "executor/call.h"
#include "executor/manifest.h"
#include "plan/seccomp.h"

static char *nothing[] = { NULL };
static char gcc[] = "gcc", libc[] = "libc6-dev";
static char *packages[] = { gcc, libc, NULL };
static char executor_name[] = "c", runtime_name[] = "plain";

struct fixture {
	struct ce_executor executor;
	struct ce_manifest_runtime runtime;
	struct ce_plugin_call call;
};

static void begin(struct fixture *f, enum ce_call_hook hook)
{
	ce__call_finish(&f->call);
	ce__call_init(&f->call, hook, &f->executor, &f->runtime);
}

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.executor.name = executor_name;
	f.runtime.name = runtime_name;
	f.runtime.packages = packages;
	f.runtime.requires = nothing;
	f.runtime.compile.command = f.runtime.compile.env = f.runtime.compile.artifacts = f.runtime.compile.seccomp = nothing;
	f.runtime.run = f.runtime.compile;
	f.runtime.has_compile = true;
	ce__call_init(&f.call, CE_CALL_PREPARE, &f.executor, &f.runtime);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ce__call_finish(&f->call);
	return 0;
}

/* The call has failed so; and the next one may begin. */
static void expect_failure(struct fixture *f, int returned, int code, const char *words)
{
	enum ce_call_hook hook = f->call.hook;

	assert_int_equal(returned, code);
	assert_int_equal(f->call.code, code);
	assert_non_null(f->call.message);
	if (!strstr(f->call.message, words))
		fail_msg("\"%s\" is not in: %s", words, f->call.message);
	begin(f, hook);
}

static void what_is_asked_for_is_in_its_stage(void **state)
{
	static const char *const words[] = { "-o", "{source}", NULL };
	struct fixture *f = *state;
	struct ce_plugin_call *call = &f->call;

	call->run.values.source = "main.c";
	assert_int_equal(ce__call_expand(call, CE_STAGE_RUN, words), 0);
	assert_int_equal(ce__call_add_argument(call, CE_STAGE_RUN, "{source}"), 0);
	assert_int_equal(call->run.argv.count, 3);
	assert_string_equal(call->run.argv.items[1], "main.c");
	assert_string_equal(call->run.argv.items[2], "{source}"); /* what is added is not expanded */
	assert_int_equal(ce__call_add_env(call, CE_STAGE_COMPILE, "A=1"), 0);
	assert_int_equal(ce__call_add_env(call, CE_STAGE_COMPILE, "A=2"), 0);
	assert_int_equal(call->compile.env.count, 1);
	assert_string_equal(call->compile.env.items[0], "A=2");
	assert_int_equal(ce__call_add_artifact(call, "*.class"), 0);
	assert_int_equal(ce__call_add_artifact(call, "*.class"), 0);
	assert_int_equal(call->compile.artifacts.count, 1);
	assert_int_equal(ce__call_add_seccomp(call, CE_STAGE_RUN, ce__seccomp_group_name(0)), 0);
	assert_int_equal(ce__call_add_seccomp(call, CE_STAGE_RUN, ce__seccomp_group_name(0)), 0);
	assert_int_equal(call->run.seccomp.count, 1);
	assert_int_equal(ce__call_mount(call, CE_STAGE_RUN, "/opt/x", "/opt/x", CE_PLUGIN_MOUNT_OPTIONAL), 0);
	assert_int_equal(call->run.mount_count, 1);
	assert_true(call->run.mounts[0].optional);
	assert_int_equal(ce__call_skip_compile(call), 0);
	assert_true(call->skip_compile);
	assert_int_equal(call->code, 0);
}

static void what_is_wrong_is_told(void **state)
{
	static const char *const bad_word[] = { "{sourc}", NULL };
	struct fixture *f = *state;
	struct ce_plugin_call *call = &f->call;

	expect_failure(f, ce__call_expand(call, CE_STAGE_RUN, bad_word), CE_ERR_PLUGIN, "{sourc}");
	expect_failure(f, ce__call_add_env(call, CE_STAGE_RUN, "1A=x"), CE_ERR_PLUGIN, "\"1A=x\" is not NAME=value");
	expect_failure(f, ce__call_add_env(call, CE_STAGE_RUN, "A"), CE_ERR_PLUGIN, "\"A\" is not NAME=value");
	expect_failure(f, ce__call_add_artifact(call, "../x"), CE_ERR_PLUGIN, "not relative to the work directory");
	expect_failure(f, ce__call_add_seccomp(call, CE_STAGE_RUN, "kernel"), CE_ERR_PLUGIN, "unknown seccomp group \"kernel\"");
	expect_failure(f, ce__call_mount(call, CE_STAGE_RUN, "/", "/", 0), CE_ERR_PLUGIN, "mount of /");
	expect_failure(f, ce__call_mount(call, CE_STAGE_RUN, "/opt", "/proc/x", 0), CE_ERR_PLUGIN, "mount of /opt");
	expect_failure(f, ce__call_mount(call, CE_STAGE_RUN, "/opt", "/opt", 1 << 7), CE_ERR_TOO_NEW, "does not know");
	assert_int_equal(call->run.mount_count, 0);
}

static void every_function_of_prepare_wants_a_stage_that_is_there(void **state)
{
	static const char *const words[] = { "x", NULL };
	struct fixture *f = *state;
	struct ce_plugin_call *call = &f->call;
	static const enum ce_call_hook others[] = { CE_CALL_PROBE, CE_CALL_EXPLAIN, CE_CALL_NAME };
	const char *told = "named stage 77, which runtime \"plain\" does not have";

	expect_failure(f, ce__call_add_argument(call, 77, "x"), CE_ERR_PLUGIN, told);
	expect_failure(f, ce__call_expand(call, 77, words), CE_ERR_PLUGIN, told);
	expect_failure(f, ce__call_add_env(call, 77, "A=1"), CE_ERR_PLUGIN, told);
	expect_failure(f, ce__call_add_seccomp(call, 77, "x"), CE_ERR_PLUGIN, told);
	expect_failure(f, ce__call_mount(call, 77, "/opt", "/opt", 0), CE_ERR_PLUGIN, told);
	f->runtime.has_compile = false;
	expect_failure(f, ce__call_add_artifact(call, "x"), CE_ERR_PLUGIN, "does not have");
	expect_failure(f, ce__call_skip_compile(call), CE_ERR_PLUGIN, "does not have");
	assert_false(call->skip_compile);
	for (size_t i = 0; i < CE_ARRAY_SIZE(others); i++) {
		begin(f, others[i]);
		expect_failure(f, ce__call_add_argument(call, CE_STAGE_RUN, "x"), CE_ERR_PLUGIN, "prepare hook");
	}
	begin(f, CE_CALL_PREPARE);
	expect_failure(f, ce__call_add_diagnostic(call, &(ce_diagnostic){ .size = sizeof(ce_diagnostic) }), CE_ERR_PLUGIN,
		       "outside of the explain hook");
}

static void there_is_an_end_to_all_of_it(void **state)
{
	struct fixture *f = *state;
	struct ce_plugin_call *call = &f->call;
	char path[32];
	int r = 0;

	for (int i = 0; i <= CE_CALL_WORDS_MAX && !r; i++)
		r = ce__call_add_argument(call, CE_STAGE_RUN, "x");
	assert_int_equal(call->run.argv.count, CE_CALL_WORDS_MAX + 1);
	expect_failure(f, r, CE_ERR_INVALID, "too many arguments");
	for (unsigned i = 0; i < CE_MANIFEST_MOUNTS_MAX; i++) {
		snprintf(path, sizeof(path), "/opt/%u", i);
		assert_int_equal(ce__call_mount(call, CE_STAGE_RUN, path, path, 0), 0);
	}
	expect_failure(f, ce__call_mount(call, CE_STAGE_RUN, "/opt/x", "/opt/x", 0), CE_ERR_PLUGIN, "mounts");
	assert_non_null(ce__call_host.allocate(call, CE_CALL_MEMORY_MAX / 2));
	assert_null(ce__call_host.allocate(call, CE_CALL_MEMORY_MAX / 2 + 1));
	expect_failure(f, call->code, CE_ERR_PLUGIN, "more than 64 MiB");
	assert_null(ce__call_host.text(call, "", SIZE_MAX));
	expect_failure(f, call->code, CE_ERR_PLUGIN, "more than 64 MiB");
}

static void diagnostics_are_copied_and_bounded(void **state)
{
	struct fixture *f = *state;
	struct ce_plugin_call *call = &f->call;
	char longest[CE_CALL_TEXT_MAX + 8];
	ce_diagnostic d = { .size = sizeof(d), .message = longest, .line = 3 };

	begin(f, CE_CALL_EXPLAIN);
	call->stage = CE_STAGE_COMPILE;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memcpy(longest + CE_CALL_TEXT_MAX - 1, "\xc3\xa4", 2); /* the limit falls inside a character */
	assert_int_equal(ce__call_add_diagnostic(call, &d), 0);
	assert_int_equal(strlen(call->diagnostics[0].message), CE_CALL_TEXT_MAX - 1);
	assert_int_equal(call->diagnostics[0].stage, CE_STAGE_COMPILE);
	assert_string_equal(call->diagnostics[0].severity, "error");
	assert_string_equal(call->diagnostics[0].file, "");
	while (call->diagnostic_count < CE_CALL_DIAGNOSTICS_MAX)
		assert_int_equal(ce__call_add_diagnostic(call, &d), 0);
	assert_int_equal(ce__call_add_diagnostic(call, &d), 1); /* enough; no failure */
	assert_int_equal(call->code, 0);
	begin(f, CE_CALL_EXPLAIN);
	d.size = 1;
	expect_failure(f, ce__call_add_diagnostic(call, &d), CE_ERR_PLUGIN, "wrong size");
}

static void what_is_not_there_is_told_with_its_packages(void **state)
{
	struct fixture *f = *state;
	struct ce_plugin_call *call = &f->call;
	static const char *const missing[] = { "no-such-program-of-anybody", NULL }, *const file[] = { "/usr/share/dict/none", NULL };
	static const char *const own[] = { "./program", NULL }, *const shell[] = { "sh", NULL };
	char wanted[] = "/usr/no/such/file", *requires[] = { wanted, NULL };

	assert_int_equal(ce__call_require(call, shell), 0);
	assert_int_equal(ce__call_require(call, own), 0); /* what a compiler will make */
	expect_failure(f, ce__call_require(call, NULL), CE_ERR_PLUGIN, "empty command");
	expect_failure(f, ce__call_require(call, missing), CE_ERR_UNAVAILABLE, "; install the packages gcc, libc6-dev");
	packages[1] = NULL;
	expect_failure(f, ce__call_require(call, file), CE_ERR_UNAVAILABLE, "; install the package gcc");
	packages[1] = libc;
	assert_null(ce__call_find_program(call, missing[0]));
	assert_non_null(ce__call_find_program(call, "sh"));
	assert_int_equal(call->code, 0);
	f->runtime.requires = requires;
	expect_failure(f, ce__call_require_all(call), CE_ERR_UNAVAILABLE, "there is no /usr/no/such/file; install");
}

static void the_first_failure_counts(void **state)
{
	struct fixture *f = *state;
	struct ce_plugin_call *call = &f->call;
	ce_error *error = NULL;

	/* A code that says "all is well" is a failure of the plugin. */
	assert_int_equal((ce__call_host.fail)(call, 0, "first"), CE_ERR_PLUGIN);
	assert_int_equal((ce__call_host.fail)(call, CE_ERR_INVALID, "second"), CE_ERR_INVALID);
	assert_int_equal(call->code, CE_ERR_PLUGIN);
	assert_string_equal(call->message, "first");
	begin(f, CE_CALL_PREPARE);
	assert_int_equal((ce__call_host.fail)(call, CE_ERR_INVALID, NULL), CE_ERR_INVALID);
	assert_string_equal(call->message, "no reason given");
	begin(f, CE_CALL_PREPARE);
	assert_int_equal(ce__call_result(call, 0, "prepare", &error), 0);
	assert_null(error);
	/* What it returned counts where it has said nothing. */
	assert_int_equal(ce__call_result(call, CE_ERR_INVALID, "prepare", &error), CE_ERR_INVALID);
	assert_non_null(error);
	ce_error_free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_asked_for_is_in_its_stage, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(every_function_of_prepare_wants_a_stage_that_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_an_end_to_all_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(diagnostics_are_copied_and_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_told_with_its_packages, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_failure_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
