/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Versions that requests ask for, and how a runtime is chosen by them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/executor.h"
#include "executor/version.h"

static void the_version_is_found_in_what_tools_print(void **state)
{
	static const struct {
		const char *printed, *wanted;
	} cases[] = {
	    {"Python 3.11.2\n", "3.11.2"},
	    {"v18.20.4\n", "18.20.4"},
	    {"gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022\n", "12.2.0"},
	    {"LDC - the LLVM D compiler (1.30.0):\n  based on DMD v2.100.1\n", "1.30.0"},
	    {"GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n", "5.2.15"},
	    {"ruby 3.1.7p261 (2025-03-26 revision 3.1) [x86_64-linux-gnu]\n", "3.1.7p261"},
	    {"LuaJIT 2.1.0-beta3 -- Copyright (C) 2005-2022\n", "2.1.0-beta3"},
	    {"Python 3.9.16 (7.3.11+dfsg-2+deb12u3, Dec 30 2024, 22:36:23)\n[PyPy 7.3.11 with GCC 12.2.0]\n", "3.9.16"},
	    {"\nThis is perl 5, version 36, subversion 0 (v5.36.0) built for x86_64\n", "5"},
	    {"v5.36.0", "5.36.0"},
	    {" \n\r\n\tMicrosoft (R) F# Interactive version 10.7.0.0 for F# 4.7\n", "10.7.0.0"},
	    {"\rBywater BASIC Interpreter/Shell, version 2.20 patch level 2\n", "2.20"},
	    {"jq-1.6\n", "1.6"},
	    {"xonsh/0.13.4\n", "0.13.4"},
	    {"Algol 68 Genie 3.1.2\nCopyright 2001-2023\n", "3.1.2"},
	    {"newLISP v.10.7.5 64-bit on Linux IPv4/6 UTF-8 libffi.\n\n", "10.7.5"},
	    {"1.7.4 $Release: @(#)rc 1.7.4 (git description unavailable) $\n", "1.7.4"},
	    {"59 2023/04/29 +Debian\n", "59"},
	    {"  version         sh (AT&T Research) 93u+m/1.0.4 2022-10-22\n", "93u+m"},
	    {"REXX-Regina_3.9.5(MT) 5.00 25 Oct 2021 (64 bit)\n", "5.00"},
	    {"Welcome to Rakudo v2022.12.\nImplementing Raku v6.d.\n", "2022.12"},
	    {"awk version 20220912\n", "20220912"},
	    {"25", "25"},
	    {"no number\n1.2.3\n", ""},
	    {"x86_64-linux-gnu", ""},
	    {"\n\n", ""},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(cases); i++) {
		char *found = ce__version_find(cases[i].printed, strlen(cases[i].printed));

		assert_non_null(found);
		if (strcmp(found, cases[i].wanted) != 0)
			fail_msg("\"%s\": \"%s\", not \"%s\"", cases[i].printed, found, cases[i].wanted);
		free(found);
	}
}

static void ranges_hold_what_semver_users_expect(void **state)
{
	static const struct {
		const char *version, *range;
		int wanted;
	} cases[] = {
	    {"3.11.2", "*", 1},          {"3.11.2", "3", 1},           {"3.11.2", "3.11", 1},
	    {"3.11.2", "3.11.2", 1},     {"3.11.2", "v3.11", 1},       {"3.11.2", "3.1", 0},
	    {"3.11.2", "3.11.20", 0},    {"3.11.2", "2", 0},           {"3.11.2", "3.x", 1},
	    {"3.11.2", "3.11.*", 1},     {"3.11.2", "3.x.x", 1},       {"3.11.2", "=3.11", 1},
	    {"3.11.2", ">=3.10", 1},     {"3.11.2", ">= 3.12", 0},     {"3.11.2", ">3.11", 0},
	    {"3.11.2", ">3.10", 1},      {"3.11.2", "<=3", 1},         {"3.11.2", "<3.11", 0},
	    {"3.11.2", "<4", 1},         {"3.11.2", ">=3.10,<4", 1},   {"3.11.2", ">=3.10, <3.11", 0},
	    {"3.11.2", "^3.5", 1},       {"3.11.2", "^2.5", 0},        {"3.11.2", "~3.11.1", 1},
	    {"3.11.2", "~3.10", 0},      {"3.11.2", "~3", 1},          {"0.28.2", "^0.28", 1},
	    {"0.29.0", "^0.28", 0},      {"0.0.3", "^0.0.3", 1},       {"0.0.4", "^0.0.3", 0},
	    {"3.11", "3.11.0", 1},       {"3.11", "3.11.1", 0},        {"2.1.0-beta3", "2.1", 1},
	    {"12.2.0-14+deb12u1", "12", 1},                            {"59c", "59", 1},
	    {"v20.1.0", "20", 1},        {"", "3", 0},                 {"", "*", 1},
	    {"unknown", ">=0", 0},       {"3", "x", -EINVAL},          {"3", "", -EINVAL},
	    {"3", "3 4", -EINVAL},       {"3", "3,", -EINVAL},         {"3", ">", -EINVAL},
	    {"3", "3.11.2-rc1", -EINVAL},                              {"3", "99999999999999999999999", 0},
	    {"3", "3@4", -EINVAL},       {"3", ">=*", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(cases); i++) {
		int got = ce__version_in_range(cases[i].version, cases[i].range);

		if (got != cases[i].wanted)
			fail_msg("\"%s\" in \"%s\": %d, not %d", cases[i].version, cases[i].range, got, cases[i].wanted);
	}
}

static void words_that_ask_for_a_version_are_told_from_names(void **state)
{
	(void)state;
	assert_true(ce__version_is_range("3"));
	assert_true(ce__version_is_range("v18"));
	assert_true(ce__version_is_range("*"));
	assert_true(ce__version_is_range("^1"));
	assert_false(ce__version_is_range("vala"));
	assert_false(ce__version_is_range("cpython"));
	assert_false(ce__version_is_range(""));
}

static const char *ask(void *context, const struct ce_executor *executor, size_t runtime)
{
	const char *const *versions = context;

	(void)executor;
	return versions[runtime];
}

/* One language with four runtimes; of the last one the version is not known, and the third is not there. */
static struct ce_executor *fake_language(struct ce_registry *registry)
{
	static const char text[] = "abi: 1\nname: py\ntitle: Py\naliases: [python]\nsource: main.py\nruntimes:\n"
				   "  - {name: c, aliases: [cpython, '9'], run: {command: [sh]}}\n"
				   "  - {name: pypy, run: {command: [sh]}}\n"
				   "  - {name: gone, run: {command: [sh]}}\n"
				   "  - {name: mute, run: {command: [sh]}}\n";
	static struct ce_executor *list[1];

	assert_int_equal(ce__manifest_parse("py.yaml", text, sizeof(text) - 1, &list[0], NULL), 0);
	for (size_t i = 0; i < list[0]->runtime_count; i++)
		list[0]->runtimes[i].available = i != 2;
	*registry = (struct ce_registry){.executors = list, .count = 1};
	return list[0];
}

static void the_first_available_runtime_of_that_version_is_chosen(void **state)
{
	static const struct {
		const char *language;
		size_t runtime;
	} good[] = {
	    {"py", 0},           {"py@*", 0},      {"py@3", 0},         {"python@3.9", 1},     {"py@3.9.x", 1},
	    {"py@>=3.10", 0},    {"py@<3.11", 1},  {"py@pypy", 1},      {"py@pypy@3", 1},      {"py@cpython@3.11", 0},
	    {"py@mute@*", 3},    {"py@9", 0},
	};
	static const struct {
		const char *language;
		int code;
		const char *message;
	} bad[] = {
	    {"py@4", CE_ERR_NOT_FOUND,
	     "language \"py\" has no runtime or version \"4\" (py has c 3.11.2, pypy 3.9.16, gone (not available), mute)"},
	    {"py@jython", CE_ERR_NOT_FOUND,
	     "language \"py\" has no runtime or version \"jython\" (py has c 3.11.2, pypy 3.9.16, gone (not available), mute)"},
	    {"py@pypy@3.11", CE_ERR_NOT_FOUND,
	     "language \"py\" has no runtime or version \"pypy@3.11\" (py has c 3.11.2, pypy 3.9.16, gone (not available), mute)"},
	    {"py@3.", CE_ERR_INVALID,
	     "language \"py\": \"3.\" is no version, such as 3, 3.11, \">=3.10,<4\" or *"},
	    {"py@c@new", CE_ERR_INVALID,
	     "language \"py\": \"new\" is no version, such as 3, 3.11, \">=3.10,<4\" or *"},
	    {"py@gone@3", CE_ERR_UNAVAILABLE, "language \"py@gone\" cannot run here: unknown reason"},
	};
	static const char *versions[] = {"3.11.2", "3.9.16", "3.8.1", ""};
	const struct ce_version_source source = {ask, (void *)versions};
	struct ce_registry registry;
	struct ce_executor *e = fake_language(&registry);
	const struct ce_executor *found;
	ce_error *error = NULL;
	size_t runtime;

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(good); i++) {
		if (ce__registry_find(&registry, good[i].language, false, &source, &found, &runtime, &error))
			fail_msg("%s: %s", good[i].language, ce_error_message(error));
		if (runtime != good[i].runtime)
			fail_msg("%s: runtime %zu, not %zu", good[i].language, runtime, good[i].runtime);
	}
	for (size_t i = 0; i < CE_ARRAY_SIZE(bad); i++) {
		assert_int_equal(
		    ce__registry_find(&registry, bad[i].language, false, &source, &found, &runtime, &error),
		    bad[i].code);
		assert_string_equal(ce_error_message(error), bad[i].message);
		ce_error_free(error);
		error = NULL;
	}
	ce__manifest_free(e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_version_is_found_in_what_tools_print),
	    cmocka_unit_test(ranges_hold_what_semver_users_expect),
	    cmocka_unit_test(words_that_ask_for_a_version_are_told_from_names),
	    cmocka_unit_test(the_first_available_runtime_of_that_version_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
