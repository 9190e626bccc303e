// SPDX-License-Identifier: Apache-2.0 OR MIT
// What lies in pipes and sockets.
// attack-options: --limit memory=32MiB
// attack-status: memory_limit
// attack-limit-hit: memory
// attack-needs: cgroup
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char block[1 << 20];

int main(void)
{
	for (int k = 0; k < 8; k++)
		if (fork() == 0) {
			for (int i = 0; i < 60; i++) {
				int p[2];

				if (pipe2(p, O_NONBLOCK) == 0) {
					fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
					while (write(p[1], block, sizeof(block)) > 0)
						;
				}
				if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p) == 0)
					while (write(p[1], block, sizeof(block)) > 0)
						;
			}
			for (;;)
				pause();
		}
	while (wait(0) > 0)
		;
	return 1;
}
