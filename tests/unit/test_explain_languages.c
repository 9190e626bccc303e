/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What compilers and runtimes of the other languages really print, and what becomes of it; and how the file of a Java program
 * is called. */
#include "explain.h"

#define ONE(language, stage, text, ...)                                                                                   \
	do {                                                                                                              \
		const struct expected one = {__VA_ARGS__};                                                                \
		assert_explained(language, stage, text, &one, 1);                                                         \
	} while (0)

static void go_errors_and_panics(void **state)
{
	(void)state;
	ONE("go", CE_STAGE_COMPILE, "# command-line-arguments\n./main.go:4:2: undefined: nonsense\n", "error", "",
	    "undefined: nonsense", "main.go", 4, 2);
	ONE("go", CE_STAGE_COMPILE, "runtime.main_main\302\267f: function main is undeclared in the main package\n", "error",
	    "linker", "function main is undeclared in the main package", "", 0, 0);
}

static size_t explain_panic(struct ce_owned_diagnostic **d)
{
	static const char text[] = "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\n"
				   "sort.Slice(...)\n\t/usr/lib/go/src/sort/slice.go:20 +0x1\n"
				   "main.f(...)\n\t./main.go:8\nmain.main()\n\t./main.go:12 +0x1d\n";

	return explain_bytes("go", CE_STAGE_RUN, 2, text, strlen(text), d);
}

static void go_panic_is_blamed_on_the_program(void **state)
{
	struct ce_owned_diagnostic *d = NULL;

	(void)state;
	assert_int_equal(explain_panic(&d), 1);
	assert_string_equal(d[0].type, "panic");
	assert_string_equal(d[0].message, "runtime error: index out of range [5] with length 3");
	assert_string_equal(d[0].file, "main.go");
	assert_int_equal(d[0].line, 8);
	ce__diagnostics_free(d, 1);
	/* A program that chose its own status and only writes such words has not panicked. */
	ONE("go", CE_STAGE_COMPILE, "./a.go:1:1: x\n", "error", "", "x", "a.go", 1, 1);
	assert_explained("go", CE_STAGE_RUN, "panic: at the disco\n", NULL, 0);
}

static void rust_errors_and_panics(void **state)
{
	const struct expected two[] = {
	    {"warning", "", "unused variable: `x`", "main.rs", 2, 9},
	    {"error", "E0425", "cannot find value `y` in this scope", "main.rs", 3, 20},
	};

	(void)state;
	assert_explained("rust", CE_STAGE_COMPILE,
			 "warning: unused variable: `x`\n --> main.rs:2:9\n  |\n"
			 "error[E0425]: cannot find value `y` in this scope\n --> main.rs:3:20\n  |\n"
			 "error: aborting due to 1 previous error; 1 warning emitted\n",
			 two, 2);
	ONE("rust", CE_STAGE_RUN, "\nthread 'main' (12) panicked at main.rs:4:20:\nindex out of bounds\nnote: run\n", "error",
	    "panic", "index out of bounds", "main.rs", 4, 20);
	ONE("rust", CE_STAGE_RUN, "thread 'main' panicked at 'it's gone, isn't it', main.rs:2:5\n", "error", "panic",
	    "it's gone, isn't it", "main.rs", 2, 5);
	ONE("rust", CE_STAGE_RUN, "thread 'main' panicked at /rustc/1/library/core/src/a.rs:2:5:\nboo\n", "error", "panic",
	    "boo", "", 0, 0);
}

static void java_errors_and_exceptions(void **state)
{
	(void)state;
	ONE("java", CE_STAGE_COMPILE, "Main.java:3: error: ';' expected\n\tint x = 1\n\t         ^\n1 error\n", "error", "",
	    "';' expected", "Main.java", 3, 11);
	ONE("java", CE_STAGE_RUN,
	    "Exception in thread \"main\" java.lang.NumberFormatException: For input string: \"x\"\n"
	    "\tat java.base/java.lang.Integer.parseInt(Integer.java:668)\n"
	    "\tat org.example.Main.f(Main.java:7)\n\tat org.example.Main.main(Main.java:3)\n"
	    "Caused by: java.io.IOException: y\n\tat Main.g(Main.java:99)\n",
	    "error", "NumberFormatException", "For input string: \"x\"", "Main.java", 7, 0);
	ONE("java", CE_STAGE_RUN, "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n\tat Main.main(Main.java:9)\n",
	    "error", "OutOfMemoryError", "Java heap space", "Main.java", 9, 0);
	ONE("java", CE_STAGE_RUN, "Error: Main method not found in class Main, please define it\n", "error", "",
	    "Main method not found in class Main, please define it", "", 0, 0);
}

static void kotlin_errors_and_exceptions(void **state)
{
	(void)state;
	ONE("kotlin", CE_STAGE_COMPILE, "Main.kt:2:13: error: unresolved reference 'nonsense'.\n", "error", "",
	    "unresolved reference 'nonsense'.", "Main.kt", 2, 13);
	ONE("kotlin", CE_STAGE_RUN,
	    "Exception in thread \"main\" java.util.NoSuchElementException: List is empty.\n"
	    "\tat kotlin.collections.CollectionsKt.first(_Collections.kt:221)\n\tat MainKt.main(Main.kt:2)\n",
	    "error", "java.util.NoSuchElementException", "List is empty.", "Main.kt", 2, 0);
}

static void javascript_exceptions_of_every_runtime(void **state)
{
	(void)state;
	ONE("javascript", CE_STAGE_RUN,
	    "/work/main.js:2\n  null.property;\n       ^\n\nTypeError: Cannot read it\n    at f (/work/main.js:2:8)\n"
	    "    at Module._compile (node:internal/modules/cjs/loader:1521:14)\n\nNode.js v20.20.2\n",
	    "error", "TypeError", "Cannot read it", "main.js", 2, 8);
	ONE("javascript", CE_STAGE_RUN,
	    "/work/main.js:2\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token ';'\n"
	    "    at wrapSafe (node:internal/modules/cjs/loader:1464:18)\n\nNode.js v20.20.2\n",
	    "error", "SyntaxError", "Unexpected token ';'", "main.js", 2, 0);
	ONE("javascript", CE_STAGE_RUN,
	    "\n/work/main.js:1\nthrow \"text\"\n^\ntext\n(Use `node --trace-uncaught ...` to show where)\n\nNode.js v20\n", "error",
	    "", "text", "main.js", 1, 0);
	/* bun, then deno */
	ONE("javascript", CE_STAGE_RUN, "2 | let x = ;\n            ^\nerror: Unexpected ;\n    at /work/main.js:2:9\n\nBun v1\n",
	    "error", "", "Unexpected ;", "main.js", 2, 9);
	ONE("javascript", CE_STAGE_RUN,
	    "error: Uncaught (in promise) TypeError: no\n  null.property;\n    at f (file:///work/main.js:2:8)\n", "error",
	    "TypeError", "no", "main.js", 2, 8);
	assert_explained("javascript", CE_STAGE_RUN, "error: it said so itself\n", NULL, 0);
}

static void typescript_errors(void **state)
{
	(void)state;
	ONE("typescript", CE_STAGE_COMPILE, "\342\234\230 [ERROR] Unexpected \";\"\n\n    main.ts:2:8:\n      2 | let x = ;\n", "error", "",
	    "Unexpected \";\"", "main.ts", 2, 9);
	ONE("typescript", CE_STAGE_RUN, "TypeError: no\n    at f (/work/main.ts:5:3)\n", "error", "TypeError", "no", "main.ts", 5, 3);
}

static void assert_named(const char *code, const char *name)
{
	const struct ce_executor *executor = NULL;
	size_t runtime = 0;
	char *out = NULL;

	assert_int_equal(ce__registry_find(registry, "java", true, NULL, &executor, &runtime, NULL), 0);
	assert_int_equal(ce__executor_name_source(executor, runtime, code, strlen(code), &out, NULL), 0);
	if (name)
		assert_string_equal(out, name);
	else
		assert_null(out);
	free(out);
}

static void java_file_is_named_after_its_public_class(void **state)
{
	(void)state;
	assert_named("public class Hello { }", "Hello.java");
	assert_named("/* public class A {} */ // public class B {}\n@Deprecated public final class C {}", "C.java");
	assert_named("class A { public static class B {} }\npublic sealed interface D permits E {}", "D.java");
	assert_named("class A { String s = \"} public class B {\"; }", NULL);
	assert_named("class A {}", NULL);
	assert_named("public class ../x {}", NULL);
	assert_named("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(go_errors_and_panics),
	    cmocka_unit_test(go_panic_is_blamed_on_the_program),
	    cmocka_unit_test(rust_errors_and_panics),
	    cmocka_unit_test(java_errors_and_exceptions),
	    cmocka_unit_test(kotlin_errors_and_exceptions),
	    cmocka_unit_test(javascript_exceptions_of_every_runtime),
	    cmocka_unit_test(typescript_errors),
	    cmocka_unit_test(java_file_is_named_after_its_public_class),
	};

	return cmocka_run_group_tests(tests, load_registry, free_registry);
}
