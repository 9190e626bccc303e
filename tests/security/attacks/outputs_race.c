// SPDX-License-Identifier: Apache-2.0 OR MIT
// Changes what a name means until it is killed: after that nothing changes any more.
// attack-options: --limit timeout=1s --output swap
// attack-status: timeout
// attack-limit-hit: wall_time
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	symlink("/etc/passwd", "link");
	close(open("swap", O_CREAT | O_WRONLY, 0644));
	for (;;)
		renameat2(AT_FDCWD, "swap", AT_FDCWD, "link", RENAME_EXCHANGE);
}
