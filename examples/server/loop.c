/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>

#define TURN_EVENTS 64

/* The turn that runs now: there is one thread and one loop. */
static struct epoll_event *turn_events;
static int turn_count;

int loop_open(int *loop)
{
	*loop = epoll_create1(EPOLL_CLOEXEC);
	return *loop < 0 ? -errno : 0;
}

int loop_add(int loop, struct watch *watch, int fd, uint32_t events, watch_fn fn, void *data)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	watch->fn = fn;
	watch->data = data;
	watch->fd = fd;
	return 0;
}

void loop_remove(int loop, struct watch *watch)
{
	if (!watch->fn)
		return;
	epoll_ctl(loop, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fn = NULL;
	for (int i = 0; i < turn_count; i++)
		if (turn_events[i].data.ptr == watch)
			turn_events[i].data.ptr = NULL;
}

void loop_turn(int loop, int timeout_ms)
{
	struct epoll_event events[TURN_EVENTS];
	int n = epoll_wait(loop, events, TURN_EVENTS, timeout_ms);

	turn_events = events;
	turn_count = n > 0 ? n : 0;
	for (int i = 0; i < turn_count; i++) {
		struct watch *watch = events[i].data.ptr;

		if (watch)
			watch->fn(watch, events[i].events);
	}
	turn_events = NULL;
	turn_count = 0;
}
