/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec run`: one event loop between the execution, our standard input and the signals. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "json.h"
#include "limits.h"
#include "meter.h"
#include "outputs.h"
#include "request.h"
#include "signals.h"

/* A pipe that polls writable takes this much without blocking, so that a reader who stalls cannot keep us
 * from noticing a signal. PIPE_BUF of Linux. */
#define OUTPUT_CHUNK 4096

struct session {
	const struct run_request *run;
	ce_execution *execution; /* owned */
	struct meter meter;
	struct input input;
	bool cancelled; /* on account of a signal */
	int write_errno;
	const char *write_name;
};

static void notice_signal(struct session *session, ce_execution *execution)
{
	if (!session->cancelled && signals_received()) {
		session->cancelled = true;
		ce_execution_cancel(execution);
	}
}

/* Waits until `fd` takes bytes; a signal on the way cancels the execution but not the writing. */
static void wait_writable(struct session *session, ce_execution *execution, int fd)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT}, {.events = POLLIN}};

	do {
		fds[0].revents = 0;
		fds[1].fd = session->cancelled ? -1 : signals_fd();
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		notice_signal(session, execution);
	} while (!fds[0].revents);
}

static void pass_on(struct session *session, ce_execution *execution, int fd, const char *data, size_t size)
{
	meter_erase(&session->meter);
	while (size > 0 && !session->write_errno) {
		ssize_t n;

		wait_writable(session, execution, fd);
		n = write(fd, data, size < OUTPUT_CHUNK ? size : OUTPUT_CHUNK);
		if (n >= 0) {
			meter_saw_output(&session->meter, fd, data, (size_t)n);
			data += n;
			size -= (size_t)n;
		} else if (errno != EINTR && errno != EAGAIN) {
			session->write_errno = errno;
			session->write_name = fd == STDOUT_FILENO ? "standard output" : "standard error";
			ce_execution_cancel(execution);
		}
	}
}

static void on_event(ce_execution *execution, const ce_event *event, void *user_data)
{
	struct session *session = user_data;

	if (ce_event_type(event) == CE_EVENT_USAGE) {
		ce_usage usage = {.size = sizeof(usage)};

		if (!ce_event_usage(event, &usage))
			meter_show(&session->meter, &usage);
	} else if (ce_event_type(event) == CE_EVENT_OUTPUT && !session->run->json) {
		int stream = 0;
		size_t size = 0;
		const char *data = ce_event_output(event, &stream, &size);
		/* What a compiler prints is for people and no part of the program's output. */
		bool out = stream == CE_STREAM_STDOUT && ce_event_stage(event) == CE_STAGE_RUN;

		pass_on(session, execution, out ? STDOUT_FILENO : STDERR_FILENO, data, size);
	}
}

/* Dispatches until the execution is finished. 0, or a CE_ERR_*. */
static int run_loop(struct session *session, ce_error **error)
{
	for (;;) {
		struct pollfd fds[3] = {{.fd = ce_execution_fd(session->execution), .events = POLLIN},
					{.events = POLLIN},
					{.events = POLLIN}};
		bool typed = false;
		int timeout_ms, r;

		notice_signal(session, session->execution);
		r = ce_execution_dispatch(session->execution, error);
		if (r)
			return r < 0 ? r : 0;
		fds[1].fd = session->cancelled ? -1 : signals_fd();
		fds[2].fd = input_fd(&session->input, session->execution, &timeout_ms);
		if (poll(fds, 3, timeout_ms) <= 0)
			continue;
		if (fds[2].revents) {
			r = input_forward(&session->input, session->execution, &typed, error);
			if (typed)
				meter_stop(&session->meter);
			if (r)
				return r;
		}
	}
}

static int exit_status(const ce_result *result)
{
	switch (ce_result_outcome(result)) {
	case CE_OUTCOME_SUCCESS:
		return 0;
	case CE_OUTCOME_ERROR:
		if (ce_result_signal(result))
			return EXIT_SIGNAL_BASE + ce_result_signal(result);
		return ce_result_exit_code(result) < 0 ? EXIT_OWN_ERROR : ce_result_exit_code(result);
	case CE_OUTCOME_TIMEOUT:
		return EXIT_TIMEOUT;
	case CE_OUTCOME_COMPILATION_ERROR:
		return EXIT_COMPILATION_ERROR;
	case CE_OUTCOME_MEMORY_LIMIT:
	case CE_OUTCOME_OUTPUT_LIMIT:
	case CE_OUTCOME_DISK_LIMIT:
	case CE_OUTCOME_PROCESS_LIMIT:
	case CE_OUTCOME_FILE_SIZE_LIMIT:
		return EXIT_OTHER_LIMIT;
	default:
		return EXIT_OWN_ERROR;
	}
}

/* " (limits hit: memory, raise it with --limit memory=...)", or "" */
static const char *limits_hint(const ce_result *result, char *buffer, size_t size)
{
	uint64_t hit = ce_result_limits_hit(result);
	const char *option = ce_result_has_stage(result, CE_STAGE_RUN) ? "limit" : "compile-limit";
	size_t n = 0;

	buffer[0] = '\0';
	for (unsigned i = 0; i < 64 && n < size; i++) {
		uint64_t bit = UINT64_C(1) << i;
		const char *name = hit & bit ? ce_limit_name(bit) : NULL, *key = limits_key_of(bit);

		if (name && key)
			n += (size_t)snprintf(buffer + n, size - n,
					      "%s%s limit was hit, raise it with --%s %s=...",
					      n ? "; " : " (", name, option, key);
		else if (name)
			n += (size_t)snprintf(buffer + n, size - n, "%s%s limit was hit", n ? "; " : " (",
					      name);
	}
	if (n > 0 && n < size)
		snprintf(buffer + n, size - n, ")");
	return buffer;
}

static void note_truncation(const ce_result *result, ce_stage stage)
{
	static const char *const names[] = {[CE_STREAM_STDOUT] = "stdout", [CE_STREAM_STDERR] = "stderr"};

	for (int stream = CE_STREAM_STDOUT; stream <= CE_STREAM_STDERR; stream++) {
		size_t kept = 0;

		if (!ce_result_has_stage(result, stage) || !ce_result_output_truncated(result, stage, stream))
			continue;
		ce_result_output(result, stage, stream, &kept);
		console_note("%s was cut after %zu of %" PRIu64 " bytes (raise it with --%s output=...)",
			     names[stream], kept, ce_result_output_total(result, stage, stream),
			     stage == CE_STAGE_RUN ? "limit" : "compile-limit");
	}
}

/* What a person at the terminal needs to know beside the program's own output. */
static void note_ending(const ce_result *result)
{
	ce_outcome outcome = ce_result_outcome(result);
	const char *message = ce_result_message(result);
	char hint[512];

	note_truncation(result, CE_STAGE_COMPILE);
	note_truncation(result, CE_STAGE_RUN);
	if (outcome == CE_OUTCOME_SUCCESS || (outcome == CE_OUTCOME_ERROR && !ce_result_signal(result) &&
					      !(ce_result_limits_hit(result) & ~CE_LIMIT_OUTPUT)))
		return;
	limits_hint(result, hint, sizeof(hint));
	if (outcome == CE_OUTCOME_ERROR && ce_result_signal(result)) {
		const char *text = sigdescr_np(ce_result_signal(result));

		console_error("the program was ended by signal %d: %s%s", ce_result_signal(result),
			      text ? text : "unknown", hint);
	} else if (*message && strcmp(message, ce_result_status(result)) != 0) {
		console_error("%s: %s%s", ce_result_status(result), message, hint);
	} else {
		console_error("%s%s", ce_result_status(result), hint);
	}
}

static int report(struct session *session, const ce_result *result)
{
	int r = session->write_errno ? console_error("cannot write to %s: %s", session->write_name,
						     strerror(session->write_errno))
				     : 0;

	if (!r && session->run->json)
		r = json_print(json_from_result(result));
	else if (!r)
		note_ending(result);
	if (session->run->output_dir) {
		int saved = outputs_save(result, session->run->output_dir);

		r = r ? r : saved;
	}
	if (r)
		return r;
	return session->cancelled ? EXIT_SIGNAL_BASE + signals_received() : exit_status(result);
}

static int execute(const struct run_request *run, ce_sandbox *sandbox)
{
	struct session session = {.run = run, .input.open = request_is_interactive(run)};
	ce_request request = request_for_library(run);
	ce_result *result = NULL;
	ce_error *error = NULL;
	int r;

	meter_init(&session.meter);
	r = ce_execution_start(sandbox, &request, on_event, &session, &session.execution, &error);
	if (r) {
		/* It may be one whose manifest has a mistake. */
		if (r == CE_ERR_NOT_FOUND)
			sandbox_note_load_errors(sandbox);
		return cli_error(NULL, error);
	}
	r = run_loop(&session, &error);
	meter_erase(&session.meter);
	if (!r)
		r = ce_execution_take_result(session.execution, &result, &error);
	r = r ? cli_error(NULL, error) : report(&session, result);
	ce_result_free(result);
	ce_execution_destroy(session.execution);
	return r;
}

static ce_sandbox_options sandbox_options(const struct cli_globals *globals, const struct run_request *run,
					  const ce_limits *limits, const ce_limits *compile_limits)
{
	ce_sandbox_options options = globals_sandbox_options(globals);

	options.max_concurrent = 1;
	options.limits = limits;
	options.compile_limits = compile_limits;
	if (run->allow_weaker)
		options.flags |= CE_SANDBOX_ALLOW_WEAKER;
	if (run->kill_on_output_limit)
		options.flags |= CE_SANDBOX_KILL_ON_OUTPUT_LIMIT;
	if (run->fresh_slots)
		options.flags |= CE_SANDBOX_FRESH_SLOTS;
	return options;
}

int command_run(struct cli_globals *globals, int argc, char **argv)
{
	struct run_request run = {.language = NULL};
	ce_limits limits, compile_limits;
	ce_sandbox_options options;
	ce_sandbox *sandbox = NULL;
	int r = request_parse(&run, globals, argc, argv);

	if (!r && globals->help) {
		request_release(&run);
		return help_print("run");
	}
	limits = limits_ceilings(&run.limits, CE_STAGE_RUN);
	compile_limits = limits_ceilings(&run.compile_limits, CE_STAGE_COMPILE);
	options = sandbox_options(globals, &run, &limits, &compile_limits);
	if (!r)
		r = sandbox_open(globals, &options, &sandbox);
	if (!r)
		r = request_load(&run, sandbox);
	/* Not before: until here there is nothing to print, and a signal just ends us. */
	if (!r && signals_catch())
		r = console_error("cannot catch signals: %s", strerror(errno));
	if (!r)
		r = execute(&run, sandbox);
	ce_sandbox_destroy(sandbox);
	request_release(&run);
	return r;
}
