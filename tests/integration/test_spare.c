/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cells that are made ahead for cold starts: one serves the next request of its kind, whatever that is, and tells nothing of the time
 * that it waited. The trace says whether a request got one. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "warm.h"

#define TRIES 500

static bool was_ahead(const ce_result *result)
{
	for (size_t i = 0; i < ce_result_trace_count(result, CE_STAGE_RUN); i++) {
		uint64_t at_us;

		if (!strcmp(ce_result_trace_step(result, CE_STAGE_RUN, i, &at_us), "handed-over"))
			return true;
	}
	return false;
}

static ce_request traced(const char *code)
{
	ce_request request = fixture_request("bash", code);

	request.flags |= CE_REQUEST_TRACE;
	return request;
}

/* They are made while nothing else happens; a machine under load takes its time. Each try is an execution of this kind, so that the
 * next one is wanted. */
static ce_result *run_until_ahead(ce_sandbox *sandbox, const ce_request *request)
{
	for (int i = 0; i < TRIES; i++) {
		ce_result *result;

		pause_ms(20);
		result = fixture_run(sandbox, request);
		if (was_ahead(result))
			return result;
	}
	fail_msg("no cell was made ahead");
	return NULL;
}

static void what_comes_again_gets_one(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = traced("echo $$; read line; echo \"$line\"; exit 3");
	ce_result *result;

	(void)state;
	request.input = "in\n";
	request.input_size = 3;
	result = fixture_run(sandbox, &request);
	assert_false(was_ahead(result));
	expect_exit(result, CE_OUTCOME_ERROR, 3);
	result = run_until_ahead(sandbox, &request);
	expect_exit(result, CE_OUTCOME_ERROR, 3);
	expect_stdout(result, "2\nin\n");
	assert_true(ce_result_protections(result, CE_STAGE_RUN) == ce_result_protections(fixture_run(sandbox, &request), CE_STAGE_RUN));
}

static void each_gets_what_it_asks_for(void **state)
{
	static const char *const args[] = { "first", "second", NULL }, *const env[] = { "OWN=value", NULL }, *const outputs[] = { "*.txt", NULL };
	const ce_file files[] = { { "lib.sh", "echo ran\n", 9 } };
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request plain = traced("true"), own = traced("echo \"$@\" $OWN; . ./lib.sh; ulimit -n -f -t -s; echo out > out.txt");
	ce_output_file out = { .size = sizeof(out) };
	ce_result *result = NULL;

	(void)state;
	limits.cpu_time_ms = 4000;
	limits.open_files = 40;
	limits.file_size_bytes = 5 * MIB;
	limits.stack_bytes = 3 * MIB;
	own.args = args;
	own.env = env;
	own.files = files;
	own.file_count = COUNT(files);
	own.outputs = outputs;
	own.limits = &limits;
	/* The cell was made when only the plain one had been seen. */
	for (int i = 0; i < TRIES && !(result && was_ahead(result)); i++) {
		run_until_ahead(sandbox, &plain);
		pause_ms(20);
		result = fixture_run(sandbox, &own);
	}
	assert_true(was_ahead(result));
	expect_exit(result, CE_OUTCOME_SUCCESS, 0);
	expect_stdout_has(result, "first second value\nran\n");
	expect_stdout_has(result, " 40\n");
	expect_stdout_has(result, " 5120\n");
	expect_stdout_has(result, " 3072\n");
	expect_stdout_has(result, " 5\n");
	assert_int_equal(ce_result_file_count(result), 1);
	assert_int_equal(ce_result_file(result, 0, &out), 0);
	assert_memory_equal(out.data, "out\n", 4);
	result = run_until_ahead(sandbox, &plain);
	expect_says(result, "");
	assert_int_equal(ce_result_file_count(result), 0);
}

/* Plans larger than 64 KiB travel another way. */
static void a_program_of_any_size_comes_to_it(void **state)
{
	static char code[200000];
	static const size_t sizes[] = { 58000, 60000, 61000, 62000, 63000, 64000, 65536, sizeof(code) };
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = traced("true");

	(void)state;
	request.code = code;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		memset(code, '#', sizes[i]);
		memcpy(code + sizes[i] - 10, "\necho done", 10);
		request.code_size = sizes[i];
		expect_says(run_until_ahead(sandbox, &request), "done\n");
	}
}

static void its_limits_are_the_requests(void **state)
{
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request plain = traced("true"), hungry = traced("x=x; while :; do x=$x$x; done"), busy = traced("while :; do :; done");
	ce_result *result;

	(void)state;
	fixture_need_cgroups();
	limits.memory_bytes = 48 * MIB;
	limits.wall_time_ms = 20000;
	hungry.limits = &limits;
	run_until_ahead(sandbox, &plain);
	pause_ms(20);
	/* Another kind: not what waits for those with other limits. */
	result = fixture_run(sandbox, &hungry);
	assert_false(was_ahead(result));
	expect_limit_among(result, CE_LIMIT_MEMORY);
	result = run_until_ahead(sandbox, &hungry);
	expect_limit_among(result, CE_LIMIT_MEMORY);
	limits = ce_limits_init();
	limits.cpu_time_ms = 300;
	limits.wall_time_ms = 30000;
	busy.limits = &limits;
	result = run_until_ahead(sandbox, &busy);
	expect_outcome(result, CE_OUTCOME_TIMEOUT);
	expect_limits_hit(result, CE_LIMIT_CPU_TIME);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void its_clocks_start_with_the_request(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = traced("true");
	ce_account account;
	ce_result *result = NULL;
	double took = 0;

	(void)state;
	for (int i = 0; i < TRIES && !(result && was_ahead(result)); i++) {
		double begin;

		run_until_ahead(sandbox, &request);
		pause_ms(500);
		begin = seconds();
		result = fixture_run(sandbox, &request);
		took = seconds() - begin;
	}
	assert_true(was_ahead(result));
	account = account_of(result);
	assert_true((double)account.wall_time_us <= took * 1e6);
}

static void nothing_of_one_is_in_the_next(void **state)
{
	static const char leave[] = "for d in /tmp /dev/shm /work; do echo x > $d/left; done; (sleep 600 >&- 2>&-) & export LEFT=x; true";
	static const char look[] = "ls /tmp/left /dev/shm/left /work/left 2>/dev/null; echo ${LEFT-none}; echo /proc/[0-9]*";
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request first = traced(leave), second = traced(look);

	(void)state;
	for (int i = 0; i < 3; i++) {
		run_until_ahead(sandbox, &first);
		pause_ms(20);
		expect_says(run_until_ahead(sandbox, &second), "none\n/proc/2\n");
	}
}

static void fresh_slots_have_none(void **state)
{
	ce_sandbox_options options = fixture_options();
	ce_request request = traced("true");
	ce_sandbox *sandbox;

	(void)state;
	options.flags |= CE_SANDBOX_FRESH_SLOTS;
	sandbox = fixture_create(&options);
	for (int i = 0; i < 6; i++) {
		assert_false(was_ahead(fixture_run(sandbox, &request)));
		pause_ms(30);
	}
}

/* The children of `pid`: how many, and the first. */
static size_t children_of(pid_t pid, pid_t *first)
{
	char path[64];
	size_t count = 0;
	int child;
	FILE *f;

	*first = 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &child) == 1)
		if (count++ == 0)
			*first = child;
	if (f)
		fclose(f);
	return count;
}

static pid_t supervisor(void)
{
	pid_t pid;

	assert_int_equal(children_of(getpid(), &pid), 1);
	return pid;
}

/* The init of the one cell that there is, once there is one and no other, and what waits in it. */
static pid_t await_init(pid_t *waits)
{
	pid_t init = 0;

	for (int i = 0; i < TRIES; i++) {
		if (children_of(supervisor(), &init) == 1 && children_of(init, waits) == 1)
			return init;
		pause_ms(20);
	}
	fail_msg("no cell, or more than one");
	return 0;
}

/* `depth` 0: its init; 1: what waits in it. */
static void kill_what_waits(ce_sandbox *sandbox, int depth, long then_ms)
{
	ce_request request = traced("echo here");

	for (int i = 0; i < 3; i++) {
		ce_result *result;
		pid_t init, waits;

		run_until_ahead(sandbox, &request);
		init = await_init(&waits);
		assert_int_equal(kill(depth ? waits : init, SIGKILL), 0);
		pause_ms(then_ms);
		result = fixture_run(sandbox, &request);
		/* Whoever asks in the same moment may get it, and hears that it was killed; nobody gets less. */
		if (then_ms || ce_result_outcome(result) == CE_OUTCOME_SUCCESS)
			expect_says(result, "here\n");
		else
			expect_outcome(result, CE_OUTCOME_SYSTEM_ERROR);
		expect_says(fixture_run(sandbox, &request), "here\n");
	}
}

static void one_that_is_killed_is_not_missed(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	fixture_need_root();
	for (int depth = 0; depth < 2; depth++) {
		kill_what_waits(sandbox, depth, 100);
		kill_what_waits(sandbox, depth, 0);
	}
}

static void an_idle_sandbox_goes_back_to_nothing(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = traced("true");
	pid_t init, waits;

	(void)state;
	run_until_ahead(sandbox, &request);
	await_init(&waits);
	for (int i = 0; i < 600 && children_of(supervisor(), &init); i++)
		pause_ms(100);
	assert_int_equal(init, 0);
	expect_says(fixture_run(sandbox, &request), "");
}

static void more_kinds_than_there_is_room_for_take_turns(void **state)
{
	ce_limits limits[6];
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(limits); i++) {
			ce_request request = traced("echo here");

			limits[i] = ce_limits_init();
			limits[i].memory_bytes = (64 + i) * MIB;
			request.limits = &limits[i];
			expect_says(run_until_ahead(sandbox, &request), "here\n");
		}
	}
}

static void loopback_is_there_if_it_was_asked_for(void **state)
{
	static const char code[] = "(exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 | grep -m1 -o 'refused\\|unreachable'";
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request with = traced(code), without = traced(code);

	(void)state;
	with.network = CE_NETWORK_LOOPBACK;
	for (int i = 0; i < 2; i++) {
		expect_says(run_until_ahead(sandbox, &with), "refused\n");
		expect_says(run_until_ahead(sandbox, &without), "unreachable\n");
	}
}

static void one_can_be_cancelled_at_any_moment(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = traced("while :; do :; done"), after = traced("echo here");

	(void)state;
	for (int i = 0; i < 20; i++) {
		ce_execution *execution;

		run_until_ahead(sandbox, &after);
		pause_ms(10);
		execution = fixture_start(sandbox, &request, NULL, NULL);
		pause_ms(i % 4);
		ce_execution_cancel(execution);
		expect_outcome(fixture_finish(execution), CE_OUTCOME_CANCELLED);
	}
	expect_says(fixture_run(sandbox, &after), "here\n");
}

static void a_program_that_was_kept_comes_to_it_too(void **state)
{
	ce_sandbox_options options = fixture_options();
	ce_request request = fixture_request("c", "#include <stdio.h>\nint main(void) { puts(\"kept\"); return 0; }\n");
	ce_account compile = { .size = sizeof(compile) };
	ce_result *result;
	ce_sandbox *sandbox;

	(void)state;
	options.cache_bytes = 64 * MIB;
	sandbox = fixture_create(&options);
	fixture_need_language(sandbox, "c");
	request.flags |= CE_REQUEST_TRACE;
	result = run_until_ahead(sandbox, &request);
	expect_says(result, "kept\n");
	assert_int_equal(ce_result_account(result, CE_STAGE_COMPILE, &compile), 0);
	assert_true(compile.flags & CE_ACCOUNT_CACHED);
}

static bool is_text_of(const char *path, const char *text)
{
	char found[64] = "";
	FILE *f = fopen(path, "re");
	bool same = f && fgets(found, sizeof(found), f) && !strcmp(found, text);

	if (f)
		fclose(f);
	return same;
}

/* Whatever the way, what the program's process was given to read is not kept open by its init. */
static void init_keeps_nothing_of_the_compile_stage(void **state)
{
	size_t directories = 0;
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = fixture_request("c", "#include <unistd.h>\nint main(void) { sleep(60); return 0; }\n");
	ce_execution *execution;
	struct stat st;
	char path[64];
	pid_t init, program;

	(void)state;
	fixture_need_root();
	fixture_need_language(sandbox, "c");
	execution = fixture_start(sandbox, &request, NULL, NULL);
	for (int i = 0;; i++) {
		assert_true(i < TRIES);
		pause_ms(20);
		/* The program, not its compiler: that has children. */
		if (children_of(supervisor(), &init) != 1 || children_of(init, &program) != 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)program);
		if (is_text_of(path, "main\n"))
			break;
	}
	for (int fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)init, fd);
		directories += stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	}
	assert_in_range(directories, 0, 1); /* its own work directory's file system */
	ce_execution_cancel(execution);
	expect_outcome(fixture_finish(execution), CE_OUTCOME_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_again_gets_one),
		TEST(each_gets_what_it_asks_for),
		TEST(a_program_of_any_size_comes_to_it),
		TEST(a_program_that_was_kept_comes_to_it_too),
		TEST(loopback_is_there_if_it_was_asked_for),
		TEST(more_kinds_than_there_is_room_for_take_turns),
		TEST(one_can_be_cancelled_at_any_moment),
		TEST(init_keeps_nothing_of_the_compile_stage),
		TEST(its_limits_are_the_requests),
		TEST(its_clocks_start_with_the_request),
		TEST(nothing_of_one_is_in_the_next),
		TEST(fresh_slots_have_none),
		TEST(one_that_is_killed_is_not_missed),
		TEST(an_idle_sandbox_goes_back_to_nothing),
	};

	return fixture_main("spare", tests);
}
