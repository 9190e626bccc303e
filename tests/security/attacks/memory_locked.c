// SPDX-License-Identifier: Apache-2.0 OR MIT
// Pinned memory and huge pages, which are the whole machine's.
// attack-stdout: mlockall refused
// attack-stdout: mlock refused
// attack-stdout: huge ENOMEM
// attack-stdout: huge-shm EPERM
// attack-stdout: huge-memfd EPERM
#define _GNU_SOURCE
#include "attack.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>

int main(void)
{
	/* before the limit, what is mapped now may fit */
	puts(mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? "mlockall refused" : "mlockall BROKEN");
	puts(mlock(malloc(8 << 20), 8 << 20) < 0 ? "mlock refused" : "mlock BROKEN");
	told("huge", (long)mmap(0, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
	told("huge-shm", shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | IPC_CREAT | 0600));
	told("huge-memfd", memfd_create("x", MFD_HUGETLB));
	return 0;
}
