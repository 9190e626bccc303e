/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Many executions at once, by one thread: none is lost, and each gets its own. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define MANY 200

static ce_sandbox *sandbox_for_many(void)
{
	ce_sandbox_options options = fixture_options();
	ce_limits limits = ce_limits_init();
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < 16 * MANY + 100)
		fixture_lacks("RLIMIT_NOFILE is too low for so many");
	limits.wall_time_ms = 600000; /* the first waits for the last */
	options.limits = &limits;
	options.max_concurrent = MANY;
	options.uid_count = 4 * MANY;
	return fixture_create(&options);
}

static void on_event(ce_execution *execution, const ce_event *event, void *data)
{
	bool *runs = data;

	(void)execution;
	if (ce_event_type(event) == CE_EVENT_OUTPUT)
		*runs = true;
}

/* All of them run before the first is told to go on: they are really at once, also past the number from which descriptors
 * are spared. */
static void all_that_run_at_once_end_as_they_should(void **state)
{
	static ce_execution *executions[MANY];
	static bool runs[MANY];
	ce_sandbox *sandbox = sandbox_for_many();
	ce_request request = fixture_request("bash", "echo ready; read -r line; echo \"got $line\"");
	char text[64];

	(void)state;
	request.flags |= CE_REQUEST_INTERACTIVE;
	for (size_t i = 0; i < MANY; i++) {
		runs[i] = false;
		executions[i] = fixture_start(sandbox, &request, on_event, &runs[i]);
	}
	for (size_t i = 0; i < MANY; i++)
		while (!runs[i])
			assert_int_equal(ce_execution_wait(executions[i], 10, NULL), CE_ERR_TIMEOUT);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%zu\n", i);
		assert_int_equal(ce_execution_write(executions[i], text, strlen(text), NULL), 0);
	}
	for (size_t i = 0; i < MANY; i++) {
		ce_result *result = fixture_finish(executions[i]);

		snprintf(text, sizeof(text), "ready\ngot %zu\n", i);
		expect_says(result, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_run_at_once_end_as_they_should),
	};

	return fixture_main("many", tests);
}
