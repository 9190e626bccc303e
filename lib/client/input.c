/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "client/input.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

int ce__input_open(struct ce_input *input, int *program_fd)
{
	CE_CLEANUP_FD int reader = -1, writer = -1;
	int fds[2];

	memset(input, 0, sizeof(*input));
	input->write_fd = input->keep_fd = -1;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	reader = fds[0];
	writer = fds[1];
	/* Each end is a file description of its own: the program's stays blocking. */
	if (fcntl(writer, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	input->keep_fd = fcntl(reader, F_DUPFD_CLOEXEC, 3);
	if (input->keep_fd < 0)
		return -errno;
	input->write_fd = ce__steal_fd(&writer);
	*program_fd = ce__steal_fd(&reader);
	return 0;
}

int ce__input_add(struct ce_input *input, const void *data, size_t size)
{
	size_t wanted;

	if (size == 0)
		return 0;
	if (input->at == input->size)
		input->at = input->size = 0;
	if (input->at > 0 && input->size + size > input->capacity) {
		memmove(input->data, input->data + input->at, input->size - input->at);
		input->size -= input->at;
		input->at = 0;
	}
	wanted = input->size + size;
	if (wanted < size)
		return -ENOMEM;
	if (wanted > input->capacity) {
		size_t capacity = wanted > 2 * input->capacity ? wanted : 2 * input->capacity;
		char *p = realloc(input->data, capacity);

		if (!p)
			return -ENOMEM;
		input->data = p;
		input->capacity = capacity;
	}
	memcpy(input->data + input->size, data, size);
	input->size += size;
	return 0;
}

static int watch(struct ce_input *input, int epoll, bool wanted)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.u32 = CE_ABOUT_INPUT };

	if (input->watched == wanted)
		return 0;
	if (epoll_ctl(epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, input->write_fd, &event) < 0)
		return -errno;
	input->watched = wanted;
	return 0;
}

/* What is left will not be written. Out of epoll before it is closed: a fork of the host may hold a copy, and the events would go on. */
static void give_up(struct ce_input *input, int epoll)
{
	input->at = input->size;
	watch(input, epoll, false);
	ce__base_close(&input->write_fd);
}

int ce__input_flush(struct ce_input *input, int epoll)
{
	int r = 0;

	if (input->write_fd < 0)
		return 0;
	while (input->at < input->size) {
		ssize_t n = write(input->write_fd, input->data + input->at, input->size - input->at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			r = watch(input, epoll, true);
			if (r)
				give_up(input, epoll);
			return r;
		}
		if (n < 0 && errno == EPIPE) { /* nobody reads any more: the program's affair */
			input->at = input->size;
			break;
		}
		if (n < 0) {
			r = -errno;
			give_up(input, epoll);
			return r;
		}
		input->at += (size_t)n;
	}
	r = watch(input, epoll, false);
	if (input->closing)
		ce__base_close(&input->write_fd);
	return r;
}

void ce__input_finish(struct ce_input *input)
{
	ce__base_close(&input->write_fd);
	ce__base_close(&input->keep_fd);
	free(input->data);
	memset(input, 0, sizeof(*input));
	input->write_fd = input->keep_fd = -1;
}
