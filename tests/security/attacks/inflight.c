// SPDX-License-Identifier: Apache-2.0 OR MIT
// Descriptors that travel in circles between closed sockets outlive their process until the kernel collects them: its
// output's end and a file of the work tmpfs among them.
// attack-stdout: left behind
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int post(int s, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} c;
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = CMSG_SPACE(n * sizeof(int)) };

	memset(&c, 0, sizeof(c));
	c.align.cmsg_level = SOL_SOCKET;
	c.align.cmsg_type = SCM_RIGHTS;
	c.align.cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(&c.align), fds, n * sizeof(int));
	return (int)sendmsg(s, &m, MSG_DONTWAIT);
}

int main(void)
{
	static char block[1 << 20];
	int fds[6], done = 0;

	fds[2] = open("/work/kept", O_CREAT | O_RDWR, 0600);
	for (int i = 0; i < 8; i++)
		write(fds[2], block, sizeof(block));
	unlink("/work/kept");
	for (fds[3] = 1, fds[4] = 0; done < 1000 && socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0; done++) {
		if (post(fds[0], fds, 5) < 0 || post(fds[1], fds, 5) < 0)
			break;
		close(fds[0]);
		close(fds[1]);
	}
	puts(done > 0 ? "left behind" : "nothing left");
	return 0;
}
