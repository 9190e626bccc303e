// SPDX-License-Identifier: Apache-2.0 OR MIT
// A watch on /usr/bin tells what the whole machine executes; instances are counted for root; cachestat tells what is cached.
// attack-stdout: inotify_init1 ENOSYS
// attack-stdout: inotify_add_watch ENOSYS
// attack-stdout: cachestat ENOSYS
// attack-stdout: notify EPERM
// attack-stdout: lease EPERM
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

int main(void)
{
	char b[64] = { 0 };

	TRY(inotify_init1, 0);
	TRY(inotify_add_watch, 3, "/usr/bin", 0x20);
	TRY(cachestat, open("/usr/bin/env", O_RDONLY), b, b + 16, 0);
	told("notify", fcntl(open("/usr/bin", O_RDONLY), F_NOTIFY, 1));
	told("lease", fcntl(open("/usr/bin/env", O_RDONLY), F_SETLEASE, F_RDLCK));
	return 0;
}
