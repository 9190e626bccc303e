/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The registry: what is loaded, what is refused and why, and what a request becomes. Uses the project's own
 * executors and plugins (CE_TEST_EXECUTORS_DIR, CE_TEST_PLUGIN_DIR) and manifests that it writes to a
 * directory of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "executor/executor.h"
#include "executor/loader.h"
#include "executor/program.h"

#define MANIFEST(name, rest) "abi: 1\nname: " name "\ntitle: X\nsource: main.x\n" rest
#define SH "runtimes:\n  - name: r\n    packages: [dash]\n    run: {command: [sh, '{source}', '{args}']}\n"

static char base[] = "/tmp/ce-registry-XXXXXX";
static const char *plugin_dir;
static const char *executors_dir;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	(void)state;
	plugin_dir = getenv("CE_TEST_PLUGIN_DIR");
	executors_dir = getenv("CE_TEST_EXECUTORS_DIR");
	if (!plugin_dir || !executors_dir) {
		fprintf(stderr, "CE_TEST_PLUGIN_DIR and CE_TEST_EXECUTORS_DIR must be set\n");
		return -1;
	}
	return 0;
}

static int make_base(void **state)
{
	(void)state;
	memcpy(base + strlen(base) - 6, "XXXXXX", 6);
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	(void)state;
	return nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *in_base(const char *name)
{
	static char path[4][256];
	static unsigned next;
	char *out = path[next++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", base, name);
	return out;
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(in_base(name), "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void copy_file(const char *from, const char *to)
{
	char buffer[4096];
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0)
		assert_int_equal(fwrite(buffer, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static struct ce_registry *load(const char *executors, const char *plugins)
{
	const char *const executor_dirs[] = {executors, NULL}, *const plugin_dirs[] = {plugins, NULL};
	struct ce_registry *registry = NULL;

	assert_int_equal(ce__registry_load(executor_dirs, plugin_dirs, NULL, NULL, &registry, NULL), 0);
	assert_non_null(registry);
	return registry;
}

static const char *load_error(const struct ce_registry *registry, size_t i)
{
	assert_true(i < registry->load_error_count);
	return ce_error_message(registry->load_errors[i]);
}

static void assert_has(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("\"%s\" does not contain \"%s\"", text ? text : "(null)", part);
}

static void own_executors_load_without_errors_in_order(void **state)
{
	struct ce_registry *registry = load(executors_dir, plugin_dir);

	(void)state;
	if (registry->load_error_count)
		fail_msg("%s", load_error(registry, 0));
	assert_true(registry->count >= 4);
	size_t runtimes = 0, versionless = 0;

	for (size_t i = 0; i < registry->count; i++) {
		const struct ce_executor *e = registry->executors[i];

		assert_non_null(e->plugin);
		assert_string_equal(e->plugin->name, e->plugin_name);
		size_t excused = 0;

		for (size_t kind = 0; kind < CE_TEST_KINDS; kind++)
			excused += e->runtimes[0].cannot[kind] != NULL;
		assert_true(e->test_count + excused >= 5);
		if (i > 0)
			assert_true(strcmp(registry->executors[i - 1]->name, e->name) < 0);
		for (size_t j = 0; j < e->runtime_count; j++) {
			assert_true(e->runtimes[j].packages[0] != NULL);
			runtimes++;
			versionless += e->runtimes[j].version == NULL; /* dash, for one, does not tell its own */
			assert_true(e->runtimes[j].available == (e->runtimes[j].unavailable_reason == NULL));
		}
	}
	assert_true(versionless * 10 <= runtimes);
	ce__registry_free(registry);
}

static void broken_manifest_leaves_the_others(void **state)
{
	struct ce_registry *registry;

	(void)state;
	write_text("good.yaml", MANIFEST("good", SH));
	write_text("bad.yaml", MANIFEST("bad", "runtime: []\n"));
	assert_int_equal(mkdir(in_base("nested"), 0755), 0);
	write_text("nested/nested.yaml", MANIFEST("nested", SH));
	write_text("nested/other.txt", "not a manifest");
	assert_int_equal(mkdir(in_base("empty"), 0755), 0);
	write_text("README", "not a manifest either");
	registry = load(base, plugin_dir);
	assert_int_equal(registry->count, 2);
	assert_string_equal(registry->executors[0]->name, "good");
	assert_string_equal(registry->executors[1]->name, "nested");
	assert_int_equal(registry->load_error_count, 1);
	assert_int_equal(ce_error_code(registry->load_errors[0]), CE_ERR_MANIFEST);
	assert_has(load_error(registry, 0), "bad.yaml:5:1: unknown key \"runtime\"");
	ce__registry_free(registry);
}

static void names_are_taken_once(void **state)
{
	struct ce_registry *registry;

	(void)state;
	write_text("a.yaml", MANIFEST("a", "aliases: [c]\n" SH));
	write_text("b.yaml", MANIFEST("b", "aliases: [a]\n" SH));
	write_text("c.yaml", MANIFEST("c", SH));
	write_text("d.yaml", MANIFEST("x", SH));
	write_text("e.yaml", MANIFEST("e", "runtimes: [{name: r, shortcuts: [a], run: {command: [sh]}}]\n"));
	registry = load(base, plugin_dir);
	assert_int_equal(registry->count, 1);
	assert_int_equal(registry->load_error_count, 4);
	assert_has(load_error(registry, 0), "b.yaml:1:1: the name \"a\" is taken by executor \"a\"");
	assert_has(load_error(registry, 1), "c.yaml:1:1: the name \"c\" is taken by executor \"a\"");
	assert_has(load_error(registry, 2), "d.yaml:1:1: executor \"x\" belongs into a file x.yaml");
	assert_has(load_error(registry, 3), "e.yaml:1:1: the name \"a\" is taken by executor \"a\"");
	ce__registry_free(registry);
}

static void missing_directory_is_no_error(void **state)
{
	struct ce_registry *registry = load("/nonexistent/executors", plugin_dir);

	(void)state;
	assert_int_equal(registry->count, 0);
	assert_int_equal(registry->load_error_count, 0);
	ce__registry_free(registry);
}

static void manifest_that_is_a_fifo_does_not_block(void **state)
{
	struct ce_registry *registry;

	(void)state;
	assert_int_equal(mkfifo(in_base("pipe.yaml"), 0644), 0);
	registry = load(base, plugin_dir);
	assert_int_equal(registry->load_error_count, 1);
	assert_has(load_error(registry, 0), "not a regular file");
	ce__registry_free(registry);
}

static void missing_interpreter_is_unavailable_with_its_package(void **state)
{
	const struct ce_executor *e;
	struct ce_registry *registry;
	ce_error *error = NULL;
	size_t runtime;

	(void)state;
	write_text("gone.yaml", MANIFEST("gone", "runtimes:\n"
						 "  - name: one\n"
						 "    packages: [ghost, ghost-data]\n"
						 "    run: {command: [no-such-program]}\n"
						 "  - name: two\n"
						 "    run: {command: [/usr/share]}\n"));
	registry = load(base, plugin_dir);
	assert_int_equal(registry->load_error_count, 0);
	assert_int_equal(registry->count, 1);
	assert_false(registry->executors[0]->runtimes[0].available);
	assert_string_equal(registry->executors[0]->runtimes[0].unavailable_reason,
			    "\"no-such-program\" is not installed; install the packages ghost, ghost-data");
	assert_string_equal(registry->executors[0]->runtimes[1].unavailable_reason,
			    "\"/usr/share\" is not an executable file");
	assert_int_equal(ce__registry_find(registry, "gone", false, NULL, &e, &runtime, &error),
			 CE_ERR_UNAVAILABLE);
	assert_string_equal(ce_error_message(error),
			    "language \"gone\" cannot run here: \"no-such-program\" is not "
			    "installed; install the packages ghost, ghost-data");
	ce_error_free(error);
	assert_int_equal(ce__registry_find(registry, "gone@two", true, NULL, &e, &runtime, NULL), 0);
	assert_int_equal(runtime, 1);
	ce__registry_free(registry);
}

static void program_outside_of_usr_needs_a_mount(void **state)
{
	char *path = NULL, *real = NULL;
	char tool[256], link[256];
	struct ce_manifest_mount mount = {.source = base, .target = base};

	(void)state;
	snprintf(tool, sizeof(tool), "%s", in_base("tool"));
	snprintf(link, sizeof(link), "%s", in_base("link"));
	write_text("tool", "#!/bin/sh\n");
	assert_int_equal(chmod(tool, 0755), 0);
	assert_int_equal(symlink("tool", link), 0);
	assert_int_equal(ce__program_find(link, NULL, 0, &path, &real), -EXDEV);
	assert_null(path);
	assert_string_equal(real, tool);
	free(real);
	assert_int_equal(ce__program_find(link, &mount, 1, &path, NULL), 0);
	assert_string_equal(path, link);
	free(path);
	mount.target = (char *)"/opt/tools";
	assert_int_equal(ce__program_find("/opt/tools/link", &mount, 1, &path, NULL), 0);
	free(path);
	assert_int_equal(symlink("/usr/bin/env", in_base("back")), 0);
	assert_int_equal(ce__program_find(in_base("back"), NULL, 0, &path, NULL), -EXDEV);
	assert_int_equal(symlink("nowhere", in_base("dangling")), 0);
	assert_int_equal(ce__program_find(in_base("dangling"), &mount, 1, &path, NULL), -ENOENT);
	assert_int_equal(ce__program_find_file("/opt/tools/l?nk", &mount, 1), 0);
	assert_int_equal(ce__program_find_file("/opt/*/li[n]k", &mount, 1), -ENOENT); /* what is mounted has its own name */
	assert_int_equal(ce__program_find_file("/opt/tools/none*", &mount, 1), -ENOENT);
	assert_int_equal(ce__program_find_file(in_base("l*"), NULL, 0), -ENOENT);
	assert_int_equal(ce__program_find_file("/usr/b[i]n/en*", NULL, 0), 0);
	assert_int_equal(ce__program_find("env", NULL, 0, &path, NULL), 0);
	assert_string_equal(path, "/usr/bin/env");
	free(path);
	assert_int_equal(ce__program_find("bin/env", NULL, 0, &path, NULL), -ENOENT);
	assert_int_equal(ce__program_find("", NULL, 0, &path, NULL), -ENOENT);
}

static void assert_not_found(const struct ce_registry *registry, const char *language, const char *message)
{
	const struct ce_executor *e;
	ce_error *error = NULL;
	size_t runtime;

	assert_int_equal(ce__registry_find(registry, language, true, NULL, &e, &runtime, &error), CE_ERR_NOT_FOUND);
	assert_string_equal(ce_error_message(error), message);
	ce_error_free(error);
}

static void languages_are_found_by_name_alias_and_runtime(void **state)
{
	const struct ce_executor *e = NULL;
	struct ce_registry *registry;
	ce_error *error = NULL;
	size_t runtime = 9;

	(void)state;
	write_text("python.yaml",
		   MANIFEST("python",
			    "aliases: [py]\nruntimes:\n"
			    "  - name: missing\n    run: {command: [no-such-program]}\n"
			    "  - name: there\n    aliases: ['3']\n    shortcuts: [thepy]\n    run: {command: [sh, '{source}']}\n"));
	write_text("ruby.yaml", MANIFEST("ruby", SH));
	registry = load(base, plugin_dir);
	assert_int_equal(ce__registry_find(registry, "python", false, NULL, &e, &runtime, NULL), 0);
	assert_string_equal(e->name, "python");
	assert_int_equal(runtime, 1);
	assert_int_equal(ce__registry_find(registry, "py@3", false, NULL, &e, &runtime, NULL), 0);
	assert_int_equal(runtime, 1);
	assert_int_equal(ce__registry_find(registry, "py@missing", true, NULL, &e, &runtime, NULL), 0);
	assert_int_equal(runtime, 0);
	assert_int_equal(ce__registry_find(registry, "py@missing", false, NULL, &e, &runtime, NULL),
			 CE_ERR_UNAVAILABLE);
	runtime = 9;
	assert_int_equal(ce__registry_find(registry, "thepy", false, NULL, &e, &runtime, NULL), 0);
	assert_string_equal(e->name, "python");
	assert_int_equal(runtime, 1);
	assert_not_found(registry, "thepi", "unknown language \"thepi\" (did you mean \"thepy\"?)");
	assert_int_equal(ce__registry_find(registry, "", false, NULL, &e, &runtime, &error), CE_ERR_INVALID);
	ce_error_free(error);
	assert_not_found(registry, "pyton", "unknown language \"pyton\" (did you mean \"python\"?)");
	assert_not_found(registry, "Ruby", "unknown language \"Ruby\" (did you mean \"ruby\"?)");
	assert_not_found(registry, "cobol", "unknown language \"cobol\" (known: python, ruby)");
	assert_not_found(registry, "python@2",
			 "language \"python\" has no runtime or version \"2\" (python has missing (not available), there)");
	ce__registry_free(registry);
}

static void assert_plugin_refused(const char *plugins, const char *reason)
{
	struct ce_registry *registry;

	write_text("p.yaml", MANIFEST("p", "plugin: python\n" SH));
	registry = load(base, plugins);
	assert_int_equal(registry->count, 1);
	assert_null(registry->executors[0]->plugin);
	assert_false(registry->executors[0]->runtimes[0].available);
	assert_has(registry->executors[0]->runtimes[0].unavailable_reason, reason);
	assert_true(registry->load_error_count > 0);
	for (size_t i = 0; i < registry->load_error_count; i++)
		assert_int_equal(ce_error_code(registry->load_errors[i]), CE_ERR_PLUGIN);
	assert_has(load_error(registry, registry->load_error_count - 1), reason);
	ce__registry_free(registry);
}

static void copy_plugins(char *directory, size_t size)
{
	char from[512], to[512];
	static const char *const names[] = {"command", "python"};

	snprintf(directory, size, "%s", in_base("plugins"));
	assert_int_equal(mkdir(directory, 0755), 0);
	for (size_t i = 0; i < CE_ARRAY_SIZE(names); i++) {
		snprintf(from, sizeof(from), "%s/%s.so", plugin_dir, names[i]);
		snprintf(to, sizeof(to), "%s/%s.so", directory, names[i]);
		copy_file(from, to);
		assert_int_equal(chmod(to, 0644), 0);
	}
}

static void plugin_that_others_may_write_is_refused(void **state)
{
	char directory[256], file[300];

	(void)state;
	copy_plugins(directory, sizeof(directory));
	assert_int_equal(chmod(directory, 0777), 0);
	assert_plugin_refused(directory, "others than its owner may write it (mode 0777)");
	assert_int_equal(chmod(directory, 0775), 0);
	assert_plugin_refused(directory, "plugin directory");
	assert_int_equal(chmod(directory, 0755), 0);
	snprintf(file, sizeof(file), "%s/python.so", directory);
	assert_int_equal(chmod(file, 0666), 0);
	assert_plugin_refused(directory, "python.so refused: others than its owner may write it (mode 0666)");
}

static void plugin_of_another_user_is_refused(void **state)
{
	char directory[256];

	(void)state;
	if (geteuid() != 0) {
		print_message("only root can give a directory away\n");
		skip();
	}
	copy_plugins(directory, sizeof(directory));
	assert_int_equal(chown(directory, 12345, 12345), 0);
	assert_plugin_refused(directory, "it belongs to uid 12345, not to root or uid 0");
}

static void plugin_that_is_missing_or_no_plugin_is_refused(void **state)
{
	char directory[256], file[300];

	(void)state;
	copy_plugins(directory, sizeof(directory));
	snprintf(file, sizeof(file), "%s/python.so", directory);
	assert_int_equal(unlink(file), 0);
	assert_plugin_refused(directory, "plugin \"python\" not found: no python.so in ");
	write_text("plugins/python.so", "this is not ELF");
	assert_plugin_refused(directory, "refused: ");
	assert_int_equal(unlink(file), 0);
	/* A plugin under another's name would do another's work. */
	assert_int_equal(symlink("command.so", file), 0);
	assert_plugin_refused(directory, "it calls itself \"command\"");
}

static void plugin_tables_are_checked(void **state)
{
	static const struct {
		struct ce_plugin table;
		const char *reason;
	} cases[] = {
	    {{.abi = 2, .size = sizeof(struct ce_plugin), .name = "x"}, "made for plugin ABI 2"},
	    {{.abi = 0, .size = sizeof(struct ce_plugin), .name = "x"}, "made for plugin ABI 0"},
	    {{.abi = 1, .size = 16, .name = "x"}, "its table has 16 bytes"},
	    {{.abi = 1, .size = 1 << 20, .name = "x"}, "its table has 1048576 bytes"},
	    {{.abi = 1, .size = sizeof(struct ce_plugin), .name = "y"}, "it calls itself \"y\""},
	    {{.abi = 1, .size = sizeof(struct ce_plugin)}, "it calls itself \"\""},
	};

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(cases); i++) {
		ce_error *error = NULL;

		assert_int_equal(ce__loader_check_table(&cases[i].table, "x", "x.so", &error), CE_ERR_PLUGIN);
		assert_has(ce_error_message(error), cases[i].reason);
		ce_error_free(error);
	}
	assert_int_equal(ce__loader_check_table(NULL, "x", "x.so", NULL), CE_ERR_PLUGIN);
	assert_int_equal(ce__loader_check_table(
			     &(struct ce_plugin){.abi = 1, .size = sizeof(struct ce_plugin) + 8, .name = "x"},
			     "x", "x.so", NULL),
			 0);
}

static void assert_list(char *const *list, const char *joined)
{
	char text[512] = "";

	assert_non_null(list);
	for (; *list; list++) {
		strcat(text, *list);
		strcat(text, "|");
	}
	assert_string_equal(text, joined);
}

static void request_becomes_commands(void **state)
{
	const char *const args[] = {"a b", "", NULL};
	const ce_file files[] = {{"lib.x", "", 0}, {"data.txt", "", 0}, {"sub/more.x", "", 0}};
	const struct ce_limits limits = {.size = sizeof(limits), .memory_bytes = 64 << 20};
	struct ce_request request = ce_request_init();
	struct ce_execution_inputs inputs;
	struct ce_registry *registry;

	(void)state;
	write_text("k.yaml",
		   MANIFEST("k", "extensions: [x]\n"
				 "limits: {compile: {memory: 128MiB}}\n"
				 "runtimes:\n"
				 "  - name: r\n"
				 "    mounts: [{source: /etc/ssl, target: /opt/ssl, optional: true}]\n"
				 "    env: {A: '1'}\n"
				 "    version: [sh, --version]\n"
				 "    compile:\n"
				 "      command: [env, '-m{memory_mib}', '{sources}']\n"
				 "      artifacts: ['*.o']\n"
				 "    run:\n"
				 "      command: [./main, '{stem}', '-m{memory_mib}', '{args}']\n"
				 "      rlimit_as: true\n"));
	registry = load(base, plugin_dir);
	request.code = "x";
	request.code_size = 1;
	request.args = args;
	request.files = files;
	request.file_count = 3;
	request.limits = &limits;
	assert_int_equal(ce__executor_prepare(registry->executors[0], 0, &request, &inputs, NULL), 0);
	assert_string_equal(inputs.source_name, "main.x");
	assert_true(inputs.has_compile);
	assert_list(inputs.compile.argv, "/usr/bin/env|-m128|main.x|lib.x|sub/more.x|");
	assert_list(inputs.compile.artifacts, "*.o|");
	assert_list(inputs.compile.env, "A=1|");
	assert_int_equal(inputs.compile.limits.memory_bytes, 128 << 20);
	assert_list(inputs.run.argv, "./main|main|-m64|a b||");
	assert_list(inputs.run.seccomp, "");
	assert_int_equal(inputs.run.mount_count, 1);
	assert_string_equal(inputs.run.mounts[0].source, "/etc/ssl");
	assert_string_equal(inputs.run.mounts[0].target, "/opt/ssl");
	assert_true(inputs.run.mounts[0].optional);
	assert_true(inputs.run.rlimit_as);
	assert_false(inputs.compile.rlimit_as);
	ce__execution_inputs_finish(&inputs);

	/* Without code the first file is the program. */
	request.code = NULL;
	request.args = NULL;
	assert_int_equal(ce__executor_prepare(registry->executors[0], 0, &request, &inputs, NULL), 0);
	assert_list(inputs.compile.argv, "/usr/bin/env|-m128|lib.x|sub/more.x|");
	assert_list(inputs.run.argv, "./main|lib|-m64|");
	ce__execution_inputs_finish(&inputs);

	assert_int_equal(ce__executor_prepare_version(registry->executors[0], 0, &inputs, NULL), 0);
	assert_false(inputs.has_compile);
	assert_list(inputs.run.argv, "/usr/bin/sh|--version|");
	ce__execution_inputs_finish(&inputs);
	ce__registry_free(registry);
}

static void request_that_cannot_be_carried_out_is_refused(void **state)
{
	const char *const args[] = {"a", NULL};
	struct ce_request request = ce_request_init();
	struct ce_execution_inputs inputs;
	struct ce_registry *registry;
	ce_error *error = NULL;

	(void)state;
	write_text("k.yaml", MANIFEST("k", "runtimes:\n  - name: r\n    run: {command: [sh, '{source}']}\n"));
	registry = load(base, plugin_dir);
	assert_int_equal(ce__executor_prepare(registry->executors[0], 0, &request, &inputs, &error),
			 CE_ERR_INVALID);
	assert_string_equal(ce_error_message(error), "the request has neither code nor files");
	ce_error_free(error);
	request.code = "";
	request.args = args;
	assert_int_equal(ce__executor_prepare(registry->executors[0], 0, &request, &inputs, &error),
			 CE_ERR_INVALID);
	assert_string_equal(ce_error_message(error), "k: programs in this language take no arguments");
	ce_error_free(error);
	assert_int_equal(ce__executor_prepare_version(registry->executors[0], 0, &inputs, NULL),
			 CE_ERR_NOT_FOUND);
	ce__registry_free(registry);
}

int main(void)
{
#define IN_BASE(test) cmocka_unit_test_setup_teardown(test, make_base, remove_base)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_executors_load_without_errors_in_order),
	    cmocka_unit_test(missing_directory_is_no_error),
	    cmocka_unit_test(plugin_tables_are_checked),
	    IN_BASE(broken_manifest_leaves_the_others),
	    IN_BASE(names_are_taken_once),
	    IN_BASE(manifest_that_is_a_fifo_does_not_block),
	    IN_BASE(missing_interpreter_is_unavailable_with_its_package),
	    IN_BASE(program_outside_of_usr_needs_a_mount),
	    IN_BASE(languages_are_found_by_name_alias_and_runtime),
	    IN_BASE(plugin_that_others_may_write_is_refused),
	    IN_BASE(plugin_of_another_user_is_refused),
	    IN_BASE(plugin_that_is_missing_or_no_plugin_is_refused),
	    IN_BASE(request_becomes_commands),
	    IN_BASE(request_that_cannot_be_carried_out_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
