// SPDX-License-Identifier: Apache-2.0 OR MIT
// A file of one pebibyte, with and without holes, and many of the largest allowed size: none is more than the disk limit.
// attack-options: --limit disk_space=16MiB
// attack-stdout: truncate EFBIG
// attack-stdout: fallocate EFBIG
// attack-stdout: keep-size EFBIG
// attack-stdout: seek-and-write EFBIG
// attack-stdout: many small ones ENOSPC
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>
#include <signal.h>

int main(void)
{
	off_t pebibyte = (off_t)1 << 50;
	int fd = open("/work/huge", O_CREAT | O_RDWR, 0600);

	signal(SIGXFSZ, SIG_IGN);
	told("truncate", ftruncate(fd, pebibyte));
	told("fallocate", fallocate(fd, 0, 0, pebibyte));
	told("keep-size", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, pebibyte));
	told("seek-and-write", pwrite(fd, "x", 1, pebibyte));
	for (int i = 0; i < 64; i++) {
		char name[16];
		long r;

		snprintf(name, sizeof(name), "f%d", i);
		r = fallocate(open(name, O_CREAT | O_RDWR, 0600), 0, 0, 1 << 20);
		if (r < 0 || i == 63) {
			told("many small ones", r);
			break;
		}
	}
	return 0;
}
