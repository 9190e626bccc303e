/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Runs in a cell: makes every system call once, with arguments that do nothing (all bits set), each in a child of its own,
 * and prints "number errno"; 0 is a success, "ends", "blocks" and "signal N" are what they say. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not syscall(): a child of vfork must not return from a function that its parent still is in. */
static inline long call(long number)
{
	register long r10 __asm__("r10") = -1, r8 __asm__("r8") = -1, r9 __asm__("r9") = -1;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(-1L), "S"(-1L), "d"(-1L), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static void attempt(int number)
{
	int answer[2], status;
	struct pollfd end;
	long result = 1;
	pid_t pid;

	if (pipe(answer) < 0)
		exit(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		result = call(number);
		/* what fork and its kin made goes at once */
		if (result == 0 && getpid() != getpgrp() && (number == SYS_fork || number == SYS_vfork || number == SYS_clone))
			_exit(0);
		write(answer[1], &result, sizeof(result));
		_exit(0);
	}
	close(answer[1]);
	end.fd = answer[0];
	end.events = POLLIN;
	if (poll(&end, 1, 300) == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		printf("%d blocks\n", number);
	} else if (read(answer[0], &result, sizeof(result)) == sizeof(result)) {
		waitpid(pid, &status, 0);
		printf("%d %ld\n", number, result < 0 && result > -4096 ? -result : 0);
	} else {
		waitpid(pid, &status, 0);
		if (WIFSIGNALED(status))
			printf("%d signal %d\n", number, WTERMSIG(status));
		else
			printf("%d ends\n", number);
	}
	close(answer[0]);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		attempt(atoi(argv[i]));
	return 0;
}
