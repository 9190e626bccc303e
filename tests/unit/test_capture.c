/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The prefix of a stream is kept, the rest is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "capture/capture.h"

static void prefix_is_kept_and_the_rest_counted(void **state)
{
	struct ce_capture c = { .limit = 5 };

	(void)state;
	assert_int_equal(ce__capture_add(&c, "abc", 3), 3);
	assert_int_equal(ce__capture_add(&c, "defg", 4), 2);
	assert_int_equal(ce__capture_add(&c, "h", 1), 0);
	assert_int_equal(c.size, 5);
	assert_int_equal(c.total, 8);
	assert_string_equal(c.data, "abcde");
	ce__capture_finish(&c);
	assert_null(c.data);
}

static void exactly_the_limit_is_not_too_much(void **state)
{
	struct ce_capture c = { .limit = 3 };

	(void)state;
	assert_int_equal(ce__capture_add(&c, "abc", 3), 3);
	assert_int_equal(c.total, c.size);
	assert_int_equal(ce__capture_add(&c, "", 0), 0);
	assert_int_equal(c.total, c.size);
	ce__capture_finish(&c);
}

static void bytes_are_kept_as_they_are_with_a_nul_behind(void **state)
{
	static const char bytes[] = { 0, (char)0xff, '\n', 0 };
	struct ce_capture c = { .limit = UINT64_MAX };

	(void)state;
	assert_int_equal(ce__capture_add(&c, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(ce__capture_add(&c, bytes, sizeof(bytes)), sizeof(bytes));
	assert_memory_equal(c.data, bytes, sizeof(bytes));
	assert_memory_equal(c.data + sizeof(bytes), bytes, sizeof(bytes));
	assert_int_equal(c.data[c.size], 0);
	ce__capture_finish(&c);
}

static void many_small_pieces_add_up(void **state)
{
	struct ce_capture c = { .limit = UINT64_MAX };

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		char byte = (char)i;

		assert_int_equal(ce__capture_add(&c, &byte, 1), 1);
	}
	assert_int_equal(c.size, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(c.data[i], (char)i);
	ce__capture_finish(&c);
}

/* A result with a hole in it would be worse than one that ends early. */
static void nothing_is_kept_behind_a_gap(void **state)
{
	struct ce_capture c = { .limit = 4 };

	(void)state;
	assert_int_equal(ce__capture_add(&c, "abcdef", 6), 4);
	c.limit = UINT64_MAX; /* even if there were room again */
	assert_int_equal(ce__capture_add(&c, "ghi", 3), 0);
	assert_int_equal(c.size, 4);
	assert_int_equal(c.total, 9);
	assert_string_equal(c.data, "abcd");
	ce__capture_finish(&c);
}

static void stream_that_kept_nothing_is_finished_too(void **state)
{
	struct ce_capture c = { .limit = 0 };

	(void)state;
	assert_int_equal(ce__capture_add(&c, "abc", 3), 0);
	assert_int_equal(c.total, 3);
	assert_int_equal(c.size, 0);
	ce__capture_finish(&c);
	ce__capture_finish(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_is_kept_and_the_rest_counted),
		cmocka_unit_test(exactly_the_limit_is_not_too_much),
		cmocka_unit_test(bytes_are_kept_as_they_are_with_a_nul_behind),
		cmocka_unit_test(many_small_pieces_add_up),
		cmocka_unit_test(nothing_is_kept_behind_a_gap),
		cmocka_unit_test(stream_that_kept_nothing_is_finished_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
