/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * More executions than max_concurrent: they wait their turn, first come first served. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#define QUEUED 6

struct place {
	int number, *started, *order; /* `order` gets the number of each one that starts running */
};

static void note_start(ce_execution *execution, const ce_event *event, void *user_data)
{
	struct place *p = user_data;

	(void)execution;
	if (ce_event_type(event) == CE_EVENT_STATUS && ce_event_status(event) == CE_STATUS_RUNNING)
		p->order[(*p->started)++] = p->number;
}

static ce_sandbox *narrow_sandbox(uint64_t max_concurrent, uint64_t queue_timeout_ms)
{
	ce_sandbox_options o = fixture_options();

	o.max_concurrent = max_concurrent;
	o.queue_timeout_ms = queue_timeout_ms;
	return fixture_create(&o);
}

static bool has_started(const struct place *p)
{
	for (int i = 0; i < *p->started; i++)
		if (p->order[i] == p->number)
			return true;
	return false;
}

static void wait_until_started(ce_execution *execution, const struct place *p)
{
	struct pollfd fd = {.fd = ce_execution_fd(execution), .events = POLLIN};

	while (!has_started(p)) {
		assert_int_equal(ce_execution_dispatch(execution, NULL), 0);
		if (!has_started(p) && poll(&fd, 1, 60000) == 0)
			fail_msg("it did not start");
	}
}

static void one_at_a_time_is_first_come_first_served(void **state)
{
	ce_sandbox *sandbox = narrow_sandbox(1, 0);
	ce_request request = fixture_request("bash", "read x; exit 0");
	ce_execution *executions[QUEUED];
	struct place places[QUEUED];
	int started = 0, order[QUEUED];

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	for (int i = 0; i < QUEUED; i++) {
		places[i] = (struct place){i, &started, order};
		executions[i] = fixture_start(sandbox, &request, note_start, &places[i]);
	}
	for (int i = 0; i < QUEUED; i++) {
		wait_until_started(executions[i], &places[i]);
		/* nobody else has started while this one holds the only place */
		for (int k = i + 1; k < QUEUED; k++)
			assert_int_equal(ce_execution_dispatch(executions[k], NULL), 0);
		assert_int_equal(started, i + 1);
		assert_int_equal(order[i], i);
		ce_execution_close_input(executions[i], NULL);
		expect_outcome(fixture_finish(executions[i]), CE_OUTCOME_SUCCESS);
	}
}

static void two_at_a_time_are_two(void **state)
{
	ce_sandbox *sandbox = narrow_sandbox(2, 0);
	ce_request request = fixture_request("bash", "read x");
	ce_execution *executions[3];
	struct place places[3];
	int started = 0, order[3];

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	for (int i = 0; i < 3; i++) {
		places[i] = (struct place){i, &started, order};
		executions[i] = fixture_start(sandbox, &request, note_start, &places[i]);
	}
	wait_until_started(executions[0], &places[0]);
	wait_until_started(executions[1], &places[1]);
	assert_int_equal(ce_execution_wait(executions[2], 100, NULL), CE_ERR_TIMEOUT);
	assert_int_equal(started, 2);
	/* the second one ends first, and the third takes its place while the first goes on */
	ce_execution_cancel(executions[1]);
	expect_outcome(fixture_finish(executions[1]), CE_OUTCOME_CANCELLED);
	wait_until_started(executions[2], &places[2]);
	ce_execution_close_input(executions[0], NULL);
	ce_execution_close_input(executions[2], NULL);
	expect_outcome(fixture_finish(executions[0]), CE_OUTCOME_ERROR);
	expect_outcome(fixture_finish(executions[2]), CE_OUTCOME_ERROR);
}

static void cancelling_in_the_queue_is_a_result_without_stages(void **state)
{
	ce_sandbox *sandbox = narrow_sandbox(1, 0);
	ce_request request = fixture_request("bash", "read x");
	struct place places[2];
	int started = 0, order[2];
	ce_execution *first, *second;
	ce_result *result;

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	for (int i = 0; i < 2; i++)
		places[i] = (struct place){i, &started, order};
	first = fixture_start(sandbox, &request, note_start, &places[0]);
	wait_until_started(first, &places[0]);
	second = fixture_start(sandbox, &request, note_start, &places[1]);
	ce_execution_cancel(second);
	result = fixture_finish(second);
	expect_outcome(result, CE_OUTCOME_CANCELLED);
	assert_false(ce_result_has_stage(result, CE_STAGE_RUN));
	assert_int_equal(started, 1);
	ce_execution_close_input(first, NULL);
	expect_outcome(fixture_finish(first), CE_OUTCOME_ERROR);
}

static void waiting_too_long_in_the_queue_is_busy(void **state)
{
	ce_sandbox *sandbox = narrow_sandbox(1, 100);
	ce_request request = fixture_request("bash", "read x");
	ce_request quick = fixture_request("bash", "exit 0");
	struct place place;
	int started = 0, order[1];
	ce_execution *first, *second;
	ce_error *error = NULL;
	ce_result *result = NULL;

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	place = (struct place){0, &started, order};
	first = fixture_start(sandbox, &request, note_start, &place);
	wait_until_started(first, &place);
	fixture_refuses(sandbox, &quick, CE_ERR_BUSY, "queue");
	second = fixture_start(sandbox, &quick, NULL, NULL);
	assert_int_equal(ce_execution_wait(second, 60000, NULL), 0);
	fixture_check_error(ce_execution_take_result(second, &result, &error), &error, CE_ERR_BUSY, "queue");
	assert_null(result);
	/* the one that runs does not care */
	ce_execution_close_input(first, NULL);
	expect_outcome(fixture_finish(first), CE_OUTCOME_ERROR);
	expect_outcome(fixture_run(sandbox, &quick), CE_OUTCOME_SUCCESS);
}

static void destroying_in_the_queue_leaves_the_rest_in_order(void **state)
{
	ce_sandbox *sandbox = narrow_sandbox(1, 0);
	ce_request request = fixture_request("bash", "read x");
	struct place places[3];
	int started = 0, order[3];
	ce_execution *executions[3];

	(void)state;
	request.flags = CE_REQUEST_INTERACTIVE;
	for (int i = 0; i < 3; i++) {
		places[i] = (struct place){i, &started, order};
		executions[i] = fixture_start(sandbox, &request, note_start, &places[i]);
	}
	fixture_drop(executions[1]);
	fixture_drop(executions[0]);
	wait_until_started(executions[2], &places[2]);
	ce_execution_close_input(executions[2], NULL);
	expect_outcome(fixture_finish(executions[2]), CE_OUTCOME_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_at_a_time_is_first_come_first_served),
	    TEST(two_at_a_time_are_two),
	    TEST(cancelling_in_the_queue_is_a_result_without_stages),
	    TEST(waiting_too_long_in_the_queue_is_busy),
	    TEST(destroying_in_the_queue_leaves_the_rest_in_order),
	};

	return fixture_main("queue", tests);
}
