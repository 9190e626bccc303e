/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Compiled programs that are kept: whatever could change one makes it another, and nobody gets another's. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cached.h"
#include "fixture.h"

static void every_byte_and_name_of_every_file_counts(void **state)
{
	static const char program[] = "#include <stdio.h>\n#include \"a.h\"\nint main(void) { puts(A); return 0; }\n";
	static const char first[] = "#define A \"1\"\n", second[] = "#define A \"2\"\n";
	ce_file files[] = { { "a.h", first, sizeof(first) - 1 }, { "b.h", first, sizeof(first) - 1 } };
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", program);

	(void)state;
	request.files = files;
	request.file_count = 1;
	assert_false(run_kept(sandbox, &request, "1\n"));
	assert_true(run_kept(sandbox, &request, "1\n"));
	files[0].data = second;
	assert_false(run_kept(sandbox, &request, "2\n"));
	files[0].data = first;
	assert_true(run_kept(sandbox, &request, "1\n"));
	request.file_count = 2; /* one more, even if nobody includes it */
	assert_false(run_kept(sandbox, &request, "1\n"));
	files[1].name = "c.h";
	assert_false(run_kept(sandbox, &request, "1\n"));
	assert_true(run_kept(sandbox, &request, "1\n"));
}

static void the_runtime_and_the_network_count(void **state)
{
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", HELLO);

	(void)state;
	assert_false(run_kept(sandbox, &request, "hello\n"));
	request.network = CE_NETWORK_LOOPBACK;
	assert_false(run_kept(sandbox, &request, "hello\n"));
	assert_true(run_kept(sandbox, &request, "hello\n"));
	request.network = CE_NETWORK_NONE;
	if (fixture_has_language(sandbox, "c@clang")) {
		request.language = "c@clang";
		assert_false(run_kept(sandbox, &request, "hello\n"));
		assert_true(run_kept(sandbox, &request, "hello\n"));
	}
}

static void arguments_environment_input_and_limits_of_the_run_are_each_requests_own(void **state)
{
	static const char program[] = "#include <stdio.h>\n#include <stdlib.h>\n"
				      "int main(int c, char **v) { char b[20] = \"\"; fgets(b, 20, stdin);"
				      " printf(\"%d %s %s %s\\n\", c, c > 1 ? v[1] : \"-\", getenv(\"X\") ? getenv(\"X\") : \"-\", b);"
				      " return 0; }\n";
	static const char *const args[] = { "one", NULL }, *const env[] = { "X=two", NULL };
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", program);
	ce_limits limits = ce_limits_init();

	(void)state;
	assert_false(run_kept(sandbox, &request, "1 - - \n"));
	request.args = args;
	request.env = env;
	request.input = "three";
	request.input_size = 5;
	assert_true(run_kept(sandbox, &request, "2 one two three\n"));
	limits.memory_bytes = 32 * MIB;
	request.limits = &limits;
	assert_true(run_kept(sandbox, &request, "2 one two three\n"));
}

static void tenants_do_not_meet(void **state)
{
	static const char *const tenants[] = { NULL, "", "a", "b", "a\n" };
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", HELLO);

	(void)state;
	for (size_t i = 0; i < COUNT(tenants); i++) {
		request.tenant = tenants[i];
		assert_false(run_kept(sandbox, &request, "hello\n"));
	}
	assert_int_equal(usage_of(sandbox).programs, COUNT(tenants));
	for (size_t i = 0; i < COUNT(tenants); i++) {
		request.tenant = tenants[i];
		assert_true(run_kept(sandbox, &request, "hello\n"));
	}
}

static void tenants_share_if_the_caller_says_so(void **state)
{
	ce_sandbox *sandbox = caching(16 * MIB, CE_SANDBOX_SHARE_CACHE);
	ce_request request = fixture_request("c", HELLO);

	(void)state;
	request.tenant = "a";
	assert_false(run_kept(sandbox, &request, "hello\n"));
	request.tenant = "b";
	assert_true(run_kept(sandbox, &request, "hello\n"));
	request.tenant = NULL;
	assert_true(run_kept(sandbox, &request, "hello\n"));
	assert_int_equal(usage_of(sandbox).programs, 1);
}

/* An executor of our own, whose compiler is a script that lies in a directory of ours. */
struct workshop {
	char directory[200];
	ce_sandbox *sandbox;
};

static void write_file(const struct workshop *w, const char *name, const char *text, mode_t mode)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", w->directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void build_workshop(struct workshop *w, const char *cache)
{
	static const char manifest[] =
		"abi: 1\nname: made\ntitle: Made here\nextensions: [made]\nsource: main.made\n"
		"runtimes:\n  - name: made\n    mounts: [{source: %s/tools, target: /opt/made}]\n"
		"    compile:\n      command: [/opt/made/compile, \"{source}\"]\n      artifacts: [out, \"d/*\"]\n      cache: %s\n"
		"      toolchain: [\"%s/tools/lib*\"]\n    run:\n      command: [./out]\n";
	const char *dirs[2] = { w->directory, NULL };
	ce_sandbox_options o = fixture_options();
	char text[2000], path[300];

	snprintf(w->directory, sizeof(w->directory), "/tmp/codeexec-cache-test-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	chmod(w->directory, 0755);
	snprintf(path, sizeof(path), "%s/tools", w->directory);
	assert_int_equal(mkdir(path, 0755), 0);
	write_file(w, "tools/library", "one", 0644);
	write_file(w, "tools/compile",
		   "#!/bin/sh\nmkdir d\necho x >d/data\n(echo '#!/bin/sh'; echo \"echo $(cat /opt/made/lib*) $(cat $1)\") >out\n"
		   "chmod +x out\n", 0755);
	snprintf(text, sizeof(text), manifest, w->directory, cache, w->directory);
	write_file(w, "made.yaml", text, 0644);
	o.executor_dirs = dirs;
	o.cache_bytes = 16 * MIB;
	o.flags |= CE_SANDBOX_SHARE_CACHE;
	w->sandbox = fixture_create(&o);
	if (ce_sandbox_load_error_count(w->sandbox))
		fail_msg("%s", ce_error_message(ce_sandbox_load_error(w->sandbox, 0)));
}

static void tear_down(const struct workshop *w)
{
	static const char *const names[] = { "tools/library", "tools/library2", "tools/compile", "made.yaml" };
	char path[300];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->directory, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/tools", w->directory);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(w->directory), 0);
}

static void another_toolchain_makes_another_program(void **state)
{
	struct workshop w;
	ce_request request = fixture_request("made", "code");

	(void)state;
	build_workshop(&w, "private");
	assert_false(run_kept(w.sandbox, &request, "one code\n"));
	assert_true(run_kept(w.sandbox, &request, "one code\n"));
	write_file(&w, "tools/library", "two", 0644); /* in its place, of the same size */
	assert_false(run_kept(w.sandbox, &request, "two code\n"));
	assert_true(run_kept(w.sandbox, &request, "two code\n"));
	write_file(&w, "tools/library2", "more", 0644); /* a new match of the glob */
	assert_false(run_kept(w.sandbox, &request, "twomore code\n"));
	write_file(&w, "tools/library2", "MORE", 0644);
	assert_false(run_kept(w.sandbox, &request, "twoMORE code\n"));
	write_file(&w, "tools/compile", "#!/bin/sh\nprintf '#!/bin/sh\\necho new' >out\nchmod +x out\n", 0755);
	assert_false(run_kept(w.sandbox, &request, "new\n"));
	assert_true(run_kept(w.sandbox, &request, "new\n"));
	fixture_destroy(w.sandbox);
	tear_down(&w);
}

/* A compiler that user code can bring to anything. */
static void a_file_of_the_request_stands_where_a_directory_is_made(void **state)
{
	struct workshop w;
	ce_request request = fixture_request("made", "code");
	const ce_file file = { "d", "plain", 5 };

	(void)state;
	build_workshop(&w, "private");
	write_file(&w, "tools/compile", "#!/bin/sh\nrm d; mkdir d; echo x >d/data; printf '#!/bin/sh\\ncat d' >out; chmod +x out\n", 0755);
	request.files = &file;
	request.file_count = 1;
	assert_false(run_kept(w.sandbox, &request, "plain"));
	assert_true(run_kept(w.sandbox, &request, "plain"));
	fixture_destroy(w.sandbox);
	tear_down(&w);
}

static void a_language_that_runs_user_code_while_it_compiles_is_not_shared(void **state)
{
	struct workshop w;
	ce_request request = fixture_request("made", "code");

	(void)state;
	build_workshop(&w, "private");
	request.tenant = "a";
	assert_false(run_kept(w.sandbox, &request, "one code\n"));
	request.tenant = "b";
	assert_false(run_kept(w.sandbox, &request, "one code\n"));
	assert_true(run_kept(w.sandbox, &request, "one code\n"));
	fixture_destroy(w.sandbox);
	tear_down(&w);
	build_workshop(&w, "none");
	assert_false(run_kept(w.sandbox, &request, "one code\n"));
	assert_false(run_kept(w.sandbox, &request, "one code\n"));
	assert_int_equal(usage_of(w.sandbox).misses, 0);
	fixture_destroy(w.sandbox);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_byte_and_name_of_every_file_counts),
		TEST(the_runtime_and_the_network_count),
		TEST(arguments_environment_input_and_limits_of_the_run_are_each_requests_own),
		TEST(tenants_do_not_meet),
		TEST(tenants_share_if_the_caller_says_so),
		TEST(another_toolchain_makes_another_program),
		TEST(a_file_of_the_request_stands_where_a_directory_is_made),
		TEST(a_language_that_runs_user_code_while_it_compiles_is_not_shared),
	};

	return fixture_main("cache_keys", tests);
}
