// SPDX-License-Identifier: Apache-2.0 OR MIT
// A stack that grows without end stops at its limit, not at the machine's memory.
// attack-options: --limit stack=8MiB
// attack-status: error
// attack-signal: 11
#include <string.h>

static volatile unsigned depth;

static int deeper(unsigned n)
{
	volatile char frame[4096];

	frame[n % sizeof(frame)] = 1;
	depth++;
	return deeper(n + 1) + frame[0];
}

int main(void)
{
	return deeper(0);
}
