/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Interpreters that are started ahead: requests get one, once, and cannot tell it from one that was started for them. */
#include <string.h>

#include "fixture.h"
#include "warm.h"

static void a_prewarmed_language_is_warm_at_once_and_again(void **state)
{
	static const struct {
		const char *language, *code;
	} hellos[] = {
		{ "bash", "echo hello" },
		{ "python", "print('hello')" },
		{ "javascript", "console.log('hello')" },
		{ "perl", "print \"hello\\n\"" },
		{ "ruby", "puts DATA.read\n__END__\nhello\n" },
		{ "php", "<?php echo \"hello\\n\";" },
		{ "lua", "print('hello')" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(hellos); i++) {
		if (!fixture_has_language(fixture_sandbox(), hellos[i].language))
			continue; /* the first two are wherever this library is tested */
		ce_sandbox *sandbox = warm_sandbox(hellos[i].language);
		ce_request request = fixture_request(hellos[i].language, hellos[i].code);
		ce_result *first = fixture_run(sandbox, &request);

		expect_says(first, "hello\n");
		assert_true(was_warm(first));
		expect_says(run_until_warm(sandbox, &request), "hello\n");
		fixture_destroy(sandbox);
	}
}

static void what_comes_again_is_started_ahead_unasked(void **state)
{
	ce_request request = fixture_request("bash", "echo $((6 * 7))");
	ce_sandbox_options o = fixture_options();
	ce_sandbox *sandbox;
	ce_result *first, *second;

	(void)state;
	o.warm_memory_bytes = 64 * MIB;
	sandbox = fixture_create(&o);
	first = fixture_run(sandbox, &request);
	second = fixture_run(sandbox, &request);
	assert_false(was_warm(first));
	assert_false(was_warm(second));
	expect_says(run_until_warm(sandbox, &request), "42\n");
}

static void without_memory_for_it_nothing_is_started_ahead(void **state)
{
	static const char *const python[] = { "python", NULL };
	ce_request request = fixture_request("bash", "echo cold");
	ce_sandbox_options o = fixture_options();
	ce_sandbox *sandbox = fixture_sandbox();
	ce_error *error = NULL;

	(void)state;
	fixture_check_error(ce_sandbox_prewarm(sandbox, python, &error), &error, CE_ERR_INVALID, "warm_memory_bytes");
	for (int i = 0; i < 5; i++) {
		assert_false(was_warm(fixture_run(sandbox, &request)));
		pause_ms(20);
	}
	o.warm_memory_bytes = 1 * MIB;
	sandbox = fixture_create(&o);
	fixture_check_error(ce_sandbox_prewarm(sandbox, python, &error), &error, CE_ERR_UNSUPPORTED, "warm_memory_bytes");
}

static void what_cannot_be_started_ahead_says_so(void **state)
{
	static const char *const c[] = { "bash", "c", NULL }, *const unknown[] = { "pyton", NULL };
	ce_sandbox *sandbox = warm_sandbox("bash");
	ce_error *error = NULL;

	(void)state;
	fixture_need_language(sandbox, "c");
	fixture_check_error(ce_sandbox_prewarm(sandbox, c, &error), &error, CE_ERR_UNSUPPORTED, "c: ");
	fixture_check_error(ce_sandbox_prewarm(sandbox, unknown, &error), &error, CE_ERR_NOT_FOUND, "python");
}

/* What a request may set that the waiting process was not started with sends it down the other path. */
static void settings_of_its_own_make_it_cold(void **state)
{
	static const char *const args[] = { "one", "two words", NULL }, *const env[] = { "SECRET=x", NULL };
	ce_sandbox *sandbox = warm_sandbox("bash");
	ce_request request = fixture_request("bash", "echo \"$# $1 $2 ${SECRET-none}\"");
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	request.args = args;
	result = fixture_run(sandbox, &request);
	expect_says(result, "2 one two words none\n");
	assert_false(was_warm(result));
	request.args = NULL;
	request.env = env;
	result = fixture_run(sandbox, &request);
	expect_says(result, "0   x\n");
	assert_false(was_warm(result));
	request.env = NULL;
	limits.memory_bytes = 100 * MIB;
	request.limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_says(result, "0   none\n");
	assert_false(was_warm(result));
	/* its own wall time does not: that clock starts with the request */
	limits.memory_bytes = 0;
	limits.wall_time_ms = 7000;
	assert_true(was_warm(run_until_warm(sandbox, &request)));
}

static void files_and_input_are_there(void **state)
{
	static const ce_file files[] = { { "lib/shout.py", "def shout(t):\n    return t.upper()\n", 34 } };
	ce_sandbox *sandbox = warm_sandbox("python");
	ce_request request = fixture_request("python", "import sys\nsys.path.insert(0, 'lib')\nimport shout\n"
						       "open('out.txt', 'w').write(shout.shout(sys.stdin.read()))\n");
	static const char *const outputs[] = { "out.txt", NULL };
	ce_result *result;

	(void)state;
	request.files = files;
	request.file_count = 1;
	request.outputs = outputs;
	request.input = "quiet";
	request.input_size = 5;
	result = fixture_run(sandbox, &request);
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	assert_true(was_warm(result));
	assert_int_equal(ce_result_file_count(result), 1);
}

static void limits_hold_from_the_hand_over_on(void **state)
{
	static const struct {
		const char *code;
		ce_outcome outcome;
		uint64_t limit;
	} cases[] = {
		{ "while True: pass", CE_OUTCOME_TIMEOUT, CE_LIMIT_WALL_TIME },
		{ "import time\ntime.sleep(600)", CE_OUTCOME_TIMEOUT, CE_LIMIT_WALL_TIME },
		{ "x = bytearray(1 << 30)\nx[::4096] = b'1' * len(x[::4096])", CE_OUTCOME_MEMORY_LIMIT, CE_LIMIT_MEMORY },
		{ "open('big', 'wb').write(b'x' * (20 << 20))", CE_OUTCOME_FILE_SIZE_LIMIT, CE_LIMIT_FILE_SIZE },
		{ "import os\nwhile True:\n    os.fork()", CE_OUTCOME_PROCESS_LIMIT, CE_LIMIT_PROCESSES },
	};
	ce_sandbox *sandbox;

	(void)state;
	fixture_need_cgroups();
	sandbox = warm_sandbox("python");
	for (size_t i = 0; i < COUNT(cases); i++) {
		ce_request request = fixture_request("python", cases[i].code);
		ce_limits limits = ce_limits_init();
		ce_result *result;

		/* A busy machine needs its time for the other limits. */
		limits.wall_time_ms = cases[i].limit == CE_LIMIT_MEMORY || cases[i].limit == CE_LIMIT_FILE_SIZE ? 20000 : 700;
		request.limits = &limits;
		result = run_until_warm(sandbox, &request);
		if (cases[i].limit == CE_LIMIT_PROCESSES && ce_result_outcome(result) == CE_OUTCOME_TIMEOUT)
			assert_true(ce_result_limits_hit(result) & CE_LIMIT_PROCESSES);
		else
			expect_outcome(result, cases[i].outcome);
		expect_limit_among(result, cases[i].limit);
	}
}

static void the_account_begins_with_the_request(void **state)
{
	ce_request request = fixture_request("python", "print('x')");
	ce_sandbox *sandbox = warm_sandbox("python");
	ce_account cold, warm;

	(void)state;
	pause_ms(300);
	warm = account_of(run_until_warm(sandbox, &request));
	cold = account_of(fixture_run(fixture_sandbox(), &request));
	assert_true(warm.wall_time_us < 300000); /* not the time for which it waited */
	assert_true(warm.minor_faults < cold.minor_faults);
	assert_true(warm.max_rss_bytes > 0);
	assert_true(warm.cpu_time_us >= warm.user_time_us + warm.system_time_us);
}

static void cancelling_and_a_flood_of_output_end_it(void **state)
{
	ce_sandbox *sandbox = warm_sandbox("bash");
	ce_request request = fixture_request("bash", "sleep 600");
	ce_execution *execution = fixture_start(sandbox, &request, NULL, NULL);
	ce_result *result;

	(void)state;
	pause_ms(50);
	ce_execution_cancel(execution);
	expect_outcome(fixture_finish(execution), CE_OUTCOME_CANCELLED);
	request = fixture_request("bash", "yes | head -c 3000000");
	result = run_until_warm(sandbox, &request);
	assert_true(ce_result_output_truncated(result, CE_STAGE_RUN, CE_STREAM_STDOUT));
	assert_int_equal(ce_result_output_total(result, CE_STAGE_RUN, CE_STREAM_STDOUT), 3000000);
}

static void nothing_of_one_is_there_for_the_next(void **state)
{
	ce_sandbox *sandbox = warm_sandbox("bash");
	ce_request leave = fixture_request("bash", "touch /work/left /tmp/left /dev/shm/left; sleep 600 & echo left");
	ce_request look = fixture_request("bash", "ls /work /tmp /dev/shm; echo /proc/[0-9]*");
	char first[256];

	(void)state;
	strncpy(first, stdout_of(run_until_warm(sandbox, &look)), sizeof(first) - 1);
	first[sizeof(first) - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		expect_says(run_until_warm(sandbox, &leave), "left\n");
		expect_says(run_until_warm(sandbox, &look), first);
	}
}

static void many_at_once_get_one_each(void **state)
{
	enum { MANY = 24 };
	ce_sandbox *sandbox = warm_sandbox("python");
	ce_request request = fixture_request("python", "import os\nprint(os.urandom(16).hex())");
	ce_execution *executions[MANY];
	const char *said[MANY];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MANY; i++)
			executions[i] = fixture_start(sandbox, &request, NULL, NULL);
		for (int i = 0; i < MANY; i++) {
			ce_result *result = fixture_finish(executions[i]);

			expect_outcome(result, CE_OUTCOME_SUCCESS);
			said[i] = stdout_of(result);
			assert_int_equal(strlen(said[i]), 33);
			for (int k = 0; k < i; k++)
				assert_string_not_equal(said[i], said[k]);
		}
		pause_ms(300);
	}
}

static void protections_are_the_same(void **state)
{
	ce_request request = fixture_request("python", "import os\nprint(open('/proc/self/status').read())");
	ce_result *warm = run_until_warm(warm_sandbox("python"), &request);
	ce_result *cold = fixture_run(fixture_sandbox(), &request);

	(void)state;
	assert_true(ce_result_protections(warm, CE_STAGE_RUN) == ce_result_protections(cold, CE_STAGE_RUN));
	expect_stdout_has(warm, "Seccomp:\t2");
	expect_stdout_has(warm, "NoNewPrivs:\t1");
	expect_stdout_has(warm, "CapBnd:\t0000000000000000");
}

/* ---- less CPU time than it was started with ---- */

static void less_cpu_time_is_set_at_the_hand_over(void **state)
{
	static const char code[] = "import resource; print(resource.getrlimit(resource.RLIMIT_CPU))";
	ce_request request = fixture_request("python", code);
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = warm_sandbox("python");
	ce_result *warm;

	(void)state;
	limits.cpu_time_ms = 4000;
	request.limits = &limits;
	warm = fixture_run(sandbox, &request);
	expect_says(warm, "(5, 5)\n");
	assert_true(was_warm(warm));
	limits.cpu_time_ms = 300;
	request.code = "while True: pass";
	request.code_size = strlen(request.code);
	warm = run_until_warm(sandbox, &request);
	expect_outcome(warm, CE_OUTCOME_TIMEOUT);
	assert_true(ce_result_limits_hit(warm) & CE_LIMIT_CPU_TIME);
}

/* ---- clocks ---- */

static void what_waited_counts_from_its_program_on(void **state)
{
	static const struct {
		const char *language, *code;
	} clocks[] = { { "bash", "echo $SECONDS" }, { "perl", "print time() - $^T, \"\\n\"" } };

	(void)state;
	for (size_t i = 0; i < COUNT(clocks); i++) {
		ce_request request = fixture_request(clocks[i].language, clocks[i].code);
		ce_sandbox *sandbox;
		ce_result *warm;

		if (!fixture_has_language(fixture_sandbox(), clocks[i].language))
			continue;
		sandbox = warm_sandbox(clocks[i].language);
		pause_ms(2200);
		warm = fixture_run(sandbox, &request);
		assert_true(was_warm(warm));
		if (strcmp(stdout_of(warm), "0\n") != 0 && strcmp(stdout_of(warm), "1\n") != 0) /* a second may end meanwhile */
			fail_msg("%s: %s", clocks[i].language, stdout_of(warm));
		fixture_destroy(sandbox);
	}
}

/* ---- what is counted ---- */

static void what_is_started_ahead_is_counted(void **state)
{
	ce_request request = fixture_request("bash", "echo hello");
	ce_sandbox *sandbox = warm_sandbox("bash"), *cold = fixture_sandbox();
	ce_warm_usage before = { .size = sizeof(before) }, after = before, none = before;

	(void)state;
	assert_int_equal(ce_sandbox_warm_usage(sandbox, &before), 0);
	assert_true(before.limit_bytes > 0 && before.waiting == 1 && before.bytes > 0);
	if (before.started != 1 + before.zygotes)
		fail_msg("started %llu, zygotes %llu", (unsigned long long)before.started, (unsigned long long)before.zygotes);
	assert_true(before.start_us > 0);
	assert_true(before.hits == 0 && before.misses == 0);
	expect_says(fixture_run(sandbox, &request), "hello\n");
	assert_int_equal(ce_sandbox_warm_usage(sandbox, &after), 0);
	assert_true(after.hits == 1 && after.misses == 0);
	request.args = (const char *const[]){ "one", NULL };
	expect_says(fixture_run(sandbox, &request), "hello\n");
	assert_int_equal(ce_sandbox_warm_usage(sandbox, &after), 0);
	assert_true(after.hits == 1 && after.misses == 0); /* it could not have had one */

	assert_int_equal(ce_sandbox_warm_usage(cold, &none), 0);
	assert_true(none.limit_bytes == 0 && none.started == 0 && none.waiting == 0);
	none.size = 7;
	assert_int_equal(ce_sandbox_warm_usage(cold, &none), CE_ERR_INVALID);
	assert_int_equal(ce_sandbox_warm_usage(NULL, &none), CE_ERR_INVALID);
	assert_int_equal(ce_sandbox_warm_usage(sandbox, NULL), CE_ERR_INVALID);
}

/* ---- how it ends ---- */

/* What can be seen of an interpreter's end from outside. */
static const char *const ends[] = {
	"print('x'); raise SystemExit(3)",
	"import sys\nsys.stderr.write('e'); sys.exit('said')",
	"import sys\nsys.exit()",
	"import os\nprint('lost', end=''); os._exit(4)",
	"1/0",
	"import atexit\natexit.register(print, 'first'); atexit.register(print, 'second')\nprint('body')",
	"import atexit\natexit.register(int, 'x')\nprint('body')",
	"import atexit, sys\natexit.register(sys.exit, 9)\nprint('body')",
	"import atexit\natexit._clear()\nprint('body')",
	"import threading, time\ndef f():\n    time.sleep(0.1); print('late')\nthreading.Thread(target=f).start()\nprint('main')",
	"import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\nprint('main')",
	"import threading\ndef f():\n    while True: pass\nthreading.Thread(target=f, daemon=True).start()\nprint('main')",
	"import signal, os\nos.kill(os.getpid(), signal.SIGINT)",
	"import signal, os\nos.kill(os.getpid(), signal.SIGTERM)",
	"import sys\nsys.stdout.close()",
	"import sys, os\nos.close(1)\nprint('to nowhere')",
	"import sys\nsys.stdout = open('/dev/full', 'w')\nprint('to nowhere')",
	"import sys\nsys.stdout = None\nprint('to nowhere')",
	"import sys\nsys.stdout.write('no end of line')",
	"import os\nif os.fork() == 0:\n    print('child')\nelse:\n    os.wait(); print('parent')",
	"import sys\ndef deep(n): return deep(n + 1)\ndeep(0)",
	"f = open('/proc/self/fd/1', 'w'); f.write('never closed')",
	"import gzip\ng = gzip.open('a.gz', 'wt'); g.write('in a file that is never closed')\n"
	"import atexit, subprocess\nprint('body')",
	"import weakref\nclass A: pass\na = A(); weakref.finalize(a, print, 'finalised')",
	"import sys\nprint(sorted(sys.modules)); print(sys.flags, __name__, __file__, sys.argv, sys.path)",
	"import tempfile, os\nd = tempfile.TemporaryDirectory(); print(os.path.isdir(d.name))",
	"import sys\nsys.unraisablehook = lambda u: print('hook', u.exc_type, file=sys.stderr)\n"
	"class W:\n    closed = False\n    def flush(self): raise OSError('flush')\n    def write(self, t): pass\nsys.stdout = W()",
};

static void a_fast_exit_cannot_be_told_from_a_whole_one(void **state)
{
	ce_sandbox *fast = warm_sandbox("python"), *whole = warm_sandbox_with("python", CE_SANDBOX_FULL_EXIT);

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		ce_request request = fixture_request("python", ends[i]);
		ce_result *results[3] = { fixture_run(fixture_sandbox(), &request), run_until_warm(whole, &request),
					  run_until_warm(fast, &request) };

		for (int k = 1; k < 3; k++) {
			if (ce_result_exit_code(results[0]) != ce_result_exit_code(results[k]) ||
			    ce_result_signal(results[0]) != ce_result_signal(results[k]) ||
			    ce_result_outcome(results[0]) != ce_result_outcome(results[k]) ||
			    strcmp(stdout_of(results[0]), stdout_of(results[k])) ||
			    strcmp(stderr_of(results[0]), stderr_of(results[k])))
				fail_msg("%s:\ncold: %d \"%s\" \"%s\"\n%s: %d \"%s\" \"%s\"", ends[i],
					 ce_result_exit_code(results[0]), stdout_of(results[0]), stderr_of(results[0]),
					 k == 1 ? "whole" : "fast", ce_result_exit_code(results[k]), stdout_of(results[k]),
					 stderr_of(results[k]));
		}
	}
}

static void files_left_open_are_whole_after_a_fast_exit(void **state)
{
	static const char *const outputs[] = { "text", "raw", "both", NULL };
	ce_request request = fixture_request("python", "t = open('text', 'w'); t.write('t' * 3)\n"
						       "r = open('raw', 'wb'); r.write(b'r' * 5)\n"
						       "b = open('both', 'w+b'); b.write(b'b' * 7)\n"
						       "class Keeper:\n    def __del__(self): print('gone')\n"
						       "k = Keeper(); k.me = k; k.files = [t, r, b]\n");
	ce_result *fast, *whole;

	(void)state;
	request.outputs = outputs;
	fast = run_until_warm(warm_sandbox("python"), &request);
	whole = run_until_warm(warm_sandbox_with("python", CE_SANDBOX_FULL_EXIT), &request);
	assert_int_equal(ce_result_file_count(fast), 3);
	assert_int_equal(ce_result_file_count(whole), 3);
	for (size_t i = 0; i < 3; i++) {
		ce_output_file a = { .size = sizeof(a) }, b = { .size = sizeof(b) };

		assert_int_equal(ce_result_file(fast, i, &a), 0);
		assert_int_equal(ce_result_file(whole, i, &b), 0);
		assert_string_equal(a.name, b.name);
		assert_int_equal(a.data_size, b.data_size);
		assert_true(a.data_size >= 3);
		assert_memory_equal(a.data, b.data, a.data_size);
	}
	/* the one thing that tells them apart, as the manual says */
	expect_says(fast, "");
	expect_says(whole, "gone\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_prewarmed_language_is_warm_at_once_and_again),
		TEST(what_comes_again_is_started_ahead_unasked),
		TEST(without_memory_for_it_nothing_is_started_ahead),
		TEST(what_cannot_be_started_ahead_says_so),
		TEST(settings_of_its_own_make_it_cold),
		TEST(files_and_input_are_there),
		TEST(limits_hold_from_the_hand_over_on),
		TEST(the_account_begins_with_the_request),
		TEST(cancelling_and_a_flood_of_output_end_it),
		TEST(nothing_of_one_is_there_for_the_next),
		TEST(many_at_once_get_one_each),
		TEST(protections_are_the_same),
		TEST(less_cpu_time_is_set_at_the_hand_over),
		TEST(what_waited_counts_from_its_program_on),
		TEST(what_is_started_ahead_is_counted),
		TEST(a_fast_exit_cannot_be_told_from_a_whole_one),
		TEST(files_left_open_are_whole_after_a_fast_exit),
	};

	return fixture_main("park", tests);
}
