/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Options that a request chooses: only what the manifest lists reaches a command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "executor/options.h"

#define MANIFEST(options, test)                                                                                          \
	"abi: 1\nname: x\ntitle: X\nsource: main.x\nruntimes:\n  - name: r\n    options: " options                           \
	"\n    run:\n      command: [sh, '{options}']\ntests:\n  - name: t\n    code: x\n" test "    expect: {}\n"

static const char good[] = MANIFEST("{std: {c17: [-std=c17], c99: [-std=c99, -pedantic]}, debug: {'no': [], 'yes': [-g]}}",
				    "    options: {std: c99}\n");

static struct ce_executor *read_manifest(const char *text)
{
	struct ce_executor *executor = NULL;
	ce_error *error = NULL;

	if (ce__manifest_parse("t.yaml", text, strlen(text), &executor, &error))
		fail_msg("%s", ce_error_message(error));
	return executor;
}

static void assert_settles(const char *const *chosen, const char *words, const char *settled)
{
	struct ce_executor *executor = read_manifest(good);
	struct ce_strv lists[2] = {{0}, {0}};
	const char *const wanted[] = {words, settled};

	assert_int_equal(ce__options_settle(executor, executor->runtimes, chosen, &lists[0], &lists[1], NULL), 0);
	for (int i = 0; i < 2; i++) {
		char text[256] = "";

		for (size_t k = 0; k < lists[i].count; k++) {
			strcat(text, lists[i].items[k]);
			strcat(text, "|");
		}
		assert_string_equal(text, wanted[i]);
		ce__strv_finish(&lists[i]);
	}
	ce__manifest_free(executor);
}

static void first_value_is_the_default_and_order_is_the_manifests(void **state)
{
	static const char *const both[] = {"debug=yes", "std=c99", NULL}, *const none[] = {NULL};

	(void)state;
	assert_settles(NULL, "-std=c17|", "std=c17|debug=no|");
	assert_settles(none, "-std=c17|", "std=c17|debug=no|");
	assert_settles(both, "-std=c99|-pedantic|-g|", "std=c99|debug=yes|");
}

static void assert_refused(const char *first, const char *second, const char *message)
{
	struct ce_executor *executor = read_manifest(good);
	const char *const chosen[] = {first, second, NULL};
	struct ce_strv words = {0}, settled = {0};
	ce_error *error = NULL;

	assert_int_equal(ce__options_settle(executor, executor->runtimes, chosen, &words, &settled, &error), CE_ERR_INVALID);
	assert_string_equal(ce_error_message(error), message);
	ce_error_free(error);
	ce__strv_finish(&words);
	ce__strv_finish(&settled);
	ce__manifest_free(executor);
}

static void what_is_not_listed_is_refused_with_the_list(void **state)
{
	(void)state;
	assert_refused("sdt=c17", NULL, "x@r has no option \"sdt\" (did you mean \"std\"?); it has: std, debug");
	assert_refused("std=-o/etc/passwd", NULL, "x: option \"std\" cannot be \"-o/etc/passwd\"; it can be: c17, c99");
	assert_refused("std", NULL, "option \"std\" needs a value: std=...");
	assert_refused("std=", NULL, "x: option \"std\" cannot be \"\"; it can be: c17, c99");
	assert_refused("std=c17", "std=c99", "option \"std\" is given twice");
	assert_refused("\n=\033[1m", NULL, "x@r has no option \"?\"; it has: std, debug");
}

static void assert_manifest_refused(const char *text, const char *part)
{
	struct ce_executor *executor = NULL;
	ce_error *error = NULL;

	assert_int_equal(ce__manifest_parse("t.yaml", text, strlen(text), &executor, &error), CE_ERR_MANIFEST);
	assert_null(executor);
	if (!strstr(ce_error_message(error), part))
		fail_msg("\"%s\" does not say \"%s\"", ce_error_message(error), part);
	ce_error_free(error);
}

static void manifest_says_where_an_option_is_wrong(void **state)
{
	(void)state;
	assert_manifest_refused(MANIFEST("{std: {c17: []}}", ""), "t.yaml:7:15: option \"std\" leaves no choice");
	assert_manifest_refused(MANIFEST("{'a b': {x: [], y: []}}", ""), "t.yaml:7:15: \"a b\" is no name of an option");
	assert_manifest_refused(MANIFEST("{std: {C17: [], y: []}}", ""), "\"C17\" is no value of an option");
	assert_manifest_refused(MANIFEST("{std: {a: ['{args}'], b: []}}", ""), "has a brace");
	assert_manifest_refused(MANIFEST("{std: {a: [], a: []}}", ""), "twice");
	assert_manifest_refused(MANIFEST("{std: {a: [], b: []}}", "    options: {std: c}\n"), "cannot be \"c\"; it can be: a, b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_value_is_the_default_and_order_is_the_manifests),
	    cmocka_unit_test(what_is_not_listed_is_refused_with_the_list),
	    cmocka_unit_test(manifest_says_where_an_option_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
