/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a manifest says of its self-tests' kinds, of what its runtimes need beside their commands, and of what
 * is made once when they are installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "executor/call.h"
#include "executor/manifest.h"

#define HEAD "abi: 1\nname: x\ntitle: X\nsource: main.x\n"
#define RUNTIME "runtimes:\n  - name: r\n    run: {command: [sh, '{source}']}\n"
#define TEST(text) "tests:\n  - {name: t, code: x, " text "}\n"

static struct ce_executor *parse(const char *text)
{
	struct ce_executor *executor = NULL;
	ce_error *error = NULL;

	if (ce__manifest_parse("t.yaml", text, strlen(text), &executor, &error))
		fail_msg("%s", ce_error_message(error));
	return executor;
}

static void assert_refused(const char *text, const char *message)
{
	struct ce_executor *executor = NULL;
	ce_error *error = NULL;

	if (ce__manifest_parse("t.yaml", text, strlen(text), &executor, &error) == 0)
		fail_msg("accepted, but should be refused with \"%s\":\n%s", message, text);
	if (strcmp(ce_error_message(error), message) != 0)
		fail_msg("expected: %s\n     got: %s", message, ce_error_message(error));
	ce_error_free(error);
}

static void a_kind_says_what_its_test_must_expect(void **state)
{
#define STATUS(kind, words)                                                                                  \
	"t.yaml:9:5: test \"t\" of kind " kind " must expect the status " words
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"kind: hallo, expect: {}", "t.yaml:9:30: unknown kind of test \"hallo\" (did you mean \"hello\"?)"},
	    {"kind: zzzzzzzzzzzz, expect: {}",
	     "t.yaml:9:30: unknown kind of test \"zzzzzzzzzzzz\" (known: hello, stdin, exit_code, runtime_error, "
	     "compile_error, endless_loop, memory, two_files)"},
	    {"kind: hello, expect: {}", "t.yaml:9:5: test \"t\" of kind hello needs an expected stdout"},
	    {"kind: hello, expect: {status: error, stdout: x}", STATUS("hello", "success")},
	    {"kind: stdin, expect: {stdout: x}",
	     "t.yaml:9:5: test \"t\" of kind stdin needs input and an expected stdout"},
	    {"kind: exit_code, expect: {status: error}",
	     "t.yaml:9:5: test \"t\" of kind exit_code needs an expected exit_code"},
	    {"kind: runtime_error, expect: {}", STATUS("runtime_error", "error")},
	    {"kind: compile_error, expect: {status: [error, timeout]}",
	     STATUS("compile_error", "compilation_error or error")},
	    {"kind: endless_loop, expect: {status: error}", STATUS("endless_loop", "timeout")},
	    {"kind: memory, expect: {status: [memory_limit, success]}",
	     STATUS("memory", "memory_limit (or error, where the language reports it itself)")},
	    {"kind: two_files, expect: {}", "t.yaml:9:5: test \"t\" of kind two_files needs files"},
	    {"runtimes: [q], expect: {}",
	     "t.yaml:9:5: test \"t\" is for the runtime \"q\", which there is not"},
	    {"expect: {status: [error, succes]}",
	     "t.yaml:9:49: unknown status \"succes\" (did you mean \"success\"?)"},
	    {"expect: {status: []}", "t.yaml:9:41: \"status\" must not be empty"},
	};
#undef STATUS
	char text[1024];

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), HEAD RUNTIME "tests:\n  - {name: t, code: x, %s}\n", cases[i].text);
		assert_refused(text, cases[i].message);
	}
}

static void kinds_limits_and_runtimes_of_tests_are_read(void **state)
{
	struct ce_executor *e =
	    parse(HEAD "runtimes:\n  - {name: a, run: {command: [sh]}}\n  - {name: b, run: {command: [sh]}}\n"
		       "tests:\n"
		       "  - {name: m, kind: memory, code: x, runtimes: [b], limits: {memory: 64MiB},\n"
		       "     compile_limits: {timeout: 2s}, expect: {status: [memory_limit, error]}}\n"
		       "  - {name: h, kind: hello, code: x, expect: {stdout: x}}\n");
	const struct ce_manifest_test *t = &e->tests[0];

	(void)state;
	assert_int_equal(t->kind, CE_TEST_MEMORY);
	assert_int_equal(t->limits.memory_bytes, 64 << 20);
	assert_int_equal(t->compile_limits.wall_time_ms, 2000);
	assert_int_equal(t->compile_limits.size, sizeof(struct ce_limits));
	assert_int_equal(t->outcomes, UINT64_C(1) << CE_OUTCOME_MEMORY_LIMIT | UINT64_C(1) << CE_OUTCOME_ERROR);
	assert_false(ce__manifest_test_applies(t, &e->runtimes[0]));
	assert_true(ce__manifest_test_applies(t, &e->runtimes[1]));
	assert_true(ce__manifest_has_kind(e, &e->runtimes[0], CE_TEST_HELLO));
	assert_false(ce__manifest_has_kind(e, &e->runtimes[0], CE_TEST_MEMORY));
	ce__manifest_free(e);
}

static void what_a_language_cannot_do_holds_for_its_runtimes_and_not_beside_a_test(void **state)
{
	struct ce_executor *e = parse(HEAD "cannot: {two_files: no modules, exit_code: none}\n"
					   "runtimes:\n  - {name: a, run: {command: [sh]}}\n"
					   "  - {name: b, cannot: {exit_code: not here}, run: {command: [sh]}}\n");

	(void)state;
	assert_string_equal(e->runtimes[0].cannot[CE_TEST_TWO_FILES], "no modules");
	assert_string_equal(e->runtimes[0].cannot[CE_TEST_EXIT_CODE], "none");
	assert_string_equal(e->runtimes[1].cannot[CE_TEST_EXIT_CODE], "not here");
	assert_null(e->runtimes[1].cannot[CE_TEST_STDIN]);
	ce__manifest_free(e);
	assert_refused(HEAD "cannot: {exitcode: none}\n" RUNTIME,
		       "t.yaml:5:10: unknown kind of test \"exitcode\" (did you mean \"exit_code\"?)");
	assert_refused(HEAD "cannot: {hello: shy}\n" RUNTIME,
		       "t.yaml:5:10: a language that cannot say hello is none");
	assert_refused(HEAD "cannot: {exit_code: ''}\n" RUNTIME, "t.yaml:5:21: \"exit_code\" must not be empty");
	assert_refused(HEAD "cannot: {exit_code: none}\n" RUNTIME TEST("kind: exit_code, expect: {exit_code: 7}"),
		       "t.yaml:7:5: runtime \"r\" says that it cannot do exit_code, and has a test of it");
}

static void placeholders_of_places_are_filled_in_when_the_manifest_is_read(void **state)
{
	struct ce_executor *e = parse(
	    HEAD "runtimes:\n  - name: r\n    opt_in: true\n    packages: ['npm:x@1.0.0', 'a | b']\n"
		 "    requires: [ld, '{runtimes}/node_modules/x/x.js', /usr/share/java/x.jar]\n"
		 "    env: {X: '{runtimes}/x {other}'}\n"
		 "    prebuild: {command: [sh, '{prebuilt}'], files: {a/b: c}, outputs: [x.jsa], limits: {timeout: 1min}}\n"
		 "    run: {command: ['{runtimes}/bin/x', '{{runtimes}', '-a={prebuilt}/x.jsa', '{source}']}\n"
		 "  - name: s\n    run: {command: [sh, '{source}']}\n");
	const struct ce_manifest_runtime *r = &e->runtimes[0];

	(void)state;
	assert_true(r->opt_in);
	assert_true(r->uses_runtimes);
	assert_string_equal(r->requires[1], "/opt/codeexec/node_modules/x/x.js");
	assert_string_equal(r->run.env[0], "X=/opt/codeexec/x {other}");
	assert_string_equal(r->run.command[0], "/opt/codeexec/bin/x");
	assert_string_equal(r->run.command[1], "{{runtimes}");
	assert_string_equal(r->run.command[2], "-a=/opt/codeexec/prebuilt/x-r/x.jsa");
	assert_string_equal(r->prebuild.command[1], "/opt/codeexec/prebuilt/x-r");
	assert_string_equal(r->prebuild.files.items[0].name, "a/b");
	assert_string_equal(r->prebuild.outputs[0], "x.jsa");
	assert_int_equal(r->prebuild.limits.wall_time_ms, 60000);
	assert_false(e->runtimes[1].uses_runtimes);
	assert_false(e->runtimes[1].opt_in);
	ce__manifest_free(e);
	assert_refused(HEAD "runtimes:\n  - {name: r, requires: [a/b], run: {command: [sh]}}\n",
		       "t.yaml:6:26: \"a/b\" in \"requires\" must be a program's bare name, an absolute path, or a path "
		       "beginning with {runtimes}/");
	assert_refused(HEAD "runtimes:\n  - {name: r, prebuild: {command: [sh]}, run: {command: [sh]}}\n",
		       "t.yaml:6:25: \"prebuild\" needs the key \"outputs\"");
}

static void layers_say_how_they_are_found(void **state)
{
	struct ce_executor *e = parse(
		HEAD "runtimes:\n"
		     "  - {name: r, layers: {env: X, path: '*.jar', root: /x, registry: npm, compile_option: -c, run_option: -r}, run: {command: [sh]}}\n"
		     "  - {name: s, run: {command: [sh]}}\n");
	const struct ce_manifest_layers *how = &e->runtimes[0].layers;

	(void)state;
	assert_string_equal(how->env, "X");
	assert_string_equal(how->path, "*.jar");
	assert_string_equal(how->root, "/x");
	assert_string_equal(how->registry, "npm");
	assert_string_equal(how->compile_option, "-c");
	assert_string_equal(how->run_option, "-r");
	assert_null(e->runtimes[1].layers.env);
	ce__manifest_free(e);
	assert_refused(HEAD "runtimes:\n  - {name: r, layers: {env: X, registry: cpan}, run: {command: [sh]}}\n",
		       "t.yaml:6:42: \"registry\" in \"layers\" must be npm or pip, not \"cpan\"");
	assert_refused(HEAD "runtimes:\n  - {name: r, layers: {env: X, root: x}, run: {command: [sh]}}\n",
		       "t.yaml:6:38: \"x\" in \"layers\": paths must be absolute, without empty, \".\" and \"..\" parts");
}

static void write_file(const char *directory, const char *name, const char *text, mode_t mode)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s", directory, name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static const struct ce_manifest_runtime *first_runtime(const struct ce_registry *registry)
{
	assert_int_equal(registry->load_error_count, 0);
	assert_int_equal(registry->count, 1);
	return &registry->executors[0]->runtimes[0];
}

static void a_runtime_is_available_once_all_that_it_requires_is_there(void **state)
{
	const char *plugins[] = {getenv("CE_TEST_PLUGIN_DIR"), NULL};
	char top[] = "/tmp/ce-kinds-XXXXXX";
	struct ce_registry *registry = NULL;
	const char *executors[] = {top, NULL};

	(void)state;
	assert_non_null(plugins[0]);
	assert_non_null(mkdtemp(top));
	write_file(top, "x.yaml",
		   HEAD "runtimes:\n  - name: r\n    packages: ['npm:x@1']\n    requires: ['{runtimes}/lib.jar']\n"
			"    run: {command: ['{runtimes}/x', '{source}']}\n",
		   0644);
	assert_int_equal(ce__registry_load(executors, plugins, top, NULL, &registry, NULL), 0);
	assert_string_equal(first_runtime(registry)->unavailable_reason,
			    "\"/opt/codeexec/x\" is not installed; install the package npm:x@1");
	ce__registry_free(registry);

	write_file(top, "x", "", 0755);
	assert_int_equal(ce__registry_load(executors, plugins, top, NULL, &registry, NULL), 0);
	assert_string_equal(first_runtime(registry)->unavailable_reason,
			    "there is no /opt/codeexec/lib.jar; install the package npm:x@1");
	ce__registry_free(registry);

	write_file(top, "lib.jar", "", 0644);
	assert_int_equal(ce__registry_load(executors, plugins, top, NULL, &registry, NULL), 0);
	assert_true(first_runtime(registry)->available);
	assert_int_equal(first_runtime(registry)->mount_count, 1);
	assert_string_equal(first_runtime(registry)->mounts[0].source, top);
	assert_string_equal(first_runtime(registry)->mounts[0].target, "/opt/codeexec");
	ce__registry_free(registry);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"x", "x.yaml", "lib.jar"};
		CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s", top, names[i]);

		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_kind_says_what_its_test_must_expect),
	    cmocka_unit_test(kinds_limits_and_runtimes_of_tests_are_read),
	    cmocka_unit_test(what_a_language_cannot_do_holds_for_its_runtimes_and_not_beside_a_test),
	    cmocka_unit_test(placeholders_of_places_are_filled_in_when_the_manifest_is_read),
	    cmocka_unit_test(layers_say_how_they_are_found),
	    cmocka_unit_test(a_runtime_is_available_once_all_that_it_requires_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
