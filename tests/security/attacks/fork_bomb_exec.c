// SPDX-License-Identifier: Apache-2.0 OR MIT
// A bomb whose every generation is a new program.
// attack-options: --limit timeout=3s
// attack-status: process_limit
// attack-status: timeout
// attack-weaker-status: error
// attack-weaker-status: timeout
// attack-limit-hit: processes
// attack-survivors: ce-execbomb
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *again[] = { argv[0], "again", NULL };

	prctl(PR_SET_NAME, "ce-execbomb");
	for (;;) {
		pid_t p = fork();

		if (p == 0)
			execv("/proc/self/exe", again);
		/* The first keeps trying, so that the bomb never ends by itself. */
		if (p < 0 && argc > 1)
			pause();
		if (p < 0)
			return 3;
	}
}
