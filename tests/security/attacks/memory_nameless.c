// SPDX-License-Identifier: Apache-2.0 OR MIT
// Files without a name and without a mapping.
// attack-options: --limit memory=64MiB
// attack-status: memory_limit
// attack-limit-hit: memory
// attack-needs: cgroup
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

static char block[1 << 20];

int main(void)
{
	for (int i = 0; i < 20; i++) {
		int fd = memfd_create("x", 0);

		for (int k = 0; k < 8; k++)
			write(fd, block, sizeof(block));
	}
	return 1;
}
