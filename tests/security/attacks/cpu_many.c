// SPDX-License-Identifier: Apache-2.0 OR MIT
// Burns CPU in children that live for a moment and that nobody waits for.
// attack-options: --limit cpu_time=1s --limit timeout=20s
// attack-status: timeout
// attack-limit-hit: cpu_time
// attack-needs: cgroup
// attack-seconds: 15
#include <signal.h>
#include <unistd.h>

int main(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if (fork() == 0) {
			for (volatile long i = 0; i < 2000000; i++)
				;
			_exit(0);
		}
	}
}
