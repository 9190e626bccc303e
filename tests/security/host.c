/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXECUTIONS 4
#define PATIENCE_MS 20000
#define JUDGE_MS 10000

/* None of them can ever succeed. */
static const struct {
	const char *language, *code;
} programs[EXECUTIONS] = {
    {"bash",
     "echo ready; (while :; do :; done) & setsid sleep 1000 & (sleep 1000; echo) & wait; wait; sleep 1000"},
    {"c", "#include <stdio.h>\n#include <unistd.h>\n"
	  "int main(void) { puts(\"ready\"); fflush(stdout); for (;;) pause(); }\n"},
    {"bash", "trap '' TERM INT HUP; echo ready; exec sleep 1000"},
    {"bash", "echo ready; sleep 1000"}, /* queued: there are three places */
};

struct run {
	ce_execution *execution;
	bool output, finished, moved;
	bool next; /* begun when the supervisor was dead already: another one runs it, and nothing ends it */
	bool *killed;
	int events;
};

static bool restarted;

static void on_log(int priority, const char *message, void *user_data)
{
	(void)priority, (void)user_data;
	if (!strcmp(message, "started another supervisor"))
		restarted = true;
}

static void tell(int fd, char letter)
{
	while (write(fd, &letter, 1) < 0 && errno == EINTR)
		;
}

static void on_event(ce_execution *execution, const ce_event *event, void *user_data)
{
	struct run *run = user_data;
	int status = ce_event_type(event) == CE_EVENT_STATUS ? ce_event_status(event) : 0;

	(void)execution;
	if (ce_event_type(event) == CE_EVENT_OUTPUT) {
		run->output = true;
		tell(run->events, 'o');
	} else if (status == CE_STATUS_QUEUED) {
		tell(run->events, 'q');
	} else if (status == CE_STATUS_COMPILING) {
		tell(run->events, 'c');
	} else if (status == CE_STATUS_RUNNING) {
		run->moved = run->moved || *run->killed;
		tell(run->events, 'r');
	}
}

static int complain(const char *what, ce_error *error)
{
	dprintf(STDOUT_FILENO, "# host: %s: %s (step %s)\n", what,
		error ? ce_error_message(error) : "no error",
		error && ce_error_step(error) ? ce_error_step(error) : "none");
	ce_error_free(error);
	return 1;
}

static void hold_everything(int events, int hold)
{
	pid_t pid = fork();
	char byte;

	if (pid == 0) {
		while (read(hold, &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	tell(events, 'f');
}

/* Dispatches until a command comes. False at the end of the commands. */
static bool serve(struct run *runs, int events, int command, int hold)
{
	for (;;) {
		struct pollfd fds[EXECUTIONS + 1] = {{.fd = command, .events = POLLIN}};
		char letter;

		for (size_t i = 0; i < EXECUTIONS; i++)
			fds[1 + i] =
			    (struct pollfd){.fd = runs[i].finished ? -1 : ce_execution_fd(runs[i].execution),
					    .events = POLLIN};
		if (poll(fds, EXECUTIONS + 1, -1) < 0 && errno != EINTR)
			return false;
		for (size_t i = 0; i < EXECUTIONS; i++)
			if (fds[1 + i].revents && !runs[i].finished)
				runs[i].finished = ce_execution_dispatch(runs[i].execution, NULL) != 0;
		if (!fds[0].revents)
			continue;
		if (read(command, &letter, 1) != 1)
			return false;
		if (letter == 'f')
			hold_everything(events, hold);
		else
			return true;
	}
}

/* What the outcome of an execution must be, given who was killed. */
static bool is_honest(enum victim victim, ce_outcome outcome, int signal)
{
	switch (victim) {
	case VICTIM_SUPERVISOR:
		return outcome == CE_OUTCOME_SYSTEM_ERROR;
	case VICTIM_INIT:
		return outcome == CE_OUTCOME_SYSTEM_ERROR || outcome == CE_OUTCOME_CANCELLED;
	case VICTIM_PROGRAM: /* system_error: it was killed before its execve */
		return outcome == CE_OUTCOME_CANCELLED || outcome == CE_OUTCOME_SYSTEM_ERROR ||
		       ((outcome == CE_OUTCOME_ERROR || outcome == CE_OUTCOME_COMPILATION_ERROR) &&
			signal == SIGKILL);
	default:
		return false;
	}
}

static int judge(struct run *run, size_t index, enum victim victim, bool *hit)
{
	ce_error *error = NULL;
	ce_result *result = NULL;
	size_t size = 0;
	int bad = 0;

	if (run->next)
		ce_execution_cancel(run->execution);
	if (ce_execution_wait(run->execution, JUDGE_MS, &error))
		return complain("an execution does not end", error);
	if (ce_execution_take_result(run->execution, &result, &error))
		return complain("no result", error);
	ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);
	*hit = *hit || ce_result_outcome(result) != CE_OUTCOME_CANCELLED;
	if (run->next ? ce_result_outcome(result) != CE_OUTCOME_CANCELLED
		      : !is_honest(victim, ce_result_outcome(result), ce_result_signal(result)))
		bad = 1;
	if (run->output && size < 6)
		bad = 1;
	if (bad)
		dprintf(STDOUT_FILENO, "# host: execution %zu: %s, signal %d, %zu bytes of output (%s): %s\n",
			index, ce_result_status(result), ce_result_signal(result), size,
			run->output ? "some seen" : "none seen", ce_result_message(result));
	ce_result_free(result);
	return bad;
}

/* The sandbox must go on to work, with another supervisor if need be. */
static int run_hello(ce_sandbox *sandbox)
{
	ce_request request = ce_request_init();
	ce_error *error = NULL;
	ce_result *result = NULL;
	const char *output;
	size_t size = 0;
	int bad;

	request.language = "bash";
	request.code = "echo hello";
	request.code_size = strlen(request.code);
	if (ce_execute(sandbox, &request, &result, &error))
		return complain("the next execution fails", error);
	output = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);
	bad =
	    ce_result_outcome(result) != CE_OUTCOME_SUCCESS || size != 6 || memcmp(output, "hello\n", 6) != 0;
	if (bad)
		dprintf(STDOUT_FILENO, "# host: the next execution: %s: %s\n", ce_result_status(result),
			ce_result_message(result));
	ce_result_free(result);
	return bad;
}

/* Waits until one of them is over, as one must be when its init or program was killed. */
static void await_one(struct run *runs)
{
	uint64_t end = now_us() + 5000000u;

	for (;;) {
		struct pollfd fds[EXECUTIONS];

		for (size_t i = 0; i < EXECUTIONS; i++) {
			if (runs[i].finished || runs[i].moved)
				return;
			fds[i] = (struct pollfd){.fd = ce_execution_fd(runs[i].execution), .events = POLLIN};
		}
		if (now_us() >= end || poll(fds, EXECUTIONS, (int)((end - now_us()) / 1000) + 1) < 0)
			return;
		for (size_t i = 0; i < EXECUTIONS; i++)
			if (fds[i].revents)
				runs[i].finished = ce_execution_dispatch(runs[i].execution, NULL) != 0;
	}
}

static int conclude(ce_sandbox *sandbox, struct run *runs, enum victim victim)
{
	bool hit = false;
	int bad = 0;

	if (victim != VICTIM_SUPERVISOR) {
		await_one(runs);
		for (size_t i = 0; i < EXECUTIONS; i++)
			ce_execution_cancel(runs[i].execution);
	}
	for (size_t i = 0; i < EXECUTIONS; i++) {
		bad += judge(&runs[i], i, victim, &hit);
		hit = hit || runs[i].moved || runs[i].next; /* a compiler that was done already: the run stage follows */
	}
	if (!hit) {
		dprintf(STDOUT_FILENO, "# host: nobody noticed\n");
		bad++;
	}
	bad += run_hello(sandbox);
	for (size_t i = 0; i < EXECUTIONS; i++)
		ce_execution_destroy(runs[i].execution);
	ce_sandbox_destroy(sandbox);
	return bad;
}

static int host_main(const struct world *w, enum victim victim, int events, int command, int hold)
{
	ce_sandbox_options options = world_options(w);
	struct run runs[EXECUTIONS];
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;
	bool killed = false;

	options.max_concurrent = EXECUTIONS - 1;
	options.log = on_log;
	if (ce_sandbox_create(&options, &sandbox, &error))
		return complain("no sandbox", error);
	tell(events, 's');
	for (size_t i = 0; i < EXECUTIONS; i++) {
		ce_request request = ce_request_init();

		runs[i] = (struct run){.events = events, .killed = &killed};
		request.language = programs[i].language;
		request.code = programs[i].code;
		request.code_size = strlen(programs[i].code);
		request.usage_interval_ms = 10;
		if (ce_execution_start(sandbox, &request, on_event, &runs[i], &runs[i].execution, &error)) {
			if (!error || ce_error_code(error) != CE_ERR_UNAVAILABLE)
				return complain("cannot start", error);
			/* A machine without a compiler: the last program in its place, and nothing that compiles. */
			ce_error_free(error);
			error = NULL;
			request.language = programs[EXECUTIONS - 1].language;
			request.code = programs[EXECUTIONS - 1].code;
			request.code_size = strlen(request.code);
			if (ce_execution_start(sandbox, &request, on_event, &runs[i], &runs[i].execution, &error))
				return complain("cannot start", error);
			tell(events, 'c');
		}
		runs[i].next = restarted;
	}
	if (!serve(runs, events, command, hold))
		return 0;
	killed = true;
	return conclude(sandbox, runs, victim) ? 1 : 0;
}

void host_start(struct host *h, const struct world *w, enum victim victim)
{
	int events[2], command[2], hold[2];

	if (pipe2(events, O_CLOEXEC) < 0 || pipe2(command, O_CLOEXEC) < 0 || pipe2(hold, O_CLOEXEC) < 0)
		abort();
	h->pid = fork();
	if (h->pid == 0) {
		close(events[0]);
		close(command[1]);
		close(hold[1]);
		_exit(host_main(w, victim, events[1], command[0], hold[0]));
	}
	close(events[1]);
	close(command[0]);
	close(hold[0]);
	h->events = events[0];
	h->command = command[1];
	h->hold = hold[1];
	h->pidfd = pidfd_open(h->pid, 0);
	if (h->pidfd < 0)
		abort();
}

bool host_await(struct host *h, char letter, unsigned n)
{
	uint64_t end = now_us() + PATIENCE_MS * 1000u;
	struct pollfd p = {.fd = h->events, .events = POLLIN};

	while (n > 0) {
		int64_t left = (int64_t)(end - now_us()) / 1000;
		char got;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0 || read(h->events, &got, 1) != 1)
			return false;
		n -= got == letter;
	}
	return true;
}

void host_command(struct host *h, char command)
{
	/* The host may be the victim: then nobody reads. */
	signal(SIGPIPE, SIG_IGN);
	if (write(h->command, &command, 1) != 1)
		return;
}

int host_end(struct host *h)
{
	struct pollfd p = {.fd = h->pidfd, .events = POLLIN};
	int status = 0;

	if (poll(&p, 1, PATIENCE_MS) <= 0) {
		tap_diag("the host process hangs");
		pidfd_send_signal(h->pidfd, SIGKILL, NULL, 0);
	}
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(h->pidfd);
	close(h->events);
	close(h->command);
	close(h->hold);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
