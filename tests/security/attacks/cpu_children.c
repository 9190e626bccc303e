// SPDX-License-Identifier: Apache-2.0 OR MIT
// CPU time that is spread over many short lives, none of which anybody waits for.
// attack-options: --limit cpu_time=1s --limit timeout=20s
// attack-status: timeout
// attack-limit-hit: cpu_time
// attack-needs: cgroup
// attack-seconds: 18
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void burn(void)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec == 0 && t.tv_nsec < 20000000);
}

int main(void)
{
	signal(SIGCHLD, SIG_IGN); /* no zombies: their time is nobody's children's time */
	for (;;) {
		if (fork() == 0) {
			burn();
			_exit(0);
		}
		burn();
	}
}
