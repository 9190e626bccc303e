/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "park/inside.h"

#include <dlfcn.h>
#include <stddef.h>
#include <sys/random.h>

void ce__runtime_prepare(bool fast_exit)
{
	if (dlsym(RTLD_DEFAULT, "Py_FinalizeEx"))
		ce__python_prepare(fast_exit);
}

/* bash seeds its generator when it starts. */
static void refresh_bash(void)
{
	void (*seed)(unsigned long) = NULL;
	unsigned long random;

	*(void **)&seed = dlsym(RTLD_DEFAULT, "sbrand");
	if (seed && getrandom(&random, sizeof(random), 0) == (ssize_t)sizeof(random))
		seed(random);
}

void ce__runtime_forked(void)
{
	refresh_bash();
}
