// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-options: --limit output=1KiB --kill-on-output-limit --limit timeout=10s
// attack-status: output_limit
// attack-limit-hit: output
// attack-stdout-bytes: 1024
#include <unistd.h>

static char block[4096];

int main(void)
{
	for (;;)
		write(1, block, sizeof(block));
}
