/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Compiled programs that are kept: what comes again is not compiled again, and a program cannot tell the difference. */
#include <stdio.h>
#include <string.h>

#include "cached.h"
#include "fixture.h"

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
	ce_sandbox_options o = fixture_options();
	ce_request request = fixture_request("c", program);
	struct heard first = { "" }, second = { "" };
	ce_execution *execution;
	ce_sandbox *sandbox;
	char *compiler;

	(void)state;
	o.cache_bytes = 16 * MIB;
	o.max_concurrent = 1;
	sandbox = fixture_create(&o);
	fixture_need_language(sandbox, "c");
	fixture_finish(fixture_start(sandbox, &request, listen, &first));
	execution = fixture_start(sandbox, &request, listen, &second);
	assert_true(run_kept(sandbox, &request, "ran\n")); /* after it: its output waits by now, as well as the news that it runs */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_again_is_not_compiled_again),
		TEST(without_bytes_for_it_nothing_is_kept),
		TEST(a_request_can_refuse_the_cache),
		TEST(warnings_come_again),
		TEST(a_kept_program_is_announced_like_a_new_one),
		TEST(what_does_not_compile_is_not_kept),
		TEST(what_the_compiler_said_is_never_cut_off_unasked),
		TEST(a_program_cannot_tell_that_it_was_kept),
		TEST(a_file_of_the_request_is_not_replaced_by_what_the_compiler_made),
		TEST(a_kept_program_that_does_not_fit_is_a_disk_limit),
	};

	return fixture_main("cache", tests);
}
