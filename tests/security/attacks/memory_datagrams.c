// SPDX-License-Identifier: Apache-2.0 OR MIT
// Datagrams that nobody reads: cgroup v1 charges them to nobody unless it is told to.
// attack-options: --network loopback --limit memory=16MiB
// attack-stdout: held less than the limit
// attack-needs: cgroup
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char block[60000];

int main(void)
{
	int readers[200], count = 0, writer = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), big = 1 << 20;
	long held = 0;
	ssize_t n;

	for (; count < 200; count++) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		socklen_t size = sizeof(a);
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
		if (fd < 0 || bind(fd, (void *)&a, size) < 0 || getsockname(fd, (void *)&a, &size) < 0)
			break;
		for (int i = 0; i < 20; i++)
			sendto(writer, block, sizeof(block), 0, (void *)&a, size);
		readers[count] = fd;
	}
	for (int i = 0; i < count; i++)
		while ((n = read(readers[i], block, sizeof(block))) > 0)
			held += n;
	if (count == 200 && held > 0 && held <= 16 << 20)
		puts("held less than the limit");
	else
		printf("BROKEN: %d sockets held %ld\n", count, held);
	return 0;
}
