// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-arch: x86_64
// attack-status: error
// attack-signal: 31
#define _GNU_SOURCE
#include "attack.h"

int main(void)
{
	printf("BROKEN %ld\n", syscall(0x40000000 | 39));
	return 0;
}
