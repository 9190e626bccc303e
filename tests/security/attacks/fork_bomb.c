// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-status: process_limit
// attack-exit: 3
// attack-limit-hit: processes
// attack-weaker-status: error
// attack-weaker-exit: 3
// attack-survivors: ce-bomb
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	prctl(PR_SET_NAME, "ce-bomb");
	for (int i = 0; i < 10000; i++) {
		pid_t p = fork();

		if (p < 0)
			return 3;
		if (p == 0)
			for (;;)
				pause();
	}
	return 0;
}
