/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What interpreters of scripts really print, and what becomes of it. */
#include "explain.h"

#define ONE(language, text, ...)                                                                             \
	do {                                                                                                 \
		const struct expected one = {__VA_ARGS__};                                                   \
		assert_explained(language, CE_STAGE_RUN, text, &one, 1);                                     \
	} while (0)
#define NONE(language, text) assert_explained(language, CE_STAGE_RUN, text, NULL, 0)

static void ruby_exception_has_class_message_file_and_line(void **state)
{
	(void)state;
	ONE("ruby", "main.rb:2:in `/': divided by 0 (ZeroDivisionError)\n\tfrom main.rb:2:in `f'\n", "error",
	    "ZeroDivisionError", "divided by 0", "main.rb", 2, 0);
	/* as 3.4 quotes, of a file in the work directory */
	ONE("ruby", "/work/lib/b.rb:2:in 'Integer#/': divided by 0 (ZeroDivisionError)\n", "error",
	    "ZeroDivisionError", "divided by 0", "lib/b.rb", 2, 0);
	ONE("ruby",
	    "noise: 1\nmain.rb:2:in `f': first (x) (A::B)\nsecond\n\nfourth\n\tfrom main.rb:5:in "
	    "`<main>'\nbye\n",
	    "error", "A::B", "first (x)\nsecond\n\nfourth", "main.rb", 2, 0);
	ONE("ruby", "main.rb:1:in `<main>': unhandled exception\n", "error", "RuntimeError",
	    "unhandled exception", "main.rb", 1, 0);
	ONE("ruby", "main.rb:1:in `<main>': StandardError\n", "error", "StandardError", "", "main.rb", 1, 0);
	/* a class without a name */
	ONE("ruby", "main.rb:1:in `<main>': anon\n", "error", "", "anon", "main.rb", 1, 0);
	/* where it was raised, and not in Ruby's own files */
	ONE("ruby",
	    "<internal:/usr/lib/ruby/x.rb>:85:in `require': cannot load such file -- x (LoadError)\n"
	    "\tfrom <internal:/usr/lib/ruby/x.rb>:85:in `require'\n\tfrom main.rb:4:in `<main>'\n",
	    "error", "LoadError", "cannot load such file -- x", "main.rb", 4, 0);
	NONE("ruby", "bye\n");
	NONE("ruby", "main.rb");
	NONE("ruby", "main.rb:1:in `");
}

static void ruby_message_ends_before_the_source(void **state)
{
	(void)state;
	ONE("ruby",
	    "main.rb:1:in `<main>': undefined method `x' (NoMethodError)\n\n[1].x\n   ^^\nDid you mean? y\n",
	    "error", "NoMethodError", "undefined method `x'", "main.rb", 1, 0);
	ONE("ruby",
	    "main.rb:1:in `require_relative': /work/b.rb:2: syntax error, unexpected ')' (SyntaxError)\nx = "
	    ")\n    ^\n"
	    "\tfrom main.rb:1:in `<main>'\n",
	    "error", "SyntaxError", "syntax error, unexpected ')'", "b.rb", 2, 0);
}

static void ruby_cause_is_not_the_exception_and_a_thread_is_not_the_program(void **state)
{
	(void)state;
	ONE("ruby",
	    "main.rb:3:in `rescue in <main>': b (TypeError)\n\tfrom main.rb:1:in `<main>'\n"
	    "main.rb:1:in `<main>': a (RuntimeError)\n",
	    "error", "TypeError", "b", "main.rb", 3, 0);
	ONE("ruby",
	    "#<Thread:0x01 main.rb:1 run> terminated with exception (report_on_exception is true):\n"
	    "main.rb:1:in `block in <main>': thr (ArgumentError)\nmain.rb:7:in `<main>': x (KeyError)\n",
	    "error", "KeyError", "x", "main.rb", 7, 0);
	ONE("ruby",
	    "#<Thread:0x01 main.rb:1 run> terminated with exception (report_on_exception is true):\n"
	    "main.rb:1:in `block in <main>': thr (ArgumentError)\n",
	    "error", "ArgumentError", "thr", "main.rb", 1, 0);
}

static void ruby_syntax_errors_and_warnings_have_lines(void **state)
{
	const struct expected two[] = {
	    {"error", "SyntaxError", "`@1' is not allowed", "main.rb", 2, 0},
	    {"error", "SyntaxError", "syntax error, unexpected end", "main.rb", 3, 0},
	};
	const struct expected warned[] = {
	    {"warning", "", "already initialized constant A", "main.rb", 2, 0},
	    {"error", "RuntimeError", "x", "main.rb", 3, 0},
	};

	(void)state;
	assert_explained(
	    "ruby", CE_STAGE_RUN,
	    "main.rb:2: `@1' is not allowed\nmain.rb:3: syntax error, unexpected end\nx = )\n    ^\n", two,
	    2);
	assert_explained("ruby", CE_STAGE_RUN,
			 "main.rb:2: warning: already initialized constant A\nlib.rb:1: not the parser\n"
			 "main.rb:3:in `<main>': x (RuntimeError)\n",
			 warned, 2);
}

static void php_exception_counts_once(void **state)
{
	static const char twice[] =
	    "PHP Fatal error:  Uncaught A\\B: first\nin it in /work/main.php:3\nStack trace:\n#0 {main}\n"
	    "  thrown in /work/main.php on line 3\n"
	    "Fatal error: Uncaught A\\B: first\nin it in /work/main.php:3\nStack trace:\n#0 {main}\n"
	    "  thrown in /work/main.php on line 3\n";

	(void)state;
	ONE("php", twice, "error", "A\\B", "first\nin it", "main.php", 3, 0);
	/* only shown, without a message */
	ONE("php",
	    "\nFatal error: Uncaught A in /work/a/b.php:3\nStack trace:\n#0 {main}\n  thrown in "
	    "/work/a/b.php on line 3\n",
	    "error", "A", "", "a/b.php", 3, 0);
	/* what ended the program comes last */
	ONE("php",
	    "PHP Fatal error:  Uncaught Exception: a in /work/main.php:2\nStack trace:\n#0 {main}\n\n"
	    "Next LogicException: b in /work/main.php:4\nStack trace:\n#0 {main}\n  thrown in /work/main.php "
	    "on line 4\n",
	    "error", "LogicException", "b", "main.php", 4, 0);
	ONE("php",
	    "PHP Fatal error:  Uncaught Exception: 1 in /work/main.php(5) : eval()'d code:1\nStack "
	    "trace:\n#0 {main}\n"
	    "  thrown in /work/main.php(5) : eval()'d code on line 1\n",
	    "error", "Exception", "1", "main.php", 5, 0);
}

static void php_errors_and_warnings_have_lines(void **state)
{
	const struct expected two[] = {
	    {"warning", "Warning", "boo\ntwo", "main.php", 2, 0},
	    {"error", "ParseError", "syntax error, unexpected token \";\"", "b.php", 7, 0},
	};

	(void)state;
	assert_explained("php", CE_STAGE_RUN,
			 "PHP Warning:  boo\ntwo in /work/main.php on line 2\nWarning: boo\ntwo in "
			 "/work/main.php on line 2\n"
			 "PHP Parse error:  syntax error, unexpected token \";\" in /work/b.php on line 7\n"
			 "Parse error: syntax error, unexpected token \";\" in /work/b.php on line 7\n",
			 two, 2);
	ONE("php", "PHP Notice:  n in /work/main.php on line 2\n", "note", "Notice", "n", "main.php", 2, 0);
	NONE("php", "PHP Fatal error:  Uncaught A: cut here in /work/main.php:3\nStack tr");
	NONE("php", "Warning: this is not of PHP\nPHP Warning:  \n");
}

static void node_exception_may_have_any_name_and_many_lines(void **state)
{
	(void)state;
	ONE("javascript",
	    "/work/main.js:2\nthrow e\n^\n\nFoo: two\nlines\n\nend\n    at f (/work/main.js:1:87)\n"
	    "    at Module._compile (node:internal/modules/cjs/loader:1521:14)\n\nNode.js v20.20.2\n",
	    "error", "Foo", "two\nlines\n\nend", "main.js", 1, 87);
	ONE("javascript",
	    "node:fs:573\n  return binding.open(\n                 ^\n\nMine [Error]: no\n    at "
	    "Object.openSync (node:fs:573:18)\n"
	    "    at f (/work/main.js:3:15) {\n  [cause]: TypeError: c\n      at g "
	    "(/work/main.js:9:9)\n}\n\nNode.js v20\n",
	    "error", "Mine", "no", "main.js", 3, 15);
	/* The program itself wrote the first of these. */
	ONE("javascript",
	    "V [Error]: caught\n    at f (/work/main.js:1:1)\n/work/main.js:7\nthrow e\n^\n\nFoo\n    at f "
	    "(/work/main.js:2:5)\n",
	    "error", "Foo", "", "main.js", 2, 5);
	NONE("javascript", "V [Error]: caught\n    at f (/work/main.js:1:1)\n");
}

static void node_shows_what_was_thrown(void **state)
{
	(void)state;
	ONE("javascript", "\n/work/main.js:2\nthrow {a:1}\n^\n{\n  a: 1\n}\n\nNode.js v20.20.2\n", "error",
	    "", "{\n  a: 1\n}", "main.js", 2, 0);
	ONE("javascript",
	    "\n/work/main.js:1\nthrow s\n^\n\n(Use `node --trace-uncaught ...` to show where it was "
	    "thrown)\n\nNode.js v20\n",
	    "error", "", "", "main.js", 1, 0);
	ONE("javascript", "/work/main.js:1\n/work/main.js:2\nthrow 'x'\n^\nx\ny", "error", "", "x\ny",
	    "main.js", 2, 0);
}

static void deno_shows_the_source_after_the_message(void **state)
{
	(void)state;
	ONE("javascript",
	    "error: Uncaught (in promise) Mine: a\nb\nthrow new Mine()\n      ^\n    at "
	    "file:///work/main.js:3:7\n",
	    "error", "Mine", "a\nb", "main.js", 3, 7);
}

static void shells_and_others_have_patterns(void **state)
{
	const struct expected two[] = {
	    {"error", "", "nosuch: command not found", "main.sh", 1, 0},
	    {"error", "syntax error", "unexpected token `)'", "main.sh", 2, 0},
	};

	(void)state;
	assert_explained(
	    "bash", CE_STAGE_RUN,
	    "main.sh: line 1: nosuch: command not found\n"
	    "main.sh: line 2: syntax error near unexpected token `)'\nmain.sh: line 2: `echo )'\n",
	    two, 2);
	ONE("bash", "./b.sh: line 2: warning: here-document cut\n", "warning", "", "here-document cut",
	    "b.sh", 2, 0);
	ONE("perl", "Illegal division by zero at main.pl line 1.\n", "error", "", "Illegal division by zero",
	    "main.pl", 1, 0);
	ONE("perl", "syntax error at main.pl line 2, near \"x;\"\nExecution of main.pl aborted\n", "error",
	    "", "syntax error", "main.pl", 2, 0);
	ONE("lua", "/usr/bin/lua5.4: ./b.lua:2: boo\nstack traceback:\n\t[C]: in ?\n", "error", "", "boo",
	    "b.lua", 2, 0);
	ONE("lua", "lua5.4: error loading module 'b' from file './b.lua':\n\t./b.lua:2: unexpected symbol\n",
	    "error", "", "unexpected symbol", "b.lua", 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ruby_exception_has_class_message_file_and_line),
	    cmocka_unit_test(ruby_message_ends_before_the_source),
	    cmocka_unit_test(ruby_cause_is_not_the_exception_and_a_thread_is_not_the_program),
	    cmocka_unit_test(ruby_syntax_errors_and_warnings_have_lines),
	    cmocka_unit_test(php_exception_counts_once),
	    cmocka_unit_test(php_errors_and_warnings_have_lines),
	    cmocka_unit_test(node_exception_may_have_any_name_and_many_lines),
	    cmocka_unit_test(node_shows_what_was_thrown),
	    cmocka_unit_test(deno_shows_the_source_after_the_message),
	    cmocka_unit_test(shells_and_others_have_patterns),
	};

	return cmocka_run_group_tests(tests, load_registry, free_registry);
}
