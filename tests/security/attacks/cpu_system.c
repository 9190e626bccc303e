// SPDX-License-Identifier: Apache-2.0 OR MIT
// CPU time in the kernel, by a grandchild whose parents are gone.
// attack-options: --limit cpu_time=1s --limit timeout=20s
// attack-status: timeout
// attack-limit-hit: cpu_time
// attack-needs: cgroup
// attack-seconds: 18
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	static char block[1 << 16];
	int zero = open("/dev/zero", O_RDONLY);

	if (fork() == 0) {
		if (fork() == 0) {
			setsid();
			for (;;)
				read(zero, block, sizeof(block));
		}
		_exit(0);
	}
	for (;;)
		pause();
}
