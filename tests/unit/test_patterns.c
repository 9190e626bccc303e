/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `diagnostics:` in a manifest: which patterns are refused, and what the plugin `command` reads by the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor/executor.h"

#define BEGIN "abi: 1\nname: t\ntitle: T\nsource: main.t\n"
#define END                                                                                                  \
	"runtimes:\n  - name: only\n    compile: {command: [env], artifacts: [x]}\n    run: {command: [./x]}\n"

struct expected {
	const char *severity, *type, *message, *file;
	uint64_t line, column;
};

/* A registry of one language with these patterns. */
static struct ce_registry *load(const char *patterns)
{
	char dir[] = "/tmp/ce-patterns-XXXXXX", path[64];
	const char *const executor_dirs[] = {dir, NULL};
	const char *const plugin_dirs[] = {getenv("CE_TEST_PLUGIN_DIR"), NULL};
	struct ce_registry *registry = NULL;
	FILE *file;

	assert_non_null(plugin_dirs[0]);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/t.yaml", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, BEGIN "diagnostics:\n%s" END, patterns);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(ce__registry_load(executor_dirs, plugin_dirs, NULL, NULL, &registry, NULL), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(registry->count, 1);
	return registry;
}

static size_t explain(const struct ce_registry *registry, ce_stage stage, const char *output, const char *errors,
		      size_t errors_size, struct ce_owned_diagnostic **out)
{
	const struct ce_explain_input input = {
	    .stage = stage,
	    .outcome = stage == CE_STAGE_COMPILE ? CE_OUTCOME_COMPILATION_ERROR : CE_OUTCOME_ERROR,
	    .exit_code = 1,
	    .output = output,
	    .output_size = strlen(output),
	    .errors = errors,
	    .errors_size = errors_size,
	};
	size_t count = 0;

	ce__executor_explain(registry->executors[0], 0, &input, out, &count);
	return count;
}

static void assert_read(const char *patterns, ce_stage stage, const char *output, const char *errors,
			const struct expected *expected, size_t expected_count)
{
	struct ce_registry *registry = load(patterns);
	struct ce_owned_diagnostic *d = NULL;
	size_t count = explain(registry, stage, output, errors, strlen(errors), &d);

	assert_int_equal(count, expected_count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(d[i].stage, stage);
		assert_string_equal(d[i].severity, expected[i].severity);
		assert_string_equal(d[i].type, expected[i].type);
		assert_string_equal(d[i].message, expected[i].message);
		assert_string_equal(d[i].file, expected[i].file);
		assert_int_equal(d[i].line, expected[i].line);
		assert_int_equal(d[i].column, expected[i].column);
	}
	ce__diagnostics_free(d, count);
	ce__registry_free(registry);
}

static void one_line_gives_file_line_column_severity_type_and_message(void **state)
{
	const struct expected expected[] = {
	    {"error", "CS0103", "The name `x' does not exist", "Main.cs", 3, 26},
	    {"warning", "CS0168", "declared but never used: a(1): b", "sub/B.cs", 10, 5},
	};

	(void)state;
	assert_read("  - \"{file}({line},{column}): {severity} {type}: {message}\"\n", CE_STAGE_COMPILE, "",
		    "Main.cs(3,26): error CS0103: The name `x' does not exist\r\n"
		    "Compilation failed: 1 error(s), 0 warnings\n"
		    "/work/sub/B.cs(10,5): Warning CS0168: declared but never used: a(1): b",
		    expected, 2);
}

static void second_line_brings_the_message(void **state)
{
	const struct expected expected[] = {{"error", "", "Unbound value x", "main.ml", 3, 0}};

	(void)state;
	assert_read("  - \"File \\\"{file}\\\", line {line}, characters {any}:\\nError: {message}\"\n", CE_STAGE_RUN, "",
		    "File \"./main.ml\", line 3, characters 16-24:\n"
		    "3 |   print_endline x\n"
		    "                    ^\n"
		    "Error: Unbound value x\n",
		    expected, 1);
	/* Too far away, or never. */
	assert_read("  - \"File \\\"{file}\\\", line {line}, characters {any}:\\nError: {message}\"\n", CE_STAGE_RUN, "",
		    "File \"main.ml\", line 3, characters 16-24:\n1\n2\n3\n4\n5\n6\n7\n8\nError: Unbound value x\n",
		    NULL, 0);
}

static void first_pattern_that_fits_is_taken(void **state)
{
	const struct expected expected[] = {
	    {"error", "", "no such thing", "main.hs", 2, 8},
	    {"error", "", "Variable not in scope", "main.hs", 3, 8},
	};

	(void)state;
	assert_read("  - \"{file}:{line}:{column}: error:\\n{message}\"\n"
		    "  - \"{file}:{line}:{column}: {severity}: {message}\"\n",
		    CE_STAGE_COMPILE, "",
		    "main.hs:2:8: error:\n    no such thing\nmain.hs:3:8: error: Variable not in scope\n", expected, 2);
}

static void standard_output_counts_for_compilers_only(void **state)
{
	const struct expected expected[] = {{"error", "", "twice", "m.pas", 4, 2}};

	(void)state;
	assert_read("  - \"{file}({line},{column}) Error: {message}\"\n", CE_STAGE_COMPILE,
		    "m.pas(4,2) Error: twice\n", "", expected, 1);
	assert_read("  - \"{file}({line},{column}) Error: {message}\"\n", CE_STAGE_RUN, "m.pas(4,2) Error: twice\n", "",
		    NULL, 0);
}

static void what_does_not_fit_wholly_gives_nothing(void **state)
{
	(void)state;
	assert_read("  - \"{file}:{line}: {severity}: {message}\"\n", CE_STAGE_COMPILE, "",
		    ":1: error: no file\nmain:0: error: no line\nmain:x: error: no number\nmain:1: mistake: no severity\n"
		    "main:1: error: \nmain:99999999999999999999: error: too large\n\n:\n",
		    NULL, 0);
	assert_read("  - \"line {line}: {{x}\"\n", CE_STAGE_COMPILE, "", "line 3: {x} and more\nline 3: {{x}\n", NULL, 0);
}

static void braces_are_written_twice(void **state)
{
	const struct expected expected[] = {{"error", "", "", "", 3, 0}};

	(void)state;
	assert_read("  - \"line {line}: {{x}\"\n", CE_STAGE_COMPILE, "", "  line 3: {x}\n", expected, 1);
}

/* Every line begins a pair whose second half never comes: still a bounded number of steps, and no diagnostic. */
static void hostile_bytes_are_survived(void **state)
{
	struct ce_registry *registry = load("  - \"{file}:{line}: {any}-{any}: {type}: {message}\"\n"
					    "  - \"{file}:{line}:\\nError {type}: {message}\"\n");
	const size_t size = 1 << 20;
	char *bytes = malloc(size);
	struct ce_owned_diagnostic *d = NULL;
	static const char *const shapes[] = {"a:1:\n", "a:1: --: ", ":", "\n", "a:1: -", "\0\xff"};

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		size_t n = shapes[i][0] ? strlen(shapes[i]) : 2, count;

		for (size_t at = 0; at < size; at++)
			bytes[at] = shapes[i][at % n];
		count = explain(registry, CE_STAGE_RUN, "", bytes, size, &d);
		assert_true(count <= 1);
		ce__diagnostics_free(d, count);
	}
	/* More than are kept, and longer than is kept. */
	for (size_t at = 0; at < size; at++)
		bytes[at] = "a:1: -: b: c\n"[at % 13];
	assert_int_equal(explain(registry, CE_STAGE_RUN, "", bytes, size, &d), 100);
	ce__diagnostics_free(d, 100);
	free(bytes);
	ce__registry_free(registry);
}

static void pattern_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *pattern, *message;
	} cases[] = {
	    {"{file}{line}", "needs some text between a {file}, {type}, {message} or {any} and what follows it"},
	    {"{any}{any}: {line}", "needs some text between"},
	    {"{fil}: {line}", "unknown placeholder {fil} (did you mean \"file\"?)"},
	    {"{line}:{line}", "has a placeholder twice"},
	    {"{file}: broken", "has neither {line} nor {message}"},
	    {"{file}: {line} {", "has a brace that begins no placeholder"},
	    {"{line}\\n", "has an empty line"},
	    {"\\n{line}", "has an empty line"},
	    {"{line}\\na\\nb", "has more than two lines"},
	    {"{line}{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{", "has too many parts"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ce_executor *executor = NULL;
		ce_error *error = NULL;
		char text[1024];

		snprintf(text, sizeof(text), BEGIN "diagnostics: [\"%s\"]\n" END, cases[i].pattern);
		assert_int_equal(ce__manifest_parse("t.yaml", text, strlen(text), &executor, &error), CE_ERR_MANIFEST);
		assert_null(executor);
		if (!strstr(ce_error_message(error), cases[i].message))
			fail_msg("\"%s\" lacks \"%s\"", ce_error_message(error), cases[i].message);
		assert_non_null(strstr(ce_error_message(error), "t.yaml:5:15: "));
		ce_error_free(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_line_gives_file_line_column_severity_type_and_message),
	    cmocka_unit_test(second_line_brings_the_message),
	    cmocka_unit_test(first_pattern_that_fits_is_taken),
	    cmocka_unit_test(standard_output_counts_for_compilers_only),
	    cmocka_unit_test(what_does_not_fit_wholly_gives_nothing),
	    cmocka_unit_test(braces_are_written_twice),
	    cmocka_unit_test(hostile_bytes_are_survived),
	    cmocka_unit_test(pattern_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
