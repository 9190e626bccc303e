// SPDX-License-Identifier: Apache-2.0 OR MIT
// What lives in descriptors is bounded by their number: event counters, timers, signal queues, epoll sets, sockets, pidfds.
// attack-stdout: eventfd bounded
// attack-stdout: timerfd bounded
// attack-stdout: signalfd bounded
// attack-stdout: epoll bounded
// attack-stdout: socket bounded
// attack-stdout: pidfd bounded
// attack-stdout: in flight bounded
#define _GNU_SOURCE
#include "attack.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static sigset_t set;

static int make(int kind)
{
	switch (kind) {
	case 0:
		return eventfd(0, 0);
	case 1:
		return timerfd_create(CLOCK_MONOTONIC, 0);
	case 2:
		return signalfd(-1, &set, 0);
	case 3:
		return epoll_create1(0);
	case 4:
		return socket(AF_UNIX, SOCK_STREAM, 0);
	default:
		return (int)syscall(SYS_pidfd_open, getpid(), 0);
	}
}

/* Descriptors that lie in a socket's queue: the kernel counts them for the user. */
static int in_flight(void)
{
	int pair[2], sent = 0, fd = eventfd(0, 0);
	char byte = 0, control[CMSG_SPACE(sizeof(int))];
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	if (fd < 0 || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) < 0)
		return 100000;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	while (sent < 100000 && sendmsg(pair[0], &m, 0) == 1)
		sent++;
	return sent;
}

int main(void)
{
	static const char *const names[] = { "eventfd", "timerfd", "signalfd", "epoll", "socket", "pidfd" };

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	for (int kind = 0; kind < 6; kind++) {
		int n = 0, fds[300];

		while (n < 300 && (fds[n] = make(kind)) >= 0)
			n++;
		printf("%s %s\n", names[kind], n > 0 && n <= 253 && errno == EMFILE ? "bounded" : "BROKEN");
		while (n > 0)
			close(fds[--n]);
	}
	puts(in_flight() <= 1024 ? "in flight bounded" : "in flight BROKEN");
	return 0;
}
