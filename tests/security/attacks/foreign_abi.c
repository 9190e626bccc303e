// SPDX-License-Identifier: Apache-2.0 OR MIT
// The 32-bit entry, whose numbers mean other calls. A kernel without it (ia32_emulation=off) faults before the filter is asked.
// attack-arch: x86_64
// attack-status: error
// attack-signal: 31
// attack-signal: 11
#include <stdio.h>

int main(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory");
	printf("BROKEN %ld\n", r);
	return 0;
}
