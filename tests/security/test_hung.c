/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A supervisor that somebody stopped (SIGSTOP): no call of the library waits for it for ever, what says so names it, and in
 * the end nothing is left. Each case is a host process with a clock of its own. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

#define PATIENCE_S 240
#define STARTS_MAX 64
#define CODE_BYTES 40000 /* one message each: the socket holds a few of them */

struct host {
	struct world world;
	ce_sandbox *sandbox;
	pid_t supervisor;
	char code[CODE_BYTES + 32];
};

static bool check(bool ok, const char *what)
{
	if (!ok)
		tap_diag("not so: %s", what);
	return ok;
}

static ce_request request_of(const char *code)
{
	ce_request request = ce_request_init();

	request.language = "bash";
	request.code = code;
	request.code_size = strlen(code);
	return request;
}

static void on_event(ce_execution *execution, const ce_event *event, void *data)
{
	bool *runs = data;

	(void)execution;
	if (ce_event_type(event) == CE_EVENT_OUTPUT)
		*runs = true;
}

/* One that has said that it runs, and then waits. */
static ce_execution *start_running(struct host *h)
{
	ce_request request = request_of("echo here; read -r line; sleep 1000");
	ce_execution *execution = NULL;
	bool runs = false;

	request.flags |= CE_REQUEST_INTERACTIVE;
	if (ce_execution_start(h->sandbox, &request, on_event, &runs, &execution, NULL) < 0)
		return NULL;
	while (!runs && ce_execution_wait(execution, 100, NULL) == CE_ERR_TIMEOUT)
		;
	return execution;
}

static bool works(struct host *h)
{
	ce_request request = request_of("echo hello");
	ce_result *result = NULL;
	ce_error *error = NULL;
	bool ok = ce_execute(h->sandbox, &request, &result, &error) == 0 && ce_result_outcome(result) == CE_OUTCOME_SUCCESS;

	if (!ok)
		tap_diag("%s", error ? ce_error_message(error) : "no success");
	ce_error_free(error);
	ce_result_free(result);
	return ok;
}

/* ---- the cases ---- */

static bool waiting_ends(struct host *h)
{
	ce_execution *execution = start_running(h);
	ce_result *result = NULL;
	bool ok = check(execution, "it runs");

	kill(h->supervisor, SIGSTOP);
	if (!ok || !check(ce_execution_wait(execution, -1, NULL) == 0, "the wait ends") ||
	    !check(ce_execution_take_result(execution, &result, NULL) == 0, "there is a result"))
		return false;
	ok = check(ce_result_outcome(result) == CE_OUTCOME_SYSTEM_ERROR, "its outcome is system_error") && ok;
	ok = check(strstr(ce_result_message(result), "supervisor"), "it names the supervisor") && ok;
	ce_result_free(result);
	ce_execution_destroy(execution);
	ok = check(world_is_clean(&h->world, &h->supervisor, 1, true), "all of it is gone before the sandbox is") && ok;
	return check(works(h), "the next one gets another supervisor") && ok;
}

static bool destroying_an_execution_ends(struct host *h)
{
	ce_execution *execution = start_running(h);
	bool ok = check(execution, "it runs");

	kill(h->supervisor, SIGSTOP);
	ce_execution_destroy(execution);
	return check(world_is_clean(&h->world, &h->supervisor, 1, true), "all of it is gone") && ok;
}

static bool starting_ends(struct host *h)
{
	ce_execution *executions[STARTS_MAX];
	ce_error *error = NULL;
	size_t count = 0;
	ce_request request;
	bool ok;
	int r = 0;

	memset(h->code, '#', CODE_BYTES);
	memcpy(h->code + CODE_BYTES, "\necho x\n", 9);
	request = request_of(h->code);
	kill(h->supervisor, SIGSTOP);
	while (count < STARTS_MAX && !(r = ce_execution_start(h->sandbox, &request, NULL, NULL, &executions[count], &error)))
		count++;
	ok = check(r == CE_ERR_TIMEOUT && ce_error_code(error) == CE_ERR_TIMEOUT, "a start fails with CE_ERR_TIMEOUT");
	ok = check(error && strstr(ce_error_message(error), "supervisor (pid"), "the message names the supervisor") && ok;
	ce_error_free(error);
	error = NULL;
	/* Taken up where it was left. */
	kill(h->supervisor, SIGCONT);
	for (size_t i = 0; i < count; i++) {
		ok = check(ce_execution_wait(executions[i], -1, NULL) == 0, "what was taken runs once it goes on") && ok;
		ce_execution_destroy(executions[i]);
	}
	return check(works(h), "and so does what comes after") && ok;
}

static bool destroying_the_sandbox_ends(struct host *h)
{
	kill(h->supervisor, SIGSTOP);
	ce_sandbox_destroy(h->sandbox);
	h->sandbox = NULL;
	return check(world_is_clean(&h->world, &h->supervisor, 1, true), "all of it is gone");
}

static const struct {
	bool (*run)(struct host *h);
	const char *promise;
} cases[] = {
    {waiting_ends, "waiting for an execution of a stopped supervisor ends with system_error"},
    {destroying_an_execution_ends, "destroying an execution of a stopped supervisor ends and leaves nothing"},
    {starting_ends, "starting executions with a stopped supervisor ends with CE_ERR_TIMEOUT"},
    {destroying_the_sandbox_ends, "destroying the sandbox of a stopped supervisor ends and leaves nothing"},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static int run_case(size_t number)
{
	static struct host h;
	ce_sandbox_options options;
	ce_error *error = NULL;
	bool ok;

	alarm(PATIENCE_S); /* an endless wait is killed, and fails */
	world_open(&h.world, NULL);
	options = world_options(&h.world);
	if (ce_sandbox_create(&options, &h.sandbox, &error) < 0) {
		tap_diag("%s", ce_error_message(error));
		return 1;
	}
	h.supervisor = process_child(&h.world, getpid(), true);
	ok = check(h.supervisor > 0, "there is a supervisor") && cases[number].run(&h);
	ce_sandbox_destroy(h.sandbox);
	ok = world_wait_empty(&h.world, GONE_WITHIN_MS) && ok;
	world_close(&h.world);
	return ok ? 0 : 1;
}

int main(void)
{
	struct world world;
	pid_t pids[CASES];

	signal(SIGPIPE, SIG_IGN);
	world_open(&world, NULL); /* skips here what cannot be done, not in a case */
	world_close(&world);
	/* Side by side: each spends its time waiting. */
	for (size_t i = 0; i < CASES; i++) {
		fflush(stdout);
		pids[i] = fork();
		if (pids[i] == 0)
			exit(run_case(i));
	}
	for (size_t i = 0; i < CASES; i++) {
		int status = -1;

		waitpid(pids[i], &status, 0);
		tap_ok(status == 0, "%s", cases[i].promise);
	}
	return tap_done();
}
