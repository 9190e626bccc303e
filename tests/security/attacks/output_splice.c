// SPDX-License-Identifier: Apache-2.0 OR MIT
// Lends the reader its own pages, resizes and reopens the pipes, reads from its output and writes to its input.
// attack-stdout-bytes: 1048576
// attack-truncated: stdout
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void)
{
	char *p = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int in = open("/proc/self/fd/0", O_WRONLY | O_NONBLOCK), back = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK);
	struct iovec v;

	fcntl(1, F_SETPIPE_SZ, 1 << 20);
	fcntl(0, F_SETFL, O_NONBLOCK | O_ASYNC);
	for (int i = 0; i < 64; i++)
		write(in, p, 4096);
	for (int i = 0; i < 200; i++)
		for (size_t at = 0; at < 1 << 20;) {
			ssize_t n;

			v = (struct iovec){ p + at, (1 << 20) - at };
			n = vmsplice(1, &v, 1, SPLICE_F_GIFT);
			if (n <= 0)
				break;
			at += (size_t)n;
			p[at - 1] = (char)i;
		}
	close(back);
	munmap(p, 1 << 20);
	return 0;
}
