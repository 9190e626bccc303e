// SPDX-License-Identifier: Apache-2.0 OR MIT
// Many processes, each of them with a little memory: the limit is that of the whole tree.
// attack-options: --limit memory=64MiB
// attack-status: memory_limit
// attack-limit-hit: memory
// attack-needs: cgroup
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 20; i++) {
		if (fork() == 0) {
			memset(mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 8 << 20);
			for (;;)
				pause();
		}
	}
	for (;;)
		pause();
}
