// SPDX-License-Identifier: Apache-2.0 OR MIT
// Daemons of every kind, deaf to all signals, some stopped, some in a vfork: none survives the program.
// attack-stdout: gone
// attack-survivors: ce-orphan
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static void live_on(int how)
{
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	prctl(PR_SET_NAME, "ce-orphan");
	prctl(PR_SET_PDEATHSIG, 0);
	setsid();
	if (how == 1)
		raise(SIGSTOP);
	if (how == 2)
		for (;;)
			;
	for (;;)
		pause();
}

int main(void)
{
	for (int i = 0; i < 9; i++)
		if (fork() == 0) {
			if (fork() == 0)
				live_on(i % 3);
			if (i % 2)
				_exit(0);
			if (vfork() == 0)
				for (;;)
					pause();
		}
	usleep(100000);
	puts("gone");
	return 0;
}
