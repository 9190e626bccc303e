// SPDX-License-Identifier: Apache-2.0 OR MIT
// attack-stdout: EMFILE after at most 256
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>

int main(void)
{
	int n = 3;

	while (n < 100000 && open("/dev/null", O_RDONLY) >= 0)
		n++;
	printf("%s after %s\n", strerrorname_np(errno), n <= 256 ? "at most 256" : "BROKEN");
	return 0;
}
