// SPDX-License-Identifier: Apache-2.0 OR MIT
// Children that nobody reaps, orphans for init, siblings made with CLONE_PARENT.
// attack-stdout: done
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 10; i++) {
		if (fork() == 0)
			_exit(i);
		if (fork() == 0) {
			if (fork() == 0)
				_exit(0);
			_exit(0);
		}
		if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0)
			_exit(0);
	}
	usleep(50000);
	puts("done");
	return 0;
}
