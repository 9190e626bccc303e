// SPDX-License-Identifier: Apache-2.0 OR MIT
// Threads count like processes.
// attack-status: process_limit
// attack-exit: 3
// attack-limit-hit: processes
// attack-weaker-status: error
// attack-weaker-exit: 3
#include <pthread.h>
#include <unistd.h>

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	pthread_attr_t small;
	pthread_t t;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < 10000; i++)
		if (pthread_create(&t, &small, wait_for_ever, 0))
			return 3;
	return 0;
}
