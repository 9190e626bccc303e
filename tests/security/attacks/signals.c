// SPDX-License-Identifier: Apache-2.0 OR MIT
// Queued signals and timers are counted for the host's user too: a cell may have few of them.
// attack-stdout: signals bounded
// attack-stdout: timers bounded
// attack-stdout: queues bounded
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	union sigval v = { 0 };
	sigset_t all;
	char name[16];
	long n = 0, timers = 0, queues = 0;
	timer_t t;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, 0);
	while (timers < 100000 && timer_create(CLOCK_MONOTONIC, 0, &t) == 0)
		timers++;
	while (n < 1000000 && sigqueue(getpid(), SIGRTMIN + 3, v) == 0)
		n++;
	for (; queues < 256; queues++) {
		snprintf(name, sizeof(name), "/q%ld", queues);
		if (mq_open(name, O_CREAT | O_RDWR, 0600, 0) < 0)
			break;
	}
	puts(n <= 1024 ? "signals bounded" : "signals BROKEN");
	puts(timers <= 1024 ? "timers bounded" : "timers BROKEN");
	puts(queues <= 1 ? "queues bounded" : "queues BROKEN");
	return 0;
}
