// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-options: --limit timeout=10s
// attack-exit: 9
// attack-status: error
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 256; i++)
		close(i);
	return 9;
}
