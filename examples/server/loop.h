/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One thread, one epoll: descriptors with a function each. */
#ifndef SERVER_LOOP_H
#define SERVER_LOOP_H

#include <stdint.h>

struct watch;
typedef void (*watch_fn)(struct watch *watch, uint32_t events);

/* Embedded in what it belongs to; zeroed is unused. */
struct watch {
	watch_fn fn; /* NULL: not watched */
	void *data;  /* borrowed */
	int fd;      /* borrowed */
};

/* 0 or -errno. */
int loop_open(int *loop);
int loop_add(int loop, struct watch *watch, int fd, uint32_t events, watch_fn fn, void *data);
/* Before `fd` is closed. Fine if it is not watched. */
void loop_remove(int loop, struct watch *watch);
/* Waits up to timeout_ms and calls the functions. A watch may be removed, and its owner freed, by a function
 * that was called for another: the events of it that wait in this turn are dropped. */
void loop_turn(int loop, int timeout_ms);

#endif
