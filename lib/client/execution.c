/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "client/execution.h"
#include "client/output.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define SILENCES_MAX 2
#define END_PATIENCE_US (UINT64_C(60) * 1000000)

int ce__execution_watch(const ce_execution *e, int fd, uint32_t events, uint32_t about)
{
	struct epoll_event event = { .events = events, .data.u32 = about };

	return epoll_ctl(e->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void ce__execution_emit(ce_execution *e, const struct ce_event *event)
{
	if (e->on_event)
		e->on_event(e, event, e->user_data);
}

void ce__execution_lose(ce_execution *e, const char *what, int os_error)
{
	if (!e->lost[0])
		snprintf(e->lost, sizeof(e->lost), "%s was lost between the program and its host: %s", what,
			 strerrordesc_np(os_error) ? strerrordesc_np(os_error) : "unknown error");
}

static void emit_status(ce_execution *e, int status, ce_stage stage)
{
	struct ce_event event = { .type = CE_EVENT_STATUS, .status = status, .stage = stage };

	ce__execution_emit(e, &event);
}

/* ---- making one ---- */

static int open_input(ce_execution *e, const struct ce_execution_setup *setup, int *stdio)
{
	int r = ce__input_open(&e->input, &stdio[0]);

	if (r)
		return r;
	r = ce__input_add(&e->input, setup->input, setup->input_size);
	if (r)
		return r;
	e->input.closing = !setup->interactive;
	/* What fits into the pipe needs no dispatching at all. */
	return ce__input_flush(&e->input, e->epoll);
}

static ce_execution *allocate(const struct ce_execution_setup *setup, ce_error **error)
{
	ce_execution *e = calloc(1, sizeof(*e));

	if (!e) {
		ce__error_no_memory(error);
		return NULL;
	}
	e->epoll = e->socket = e->input.write_fd = e->input.keep_fd = e->artifacts_fd = -1;
	for (size_t i = 0; i < CE_EXECUTION_STREAMS; i++)
		e->streams[i].fd = -1;
	e->client = setup->client;
	e->executor = setup->executor;
	e->runtime = setup->runtime;
	e->kill_on_output_limit = setup->kill_on_output_limit;
	e->on_event = setup->on_event;
	e->user_data = setup->user_data;
	e->result = calloc(1, sizeof(*e->result));
	if (e->result && setup->executor) {
		e->result->language = strdup(setup->executor->name);
		e->result->runtime = strdup(setup->executor->runtimes[setup->runtime].name);
	}
	if (!e->result || (setup->executor && (!e->result->language || !e->result->runtime)) ||
	    ce__base_random_hex(e->id, 16)) {
		ce_execution_destroy(e);
		ce__error_no_memory(error);
		return NULL;
	}
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 2; k++)
			e->result->stages[i].streams[k].limit = setup->output_bytes[i];
	return e;
}

static bool receive(ce_execution *e);

/* It has begun, and cannot be waited for like others. */
static void end_unwatched(ce_execution *e)
{
	struct pollfd socket = { .fd = e->socket, .events = POLLIN };

	e->on_event = NULL; /* nobody has heard of it */
	ce_execution_cancel(e);
	while (!e->finished && poll(&socket, 1, CE_PATIENCE_MS) > 0)
		while (receive(e))
			;
	ce__base_close(&e->socket);
}

int ce__execution_create(const struct ce_execution_setup *setup, ce_execution **out, ce_error **error)
{
	struct ce_client_start start = {
		.plan = setup->plan,
		.plan_size = setup->plan_size,
		.stage_count = setup->stage_count,
		.stdio = { -1, -1, -1, -1, -1 },
		.compiled_fd = setup->compiled ? setup->compiled->memfd : -1,
	};
	ce_execution *e = allocate(setup, error);
	int r;

	if (!e)
		return CE_ERR_NO_MEMORY;
	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = e->epoll < 0 ? -errno : ce__output_open(e, setup, start.stdio);
	if (!r)
		r = open_input(e, setup, start.stdio);
	if (r)
		r = ce__error_set(error, CE_ERR_OS, -r, "pipes", "cannot create the program's streams");
	else
		r = ce__client_start(setup->client, &start, &e->socket, e->result->limits_backend, &e->generation,
				     error);
	for (size_t i = 0; i < CE_ARRAY_SIZE(start.stdio); i++)
		ce__base_close(&start.stdio[i]);
	if (!r && ce__execution_watch(e, e->socket, EPOLLIN, CE_ABOUT_SOCKET)) {
		r = ce__error_set(error, CE_ERR_OS, errno, "start", "cannot watch the execution");
		end_unwatched(e);
	}
	if (r) {
		ce_execution_destroy(e);
		return r;
	}
	e->cache = setup->cache;
	e->compiled = setup->compiled;
	e->ticket = setup->ticket;
	e->heard_us = ce__clock_us();
	*out = e;
	emit_status(e, CE_STATUS_QUEUED, CE_STAGE_RUN);
	return 0;
}

static void feed(ce_execution *e)
{
	int r = ce__input_flush(&e->input, e->epoll);

	if (r < 0)
		ce__execution_lose(e, "input", -r);
}

/* ---- the supervisor's messages ---- */

union message {
	uint64_t type;
	struct ce_stage_message stage;
	struct ce_stage_end end;
	struct ce_finished finished;
	struct ce_trace_message trace;
};

static bool valid_stage(uint64_t stage)
{
	return stage == CE_STAGE_COMPILE || stage == CE_STAGE_RUN;
}

static void finish(ce_execution *e)
{
	struct ce_event event = { .type = CE_EVENT_FINISHED, .status = CE_STATUS_FINISHED, .stage = CE_STAGE_RUN };

	ce__output_drain(e, CE_STAGE_COMPILE);
	ce__output_drain(e, CE_STAGE_RUN);
	for (size_t i = 0; i < CE_EXECUTION_STREAMS; i++)
		ce__base_close(&e->streams[i].fd);
	ce__input_finish(&e->input);
	epoll_ctl(e->epoll, EPOLL_CTL_DEL, e->socket, NULL);
	if (e->lost[0] && e->result->outcome == 0 && !e->cancelled) {
		e->result->outcome = CE_OUTCOME_SYSTEM_ERROR;
		snprintf(e->result->message, sizeof(e->result->message), "%s", e->lost);
	}
	if (e->executor)
		ce__result_conclude(e->result, e->executor, e->runtime, e->cancelled);
	e->finished = true;
	ce__execution_emit(e, &event);
}

static void take_finished(ce_execution *e, const struct ce_finished *finished)
{
	struct ce_failure failure = finished->failure;

	e->cancelled = finished->cancelled != 0;
	if (failure.code) {
		failure.step[sizeof(failure.step) - 1] = '\0';
		failure.message[sizeof(failure.message) - 1] = '\0';
		/* Nothing that was captured is lost: once a stage has ended, it is a result. */
		if (e->result->stages[CE_STAGE_COMPILE - 1].present || e->result->stages[CE_STAGE_RUN - 1].present) {
			e->result->outcome = CE_OUTCOME_SYSTEM_ERROR;
			snprintf(e->result->message, sizeof(e->result->message), "%s", failure.message);
		} else {
			ce__error_from_failure(&e->failure, &failure);
		}
	}
	finish(e);
}

static void take_stage_end(ce_execution *e, const struct ce_stage_end *end)
{
	struct ce_result_stage *s = &e->result->stages[end->stage - 1];

	s->end = *end;
	s->end.message[sizeof(s->end.message) - 1] = '\0';
	s->present = true;
	if (end->stage != CE_STAGE_COMPILE)
		return;
	ce__output_drain(e, CE_STAGE_COMPILE);
	if (e->ticket && e->artifacts_fd >= 0 && !e->lost[0])
		ce__cache_put(e->cache, e->ticket, ce__steal_fd(&e->artifacts_fd), &s->end, s->streams);
}

/* The compile stage of a program that was compiled before: what it said then, at no cost. */
static void recall_compile_stage(ce_execution *e)
{
	struct ce_result_stage *s = &e->result->stages[CE_STAGE_COMPILE - 1];

	if (!e->compiled || s->present)
		return;
	s->present = true;
	s->end = e->compiled->end;
	s->end.account = (ce_account){ .size = sizeof(s->end.account), .flags = CE_ACCOUNT_CACHED };
	for (size_t i = 0; i < 2; i++) {
		const struct ce_capture *said = &e->compiled->streams[i];
		const struct ce_stream stream = { .stage = CE_STAGE_COMPILE, .number = i ? CE_STREAM_STDERR : CE_STREAM_STDOUT };

		if (said->size)
			ce__output_take(e, &stream, said->data, said->size);
	}
}

void ce__execution_enter_run(ce_execution *e)
{
	ce__output_drain(e, CE_STAGE_COMPILE);
	recall_compile_stage(e);
}

/* Without memory there is none, as if it had not been asked for. */
static void take_trace(ce_execution *e, const struct ce_trace_message *m)
{
	struct ce_result_stage *s = &e->result->stages[m->stage - 1];

	if (s->trace || m->count > CE_TRACE_POINTS_MAX)
		return;
	s->trace = malloc(sizeof(*s->trace));
	if (!s->trace)
		return;
	*s->trace = *m;
	for (size_t i = 0; i < CE_TRACE_POINTS_MAX; i++)
		s->trace->points[i].name[sizeof(s->trace->points[i].name) - 1] = '\0';
}

/* True if there may be more. */
static bool receive(ce_execution *e)
{
	union message m;
	int fds[1];
	size_t count = 1;
	ssize_t n = ce__message_receive(e->socket, &m, sizeof(m), fds, &count, MSG_DONTWAIT);

	if (n == -EAGAIN)
		return false;
	if (n <= 0) {
		e->result->outcome = CE_OUTCOME_SYSTEM_ERROR;
		if (ce__client_lost(e->client, e->generation))
			snprintf(e->result->message, sizeof(e->result->message), "the supervisor died while this ran");
		else
			snprintf(e->result->message, sizeof(e->result->message),
				 "the supervisor let go of this without a last word (error %d)", (int)-n);
		finish(e);
		return false;
	}
	/* The run stage has begun, or as good as that. */
	if (m.type == CE_MSG_STAGE_STARTED || m.type == CE_MSG_STAGE_ENDED)
		recall_compile_stage(e);
	if (m.type == CE_MSG_FILES) {
		int r = count == 1 ? ce__result_read_files(e->result, fds[0]) : -EMFILE;

		if (r < 0)
			ce__execution_lose(e, "a file", -r);
	} else if (m.type == CE_MSG_ARTIFACTS && count == 1) {
		ce__base_close(&e->artifacts_fd);
		e->artifacts_fd = fds[--count];
	} else if (m.type == CE_MSG_STAGE_STARTED && n == (ssize_t)sizeof(m.stage) && valid_stage(m.stage.stage)) {
		emit_status(e, m.stage.stage == CE_STAGE_COMPILE ? CE_STATUS_COMPILING : CE_STATUS_RUNNING,
			    (ce_stage)m.stage.stage);
	} else if (m.type == CE_MSG_USAGE && n == (ssize_t)sizeof(m.stage) && valid_stage(m.stage.stage)) {
		struct ce_event event = { .type = CE_EVENT_USAGE, .stage = (ce_stage)m.stage.stage,
					  .usage = m.stage.usage };

		ce__execution_emit(e, &event);
	} else if (m.type == CE_MSG_STAGE_ENDED && n == (ssize_t)sizeof(m.end) && valid_stage(m.end.stage)) {
		take_stage_end(e, &m.end);
		if (m.end.last)
			take_finished(e, &(struct ce_finished){ .type = CE_MSG_FINISHED });
	} else if (m.type == CE_MSG_TRACE && n == (ssize_t)sizeof(m.trace) && valid_stage(m.trace.stage)) {
		take_trace(e, &m.trace);
	} else if (m.type == CE_MSG_FINISHED && n == (ssize_t)sizeof(m.finished)) {
		e->probe = m.finished;
		take_finished(e, &m.finished);
	}
	while (count > 0)
		close(fds[--count]);
	return !e->finished;
}

/* Nothing came. That is as it should be while a program runs, but a supervisor that somebody stopped keeps no limit either. */
static void look_into_silence(ce_execution *e)
{
	uint64_t now = ce__clock_us();

	if (now - e->heard_us < (uint64_t)CE_PATIENCE_MS * 1000)
		return;
	e->heard_us = now;
	e->silences = ce__client_is_stopped(e->client, e->generation) ? e->silences + 1 : 0;
	if (e->silences >= SILENCES_MAX)
		ce__client_give_up(e->client, e->generation);
}

int ce__execution_step(ce_execution *e, int timeout_ms, ce_error **error)
{
	struct epoll_event events[8];
	bool talk = false;
	int n;

	if (e->finished)
		return 1;
	if (timeout_ms < 0 || timeout_ms > CE_PATIENCE_MS)
		timeout_ms = CE_PATIENCE_MS; /* who waits longer calls again */
	n = epoll_wait(e->epoll, events, (int)CE_ARRAY_SIZE(events), timeout_ms);
	if (n < 0 && errno != EINTR)
		return ce__error_set(error, CE_ERR_OS, errno, "dispatch", "cannot wait for the execution");
	if (n > 0) {
		e->heard_us = ce__clock_us();
		e->silences = 0;
	} else {
		look_into_silence(e);
	}
	for (int i = 0; i < n; i++) {
		uint32_t about = events[i].data.u32;

		if (about == CE_ABOUT_SOCKET)
			talk = true;
		else if (about == CE_ABOUT_INPUT)
			feed(e);
		else if (about < CE_EXECUTION_STREAMS)
			ce__output_read(e, &e->streams[about]);
	}
	/* After the streams: what was written before an event is seen before it. */
	while (talk && receive(e))
		;
	return e->finished ? 1 : 0;
}

void ce_execution_cancel(ce_execution *e)
{
	uint64_t type = CE_MSG_CANCEL;

	/* Never blocks: a socket that is full has an earlier one in it. */
	send(e->socket, &type, sizeof(type), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ce_execution_destroy(ce_execution *e)
{
	uint64_t end;

	if (!e)
		return;
	/* Not before it is over: when this returns, nothing of the execution is left. */
	e->on_event = NULL;
	if (e->socket >= 0 && !e->finished)
		ce_execution_cancel(e);
	end = ce__clock_us() + END_PATIENCE_US;
	while (e->socket >= 0 && !e->finished) {
		if (ce__execution_step(e, -1, NULL) < 0)
			break;
		/* It runs, but does not do what it should. */
		if (!e->finished && ce__clock_us() >= end)
			ce__client_give_up(e->client, e->generation);
	}
	ce__base_close(&e->socket);
	for (size_t i = 0; i < CE_EXECUTION_STREAMS; i++)
		ce__base_close(&e->streams[i].fd);
	ce__input_finish(&e->input);
	ce__base_close(&e->epoll);
	ce__base_close(&e->artifacts_fd);
	if (e->cache)
		ce__cache_release(e->cache, e->compiled);
	ce__cache_ticket_free(e->ticket);
	ce_error_free(e->failure);
	ce_result_free(e->result);
	free(e);
}
