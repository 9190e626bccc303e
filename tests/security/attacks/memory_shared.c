// SPDX-License-Identifier: Apache-2.0 OR MIT
// System V segments that nobody has attached belong to no process.
// attack-options: --limit memory=64MiB
// attack-status: memory_limit
// attack-limit-hit: memory
// attack-needs: cgroup
#include <string.h>
#include <sys/shm.h>

int main(void)
{
	for (int i = 0; i < 20; i++) {
		void *p = shmat(shmget(IPC_PRIVATE, 8 << 20, 0600 | IPC_CREAT), 0, 0);

		memset(p, 1, 8 << 20);
		shmdt(p);
	}
	return 1;
}
