// SPDX-License-Identifier: Apache-2.0 OR MIT
// The executables that run the cell: the program's own is busy, init's and the supervisor's are out of sight, the host's are
// read-only.
// attack-stdout: own exe ETXTBSY
// attack-stdout: init exe hidden
// attack-stdout: libc EROFS
// attack-stdout: shell EROFS
// attack-stdout: supervisor hidden
#define _GNU_SOURCE
#include "attack.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

/* EACCES is Landlock's word for it, EROFS the mount's: either wall will do. */
static void refused(const char *what, int fd)
{
	if (fd < 0 && errno == EACCES)
		errno = EROFS;
	told(what, fd);
}

int main(void)
{
	char link[64];
	struct dirent *e;
	int seen = 0;
	DIR *proc = opendir("/proc");

	told("own exe", open("/proc/self/exe", O_WRONLY));
	puts(readlink("/proc/1/exe", link, sizeof(link)) < 0 ? "init exe hidden" : "init exe BROKEN");
	refused("libc", open("/usr/lib/x86_64-linux-gnu/libc.so.6", O_WRONLY));
	refused("shell", open("/usr/bin/bash", O_WRONLY | O_TRUNC));
	while (proc && (e = readdir(proc)))
		if (atoi(e->d_name) > 0 && atoi(e->d_name) != getpid())
			seen++;
	puts(seen ? "supervisor BROKEN" : "supervisor hidden");
	return 0;
}
