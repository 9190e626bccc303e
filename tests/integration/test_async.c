/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The asynchronous calls: events and their order, the caller's poll loop, interactive input, cancelling. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

/* What was seen, one letter each: Queued, Compiling, Running, c and r for output of these stages, u for a
 * sample of usage, Finished. Repeated letters are counted once. */
struct seen {
	char order[256];
	size_t length;
	char out[4096];
	size_t out_size;
	ce_usage usage; /* the last one */
	size_t usage_count;
};

static void see(struct seen *s, char what)
{
	if (s->length == 0 || (s->order[s->length - 1] != what && s->length < sizeof(s->order) - 1))
		s->order[s->length++] = what;
}

static void note(ce_execution *execution, const ce_event *event, void *user_data)
{
	static const char letters[] = {
	    [CE_STATUS_QUEUED] = 'Q', [CE_STATUS_COMPILING] = 'C', [CE_STATUS_RUNNING] = 'R'};
	struct seen *s = user_data;
	int stream = 0;
	size_t size = 0;
	const char *data;

	(void)execution;
	switch (ce_event_type(event)) {
	case CE_EVENT_STATUS:
		see(s, letters[ce_event_status(event)]);
		break;
	case CE_EVENT_OUTPUT:
		see(s, ce_event_stage(event) == CE_STAGE_COMPILE ? 'c' : 'r');
		data = ce_event_output(event, &stream, &size);
		if (stream == CE_STREAM_STDOUT && s->out_size + size < sizeof(s->out)) {
			memcpy(s->out + s->out_size, data, size);
			s->out_size += size;
		}
		break;
	case CE_EVENT_USAGE:
		see(s, 'u');
		s->usage = (ce_usage){.size = sizeof(s->usage)};
		assert_int_equal(ce_event_usage(event, &s->usage), 0);
		s->usage_count++;
		break;
	case CE_EVENT_FINISHED:
		see(s, 'F');
		break;
	default:
		fail_msg("an event of type %d", ce_event_type(event));
	}
}

/* The caller's own loop, until the execution is finished or `done` says so. */
static int loop(ce_execution *execution, bool (*done)(ce_execution *, void *), void *context)
{
	struct pollfd p = {.fd = ce_execution_fd(execution), .events = POLLIN};

	for (;;) {
		int r = ce_execution_dispatch(execution, NULL);

		assert_true(r >= 0);
		if (r == 1 || (done && done(execution, context)))
			return r;
		if (poll(&p, 1, 60000) == 0)
			fail_msg("nothing happened for a minute");
	}
}

static bool has_seen_output(ce_execution *execution, void *context)
{
	(void)execution;
	return ((struct seen *)context)->out_size > 0;
}

static bool is_running(ce_execution *execution, void *context)
{
	(void)execution;
	return strchr(((struct seen *)context)->order, 'R') != NULL;
}

static bool is_compiling(ce_execution *execution, void *context)
{
	(void)execution;
	return strchr(((struct seen *)context)->order, 'C') != NULL;
}

static ce_result *take(ce_execution *execution)
{
	return fixture_finish(execution); /* returns at once: it is finished */
}

static void events_come_in_order(void **state)
{
	ce_request request = fixture_request("bash", "echo a; echo b >&2");
	struct seen seen = {.length = 0};
	ce_sandbox *sandbox = fixture_sandbox();
	ce_execution *execution = fixture_start(sandbox, &request, note, &seen);

	(void)state;
	assert_int_equal(strlen(ce_execution_id(execution)), 32);
	assert_int_equal(strspn(ce_execution_id(execution), "0123456789abcdef"), 32);
	assert_int_equal(loop(execution, NULL, NULL), 1);
	assert_int_equal(ce_execution_dispatch(execution, NULL), 1);
	/* What the program wrote may overtake the message that it runs; nothing overtakes Q, nothing follows
	 * F. */
	assert_int_equal(seen.order[0], 'Q');
	assert_int_equal(seen.order[seen.length - 1], 'F');
	assert_non_null(strchr(seen.order, 'R'));
	assert_non_null(strchr(seen.order, 'r'));
	assert_memory_equal(seen.out, "a\n", 2);
	expect_says(take(execution), "a\n");
}

static void a_compile_stage_is_seen_before_the_run_stage(void **state)
{
	ce_request request = fixture_request("c", "#warning said\nint main(void) { return 0; }");
	struct seen seen = {.length = 0};
	ce_sandbox *sandbox = fixture_sandbox();
	ce_execution *execution;

	(void)state;
	fixture_need_language(sandbox, "c");
	execution = fixture_start(sandbox, &request, note, &seen);
	loop(execution, NULL, NULL);
	expect_outcome(take(execution), CE_OUTCOME_SUCCESS);
	assert_int_equal(seen.order[0], 'Q');
	assert_true(strchr(seen.order, 'C') < strchr(seen.order, 'R'));
	assert_true(strchr(seen.order, 'c') < strchr(seen.order, 'R'));
	assert_non_null(strchr(seen.order, 'c'));
}

static bool has_usage(ce_execution *execution, void *context)
{
	(void)execution;
	return ((struct seen *)context)->usage_count >= 3;
}

static void usage_is_sampled_while_it_runs(void **state)
{
	ce_request request = fixture_request("python", "x = bytearray(30 << 20)\nwhile True: pass\n");
	struct seen seen = {.length = 0};
	ce_execution *execution;
	uint64_t wall;

	(void)state;
	request.usage_interval_ms = 20;
	execution = fixture_start(fixture_sandbox(), &request, note, &seen);
	assert_int_equal(loop(execution, has_usage, &seen), 0);
	wall = seen.usage.wall_time_us;
	assert_true(wall >= 3 * 15000);
	seen.usage_count = 0;
	assert_int_equal(loop(execution, has_usage, &seen), 0);
	assert_true(seen.usage.wall_time_us > wall);
	/* It may take a while to begin; if it never does, its clock ends it and the loop fails. */
	while (seen.usage.memory_bytes <= 30 * MIB || seen.usage.cpu_time_us == 0) {
		seen.usage_count = 0;
		assert_int_equal(loop(execution, has_usage, &seen), 0);
	}
	assert_true(seen.usage.cpu_time_us <= 64 * seen.usage.wall_time_us);
	ce_execution_cancel(execution);
	expect_outcome(take(execution), CE_OUTCOME_CANCELLED);
}

#define ECHO                                                                                                 \
	"import sys\n"                                                                                       \
	"for line in sys.stdin:\n"                                                                           \
	"    print('you said', line.strip(), flush=True)\n"                                                  \
	"print('bye')\n"

static void a_dialogue_goes_back_and_forth(void **state)
{
	ce_request request = fixture_request("python", ECHO);
	struct seen seen = {.length = 0};
	ce_error *error = NULL;
	ce_execution *execution;
	ce_result *result;

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	execution = fixture_start(fixture_sandbox(), &request, note, &seen);
	for (int i = 0; i < 5; i++) {
		char line[32], wanted[64];
		int n = snprintf(line, sizeof(line), "line %d\n", i);

		seen.out_size = 0;
		assert_int_equal(ce_execution_write(execution, line, (size_t)n, NULL), 0);
		assert_int_equal(loop(execution, has_seen_output, &seen), 0);
		n = snprintf(wanted, sizeof(wanted), "you said line %d\n", i);
		assert_int_equal(seen.out_size, n);
		assert_memory_equal(seen.out, wanted, (size_t)n);
		assert_int_equal(ce_execution_pending_input(execution), 0);
	}
	assert_int_equal(ce_execution_close_input(execution, NULL), 0);
	assert_int_equal(ce_execution_close_input(execution, NULL), 0);
	fixture_check_error(ce_execution_write(execution, "x", 1, &error), &error, CE_ERR_INVALID, "closed");
	assert_int_equal(loop(execution, NULL, NULL), 1);
	result = take(execution);
	expect_exit(result, CE_OUTCOME_SUCCESS, 0);
	expect_stdout_has(result, "you said line 4\nbye\n");
}

/* The reader waits for its turn while all is written, however slow this thread is. */
static void much_is_written_to_a_slow_reader(void **state)
{
	static char data[1 << 20];
	ce_request holder_request = fixture_request("bash", "read x; exit 0");
	ce_request request = fixture_request("python", "import sys\nprint(len(sys.stdin.buffer.read()))\n");
	ce_sandbox_options options = fixture_options();
	ce_execution *holder, *execution;
	ce_sandbox *sandbox;

	(void)state;
	options.max_concurrent = 1;
	sandbox = fixture_create(&options);
	holder_request.flags = request.flags = CE_REQUEST_INTERACTIVE;
	holder = fixture_start(sandbox, &holder_request, NULL, NULL);
	request.input = "first";
	request.input_size = 5;
	execution = fixture_start(sandbox, &request, NULL, NULL);
	for (int i = 0; i < 8; i++)
		assert_int_equal(ce_execution_write(execution, data, sizeof(data), NULL), 0);
	assert_true(ce_execution_pending_input(execution) > sizeof(data));
	assert_int_equal(ce_execution_close_input(execution, NULL), 0);
	assert_int_equal(ce_execution_close_input(holder, NULL), 0);
	expect_outcome(fixture_finish(holder), CE_OUTCOME_SUCCESS);
	expect_says(fixture_finish(execution), "8388613\n");
}

static void *cancel_it(void *execution)
{
	ce_execution_cancel(execution);
	return NULL;
}

static void cancel_from_another_thread(ce_execution *execution)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, cancel_it, execution), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void cancelling_while_running_keeps_the_output(void **state)
{
	ce_request request = fixture_request("bash", "echo begun; sleep 600");
	struct seen seen = {.length = 0};
	ce_execution *execution = fixture_start(fixture_sandbox(), &request, note, &seen);
	ce_result *result;

	(void)state;
	assert_int_equal(loop(execution, has_seen_output, &seen), 0);
	cancel_from_another_thread(execution);
	cancel_from_another_thread(execution);
	result = fixture_finish(execution);
	expect_outcome(result, CE_OUTCOME_CANCELLED);
	expect_stdout(result, "begun\n");
	expect_limits_hit(result, 0);
	assert_int_equal(ce_result_signal(result), SIGKILL);
}

static void cancelling_at_once_is_a_result(void **state)
{
	ce_request request = fixture_request("bash", "sleep 600");
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	for (int i = 0; i < 20; i++) {
		ce_execution *execution = fixture_start(sandbox, &request, NULL, NULL);

		ce_execution_cancel(execution);
		expect_outcome(fixture_finish(execution), CE_OUTCOME_CANCELLED);
		fixture_drop(execution);
	}
}

static void cancelling_while_compiling_runs_nothing(void **state)
{
	ce_request request =
	    fixture_request("c", "#define A(x) x x\n#define B(x) A(A(A(A(A(A(A(A(x))))))))\n"
				 "int x = 0 B(B(B(B(B(+1))))); int main(void) { return 0; }\n");
	struct seen seen = {.length = 0};
	ce_sandbox *sandbox = fixture_sandbox();
	ce_execution *execution;
	ce_result *result;

	(void)state;
	fixture_need_language(sandbox, "c");
	execution = fixture_start(sandbox, &request, note, &seen);
	assert_int_equal(loop(execution, is_compiling, &seen), 0);
	cancel_from_another_thread(execution);
	result = fixture_finish(execution);
	expect_outcome(result, CE_OUTCOME_CANCELLED);
	assert_false(ce_result_has_stage(result, CE_STAGE_RUN));
	assert_null(strchr(seen.order, 'R'));
}

static void cancelling_what_is_finished_changes_nothing(void **state)
{
	ce_request request = fixture_request("bash", "echo ready");
	ce_execution *execution = fixture_start(fixture_sandbox(), &request, NULL, NULL);

	(void)state;
	assert_int_equal(loop(execution, NULL, NULL), 1);
	ce_execution_cancel(execution);
	expect_says(fixture_finish(execution), "ready\n");
	ce_execution_cancel(execution);
}

static void waiting_gives_up_and_may_go_on(void **state)
{
	ce_request request = fixture_request("bash", "read x; echo got $x");
	ce_error *error = NULL;
	ce_execution *execution;

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	execution = fixture_start(fixture_sandbox(), &request, NULL, NULL);
	fixture_check_error(ce_execution_wait(execution, 50, &error), &error, CE_ERR_TIMEOUT, "50");
	assert_int_equal(ce_execution_wait(execution, 0, NULL), CE_ERR_TIMEOUT);
	assert_int_equal(ce_execution_write(execution, "it\n", 3, NULL), 0);
	expect_says(fixture_finish(execution), "got it\n");
}

static void a_result_is_taken_once(void **state)
{
	ce_request request = fixture_request("bash", "read x");
	ce_error *error = NULL;
	ce_result *again = NULL;
	ce_execution *execution;

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	execution = fixture_start(fixture_sandbox(), &request, NULL, NULL);
	fixture_check_error(ce_execution_take_result(execution, &again, &error), &error, CE_ERR_INVALID,
			    "not there yet");
	assert_null(again);
	ce_execution_close_input(execution, NULL);
	expect_exit(fixture_finish(execution), CE_OUTCOME_ERROR, 1);
	fixture_check_error(ce_execution_take_result(execution, &again, &error), &error, CE_ERR_INVALID,
			    "taken already");
	assert_null(again);
}

static void destroying_what_runs_leaves_nothing(void **state)
{
	ce_request request = fixture_request("bash", "sleep 600 & sleep 600 & echo begun; wait");
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct seen seen = {.length = 0};
		ce_execution *execution = fixture_start(sandbox, &request, note, &seen);

		/* at once, while it starts, and while it runs */
		if (i > 0)
			loop(execution, i > 2 ? has_seen_output : is_running, &seen);
		fixture_drop(execution);
	}
	/* The teardown looks whether something is left. */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(events_come_in_order),
	    TEST(a_compile_stage_is_seen_before_the_run_stage),
	    TEST(usage_is_sampled_while_it_runs),
	    TEST(a_dialogue_goes_back_and_forth),
	    TEST(much_is_written_to_a_slow_reader),
	    TEST(cancelling_while_running_keeps_the_output),
	    TEST(cancelling_at_once_is_a_result),
	    TEST(cancelling_while_compiling_runs_nothing),
	    TEST(cancelling_what_is_finished_changes_nothing),
	    TEST(waiting_gives_up_and_may_go_on),
	    TEST(a_result_is_taken_once),
	    TEST(destroying_what_runs_leaves_nothing),
	};

	return fixture_main("async", tests);
}
