/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Standard input, output and error: every byte, in both directions, and what happens where one side does not
 * want them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "sha256.h"

#define DIGEST                                                                                               \
	"import sys, hashlib\n"                                                                              \
	"h, n = hashlib.sha256(), 0\n"                                                                       \
	"while True:\n"                                                                                      \
	"    b = sys.stdin.buffer.read(1 << 20)\n"                                                           \
	"    if not b: break\n"                                                                              \
	"    h.update(b); n += len(b)\n"                                                                     \
	"print(n, h.hexdigest(), end='')\n"

static void digest_arrives(ce_sandbox *sandbox, const void *input, size_t size)
{
	ce_request request = fixture_request("python", DIGEST);
	char digest[65], wanted[100];

	request.input = input;
	request.input_size = size;
	sha256_hex(input, size, digest);
	snprintf(wanted, sizeof(wanted), "%zu %s", size, digest);
	expect_says(fixture_run(sandbox, &request), wanted);
}

static void input_arrives_byte_by_byte(void **state)
{
	static const char *const inputs[] = {"",   "a",      "no newline at the end",
					     "\n", "\r\n\r", "\377\376\200"};
	ce_sandbox *sandbox = fixture_sandbox();
	char all[256];

	(void)state;
	for (size_t i = 0; i < COUNT(inputs); i++)
		digest_arrives(sandbox, inputs[i], strlen(inputs[i]));
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	digest_arrives(sandbox, all, sizeof(all));
	digest_arrives(sandbox, "\0", 1);
	digest_arrives(sandbox, NULL, 0);
}

static void fifty_megabytes_of_input_arrive(void **state)
{
	size_t size = 50 * 1000 * 1000;
	unsigned char *input = malloc(size);
	uint64_t x = 88172645463325252u;

	(void)state;
	for (size_t i = 0; i < size; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		input[i] = (unsigned char)(x >> 56);
	}
	digest_arrives(fixture_sandbox(), input, size);
	free(input);
}

static void output_keeps_every_byte(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "python",
					 "import sys\n"
					 "sys.stdout.buffer.write(bytes(range(256)))\n"
					 "sys.stderr.buffer.write(b'\\xff\\x00\\xfe')\n");
	const unsigned char *out, *err;
	size_t out_size, err_size;

	(void)state;
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	out = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &out_size);
	err = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDERR, &err_size);
	assert_int_equal(out_size, 256);
	for (size_t i = 0; i < 256; i++)
		assert_int_equal(out[i], i);
	assert_int_equal(out[256], 0);
	assert_int_equal(err_size, 3);
	assert_memory_equal(err, "\377\0\376", 4);
}

static void output_beyond_the_limit_is_cut_and_counted(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "python",
					 "import sys\n"
					 "sys.stdout.write('ab' * 1500000)\n"
					 "sys.stderr.write('e' * (1 << 20))\n");
	const char *out;
	size_t size;

	(void)state;
	expect_exit(result, CE_OUTCOME_SUCCESS, 0);
	expect_limits_hit(result, CE_LIMIT_OUTPUT);
	out = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);
	assert_int_equal(size, MIB);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(out[i], i % 2 ? 'b' : 'a');
	assert_int_equal(ce_result_output_total(result, CE_STAGE_RUN, CE_STREAM_STDOUT), 3000000);
	assert_true(ce_result_output_truncated(result, CE_STAGE_RUN, CE_STREAM_STDOUT));
	/* exactly the limit is not beyond it */
	assert_int_equal(ce_result_output_total(result, CE_STAGE_RUN, CE_STREAM_STDERR), MIB);
	assert_false(ce_result_output_truncated(result, CE_STAGE_RUN, CE_STREAM_STDERR));
}

static void output_beyond_the_limit_kills_where_that_is_asked_for(void **state)
{
	ce_sandbox_options o = fixture_options();
	ce_limits limits = ce_limits_init();
	ce_request request = fixture_request("bash", "echo first; yes");
	ce_result *result;
	size_t size;

	(void)state;
	o.flags |= CE_SANDBOX_KILL_ON_OUTPUT_LIMIT;
	limits.output_bytes = 5000;
	request.limits = &limits;
	result = fixture_run(fixture_create(&o), &request);
	expect_outcome(result, CE_OUTCOME_OUTPUT_LIMIT);
	expect_limits_hit(result, CE_LIMIT_OUTPUT);
	assert_memory_equal(ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size), "first\ny\ny\n",
			    10);
	assert_int_equal(size, 5000);
	assert_true(ce_result_output_truncated(result, CE_STAGE_RUN, CE_STREAM_STDOUT));
}

static void a_program_that_reads_nothing_still_ends(void **state)
{
	size_t size = 10 * 1000 * 1000;
	ce_request request = fixture_request("bash", "echo no interest");
	char *input = calloc(1, size);

	(void)state;
	request.input = input;
	request.input_size = size;
	expect_says(fixture_run(fixture_sandbox(), &request), "no interest\n");
	request.code = "exec <&-; echo closed";
	request.code_size = strlen(request.code);
	expect_says(fixture_run(fixture_sandbox(), &request), "closed\n");
	free(input);
}

static void a_program_may_close_its_output(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "bash", "echo said; exec >&- 2>&-; exit 3");

	(void)state;
	expect_exit(result, CE_OUTCOME_ERROR, 3);
	expect_stdout(result, "said\n");
}

static void the_streams_can_be_reopened_by_name(void **state)
{
	ce_request request =
	    fixture_request("bash", "cat /dev/stdin; echo two > /dev/stdout; echo three >> /proc/self/fd/1;"
				    "echo four > /dev/stderr");
	ce_result *result;

	(void)state;
	request.input = "one\n";
	request.input_size = 4;
	result = fixture_run(fixture_sandbox(), &request);
	expect_says(result, "one\ntwo\nthree\n");
	assert_string_equal(stderr_of(result), "four\n");
}

static void the_streams_are_three_and_nothing_else_is_open(void **state)
{
	/* 3 is the listing's own */
	ce_result *result =
	    fixture_code(fixture_sandbox(), "python",
			 "import os\n"
			 "fds = sorted(int(n) for n in os.listdir('/proc/self/fd'))\n"
			 "print([n for n in fds if os.path.exists('/proc/self/fd/%d' % n)])\n");

	(void)state;
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	expect_stdout(result, "[0, 1, 2]\n");
}

static void both_streams_are_drained_at_once(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "python",
					 "import sys\n"
					 "for i in range(300):\n"
					 "    sys.stdout.write('o' * 1000); sys.stdout.flush()\n"
					 "    sys.stderr.write('e' * 1000); sys.stderr.flush()\n");

	(void)state;
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	assert_int_equal(ce_result_output_total(result, CE_STAGE_RUN, CE_STREAM_STDOUT), 300000);
	assert_int_equal(ce_result_output_total(result, CE_STAGE_RUN, CE_STREAM_STDERR), 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(input_arrives_byte_by_byte),
	    TEST(fifty_megabytes_of_input_arrive),
	    TEST(output_keeps_every_byte),
	    TEST(output_beyond_the_limit_is_cut_and_counted),
	    TEST(output_beyond_the_limit_kills_where_that_is_asked_for),
	    TEST(a_program_that_reads_nothing_still_ends),
	    TEST(a_program_may_close_its_output),
	    TEST(the_streams_can_be_reopened_by_name),
	    TEST(the_streams_are_three_and_nothing_else_is_open),
	    TEST(both_streams_are_drained_at_once),
	};

	return fixture_main("streams", tests);
}
