/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Helpers: what they share with who starts them, and what is left of one that was killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/helper.h"

struct work {
	int fd, number;
};

static int open_and_count(void *context)
{
	struct work *w = context;

	w->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	w->number++;
	return 0;
}

static void its_memory_and_descriptors_are_ours(void **state)
{
	struct work w = { -1, 6 };

	(void)state;
	assert_int_equal(ce__helper_run(open_and_count, &w, 0), 0);
	assert_int_equal(w.number, 7);
	assert_true(w.fd >= 0 && close(w.fd) == 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* it was reaped */
	assert_int_equal(errno, ECHILD);
}

/* Deep in its stack, with what a sanitizer puts around each array. */
static __attribute__((noinline)) int die_deep(unsigned depth, volatile char *above)
{
	volatile char array[100];

	array[depth % sizeof(array)] = above ? above[0] : 1;
	if (depth == 0)
		return kill(getpid(), SIGKILL); /* does not come back */
	return die_deep(depth - 1, array) + array[0];
}

static int die(void *context)
{
	(void)context;
	return die_deep(40, NULL);
}

static int use_stack(void *context)
{
	volatile char array[16384];

	for (size_t i = 0; i < sizeof(array); i++)
		array[i] = (char)i;
	*(int *)context = array[77];
	return 0;
}

/* Only a sanitizer could tell. */
static void one_that_was_killed_spoils_none_that_comes_after(void **state)
{
	int seen = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(ce__helper_run(die, NULL, 0), -ECANCELED);
		assert_int_equal(ce__helper_run(use_stack, &seen, 0), 0);
		assert_int_equal(seen, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_memory_and_descriptors_are_ours),
		cmocka_unit_test(one_that_was_killed_spoils_none_that_comes_after),
	};

	return cmocka_run_group_tests_name("helper", tests, NULL, NULL);
}
