/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define EXIT_SIGNAL_BASE 128

/* Signal handlers have no other way to their state. */
static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t received;

static void on_signal(int number)
{
	int saved = errno;

	/* Whoever asks twice does not want to wait; the sandbox side ends with us and cleans up. */
	if (received)
		_exit(EXIT_SIGNAL_BASE + number);
	received = number;
	if (write(wake_pipe[1], "", 1) < 0) {
		/* The pipe is empty but for this byte, so it cannot be full. */
	}
	errno = saved;
}

static int catch_one(int number)
{
	struct sigaction action, old;

	if (sigaction(number, NULL, &old))
		return -1;
	if (old.sa_handler == SIG_IGN)
		return 0;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	sigfillset(&action.sa_mask);
	return sigaction(number, &action, NULL); /* without SA_RESTART: a blocked write is to return */
}

int signals_catch(void)
{
	if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK))
		return -1;
	return catch_one(SIGINT) || catch_one(SIGTERM) || catch_one(SIGHUP) ? -1 : 0;
}

int signals_fd(void)
{
	return wake_pipe[0];
}

int signals_received(void)
{
	return received;
}
