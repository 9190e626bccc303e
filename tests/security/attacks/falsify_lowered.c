// SPDX-License-Identifier: Apache-2.0 OR MIT
// Lowers its own limit and meets that one.
// attack-status: error
// attack-signal: 24
#include <sys/resource.h>

int main(void)
{
	struct rlimit r = { 1, 20 };

	setrlimit(RLIMIT_CPU, &r);
	for (;;)
		;
}
