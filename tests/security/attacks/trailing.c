// SPDX-License-Identifier: Apache-2.0 OR MIT
// A cell must not see what the one before it left: files, segments, queues, names.
// attack-stdout: clean
// attack-twice: yes
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0trailing" };
	int dirty = 0;

	dirty += shmget(0x1234, 4096, 0600) >= 0;
	dirty += access("/tmp/mark", F_OK) == 0 || access("/dev/shm/mark", F_OK) == 0 || access("/work/mark", F_OK) == 0;
	dirty += bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof(a)) < 0;
	shmget(0x1234, 4096, IPC_CREAT | 0600);
	close(open("/tmp/mark", O_CREAT | O_WRONLY, 0600));
	close(open("/dev/shm/mark", O_CREAT | O_WRONLY, 0600));
	close(open("/work/mark", O_CREAT | O_WRONLY, 0600));
	puts(dirty ? "BROKEN" : "clean");
	return 0;
}
