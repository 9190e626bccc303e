/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Reading manifests: what a good one becomes, and where and how a broken one is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "executor/executor.h"
#include "executor/yaml.h"

/* Four lines, then three. */
#define HEAD "abi: 1\nname: x\ntitle: X\nsource: main.x\n"
#define RUNTIME "runtimes:\n  - name: r\n    run: {command: [sh, '{source}']}\n"
#define COMPILED                                                                                             \
	"runtimes:\n  - name: r\n    compile: {command: [cc], artifacts: [main]}\n    run: {command: "       \
	"[./main]}\n"
#define TESTS "tests:\n  - name: t\n    code: 'x'\n"

static struct ce_executor *parse_text(const char *text, size_t size)
{
	struct ce_executor *executor = NULL;
	ce_error *error = NULL;
	int r = ce__manifest_parse("t.yaml", text, size, &executor, &error);

	if (r)
		fail_msg("%s", ce_error_message(error));
	return executor;
}

static struct ce_executor *parse(const char *text)
{
	return parse_text(text, strlen(text));
}

static void assert_refused_text(const char *text, size_t size, const char *message)
{
	struct ce_executor *executor = NULL;
	ce_error *error = NULL;
	int r = ce__manifest_parse("t.yaml", text, size, &executor, &error);

	if (r == 0)
		fail_msg("accepted, but should be refused with \"%s\":\n%s", message, text);
	assert_int_equal(r, CE_ERR_MANIFEST);
	assert_null(executor);
	assert_int_equal(ce_error_code(error), CE_ERR_MANIFEST);
	if (strcmp(ce_error_message(error), message) != 0)
		fail_msg("expected: %s\n     got: %s", message, ce_error_message(error));
	ce_error_free(error);
}

struct broken {
	const char *text;
	const char *message;
};

static void assert_all_refused(const struct broken *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_refused_text(cases[i].text, strlen(cases[i].text), cases[i].message);
}

static void full_manifest_is_read_member_by_member(void **state)
{
	static const char text[] = "abi: 1\n"
				   "name: c++\n"
				   "title: C++\n"
				   "aliases: [cpp, g++]\n"
				   "extensions: [cpp, C, hpp]\n"
				   "shebangs: [tcc]\n"
				   "source: main.cpp\n"
				   "plugin: c\n"
				   "limits:\n"
				   "  compile: {timeout: 20s, memory: 512MiB, output: 64 KiB}\n"
				   "  run: {processes: 8, cpu_time: 500ms, stack: 1MB}\n"
				   "runtimes:\n"
				   "  - name: gcc\n"
				   "    aliases: ['12']\n"
				   "    packages: [g++, libc6-dev]\n"
				   "    version: [g++, --version]\n"
				   "    mounts:\n"
				   "      - /opt/include\n"
				   "      - {source: /opt/a, target: /opt/b, optional: true}\n"
				   "    env: {LANG: C, BOTH: runtime}\n"
				   "    compile:\n"
				   "      command: [g++, -o, main, '{sources}']\n"
				   "      artifacts: [main, 'data/*.bin']\n"
				   "      cache: shared\n"
				   "      toolchain: [/usr/lib/gcc/*/cc1, /usr/bin/as]\n"
				   "      env: {BOTH: stage}\n"
				   "      limits: {memory: 1GiB, timeout: 2m}\n"
				   "    run:\n"
				   "      command: [./main, '{args}']\n"
				   "      rlimit_as: true\n"
				   "      warm: {mode: fork, trigger: second-read, min: 2, max: 9, max_uses: 100, max_age: 1m,\n"
				   "             fast_exit: false}\n"
				   "tests:\n"
				   "  - name: everything\n"
				   "    code: |\n"
				   "      int main() {}\n"
				   "    input: \"a\\0b\"\n"
				   "    args: ['', '1']\n"
				   "    files: {sub/x.h: '//'}\n"
				   "    limits: {timeout: 1h}\n"
				   "    expect:\n"
				   "      stdout: ''\n"
				   "      stderr_has: oops\n"
				   "      exit_code: 3\n"
				   "      diagnostic: {type: T, line: 7}\n";
	struct ce_executor *e = parse(text);
	const struct ce_manifest_runtime *r = &e->runtimes[0];
	const struct ce_manifest_test *t = &e->tests[0];

	(void)state;
	assert_string_equal(e->path, "t.yaml");
	assert_string_equal(e->name, "c++");
	assert_string_equal(e->aliases[1], "g++");
	assert_string_equal(e->extensions[2], "hpp");
	assert_string_equal(e->shebangs[0], "tcc");
	assert_string_equal(e->source_name, "main.cpp");
	assert_string_equal(e->plugin_name, "c");
	assert_int_equal(e->runtime_count, 1);
	assert_string_equal(r->aliases[0], "12");
	assert_string_equal(r->packages[1], "libc6-dev");
	assert_string_equal(r->version[1], "--version");
	assert_int_equal(r->mount_count, 2);
	assert_string_equal(r->mounts[0].target, "/opt/include");
	assert_string_equal(r->mounts[1].target, "/opt/b");
	assert_true(r->mounts[1].optional);
	assert_true(r->has_compile);
	assert_string_equal(r->compile.command[3], "{sources}");
	assert_string_equal(r->compile.artifacts[1], "data/*.bin");
	assert_string_equal(r->compile.env[0], "LANG=C");
	assert_string_equal(r->compile.env[1], "BOTH=stage");
	assert_string_equal(r->run.env[1], "BOTH=runtime");
	assert_int_equal(r->compile.limits.wall_time_ms, 120000);
	assert_int_equal(r->compile.limits.memory_bytes, 1 << 30);
	assert_int_equal(r->compile.limits.output_bytes, 65536);
	assert_int_equal(r->run.limits.processes, 8);
	assert_int_equal(r->run.limits.cpu_time_ms, 500);
	assert_int_equal(r->run.limits.stack_bytes, 1000000);
	assert_int_equal(r->run.limits.size, sizeof(struct ce_limits));
	assert_false(r->compile.rlimit_as);
	assert_true(r->run.rlimit_as);
	assert_int_equal(r->run.warm.mode, CE_WARM_FORK);
	assert_true(r->run.warm.second_read);
	assert_false(r->run.warm.fast_exit);
	assert_int_equal(r->run.warm.min, 2);
	assert_int_equal(r->run.warm.max, 9);
	assert_int_equal(r->run.warm.max_uses, 100);
	assert_int_equal(r->run.warm.max_age_ms, 60000);
	assert_int_equal(r->compile.warm.mode, CE_WARM_NONE);
	assert_int_equal(r->compile.cache, CE_CACHE_SHARED);
	assert_int_equal(r->run.cache, CE_CACHE_PRIVATE);
	assert_string_equal(r->compile.toolchain[0], "/usr/lib/gcc/*/cc1");
	assert_string_equal(r->compile.toolchain[1], "/usr/bin/as");
	assert_null(r->compile.toolchain[2]);
	assert_null(r->run.toolchain[0]);
	assert_int_equal(r->line, 13);
	assert_string_equal(t->code, "int main() {}\n");
	assert_int_equal(t->input_size, 3);
	assert_memory_equal(t->input, "a\0b", 3);
	assert_string_equal(t->args[1], "1");
	assert_string_equal(t->files.items[0].name, "sub/x.h");
	assert_int_equal(t->files.items[0].data_size, 2);
	assert_int_equal(t->limits.wall_time_ms, 3600000);
	assert_non_null(t->stdout_is);
	assert_int_equal(t->stdout_size, 0);
	assert_string_equal(t->stderr_has, "oops");
	assert_int_equal(t->exit_code, 3);
	assert_int_equal(t->outcomes, UINT64_C(1) << CE_OUTCOME_ERROR);
	assert_int_equal(t->diagnostic_line, 7);
	ce__manifest_free(e);
}

static void short_manifest_gets_empty_lists_and_the_default_plugin(void **state)
{
	struct ce_executor *e = parse(HEAD RUNTIME TESTS "    expect: {}\n");

	(void)state;
	assert_string_equal(e->plugin_name, "command");
	assert_null(e->aliases[0]);
	assert_null(e->extensions[0]);
	assert_null(e->shebangs[0]);
	assert_null(e->runtimes[0].packages[0]);
	assert_null(e->runtimes[0].version);
	assert_null(e->runtimes[0].run.env[0]);
	assert_null(e->runtimes[0].run.seccomp[0]);
	assert_false(e->runtimes[0].has_compile);
	assert_int_equal(e->runtimes[0].run.limits.memory_bytes, 0);
	assert_null(e->tests[0].args[0]);
	assert_null(e->tests[0].stdout_is);
	assert_int_equal(e->tests[0].exit_code, -1);
	assert_int_equal(e->tests[0].outcomes, UINT64_C(1) << CE_OUTCOME_SUCCESS);
	ce__manifest_free(e);
}

static void what_makes_yaml_surprising_is_refused(void **state)
{
	static const struct broken cases[] = {
	    {"", "t.yaml:1:1: empty: a manifest begins with \"abi: 1\""},
	    {"# nothing\n", "t.yaml:1:1: empty: a manifest begins with \"abi: 1\""},
	    {"[abi, 1]\n", "t.yaml:1:1: a manifest must be a map of keys and values, not a list"},
	    {"hello\n", "t.yaml:1:1: a manifest must be a map of keys and values, not a single value"},
	    {"%YAML 1.1\n---\nabi: 1\n", "t.yaml:1:1: directives (%YAML, %TAG) are not allowed"},
	    {"abi: 1\nname: &n x\ntitle: *n\n", "t.yaml:2:7: anchors are not allowed: \"&n\""},
	    {"abi: 1\nname: x\ntitle: *n\n", "t.yaml:3:8: aliases are not allowed: \"*n\""},
	    {"abi: 1\nname: !!str x\n", "t.yaml:2:7: tags are not allowed: \"tag:yaml.org,2002:str\""},
	    {"abi: 1\nname: !x x\n", "t.yaml:2:7: tags are not allowed: \"!x\""},
	    {HEAD RUNTIME "---\nabi: 1\n",
	     "t.yaml:8:1: a manifest is one document; a second one begins here"},
	    {"abi: 1\nname: x\nname: y\n", "t.yaml:3:1: key \"name\" appears twice in a manifest"},
	    {"abi: 1\n<<: {name: x}\n",
	     "t.yaml:2:1: unknown key \"<<\" in a manifest (known: abi, name, title, "
	     "aliases, extensions, shebangs, source, plugin, limits, diagnostics, cannot, runtimes, tests)"},
	    {"abi: 1\n? [a]\n: b\n", "t.yaml:2:3: a key in a manifest must be a plain word, not a list"},
	    {"abi: 1\naliases: [x\n",
	     "t.yaml:3:1: while parsing a flow sequence did not find expected ',' or ']'"},
	    {"abi: 1\nname: @x\n",
	     "t.yaml:2:7: while scanning for the next token found character that cannot start any token"},
	    {"abi: 1\nname: \x01\n", "t.yaml:2:7: control characters are not allowed"},
	    {"abi: 1\nname: \xff\n", "t.yaml:2:7: invalid leading UTF-8 octet"},
	};

	(void)state;
	assert_all_refused(cases, CE_ARRAY_SIZE(cases));
}

static void unknown_and_missing_keys_are_named_with_a_hint(void **state)
{
	static const struct broken cases[] = {
	    {"name: x\nabi: 1\n", "t.yaml:1:1: the first key in a manifest must be \"abi\""},
	    {"abi: 2\nfuture: 1\n", "t.yaml:1:6: made for executor ABI 2; this library has 1"},
	    {"abi: one\n", "t.yaml:1:6: \"abi\" must be a number, not \"one\""},
	    {"abi: 1\n", "t.yaml:1:1: a manifest needs the key \"name\""},
	    {HEAD, "t.yaml:1:1: a manifest needs the key \"runtimes\""},
	    {HEAD "runtime: []\n",
	     "t.yaml:5:1: unknown key \"runtime\" in a manifest (did you mean \"runtimes\"?)"},
	    {HEAD "alias: [y]\n",
	     "t.yaml:5:1: unknown key \"alias\" in a manifest (did you mean \"aliases\"?)"},
	    {HEAD "runtimes:\n  - name: r\n    run: {comand: [sh]}\n",
	     "t.yaml:7:11: unknown key \"comand\" in \"run\" (did you mean \"command\"?)"},
	    {HEAD "runtimes:\n  - name: r\n", "t.yaml:6:5: a runtime needs the key \"run\""},
	    {HEAD "runtimes:\n  - name: r\n    run: {artifacts: [x], command: [sh]}\n",
	     "t.yaml:7:11: unknown key \"artifacts\" in \"run\" (known: command, env, limits, seccomp, "
	     "rlimit_as, warm)"},
	    {HEAD "runtimes:\n  - name: r\n    compile: {command: [cc]}\n    run: {command: [./a]}\n",
	     "t.yaml:7:14: \"compile\" needs the key \"artifacts\""},
	    {HEAD "limits: {build: {}}\n" RUNTIME,
	     "t.yaml:5:10: unknown key \"build\" in \"limits\" (known: compile, run)"},
	    {HEAD "limits: {run: {time: 1s}}\n" RUNTIME,
	     "t.yaml:5:16: unknown key \"time\" in limits (did you mean \"timeout\"?)"},
	};

	(void)state;
	assert_all_refused(cases, CE_ARRAY_SIZE(cases));
}

static void values_of_a_wrong_kind_are_refused(void **state)
{
	static const struct broken cases[] = {
	    {"abi: 1\nname: Python\n",
	     "t.yaml:2:7: \"Python\" in \"name\" is not a name: lower-case letters, "
	     "digits and +#._-, beginning with a letter or digit"},
	    {"abi: 1\nname: -x\n", "t.yaml:2:7: \"-x\" in \"name\" is not a name: lower-case letters, digits "
				   "and +#._-, beginning with a letter or digit"},
	    {"abi: 1\nname: a23456789012345678901234567890123\n",
	     "t.yaml:2:7: \"name\" is too long (33 bytes, at most 32)"},
	    {"abi: 1\nname:\n", "t.yaml:2:6: \"name\" has no value"},
	    {"abi: 1\nname: ~\n", "t.yaml:2:7: \"name\" has no value"},
	    {"abi: 1\nname: ''\n", "t.yaml:2:7: \"name\" must not be empty"},
	    {"abi: 1\nname: {}\n", "t.yaml:2:7: \"name\" must be a text, not a map"},
	    {"abi: 1\ntitle: \"a\\0b\"\n", "t.yaml:2:8: \"title\" must not contain a NUL"},
	    {"abi: 1\ntitle: \"a\\nb\"\n", "t.yaml:2:8: \"title\" must be one line of printable text"},
	    {"abi: 1\naliases: x\n", "t.yaml:2:10: \"aliases\" must be a list, not a single value"},
	    {"abi: 1\naliases: [a, b, a]\n", "t.yaml:2:17: \"a\" appears twice in \"aliases\""},
	    {"abi: 1\nextensions: [.py]\n",
	     "t.yaml:2:14: an extension is written without its dot (did you mean \"py\"?)"},
	    {"abi: 1\nsource: ../x\n",
	     "t.yaml:2:9: \"source\" must be a plain file name of letters, digits and "
	     "._+-, such as main.py, not \"../x\""},
	    {HEAD "runtimes: []\n", "t.yaml:5:11: \"runtimes\" must not be empty"},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: []}\n",
	     "t.yaml:7:20: \"command\" must not be empty"},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: sh x}\n",
	     "t.yaml:7:20: \"command\" must be a list, not a single value"},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [bin/sh]}\n",
	     "t.yaml:7:21: \"command\" must begin with a program: a bare name, an absolute path, or a path "
	     "beginning with \"./\", not \"bin/sh\""},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], rlimit_as: yes}\n",
	     "t.yaml:7:37: \"rlimit_as\" must be true or false"},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], warm: {mode: spoon}}\n",
	     "t.yaml:7:39: \"mode\" must be \"fork\", \"park\" or \"none\", not \"spoon\""},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], warm: {mode: park, trigger: close}}\n",
	     "t.yaml:7:54: \"trigger\" must be \"open\" or \"second-read\", not \"close\""},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], warm: {mode: park, min: 9}}\n",
	     "t.yaml:7:32: \"min\" must not be more than \"max\""},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], warm: {mode: park, max: 65}}\n",
	     "t.yaml:7:50: \"max\" is too large: \"65\""},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], warm: {mode: park, uses: 1}}\n",
	     "t.yaml:7:45: unknown key \"uses\" in warm (known: mode, trigger, min, max, max_uses, max_age, fast_exit)"},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], warm: {}}\n",
	     "t.yaml:7:32: warm needs the key \"mode\""},
	    {HEAD "runtimes:\n  - name: r\n    compile: {command: [cc], artifacts: [a], warm: {mode: park}}\n"
		  "    run: {command: [./a]}\n",
	     "t.yaml:7:46: unknown key \"warm\" in \"compile\" (known: command, env, limits, seccomp, rlimit_as, "
	     "artifacts, cache, toolchain)"},
	    {HEAD "runtimes:\n  - name: r\n    compile: {command: [cc], artifacts: [a], cache: public}\n"
		  "    run: {command: [./a]}\n",
	     "t.yaml:7:53: \"cache\" must be \"private\", \"shared\" or \"none\", not \"public\""},
	    {HEAD "runtimes:\n  - name: r\n    compile: {command: [cc], artifacts: [a], toolchain: [cc1]}\n"
		  "    run: {command: [./a]}\n",
	     "t.yaml:7:58: \"cc1\" in \"toolchain\" must be absolute, without empty, \".\" and \"..\" parts"},
	    {HEAD "runtimes:\n  - name: r\n    compile: {command: [cc], artifacts: [a], toolchain: [/a/../b]}\n"
		  "    run: {command: [./a]}\n",
	     "t.yaml:7:58: \"/a/../b\" in \"toolchain\" must be absolute, without empty, \".\" and \"..\" parts"},
	    {HEAD "runtimes:\n  - name: r\n    env: {1A: x}\n    run: {command: [sh]}\n",
	     "t.yaml:7:11: \"1A\" is not a name of an environment variable"},
	    {HEAD "runtimes:\n  - name: r\n    env: {A: x, A: y}\n    run: {command: [sh]}\n",
	     "t.yaml:7:17: \"A\" appears twice in \"env\""},
	};

	(void)state;
	assert_all_refused(cases, CE_ARRAY_SIZE(cases));
}

static void limits_that_are_not_wholly_understood_are_refused(void **state)
{
#define LIMIT(text) HEAD "limits: {run: {" text "}}\n" RUNTIME
	static const struct broken cases[] = {
	    {LIMIT("timeout: 0s"), "t.yaml:5:25: \"timeout\" must not be 0; leave it out for the default"},
	    {LIMIT("timeout: -1s"), "t.yaml:5:25: \"timeout\" must not be negative: \"-1s\""},
	    {LIMIT("timeout: soon"), "t.yaml:5:25: \"timeout\" must be a number, not \"soon\""},
	    {LIMIT("timeout: 2"), "t.yaml:5:25: \"timeout\" must be a whole number with one of the units ms, "
				  "s, min, h, not \"2\""},
	    {LIMIT("timeout: 1.5s"), "t.yaml:5:25: \"timeout\" must be a whole number with one of the units "
				     "ms, s, min, h, not \"1.5s\""},
	    {LIMIT("timeout: 25h"), "t.yaml:5:25: \"timeout\" is too large: \"25h\""},
	    {LIMIT("timeout: 18446744073709551616ms"),
	     "t.yaml:5:25: \"timeout\" is too large: \"18446744073709551616ms\""},
	    {LIMIT("timeout: 18446744073709551615h"),
	     "t.yaml:5:25: \"timeout\" is too large: \"18446744073709551615h\""},
	    {LIMIT("memory: 0"),
	     "t.yaml:5:24: \"memory\" must be a whole number with one of the units B, KiB, MiB, GiB, kB, MB, "
	     "GB, not \"0\""},
	    {LIMIT("memory: 64Mb"),
	     "t.yaml:5:24: \"memory\" must be a whole number with one of the units B, KiB, MiB, GiB, kB, MB, "
	     "GB, not \"64Mb\""},
	    {LIMIT("memory: 0MiB"), "t.yaml:5:24: \"memory\" must not be 0; leave it out for the default"},
	    {LIMIT("memory: 17179869184GiB"), "t.yaml:5:24: \"memory\" is too large: \"17179869184GiB\""},
	    {LIMIT("memory: [1]"), "t.yaml:5:24: \"memory\" must be a text, not a list"},
	    {LIMIT("processes: 0"), "t.yaml:5:27: \"processes\" must not be 0; leave it out for the default"},
	    {LIMIT("processes: 1.5"), "t.yaml:5:27: \"processes\" must be a whole number, not \"1.5\""},
	    {LIMIT("processes: 0x10"), "t.yaml:5:27: \"processes\" must be a whole number, not \"0x10\""},
	    {LIMIT("processes: -5"), "t.yaml:5:27: \"processes\" must not be negative: \"-5\""},
	    {LIMIT("processes: 1000001"), "t.yaml:5:27: \"processes\" is too large: \"1000001\""},
	};
#undef LIMIT

	(void)state;
	assert_all_refused(cases, CE_ARRAY_SIZE(cases));
}

static void what_makes_no_sense_is_refused(void **state)
{
#define RUN(text) HEAD "runtimes:\n  - name: r\n    run: {command: [sh, " text "]}\n"
	static const struct broken cases[] = {
	    {RUN("'{sourc}'"), "t.yaml:7:25: unknown placeholder {sourc} (did you mean \"source\" or "
			       "\"sources\"?); write {{ for a brace"},
	    {RUN("'x{args}'"), "t.yaml:7:25: {args} must be a word of its own"},
	    {HEAD "runtimes:\n  - name: r\n    run: {command: [sh], seccomp: [no-such-group]}\n",
	     "t.yaml:7:36: unknown seccomp group \"no-such-group\""},
	    {HEAD "runtimes:\n  - name: r\n    mounts: [opt]\n    run: {command: [sh]}\n",
	     "t.yaml:7:14: paths must be absolute, without empty, \".\" and \"..\" parts"},
	    {HEAD "runtimes:\n  - name: r\n    mounts: [/opt/../etc]\n    run: {command: [sh]}\n",
	     "t.yaml:7:14: paths must be absolute, without empty, \".\" and \"..\" parts"},
	    {HEAD "runtimes:\n  - name: r\n    mounts: [/]\n    run: {command: [sh]}\n",
	     "t.yaml:7:14: paths must be absolute, without empty, \".\" and \"..\" parts"},
	    {HEAD "runtimes:\n  - name: r\n    mounts: [{source: /opt, target: /proc/x}]\n    run: {command: "
		  "[sh]}\n",
	     "t.yaml:7:14: nothing can be mounted in /dev, /proc, /sys, /tmp and /work"},
	    {HEAD "runtimes:\n  - name: r\n    compile: {command: [cc], artifacts: [../x]}\n",
	     "t.yaml:7:42: \"../x\" in \"artifacts\" must be relative to the work directory, without empty, "
	     "\".\" and \"..\" parts"},
	    {HEAD "aliases: [x]\n" RUNTIME, "t.yaml:1:1: executor \"x\" has its own name as an alias"},
	    {HEAD RUNTIME "  - name: r\n    run: {command: [sh]}\n",
	     "t.yaml:8:5: two runtimes are called \"r\""},
	    {HEAD RUNTIME "  - name: s\n    aliases: [r]\n    run: {command: [sh]}\n",
	     "t.yaml:8:5: two runtimes are called \"r\""},
	    {HEAD RUNTIME "  - name: s\n    shortcuts: [x]\n    run: {command: [sh]}\n",
	     "t.yaml:8:5: the shortcut \"x\" means something else already"},
	    {HEAD RUNTIME "  - name: s\n    shortcuts: [y]\n    run: {command: [sh]}\n"
			  "  - name: t\n    shortcuts: [y]\n    run: {command: [sh]}\n",
	     "t.yaml:11:5: the shortcut \"y\" means something else already"},
	};
#undef RUN

	(void)state;
	assert_all_refused(cases, CE_ARRAY_SIZE(cases));
}

static void tests_that_can_never_pass_are_refused(void **state)
{
	static const struct broken cases[] = {
	    {HEAD RUNTIME TESTS, "t.yaml:9:5: a test needs the key \"expect\""},
	    {HEAD RUNTIME TESTS "    expect: {status: sucess}\n",
	     "t.yaml:11:22: unknown status \"sucess\" (did you mean \"success\"?)"},
	    {HEAD RUNTIME TESTS "    expect: {status: success, exit_code: 7}\n",
	     "t.yaml:11:13: status success goes with exit_code 0 only, not 7"},
	    {HEAD RUNTIME TESTS "    expect: {exit_code: 256}\n",
	     "t.yaml:11:25: \"exit_code\" is too large: \"256\""},
	    {HEAD RUNTIME TESTS "    expect: {status: compilation_error}\n",
	     "t.yaml:9:5: test \"t\" expects a compilation_error, but no runtime compiles"},
	    {HEAD COMPILED TESTS "    expect: {status: compilation_error, diagnostic: {line: 1}}\n",
	     "t.yaml:10:5: test \"t\" expects a diagnostic, but the manifest has no \"diagnostics\" "
	     "and no plugin"},
	    {HEAD RUNTIME TESTS "    expect: {diagnostic: {}}\n",
	     "t.yaml:11:26: \"diagnostic\" needs \"type\", \"line\" or both"},
	    {HEAD RUNTIME TESTS "    files: {../x: y}\n    expect: {}\n",
	     "t.yaml:11:13: \"../x\" is not a file name: it must be relative, without empty, \".\" and "
	     "\"..\" "
	     "parts"},
	    {HEAD RUNTIME TESTS "    files: {main.x: y}\n    expect: {}\n",
	     "t.yaml:9:5: test \"t\" has the file \"main.x\" twice: it is its code"},
	    {HEAD RUNTIME TESTS "    expect: {}\n  - name: t\n    code: y\n    expect: {}\n",
	     "t.yaml:12:5: two tests are called \"t\""},
	};

	(void)state;
	assert_all_refused(cases, CE_ARRAY_SIZE(cases));
}

static void depth_and_size_and_number_of_values_are_limited(void **state)
{
	static char big[CE_YAML_MAX_BYTES + 1];
	size_t used;

	(void)state;
	memset(big, '#', sizeof(big));
	assert_refused_text(big, sizeof(big), "t.yaml:1:1: larger than 256 KiB");
	used = (size_t)snprintf(big, sizeof(big), "%sruntimes:\n  - name: r\n    run: {command: [", HEAD);
	for (int i = 0; i < 300; i++)
		used += (size_t)snprintf(big + used, sizeof(big) - used, "a,");
	used += (size_t)snprintf(big + used, sizeof(big) - used, "]}\n");
	assert_refused_text(big, used, "t.yaml:7:533: \"command\" has too many entries (at most 256)");
}

static void every_cut_of_a_manifest_is_refused_or_read(void **state)
{
	static const char text[] = HEAD COMPILED TESTS "    expect: {stdout: \"a\\n\"}\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		struct ce_executor *executor = NULL;
		ce_error *error = NULL;

		if (ce__manifest_parse("t.yaml", text, n, &executor, &error) == 0)
			assert_null(error);
		else
			assert_null(executor);
		ce__manifest_free(executor);
		ce_error_free(error);
	}
}

/* The block that docs/executors.md tells people to copy; its first line names the file. */
static void example_of_the_documentation_is_a_manifest(void **state)
{
	const char *executors = getenv("CE_TEST_EXECUTORS_DIR");
	static char text[65536];
	char path[4096];
	struct ce_executor *e;
	char *begin, *end;
	ssize_t size;

	(void)state;
	assert_non_null(executors);
	snprintf(path, sizeof(path), "%s/../docs/executors.md", executors);
	size = ce__io_read_file(AT_FDCWD, path, text, sizeof(text));
	assert_true(size > 0);
	begin = strstr(text, "```yaml\n# file: awk/awk.yaml\n");
	assert_non_null(begin);
	begin += strlen("```yaml\n");
	end = strstr(begin, "\n```");
	assert_non_null(end);
	e = parse_text(begin, (size_t)(end - begin));
	assert_string_equal(e->name, "awk");
	assert_int_equal(e->test_count, 7);
	ce__manifest_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(example_of_the_documentation_is_a_manifest),
	    cmocka_unit_test(full_manifest_is_read_member_by_member),
	    cmocka_unit_test(short_manifest_gets_empty_lists_and_the_default_plugin),
	    cmocka_unit_test(what_makes_yaml_surprising_is_refused),
	    cmocka_unit_test(unknown_and_missing_keys_are_named_with_a_hint),
	    cmocka_unit_test(values_of_a_wrong_kind_are_refused),
	    cmocka_unit_test(limits_that_are_not_wholly_understood_are_refused),
	    cmocka_unit_test(what_makes_no_sense_is_refused),
	    cmocka_unit_test(tests_that_can_never_pass_are_refused),
	    cmocka_unit_test(depth_and_size_and_number_of_values_are_limited),
	    cmocka_unit_test(every_cut_of_a_manifest_is_refused_or_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
