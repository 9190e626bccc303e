// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-options: --limit output=1KiB
// attack-stdout-bytes: 1024
// attack-truncated: stdout
#include <unistd.h>

static char block[1 << 20];

int main(void)
{
	for (int i = 0; i < 200; i++)
		for (size_t at = 0; at < sizeof(block);)
			at += (size_t)write(1, block, sizeof(block) - at);
	return 0;
}
