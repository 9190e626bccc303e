// SPDX-License-Identifier: Apache-2.0 OR MIT
// Children that each stay small, together far over the limit.
// attack-options: --limit memory=64MiB
// attack-status: memory_limit
// attack-limit-hit: memory
// attack-needs: cgroup
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 20; i++)
		if (fork() == 0) {
			volatile char *p = malloc(8 << 20);

			for (size_t at = 0; at < 8 << 20; at += 4096)
				p[at] = 1;
			for (;;)
				pause();
		}
	while (wait(0) > 0)
		;
	return 1;
}
