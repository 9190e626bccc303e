// SPDX-License-Identifier: Apache-2.0 OR MIT
// Sends itself what the kernel sends when CPU time is up.
// attack-status: error
// attack-signal: 24
#include <signal.h>

int main(void)
{
	raise(SIGXCPU);
	return 0;
}
