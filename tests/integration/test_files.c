/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Files that go in with a request and files that come back, the compile stage, and the network. */
#include <string.h>

#include "fixture.h"

#define FILE_OF(name, text)                                                                                  \
	{                                                                                                    \
		name, text, sizeof(text) - 1                                                                 \
	}

static void several_files_lie_where_their_names_say(void **state)
{
	const ce_file files[] = {
	    FILE_OF("data/deep/er/a.txt", "A\0B"),
	    FILE_OF("lib.py", "def twice(x): return 2 * x\n"),
	    FILE_OF("empty", ""),
	    FILE_OF("data/sp ace \377", "x"),
	};
	ce_request request = fixture_request(
	    "python", "import lib, os\n"
		      "print(lib.twice(4), open('data/deep/er/a.txt', 'rb').read(), os.getcwd())\n"
		      "print(os.path.getsize('empty'), sorted(os.listdir(b'data')))\n"
		      "open('data/new', 'w').write('writable')\n");

	(void)state;
	request.files = files;
	request.file_count = COUNT(files);
	expect_says(fixture_run(fixture_sandbox(), &request),
		    "8 b'A\\x00B' /work\n0 [b'deep', b'sp ace \\xff']\n");
}

/* More than fits into a message, in and out again. */
static void large_files_are_whole(void **state)
{
	enum { SIZE = 3 << 20 };
	static const char *const outputs[] = {"back", NULL};
	uint8_t *data = test_malloc(SIZE);
	ce_file file = {"big", data, SIZE};
	ce_request request = fixture_request("python", "import shutil; shutil.copy('big', 'back')");
	ce_output_file back = {.size = sizeof(back)};
	const ce_result *result;
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
	request.files = &file;
	request.file_count = 1;
	request.outputs = outputs;
	result = fixture_run(fixture_sandbox(), &request);
	expect_says(result, "");
	assert_int_equal(ce_result_file_count(result), 1);
	assert_int_equal(ce_result_file(result, 0, &back), 0);
	assert_int_equal(back.data_size, SIZE);
	assert_memory_equal(back.data, data, SIZE);
	test_free(data);
}

static void without_code_the_first_file_is_the_program(void **state)
{
	const ce_file files[] = {FILE_OF("start.sh", "echo \"I am $0\"; . ./second.sh"),
				 FILE_OF("second.sh", "echo second")};
	ce_request request = fixture_request("bash", NULL);

	(void)state;
	request.files = files;
	request.file_count = COUNT(files);
	expect_says(fixture_run(fixture_sandbox(), &request), "I am start.sh\nsecond\n");
}

static void an_empty_program_is_a_program(void **state)
{
	(void)state;
	expect_says(fixture_code(fixture_sandbox(), "bash", ""), "");
}

static void two_sources_are_compiled_together(void **state)
{
	const ce_file files[] = {
	    FILE_OF("twice.h", "int twice(int x);\n"),
	    FILE_OF("part/twice.c", "#include \"../twice.h\"\nint twice(int x) { return 2 * x; }\n")};
	ce_request request =
	    fixture_request("c", "#include <stdio.h>\n#include \"twice.h\"\n"
				 "int main(void) { printf(\"%d\\n\", twice(21)); return 0; }\n");
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	fixture_need_language(sandbox, "c");
	request.files = files;
	request.file_count = COUNT(files);
	expect_says(fixture_run(sandbox, &request), "42\n");
}

/* ---- outputs ---- */

static const ce_output_file *find_file(const ce_result *result, const char *name, ce_output_file *file)
{
	for (size_t i = 0; i < ce_result_file_count(result); i++) {
		*file = (ce_output_file){.size = sizeof(*file)};
		assert_int_equal(ce_result_file(result, i, file), 0);
		if (!strcmp(file->name, name))
			return file;
	}
	fail_msg("%s was not brought back", name);
	return NULL;
}

static void expect_file(const ce_result *result, const char *name, const char *text)
{
	ce_output_file file;

	find_file(result, name, &file);
	assert_int_equal(file.flags, 0);
	assert_string_equal(file.reason, "");
	assert_int_equal(file.data_size, strlen(text));
	assert_memory_equal(file.data, text, strlen(text));
}

static void expect_skipped(const ce_result *result, const char *name, const char *reason)
{
	ce_output_file file;

	find_file(result, name, &file);
	assert_int_equal(file.flags, CE_OUTPUT_FILE_SKIPPED);
	assert_int_equal(file.data_size, 0);
	if (!strstr(file.reason, reason))
		fail_msg("%s: the reason lacks \"%s\": %s", name, reason, file.reason);
}

static void outputs_come_back_by_name_and_glob(void **state)
{
	const char *const outputs[] = {"out/*.txt", "out/a.txt", "exact", "missing", "*/deep/[xy]", NULL};
	ce_request request =
	    fixture_request("bash", "mkdir -p out/deep; printf 'a\\0b' > out/a.txt; echo b > out/b.txt;"
				    "echo no > out/c.dat; echo e > exact; echo x > out/deep/x;"
				    "echo z > out/deep/z; : > out/empty.txt; echo .h > out/.hidden.txt");
	ce_output_file file;
	ce_result *result;

	(void)state;
	request.outputs = outputs;
	result = fixture_run(fixture_sandbox(), &request);
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	assert_int_equal(ce_result_file_count(result), 5);
	find_file(result, "out/a.txt", &file);
	assert_int_equal(file.data_size, 3);
	assert_memory_equal(file.data, "a\0b", 3);
	expect_file(result, "out/b.txt", "b\n");
	expect_file(result, "out/empty.txt", "");
	expect_file(result, "exact", "e\n");
	expect_file(result, "out/deep/x", "x\n");
	for (size_t i = 1; i < 5; i++) {
		ce_output_file before = {.size = sizeof(before)};

		ce_result_file(result, i - 1, &before);
		ce_result_file(result, i, &file);
		assert_true(strcmp(before.name, file.name) < 0);
	}
	assert_int_equal(ce_result_file(result, 5, &file), CE_ERR_INVALID);
}

static void what_is_no_regular_file_is_skipped_with_the_reason(void **state)
{
	const char *const outputs[] = {"*", "link/passwd", NULL};
	ce_request request =
	    fixture_request("bash", "ln -s /etc/passwd symlink; ln -s /etc link; mkfifo fifo; mkdir dir;"
				    "echo ok > file");
	ce_result *result;

	(void)state;
	request.outputs = outputs;
	result = fixture_run(fixture_sandbox(), &request);
	expect_exit(result, CE_OUTCOME_SUCCESS, 0);
	expect_skipped(result, "symlink", "symbolic link");
	expect_skipped(result, "link", "symbolic link");
	expect_skipped(result, "fifo", "not a regular file");
	expect_skipped(result, "dir", "directory");
	expect_file(result, "file", "ok\n");
	for (size_t i = 0; i < ce_result_file_count(result); i++) {
		ce_output_file file = {.size = sizeof(file)};

		ce_result_file(result, i, &file);
		assert_string_not_equal(file.name, "link/passwd");
	}
}

static void files_over_the_cap_are_skipped_with_the_reason(void **state)
{
	const char *const outputs[] = {"small", "large", "last", NULL};
	ce_request request =
	    fixture_request("bash", "echo 1 > small; printf %01000d 1 > large; echo 2 > last");
	ce_result *result;

	(void)state;
	request.outputs = outputs;
	request.outputs_max_bytes = 100;
	result = fixture_run(fixture_sandbox(), &request);
	expect_file(result, "small", "1\n");
	expect_file(result, "last", "2\n");
	expect_skipped(result, "large", "cap");
}

static void outputs_come_back_from_a_program_that_failed_or_was_killed(void **state)
{
	const char *const outputs[] = {"file", NULL};
	ce_request request = fixture_request("bash", "echo before > file; exit 4");
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = fixture_sandbox();
	ce_result *result;

	(void)state;
	request.outputs = outputs;
	result = fixture_run(sandbox, &request);
	expect_exit(result, CE_OUTCOME_ERROR, 4);
	expect_file(result, "file", "before\n");
	request.code = "echo killed > file; sleep 600";
	request.code_size = strlen(request.code);
	limits.wall_time_ms = 1000;
	request.limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_outcome(result, CE_OUTCOME_TIMEOUT);
	expect_file(result, "file", "killed\n");
}

/* ---- compile ---- */

static void a_compile_error_carries_its_diagnostics(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_diagnostic d = {.size = sizeof(d)};
	ce_result *result;

	(void)state;
	fixture_need_language(sandbox, "c");
	result = fixture_code(sandbox, "c", "int main(void)\n{\n\treturn nonsense;\n}\n");
	expect_exit(result, CE_OUTCOME_COMPILATION_ERROR, 1);
	expect_stderr_has(result, "nonsense");
	assert_true(ce_result_has_stage(result, CE_STAGE_COMPILE));
	assert_false(ce_result_has_stage(result, CE_STAGE_RUN));
	assert_int_equal(ce_result_stage_outcome(result, CE_STAGE_COMPILE), CE_OUTCOME_ERROR);
	assert_int_equal(ce_result_stage_outcome(result, CE_STAGE_RUN), 0);
	assert_true(ce_result_diagnostic_count(result) >= 1);
	assert_int_equal(ce_result_diagnostic(result, 0, &d), 0);
	assert_int_equal(d.stage, CE_STAGE_COMPILE);
	assert_string_equal(d.severity, "error");
	assert_string_equal(d.file, "main.c");
	assert_int_equal(d.line, 3);
	assert_true(d.column > 0);
}

static void compile_and_run_are_accounted_apart(void **state)
{
	ce_account compile = {.size = sizeof(compile)}, run = {.size = sizeof(run)};
	ce_sandbox *sandbox = fixture_sandbox();
	ce_result *result;

	(void)state;
	fixture_need_language(sandbox, "c");
	result = fixture_code(
	    sandbox, "c",
	    "#include <stdio.h>\n#warning look here\nint main(void) { puts(\"ran\"); return 5; }");
	expect_exit(result, CE_OUTCOME_ERROR, 5);
	assert_int_equal(ce_result_stage_outcome(result, CE_STAGE_COMPILE), CE_OUTCOME_SUCCESS);
	assert_int_equal(ce_result_stage_exit_code(result, CE_STAGE_COMPILE), 0);
	assert_int_equal(ce_result_stage_outcome(result, CE_STAGE_RUN), CE_OUTCOME_ERROR);
	assert_int_equal(ce_result_stage_exit_code(result, CE_STAGE_RUN), 5);
	expect_stdout(result, "ran\n");
	assert_string_equal(stderr_of(result), "");
	assert_non_null(
	    strstr(ce_result_output(result, CE_STAGE_COMPILE, CE_STREAM_STDERR, NULL), "look here"));
	assert_int_equal(ce_result_account(result, CE_STAGE_COMPILE, &compile), 0);
	assert_int_equal(ce_result_account(result, CE_STAGE_RUN, &run), 0);
	assert_true(compile.wall_time_us > run.wall_time_us);
	assert_true(compile.memory_peak_bytes > run.memory_peak_bytes);
	assert_true(compile.cpu_time_us > run.cpu_time_us);
}

static void the_requests_environment_does_not_reach_the_compiler(void **state)
{
	const ce_file files[] = {FILE_OF("evil/stdio.h", "#error the compiler saw CPATH\n")};
	const char *const env[] = {"CPATH=/work/evil", "SOURCE_DATE_EPOCH=0", NULL};
	ce_request request = fixture_request(
	    "c", "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
		 "int main(void) { puts(getenv(\"CPATH\")); return !strcmp(__DATE__, \"Jan  1 1970\"); }");
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	fixture_need_language(sandbox, "c");
	request.env = env;
	request.files = files;
	request.file_count = COUNT(files);
	expect_says(fixture_run(sandbox, &request), "/work/evil\n");
}

static void a_compiler_that_takes_too_long_is_a_compilation_error(void **state)
{
	/* 2^60 inclusions, in next to no memory: only the time is left to come to its end */
	ce_request request = fixture_request("c", "#if __INCLUDE_LEVEL__ < 60\n#include __FILE__\n#include __FILE__\n#endif\n"
						  "#if __INCLUDE_LEVEL__ == 0\nint main(void) { return 0; }\n#endif\n");
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = fixture_sandbox();
	ce_result *result;

	(void)state;
	fixture_need_language(sandbox, "c");
	limits.wall_time_ms = 500;
	request.compile_limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_outcome(result, CE_OUTCOME_COMPILATION_ERROR);
	assert_false(ce_result_has_stage(result, CE_STAGE_RUN));
	assert_int_not_equal(ce_result_stage_outcome(result, CE_STAGE_COMPILE), CE_OUTCOME_COMPILATION_ERROR);
	assert_true(ce_result_limits_hit(result) & CE_LIMIT_WALL_TIME);
}

/* ---- network ---- */

#define CONNECT_TO_ITSELF                                                                                    \
	"import socket\n"                                                                                    \
	"try:\n"                                                                                             \
	"    s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"                                    \
	"    c = socket.create_connection(s.getsockname(), 5); a = s.accept()[0]\n"                          \
	"    c.sendall(b'ping'); print(a.recv(4).decode())\n"                                                \
	"except OSError as e: print('no loopback')\n"                                                        \
	"try:\n"                                                                                             \
	"    socket.create_connection(('192.0.2.1', 80), 5); print('connected')\n"                           \
	"except OSError as e: print('no way out')\n"

static void there_is_no_network_unless_loopback_is_asked_for(void **state)
{
	ce_request request = fixture_request("python", CONNECT_TO_ITSELF);
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	expect_says(fixture_run(sandbox, &request), "no loopback\nno way out\n");
	request.network = CE_NETWORK_LOOPBACK;
	expect_says(fixture_run(sandbox, &request), "ping\nno way out\n");
	request.network = CE_NETWORK_NONE;
	expect_says(fixture_run(sandbox, &request), "no loopback\nno way out\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(several_files_lie_where_their_names_say),
	    TEST(large_files_are_whole),
	    TEST(without_code_the_first_file_is_the_program),
	    TEST(an_empty_program_is_a_program),
	    TEST(two_sources_are_compiled_together),
	    TEST(outputs_come_back_by_name_and_glob),
	    TEST(what_is_no_regular_file_is_skipped_with_the_reason),
	    TEST(files_over_the_cap_are_skipped_with_the_reason),
	    TEST(outputs_come_back_from_a_program_that_failed_or_was_killed),
	    TEST(a_compile_error_carries_its_diagnostics),
	    TEST(compile_and_run_are_accounted_apart),
	    TEST(the_requests_environment_does_not_reach_the_compiler),
	    TEST(a_compiler_that_takes_too_long_is_a_compilation_error),
	    TEST(there_is_no_network_unless_loopback_is_asked_for),
	};

	return fixture_main("files", tests);
}
