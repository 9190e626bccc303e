// SPDX-License-Identifier: Apache-2.0 OR MIT
// A child that holds the output open does not hold up the result, and does not outlive it.
// attack-options: --limit timeout=20s
// attack-exit: 4
// attack-status: error
// attack-stdout: said
// attack-survivors: ce-holder
// attack-seconds: 12
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
	if (fork() == 0) {
		prctl(PR_SET_NAME, "ce-holder");
		setsid();
		for (;;)
			pause();
	}
	write(1, "said\n", 5);
	return 4;
}
