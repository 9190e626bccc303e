/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "client/output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READ_TURNS 16 /* of 64 KiB per dispatch and stream, so that no stream starves the rest */

int ce__output_open(ce_execution *e, const struct ce_execution_setup *setup, int *stdio)
{
	size_t count = setup->stage_count * 2;

	for (size_t i = 0; i < count; i++) {
		struct ce_stream *s = &e->streams[i];
		int fds[2], r;

		if (pipe2(fds, O_CLOEXEC) < 0)
			return -errno;
		s->fd = fds[0];
		stdio[1 + i] = fds[1];
		s->stage = i < 2 ? setup->last_stage : CE_STAGE_COMPILE;
		s->number = i % 2 ? CE_STREAM_STDERR : CE_STREAM_STDOUT;
		if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
			return -errno;
		r = ce__execution_watch(e, s->fd, EPOLLIN, (uint32_t)i);
		if (r)
			return r;
	}
	return 0;
}

void ce__output_take(ce_execution *e, const struct ce_stream *s, const char *data, size_t size)
{
	struct ce_capture *capture = &e->result->stages[s->stage - 1].streams[s->number - 1];
	size_t kept = ce__capture_add(capture, data, size);

	if (capture->no_memory)
		ce__execution_lose(e, "output", ENOMEM);
	if (kept) {
		struct ce_event event = { .type = CE_EVENT_OUTPUT, .stage = s->stage, .stream = s->number,
					  .data = data, .size = kept };

		ce__execution_emit(e, &event);
	}
	if (kept < size && e->kill_on_output_limit && !e->output_limit_sent) {
		uint64_t type = CE_MSG_OUTPUT_LIMIT;

		e->output_limit_sent = true;
		ce__message_send(e->socket, &type, sizeof(type), NULL, 0, NULL, 0);
	}
}

/* Up to `turns` reads; ends the stream at its end. */
static void read_stream(ce_execution *e, struct ce_stream *s, char *buffer, size_t size, size_t turns)
{
	while (s->fd >= 0 && turns-- > 0) {
		ssize_t n = read(s->fd, buffer, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0) {
			if (s->stage == CE_STAGE_RUN)
				ce__execution_enter_run(e);
			ce__output_take(e, s, buffer, (size_t)n);
			continue;
		}
		if (n < 0)
			ce__execution_lose(e, "output", errno);
		epoll_ctl(e->epoll, EPOLL_CTL_DEL, s->fd, NULL);
		ce__base_close(&s->fd);
	}
}

void ce__output_read(ce_execution *e, struct ce_stream *s)
{
	char buffer[65536];

	read_stream(e, s, buffer, sizeof(buffer), READ_TURNS);
}

void ce__output_drain(ce_execution *e, ce_stage stage)
{
	char buffer[16384]; /* beside the other one */

	/* Bounded: everybody who could write is dead. A pipe holds at most 1 MiB, or what root's pipe-max-size says. */
	for (size_t i = 0; i < CE_EXECUTION_STREAMS; i++)
		if (e->streams[i].stage == stage)
			read_stream(e, &e->streams[i], buffer, sizeof(buffer), SIZE_MAX);
}
