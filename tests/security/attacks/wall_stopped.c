// SPDX-License-Identifier: Apache-2.0 OR MIT
// Neither stopped nor deaf to signals does one outstay the clock.
// attack-options: --limit timeout=1s
// attack-status: timeout
// attack-signal: 9
// attack-limit-hit: wall_time
// attack-seconds: 8
// attack-survivors: ce-stopped
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	sigset_t all;

	prctl(PR_SET_NAME, "ce-stopped");
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, 0);
	for (int i = 0; i < 8; i++)
		if (fork() == 0)
			break;
	raise(SIGSTOP);
	for (;;)
		pause();
}
