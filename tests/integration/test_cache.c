/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Compiled programs that are kept: what comes again is not compiled again, whatever could change it makes it another, nobody
 * gets another's, and a program cannot tell the difference. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

#define HELLO "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"

static ce_sandbox *caching(uint64_t bytes, uint64_t flags)
{
	ce_sandbox_options o = fixture_options();
	ce_sandbox *sandbox;

	o.cache_bytes = bytes;
	o.flags |= flags;
	sandbox = fixture_create(&o);
	fixture_need_language(sandbox, "c");
	return sandbox;
}

static ce_cache_usage usage_of(ce_sandbox *sandbox)
{
	ce_cache_usage u = { .size = sizeof(u) };

	assert_int_equal(ce_sandbox_cache_usage(sandbox, &u), 0);
	return u;
}

static ce_account compile_account(const ce_result *result)
{
	ce_account a = { .size = sizeof(a) };

	assert_int_equal(ce_result_account(result, CE_STAGE_COMPILE, &a), 0);
	return a;
}

static bool was_kept(const ce_result *result)
{
	assert_true(ce_result_has_stage(result, CE_STAGE_COMPILE));
	return (compile_account(result).flags & CE_ACCOUNT_CACHED) != 0;
}

/* Runs it and says whether it had been compiled before. */
static bool run_kept(ce_sandbox *sandbox, const ce_request *request, const char *says)
{
	ce_result *result = fixture_run(sandbox, request);

	expect_says(result, says);
	return was_kept(result);
}

static void what_comes_again_is_not_compiled_again(void **state)
{
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", HELLO);
	ce_result *first = fixture_run(sandbox, &request), *second = fixture_run(sandbox, &request);
	ce_account account = compile_account(second);
	ce_cache_usage usage = usage_of(sandbox);

	(void)state;
	expect_says(first, "hello\n");
	expect_says(second, "hello\n");
	assert_false(was_kept(first));
	assert_true(was_kept(second));
	assert_true(ce_result_cpu_time_us(first, CE_STAGE_COMPILE) > 0);
	assert_int_equal(account.cpu_time_us, 0);
	assert_int_equal(account.wall_time_us, 0);
	assert_int_equal(account.memory_peak_bytes, 0);
	assert_int_equal(ce_result_stage_outcome(second, CE_STAGE_COMPILE), CE_OUTCOME_SUCCESS);
	assert_int_equal(ce_result_stage_exit_code(second, CE_STAGE_COMPILE), 0);
	assert_true(ce_result_protections(second, CE_STAGE_COMPILE) == ce_result_protections(first, CE_STAGE_COMPILE));
	assert_true(ce_result_protections(second, CE_STAGE_RUN) == ce_result_protections(first, CE_STAGE_RUN));
	assert_int_equal(usage.hits, 1);
	assert_int_equal(usage.misses, 1);
	assert_int_equal(usage.programs, 1);
	assert_int_equal(usage.evictions, 0);
	assert_true(usage.bytes > 4096 && usage.bytes < usage.limit_bytes);
	assert_int_equal(usage.limit_bytes, 16 * MIB);
}

static void without_bytes_for_it_nothing_is_kept(void **state)
{
	ce_sandbox *sandbox = caching(0, 0);
	ce_request request = fixture_request("c", HELLO);

	(void)state;
	assert_false(run_kept(sandbox, &request, "hello\n"));
	assert_false(run_kept(sandbox, &request, "hello\n"));
	assert_int_equal(usage_of(sandbox).limit_bytes, 0);
	assert_int_equal(usage_of(sandbox).misses, 0);
}

static void a_request_can_refuse_the_cache(void **state)
{
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", HELLO), refusing = request;

	(void)state;
	refusing.flags = CE_REQUEST_NO_CACHE;
	assert_false(run_kept(sandbox, &refusing, "hello\n"));
	assert_int_equal(usage_of(sandbox).programs, 0);
	assert_false(run_kept(sandbox, &request, "hello\n"));
	assert_false(run_kept(sandbox, &refusing, "hello\n"));
	assert_true(run_kept(sandbox, &request, "hello\n"));
}

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

static void warnings_come_again(void **state)
{
	static const char program[] = "int main(void) { char *p = 5; return p == 0; }\n";
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", program);
	ce_diagnostic a = { .size = sizeof(a) }, b = { .size = sizeof(b) };
	ce_result *first = fixture_run(sandbox, &request), *second = fixture_run(sandbox, &request);
	size_t size = 0, again = 0;
	const char *said = ce_result_output(first, CE_STAGE_COMPILE, CE_STREAM_STDERR, &size);
	const char *repeated = ce_result_output(second, CE_STAGE_COMPILE, CE_STREAM_STDERR, &again);

	(void)state;
	assert_true(was_kept(second));
	assert_true(size > 0 && size == again);
	assert_memory_equal(said, repeated, size);
	assert_int_equal(ce_result_output_total(second, CE_STAGE_COMPILE, CE_STREAM_STDERR), size);
	assert_true(ce_result_diagnostic_count(first) > 0);
	assert_int_equal(ce_result_diagnostic_count(first), ce_result_diagnostic_count(second));
	assert_int_equal(ce_result_diagnostic(first, 0, &a), 0);
	assert_int_equal(ce_result_diagnostic(second, 0, &b), 0);
	assert_string_equal(a.message, b.message);
	assert_int_equal(a.line, b.line);
}

/* What the events of one execution were, in order. */
struct heard {
	char text[2000];
};

static void listen(ce_execution *execution, const ce_event *event, void *user_data)
{
	struct heard *heard = user_data;
	size_t at = strlen(heard->text), size = 0;
	int stream = 0;

	(void)execution;
	if (ce_event_type(event) == CE_EVENT_STATUS) {
		snprintf(heard->text + at, sizeof(heard->text) - at, "[%d]", ce_event_status(event));
	} else if (ce_event_type(event) == CE_EVENT_OUTPUT) {
		const char *data = ce_event_output(event, &stream, &size);

		snprintf(heard->text + at, sizeof(heard->text) - at, "%s %d: %.*s", ce_stage_name(ce_event_stage(event)), stream,
			 (int)size, data);
	}
}

static void a_kept_program_is_announced_like_a_new_one(void **state)
{
	static const char program[] = "#include <stdio.h>\n#warning told\nint main(void) { puts(\"ran\"); return 0; }\n";
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", program);
	struct heard first = { "" }, second = { "" };
	ce_execution *execution;
	char *compiler;

	(void)state;
	fixture_finish(fixture_start(sandbox, &request, listen, &first));
	execution = fixture_start(sandbox, &request, listen, &second);
	pause_ms(300); /* its output waits as well as the news that it runs */
	fixture_finish(execution);
	assert_non_null(strstr(first.text, "[2]")); /* compiling; not the second time */
	assert_null(strstr(second.text, "[2]"));
	compiler = strstr(second.text, "compile 2: ");
	assert_non_null(compiler);
	assert_true(compiler < strstr(second.text, "[3]"));
	assert_true(compiler < strstr(second.text, "run 1: "));
	/* The state and the output of the run stage come by different ways: either may be first. */
	*strstr(second.text, "#warning told") = '\0';
	*strstr(first.text, "#warning told") = '\0';
	assert_string_equal(strstr(first.text, "compile 2: "), compiler);
}

static void what_does_not_compile_is_not_kept(void **state)
{
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", "int main(void) { return nonsense; }\n");

	(void)state;
	for (int i = 0; i < 2; i++) {
		ce_result *result = fixture_run(sandbox, &request);

		expect_outcome(result, CE_OUTCOME_COMPILATION_ERROR);
		assert_false(was_kept(result));
		assert_true(ce_result_diagnostic_count(result) > 0);
	}
	assert_int_equal(usage_of(sandbox).programs, 0);
}

static void what_the_compiler_said_is_never_cut_off_unasked(void **state)
{
	static const char program[] = "#warning a rather long message that takes some room in what the compiler says\n" HELLO;
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", program), brief = request;
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	limits.output_bytes = 16;
	brief.compile_limits = &limits;
	assert_false(run_kept(sandbox, &brief, "hello\n")); /* cut off: not kept */
	assert_int_equal(usage_of(sandbox).programs, 0);
	assert_false(run_kept(sandbox, &request, "hello\n"));
	result = fixture_run(sandbox, &brief); /* wants less than what is there */
	assert_false(was_kept(result));
	assert_true(ce_result_output_truncated(result, CE_STAGE_COMPILE, CE_STREAM_STDERR));
	assert_true(run_kept(sandbox, &request, "hello\n"));
}

static void a_program_cannot_tell_that_it_was_kept(void **state)
{
	static const char program[] =
		"#include <dirent.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/stat.h>\n"
		"#include <sys/statvfs.h>\n#include <unistd.h>\n"
		"static int order(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }\n"
		"int main(int c, char **v) { struct dirent **e; struct stat st; struct statvfs fs; char p[200]; int n;\n"
		" n = scandir(\".\", &e, 0, order);\n"
		" for (int i = 0; i < n; i++) { stat(e[i]->d_name, &st);\n"
		"  printf(\"%s %o %d %d %d\\n\", e[i]->d_name, st.st_mode, (int)st.st_uid, (int)st.st_nlink,\n"
		"   S_ISDIR(st.st_mode) ? 0 : (int)st.st_size); }\n"
		" n = readlink(\"/proc/self/exe\", p, 199); p[n < 0 ? 0 : n] = 0; statvfs(\".\", &fs);\n"
		" printf(\"%s %s %lu %lu\\n\", v[0], p, (unsigned long)(fs.f_blocks - fs.f_bfree), (unsigned long)fs.f_ffree);\n"
		" printf(\"%d %d %d\\n\", access(\"main\", W_OK), rename(\"main\", \"other\"), unlink(\"other\"));\n"
		" for (n = 3; n < 256; n++) if (fcntl(n, F_GETFD) >= 0) printf(\"fd %d\\n\", n);\n"
		" return 0; }\n";
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	char source[4000];
	ce_request request;
	ce_result *first, *second;

	(void)state;
	snprintf(source, sizeof(source), "#include <fcntl.h>\n%s", program);
	request = fixture_request("c", source);
	first = fixture_run(sandbox, &request);
	second = fixture_run(sandbox, &request);
	assert_false(was_kept(first));
	assert_true(was_kept(second));
	expect_outcome(first, CE_OUTCOME_SUCCESS);
	expect_says(second, stdout_of(first));
}

static void a_file_of_the_request_is_not_replaced_by_what_the_compiler_made(void **state)
{
	static const char program[] = "#include <stdio.h>\nint main(void) { return 3; }\n", own[] = "#!/bin/sh\necho own\n";
	ce_file file = { "main", own, sizeof(own) - 1 };
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_request request = fixture_request("c", program);
	ce_result *first, *second;

	(void)state;
	request.files = &file;
	request.file_count = 1;
	first = fixture_run(sandbox, &request);
	second = fixture_run(sandbox, &request);
	assert_true(was_kept(second));
	assert_int_equal(ce_result_outcome(first), ce_result_outcome(second));
	assert_int_equal(ce_result_exit_code(first), ce_result_exit_code(second));
	assert_string_equal(stdout_of(first), stdout_of(second));
	assert_string_equal(stderr_of(first), stderr_of(second));
}

static void a_kept_program_that_does_not_fit_is_a_disk_limit(void **state)
{
	static const char program[] = "char big[2 << 20] = { 1 };\nint main(void) { return big[5]; }\n";
	ce_sandbox *sandbox = caching(64 * MIB, 0);
	ce_request request = fixture_request("c", program);
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	assert_false(run_kept(sandbox, &request, ""));
	limits.disk_bytes = 1 * MIB;
	request.limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_outcome(result, CE_OUTCOME_DISK_LIMIT);
	assert_true(was_kept(result));
}

static const char *numbered(char *source, size_t size, unsigned number, unsigned bytes)
{
	snprintf(source, size, "#include <stdio.h>\nchar pad[%u] = { 1 };\nint main(void) { printf(\"%u\\n\"); return pad[5]; }\n", bytes,
		 number);
	return source;
}

static void run_numbered(ce_sandbox *sandbox, const char *tenant, unsigned number, unsigned bytes, bool kept)
{
	char source[200], says[20];
	ce_request request = fixture_request("c", numbered(source, sizeof(source), number, bytes));

	request.tenant = tenant;
	snprintf(says, sizeof(says), "%u\n", number);
	assert_int_equal(run_kept(sandbox, &request, says), kept);
}

static void the_bytes_are_a_bound_and_the_longest_unused_goes_first(void **state)
{
	/* Room for four or five programs of 300 KiB. */
	ce_sandbox *sandbox = caching(1536 << 10, 0);
	ce_cache_usage usage;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		run_numbered(sandbox, NULL, i, 300 << 10, false);
	run_numbered(sandbox, NULL, 0, 300 << 10, true);
	run_numbered(sandbox, NULL, 4, 300 << 10, false); /* 1 goes, not 0 */
	run_numbered(sandbox, NULL, 0, 300 << 10, true);
	run_numbered(sandbox, NULL, 4, 300 << 10, true);
	run_numbered(sandbox, NULL, 3, 300 << 10, true);
	run_numbered(sandbox, NULL, 1, 300 << 10, false);
	usage = usage_of(sandbox);
	assert_true(usage.evictions >= 2);
	assert_true(usage.bytes <= usage.limit_bytes);
	/* More than a quarter of all is not kept at all. */
	run_numbered(sandbox, NULL, 9, 500 << 10, false);
	run_numbered(sandbox, NULL, 9, 500 << 10, false);
	assert_true(usage_of(sandbox).bytes <= usage.limit_bytes);
}

static void a_tenant_does_not_push_out_what_others_have(void **state)
{
	ce_sandbox *sandbox = caching(1536 << 10, 0);

	(void)state;
	run_numbered(sandbox, "small", 0, 300 << 10, false);
	for (unsigned i = 0; i < 8; i++)
		run_numbered(sandbox, "large", i, 300 << 10, false);
	run_numbered(sandbox, "small", 0, 300 << 10, true);
	run_numbered(sandbox, "large", 7, 300 << 10, true);
	run_numbered(sandbox, "large", 0, 300 << 10, false);
}

static void descriptors_are_a_bound_too(void **state)
{
	struct rlimit before, low;
	ce_sandbox *sandbox = caching(64 * MIB, 0);
	ce_cache_usage usage;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 72; /* a quarter: 18 */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (unsigned i = 0; i < 20; i++)
		run_numbered(sandbox, NULL, i, 1, false);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	usage = usage_of(sandbox);
	assert_int_equal(usage.programs, 18);
	assert_int_equal(usage.evictions, 2);
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

#define THREADS 6
#define TURNS 8

static void *run_many(void *argument)
{
	ce_sandbox *sandbox = argument;

	for (unsigned i = 0; i < TURNS; i++) {
		char source[200], says[20];
		ce_request request = ce_request_init();
		ce_result *result = NULL;
		ce_error *error = NULL;
		size_t size = 0;
		bool right;

		request.language = "c";
		request.code = numbered(source, sizeof(source), i % 4, 100 << 10);
		request.code_size = strlen(source);
		snprintf(says, sizeof(says), "%u\n", i % 4);
		if (ce_execute(sandbox, &request, &result, &error))
			return error;
		right = !strcmp(ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size), says);
		ce_result_free(result);
		if (!right)
			return (void *)(uintptr_t)"another's output";
	}
	return NULL;
}

/* With room for three of the four programs, so that they are lent, dropped and made anew at once. */
static void many_threads_use_it_at_once(void **state)
{
	ce_sandbox *sandbox = caching(480 << 10, 0);
	pthread_t threads[THREADS];
	ce_cache_usage usage;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many, sandbox), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *wrong = NULL;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	usage = usage_of(sandbox);
	assert_int_equal(usage.hits + usage.misses, THREADS * TURNS);
	assert_true(usage.bytes <= usage.limit_bytes);
	assert_true(usage.programs >= 1 && usage.programs <= 4);
}

static void usage_is_filled_up_to_its_size(void **state)
{
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_cache_usage usage = { .size = 2 * sizeof(uint64_t), .bytes = 77 };

	(void)state;
	assert_int_equal(ce_sandbox_cache_usage(sandbox, &usage), 0);
	assert_int_equal(usage.limit_bytes, 16 * MIB);
	assert_int_equal(usage.bytes, 77);
	usage.size = 0;
	assert_int_equal(ce_sandbox_cache_usage(sandbox, &usage), CE_ERR_INVALID);
	assert_int_equal(ce_sandbox_cache_usage(NULL, &usage), CE_ERR_INVALID);
	assert_int_equal(ce_sandbox_cache_usage(sandbox, NULL), CE_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_again_is_not_compiled_again),
		TEST(without_bytes_for_it_nothing_is_kept),
		TEST(a_request_can_refuse_the_cache),
		TEST(every_byte_and_name_of_every_file_counts),
		TEST(the_runtime_and_the_network_count),
		TEST(arguments_environment_input_and_limits_of_the_run_are_each_requests_own),
		TEST(tenants_do_not_meet),
		TEST(tenants_share_if_the_caller_says_so),
		TEST(warnings_come_again),
		TEST(a_kept_program_is_announced_like_a_new_one),
		TEST(what_does_not_compile_is_not_kept),
		TEST(what_the_compiler_said_is_never_cut_off_unasked),
		TEST(a_program_cannot_tell_that_it_was_kept),
		TEST(a_file_of_the_request_is_not_replaced_by_what_the_compiler_made),
		TEST(a_kept_program_that_does_not_fit_is_a_disk_limit),
		TEST(the_bytes_are_a_bound_and_the_longest_unused_goes_first),
		TEST(a_tenant_does_not_push_out_what_others_have),
		TEST(descriptors_are_a_bound_too),
		TEST(another_toolchain_makes_another_program),
		TEST(a_language_that_runs_user_code_while_it_compiles_is_not_shared),
		TEST(many_threads_use_it_at_once),
		TEST(usage_is_filled_up_to_its_size),
	};

	return fixture_main("cache", tests);
}
