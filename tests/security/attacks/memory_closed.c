// SPDX-License-Identifier: Apache-2.0 OR MIT
// Memory of a file without a name whose descriptor is closed, and which is mapped alone.
// attack-options: --limit memory=64MiB
// attack-status: memory_limit
// attack-limit-hit: memory
// attack-needs: cgroup
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 20; i++) {
		int fd = memfd_create("x", 0);
		void *p;

		if (fd < 0 || ftruncate(fd, 8 << 20) < 0)
			return 2;
		p = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED)
			return 2;
		close(fd);
		memset(p, 1, 8 << 20);
	}
	return 1;
}
