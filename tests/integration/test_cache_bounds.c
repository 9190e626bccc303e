/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Compiled programs that are kept: how many, who goes first, and many threads at once. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cached.h"
#include "fixture.h"

static const char *numbered(char *source, size_t size, unsigned number, unsigned bytes)
{
	snprintf(source, size, "#include <stdio.h>\nchar pad[%u] = { 1 };\nint main(void) { printf(\"%u\\n\"); return pad[5]; }\n", bytes,
		 number);
	return source;
}

static void run_numbered(ce_sandbox *sandbox, const char *tenant, unsigned number, unsigned bytes, bool kept)
{
	char source[200], says[20];
	ce_request request = fixture_request("c", numbered(source, sizeof(source), number, bytes));

	request.tenant = tenant;
	snprintf(says, sizeof(says), "%u\n", number);
	assert_int_equal(run_kept(sandbox, &request, says), kept);
}

static void the_bytes_are_a_bound_and_the_longest_unused_goes_first(void **state)
{
	/* Room for four or five programs of 300 KiB. */
	ce_sandbox *sandbox = caching(1536 << 10, 0);
	ce_cache_usage usage;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		run_numbered(sandbox, NULL, i, 300 << 10, false);
	run_numbered(sandbox, NULL, 0, 300 << 10, true);
	run_numbered(sandbox, NULL, 4, 300 << 10, false); /* 1 goes, not 0 */
	run_numbered(sandbox, NULL, 0, 300 << 10, true);
	run_numbered(sandbox, NULL, 4, 300 << 10, true);
	run_numbered(sandbox, NULL, 3, 300 << 10, true);
	run_numbered(sandbox, NULL, 1, 300 << 10, false);
	usage = usage_of(sandbox);
	assert_true(usage.evictions >= 2);
	assert_true(usage.bytes <= usage.limit_bytes);
	/* More than a quarter of all is not kept at all. */
	run_numbered(sandbox, NULL, 9, 500 << 10, false);
	run_numbered(sandbox, NULL, 9, 500 << 10, false);
	assert_true(usage_of(sandbox).bytes <= usage.limit_bytes);
}

static void a_tenant_does_not_push_out_what_others_have(void **state)
{
	ce_sandbox *sandbox = caching(1536 << 10, 0);

	(void)state;
	run_numbered(sandbox, "small", 0, 300 << 10, false);
	for (unsigned i = 0; i < 8; i++)
		run_numbered(sandbox, "large", i, 300 << 10, false);
	run_numbered(sandbox, "small", 0, 300 << 10, true);
	run_numbered(sandbox, "large", 7, 300 << 10, true);
	run_numbered(sandbox, "large", 0, 300 << 10, false);
}

static void descriptors_are_a_bound_too(void **state)
{
	struct rlimit before, low;
	ce_sandbox *sandbox = caching(64 * MIB, 0);
	ce_cache_usage usage;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 72; /* a quarter: 18 */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (unsigned i = 0; i < 20; i++)
		run_numbered(sandbox, NULL, i, 1, false);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	usage = usage_of(sandbox);
	assert_int_equal(usage.programs, 18);
	assert_int_equal(usage.evictions, 2);
}

#define THREADS 6
#define TURNS 8

static void *run_many(void *argument)
{
	ce_sandbox *sandbox = argument;

	for (unsigned i = 0; i < TURNS; i++) {
		char source[200], says[20];
		ce_request request = ce_request_init();
		ce_result *result = NULL;
		ce_error *error = NULL;
		size_t size = 0;
		bool right;

		request.language = "c";
		request.code = numbered(source, sizeof(source), i % 4, 100 << 10);
		request.code_size = strlen(source);
		snprintf(says, sizeof(says), "%u\n", i % 4);
		if (ce_execute(sandbox, &request, &result, &error))
			return error;
		right = !strcmp(ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size), says);
		ce_result_free(result);
		if (!right)
			return (void *)(uintptr_t)"another's output";
	}
	return NULL;
}

/* With room for three of the four programs, so that they are lent, dropped and made anew at once. */
static void many_threads_use_it_at_once(void **state)
{
	ce_sandbox *sandbox = caching(480 << 10, 0);
	pthread_t threads[THREADS];
	ce_cache_usage usage;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many, sandbox), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *wrong = NULL;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	usage = usage_of(sandbox);
	assert_int_equal(usage.hits + usage.misses, THREADS * TURNS);
	assert_true(usage.bytes <= usage.limit_bytes);
	assert_true(usage.programs >= 1 && usage.programs <= 4);
}

static void usage_is_filled_up_to_its_size(void **state)
{
	ce_sandbox *sandbox = caching(16 * MIB, 0);
	ce_cache_usage usage = { .size = 2 * sizeof(uint64_t), .bytes = 77 };

	(void)state;
	assert_int_equal(ce_sandbox_cache_usage(sandbox, &usage), 0);
	assert_int_equal(usage.limit_bytes, 16 * MIB);
	assert_int_equal(usage.bytes, 77);
	usage.size = 0;
	assert_int_equal(ce_sandbox_cache_usage(sandbox, &usage), CE_ERR_INVALID);
	assert_int_equal(ce_sandbox_cache_usage(NULL, &usage), CE_ERR_INVALID);
	assert_int_equal(ce_sandbox_cache_usage(sandbox, NULL), CE_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_bytes_are_a_bound_and_the_longest_unused_goes_first),
		TEST(a_tenant_does_not_push_out_what_others_have),
		TEST(descriptors_are_a_bound_too),
		TEST(many_threads_use_it_at_once),
		TEST(usage_is_filled_up_to_its_size),
	};

	return fixture_main("cache_bounds", tests);
}
