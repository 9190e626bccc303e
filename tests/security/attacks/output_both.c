// SPDX-License-Identifier: Apache-2.0 OR MIT
// As much as it can on both streams at once, from many processes, until the clock ends it.
// attack-options: --limit output=64KiB --limit timeout=1s
// attack-status: timeout
// attack-limit-hit: wall_time
// attack-stdout-bytes: 65536
// attack-truncated: stdout
// attack-truncated: stderr
// attack-seconds: 20
#include <string.h>
#include <unistd.h>

int main(void)
{
	static char block[65536];

	memset(block, 'x', sizeof(block));
	fork();
	fork();
	for (;;) {
		write(1, block, sizeof(block));
		write(2, block, sizeof(block));
	}
}
