/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cells that are made ahead for cold starts: one serves the next request of its kind, whatever that is, and tells nothing of the time
 * that it waited. The trace says whether a request got one. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void a_large_program_comes_to_it_too(void **state)
{
	static char code[200000];
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = traced(code);

	(void)state;
	memset(code, '#', sizeof(code) - 1);
	memcpy(code + sizeof(code) - 11, "\necho done", 11);
	request.code_size = sizeof(code) - 1;
	expect_says(run_until_ahead(sandbox, &request), "done\n");
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
	double begin, took;
	ce_result *result;

	(void)state;
	do {
		run_until_ahead(sandbox, &request);
		pause_ms(500);
		begin = seconds();
		result = fixture_run(sandbox, &request);
		took = seconds() - begin;
	} while (!was_ahead(result));
	account = account_of(result);
	assert_true((double)account.wall_time_us <= took * 1e6);
	assert_true((double)account.cpu_time_us <= took * 1e6 * (double)sysconf(_SC_NPROCESSORS_ONLN));
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

/* The one child of `pid`, or 0. */
static pid_t child_of(pid_t pid)
{
	char path[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &child) != 1)
		child = 0;
	if (f)
		fclose(f);
	return child;
}

/* `depth` 1: its init; 2: what waits in it. */
static void kill_what_waits(ce_sandbox *sandbox, int depth)
{
	ce_request request = traced("echo here");

	for (int killed = 0, i = 0; killed < 5; i++) {
		pid_t pid = child_of(getpid());

		assert_true(i < TRIES);
		run_until_ahead(sandbox, &request);
		pause_ms(30);
		for (int k = 0; k < depth && pid; k++)
			pid = child_of(pid);
		if (!pid || kill(pid, SIGKILL))
			continue;
		killed++;
		/* Whoever asks next may get it before its end is seen, and then hears that it was killed; nobody gets less. */
		for (int k = 0; k < 2; k++) {
			ce_result *result = fixture_run(sandbox, &request);

			if (k == 0 && ce_result_outcome(result) != CE_OUTCOME_SUCCESS)
				expect_outcome(result, CE_OUTCOME_SYSTEM_ERROR);
			else
				expect_says(result, "here\n");
		}
	}
}

static void one_that_is_killed_is_not_missed(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	fixture_need_root();
	kill_what_waits(sandbox, 1);
	kill_what_waits(sandbox, 2);
}

static void an_idle_sandbox_goes_back_to_nothing(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = traced("true");
	pid_t supervisor;

	(void)state;
	run_until_ahead(sandbox, &request);
	supervisor = child_of(getpid());
	assert_true(supervisor > 0);
	for (int i = 0; i < 600 && child_of(supervisor); i++)
		pause_ms(100);
	assert_int_equal(child_of(supervisor), 0);
	expect_says(fixture_run(sandbox, &request), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_again_gets_one),
		TEST(each_gets_what_it_asks_for),
		TEST(a_large_program_comes_to_it_too),
		TEST(its_limits_are_the_requests),
		TEST(its_clocks_start_with_the_request),
		TEST(nothing_of_one_is_in_the_next),
		TEST(fresh_slots_have_none),
		TEST(one_that_is_killed_is_not_missed),
		TEST(an_idle_sandbox_goes_back_to_nothing),
	};

	return fixture_main("spare", tests);
}
