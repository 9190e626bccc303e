/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the plugins read out of a program's output: real tracebacks and compiler messages, and bytes made to
 * mislead. */
#include "explain.h"

static void assert_python(const char *text, const char *type, const char *message, const char *file,
			  uint64_t line)
{
	const struct expected expected = {"error", type, message, file, line, 0};

	assert_explained("python", CE_STAGE_RUN, text, &expected, 1);
}

static void traceback_becomes_type_message_file_and_line(void **state)
{
	(void)state;
	assert_python("Traceback (most recent call last):\n"
		      "  File \"/work/main.py\", line 4, in <module>\n"
		      "    f(0)\n"
		      "  File \"/work/main.py\", line 2, in f\n"
		      "    return 1 / x\n"
		      "           ~~^~~\n"
		      "ZeroDivisionError: division by zero\n",
		      "ZeroDivisionError", "division by zero", "main.py", 2);
	/* No message, no final newline, noise of the program before it. */
	assert_python("warming up: done\nTraceback (most recent call last):\n"
		      "  File \"/work/pkg/mod.py\", line 7, in <module>\n"
		      "    assert False\n"
		      "AssertionError",
		      "AssertionError", "", "pkg/mod.py", 7);
}

static void innermost_frame_of_the_program_is_blamed_not_the_library(void **state)
{
	(void)state;
	assert_python("Traceback (most recent call last):\n"
		      "  File \"/work/main.py\", line 3, in <module>\n"
		      "    json.loads(\"{\")\n"
		      "  File \"/usr/lib/python3.11/json/__init__.py\", line 346, in loads\n"
		      "    return _default_decoder.decode(s)\n"
		      "  File \"/usr/lib/python3.11/json/decoder.py\", line 353, in raw_decode\n"
		      "    obj, end = self.scan_once(s, idx)\n"
		      "json.decoder.JSONDecodeError: Expecting property name: line 1 column 2 (char 1)\n",
		      "json.decoder.JSONDecodeError", "Expecting property name: line 1 column 2 (char 1)",
		      "main.py", 3);
	assert_python("Traceback (most recent call last):\n"
		      "  File \"<string>\", line 1, in <module>\n"
		      "KeyError: 'x'\n",
		      "KeyError", "'x'", "<string>", 1);
}

static void syntax_error_needs_no_traceback_header(void **state)
{
	(void)state;
	assert_python("  File \"/work/main.py\", line 2\n"
		      "    print(x\n"
		      "         ^\n"
		      "SyntaxError: '(' was never closed\n",
		      "SyntaxError", "'(' was never closed", "main.py", 2);
	assert_python("Traceback (most recent call last):\n"
		      "  File \"/work/main.py\", line 1, in <module>\n"
		      "    import lib\n"
		      "  File \"/work/lib.py\", line 9\n"
		      "    x = \n"
		      "        ^\n"
		      "IndentationError: unexpected indent\n",
		      "IndentationError", "unexpected indent", "lib.py", 9);
}

static void last_of_chained_exceptions_wins(void **state)
{
	(void)state;
	assert_python("Traceback (most recent call last):\n"
		      "  File \"/work/main.py\", line 2, in <module>\n"
		      "    {}['x']\n"
		      "    ~~^^^^^\n"
		      "KeyError: 'x'\n"
		      "\n"
		      "During handling of the above exception, another exception occurred:\n"
		      "\n"
		      "Traceback (most recent call last):\n"
		      "  File \"/work/main.py\", line 4, in <module>\n"
		      "    raise ValueError('second') from None\n"
		      "ValueError: second\n",
		      "ValueError", "second", "main.py", 4);
}

static void message_may_have_several_lines(void **state)
{
	(void)state;
	assert_python("Traceback (most recent call last):\n"
		      "  File \"/work/main.py\", line 1, in <module>\n"
		      "    raise f.<locals>.E('a\\n\\n  b')\n"
		      "f.<locals>.E: a\n"
		      "\n"
		      "  b: c\n",
		      "f.<locals>.E", "a\n\n  b: c", "main.py", 1);
}

static void exception_group_is_named(void **state)
{
	(void)state;
	assert_python("  + Exception Group Traceback (most recent call last):\n"
		      "  |   File \"/work/main.py\", line 1, in <module>\n"
		      "  |     raise ExceptionGroup('many', [ValueError(1)])\n"
		      "  | ExceptionGroup: many (1 sub-exception)\n"
		      "  +-+---------------- 1 ----------------\n"
		      "    | ValueError: 1\n"
		      "    +------------------------------------\n",
		      "ExceptionGroup", "many (1 sub-exception)", "main.py", 1);
}

static void stderr_without_an_uncaught_exception_gives_nothing(void **state)
{
	static const char trace[] =
	    "Traceback (most recent call last):\n  File \"/work/main.py\", line 1, in <module>\n"
	    "ValueError: x\n";
	struct ce_owned_diagnostic *d = NULL;

	(void)state;
	assert_explained("python", CE_STAGE_RUN, "", NULL, 0);
	assert_explained("python", CE_STAGE_RUN, "ValueError: not a traceback\n", NULL, 0);
	assert_explained("python", CE_STAGE_RUN, "goodbye\n", NULL, 0);
	assert_explained("python", CE_STAGE_RUN, "Traceback (most recent call last):\n  File \"x", NULL, 0);
	/* Printed by the program, which then chose its own exit status. */
	assert_int_equal(explain_bytes("python", CE_STAGE_RUN, 3, trace, sizeof(trace) - 1, &d), 0);
	assert_null(d);
}

static void compiler_messages_become_diagnostics(void **state)
{
	static const struct expected gcc[] = {
	    {"error", "", "\xe2\x80\x98nonsense\xe2\x80\x99 undeclared (first use in this function)",
	     "main.c", 3, 16},
	    {"note", "", "each undeclared identifier is reported only once", "main.c", 3, 16},
	    {"warning", "-Wunused-variable", "unused variable \xe2\x80\x98y\xe2\x80\x99", "sub/a.c", 10, 2},
	    {"error", "", "nope.h: No such file or directory", "main.c", 1, 10},
	    {"error", "", "no newline", "main.c", 12, 0},
	};
	static const struct expected clang[] = {
	    {"error", "", "use of undeclared identifier 'nonsense'", "main.c", 3, 9},
	    {"warning", "-Wint-conversion", "incompatible [x] conversion", "./-x.c", 4, 1},
	};

	(void)state;
	assert_explained(
	    "c@gcc", CE_STAGE_COMPILE,
	    "main.c: In function \xe2\x80\x98main\xe2\x80\x99:\n"
	    "main.c:3:16: error: \xe2\x80\x98nonsense\xe2\x80\x99 undeclared (first use in this function)\n"
	    "    3 |         return nonsense;\n"
	    "      |                ^~~~~~~~\n"
	    "main.c:3:16: note: each undeclared identifier is reported only once\n"
	    "In file included from main.c:1:\n"
	    "sub/a.c:10:2: warning: unused variable \xe2\x80\x98y\xe2\x80\x99 [-Wunused-variable]\n"
	    "main.c:1:10: fatal error: nope.h: No such file or directory\n"
	    "compilation terminated.\n"
	    "main.c:12: error: no newline",
	    gcc, CE_ARRAY_SIZE(gcc));
	assert_explained("c@clang", CE_STAGE_COMPILE,
			 "main.c:3:9: error: use of undeclared identifier 'nonsense'\n"
			 "        return nonsense;\n"
			 "               ^\n"
			 "./-x.c:4:1: warning: incompatible [x] conversion [-Wint-conversion]\n"
			 "1 warning and 1 error generated.\n",
			 clang, CE_ARRAY_SIZE(clang));
}

static void linker_messages_become_diagnostics(void **state)
{
	static const struct expected undefined[] = {
	    {"error", "linker", "undefined reference to `nowhere'", "main.c", 0, 0},
	};
	static const struct expected twice[] = {
	    {"error", "linker",
	     "multiple definition of `f'; /tmp/cc1.o:main.c:(.text+0x0): first defined here", "b.c", 0, 0},
	};
	static const struct expected library[] = {
	    {"error", "linker", "cannot find -lfoo: No such file or directory", "", 0, 0},
	};
	static const struct expected driver[] = {
	    {"error", "", "no input files", "", 0, 0},
	};
	static const struct expected echo[] = {
	    {"error", "", "ld returned 1 exit status", "", 0, 0},
	};

	(void)state;
	assert_explained("c@gcc", CE_STAGE_COMPILE,
			 "/usr/bin/ld: /tmp/ccHbKgLx.o: in function `main':\n"
			 "main.c:(.text.startup+0x5): undefined reference to `nowhere'\n"
			 "collect2: error: ld returned 1 exit status\n",
			 undefined, 1);
	assert_explained(
	    "c@gcc", CE_STAGE_COMPILE,
	    "/usr/bin/ld: /tmp/cc2.o: in function `f':\n"
	    "b.c:(.text+0x0): multiple definition of `f'; /tmp/cc1.o:main.c:(.text+0x0): first defined "
	    "here\n"
	    "collect2: error: ld returned 1 exit status\n",
	    twice, 1);
	assert_explained("c@gcc", CE_STAGE_COMPILE,
			 "/usr/bin/ld: cannot find -lfoo: No such file or directory\n"
			 "clang: error: linker command failed with exit code 1 (use -v to see invocation)\n",
			 library, 1);
	assert_explained("c@gcc", CE_STAGE_COMPILE,
			 "gcc: fatal error: no input files\ncompilation terminated.\n", driver, 1);
	assert_explained("c@gcc", CE_STAGE_COMPILE, "collect2: error: ld returned 1 exit status\n", echo, 1);
}

static void what_a_running_c_program_prints_is_no_diagnostic(void **state)
{
	(void)state;
	assert_explained("c", CE_STAGE_RUN, "main.c:3:16: error: fake\n", NULL, 0);
}

static void language_without_a_reader_gives_nothing(void **state)
{
	(void)state;
	assert_explained("dash", CE_STAGE_RUN, "main.sh: 1: x: not found\n", NULL, 0);
}

static void number_and_length_of_diagnostics_are_capped(void **state)
{
	static char flood[200 * 32], longest[20000];
	struct ce_owned_diagnostic *d = NULL;
	size_t used = 0, count;

	(void)state;
	for (int i = 1; i <= 200; i++)
		used += (size_t)snprintf(flood + used, sizeof(flood) - used, "a.c:%d:1: error: x\n", i);
	count = explain_bytes("c", CE_STAGE_COMPILE, 1, flood, used, &d);
	assert_int_equal(count, 100);
	assert_int_equal(d[99].line, 100);
	ce__diagnostics_free(d, count);

	/* Two-byte characters, so that the cut at 4096 bytes would fall into one. */
	used = (size_t)snprintf(longest, sizeof(longest), "a.c:1:1: error: x");
	while (used + 2 < sizeof(longest)) {
		memcpy(longest + used, "\xc3\xbc", 2);
		used += 2;
	}
	count = explain_bytes("c", CE_STAGE_COMPILE, 1, longest, used, &d);
	assert_int_equal(count, 1);
	assert_int_equal(strlen(d[0].message), 4095);
	ce__diagnostics_free(d, count);
}

/* Every prefix and every single overwritten byte of hostile output, in buffers of exactly that size: a read
 * past the end is seen by AddressSanitizer and valgrind. */
static void hostile_bytes_are_survived(void **state)
{
	static const char seed[] =
	    "\0\xff:1:1: error: x [-W]\n:0:: error: \na.c:99999999999999999999: error: n\n"
	    "x:(.): \nld: (.\n: error: \nTraceback (most recent call last):\n"
	    "  File \"\", line 99999999999999999999\n  File \"a\", line 1\n\n:\nE\0: m\r\n"
	    "  + Exception Group Traceback\n  |  File \"a\", line 2\n  | E: \n[]]: \n";
	static const unsigned char junk[] = {0, '\n', ':', '"', '[', ']', ' ', 0xff};

	(void)state;
	for (size_t n = 0; n < sizeof(seed); n++) {
		for (size_t j = 0; j < sizeof(junk); j++) {
			char *bytes = malloc(n + 1);
			struct ce_owned_diagnostic *d = NULL;
			size_t count;

			assert_non_null(bytes);
			memcpy(bytes, seed, n);
			bytes[n] = (char)junk[j];
			count = explain_bytes("python", CE_STAGE_RUN, 1, bytes, n + 1, &d);
			ce__diagnostics_free(d, count);
			count = explain_bytes("c", CE_STAGE_COMPILE, 1, bytes, n + 1, &d);
			ce__diagnostics_free(d, count);
			free(bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(traceback_becomes_type_message_file_and_line),
	    cmocka_unit_test(innermost_frame_of_the_program_is_blamed_not_the_library),
	    cmocka_unit_test(syntax_error_needs_no_traceback_header),
	    cmocka_unit_test(last_of_chained_exceptions_wins),
	    cmocka_unit_test(message_may_have_several_lines),
	    cmocka_unit_test(exception_group_is_named),
	    cmocka_unit_test(stderr_without_an_uncaught_exception_gives_nothing),
	    cmocka_unit_test(compiler_messages_become_diagnostics),
	    cmocka_unit_test(linker_messages_become_diagnostics),
	    cmocka_unit_test(what_a_running_c_program_prints_is_no_diagnostic),
	    cmocka_unit_test(language_without_a_reader_gives_nothing),
	    cmocka_unit_test(number_and_length_of_diagnostics_are_capped),
	    cmocka_unit_test(hostile_bytes_are_survived),
	};

	return cmocka_run_group_tests(tests, load_registry, free_registry);
}
