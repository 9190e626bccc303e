// SPDX-License-Identifier: Apache-2.0 OR MIT
// A program that ignores every signal that can be ignored, and whose children do, ends with its time.
// attack-options: --limit timeout=1s
// attack-status: timeout
// attack-signal: 9
// attack-limit-hit: wall_time
// attack-survivors: ce-deaf
// attack-seconds: 8
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	sigset_t all;

	prctl(PR_SET_NAME, "ce-deaf");
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, 0);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			setsid();
			fork();
			break;
		}
	}
	for (;;)
		pause();
}
