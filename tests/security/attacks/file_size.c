// SPDX-License-Identifier: Apache-2.0 OR MIT
// A sparse file of a pebibyte, by every way there is.
// attack-stdout: ftruncate EFBIG
// attack-stdout: fallocate EFBIG
// attack-stdout: pwrite EFBIG
// attack-stdout: copy EFBIG
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>

int main(void)
{
	int fd = open("/work/sparse", O_CREAT | O_RDWR, 0644), in = open("/usr/bin/env", O_RDONLY);
	off_t far = (off_t)1 << 50;

	signal(SIGXFSZ, SIG_IGN);
	told("ftruncate", ftruncate(fd, far));
	told("fallocate", fallocate(fd, 0, far, 4096));
	told("pwrite", pwrite(fd, "x", 1, far));
	lseek(fd, far, SEEK_SET);
	told("copy", splice(in, 0, fd, 0, 1, 0) < 0 && errno == EINVAL ? sendfile(fd, in, 0, 1) : -1);
	return 0;
}
