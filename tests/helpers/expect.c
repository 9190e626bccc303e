/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Assertions on results that show the whole account when they fail. */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static ce_stage last_stage(const ce_result *result)
{
	return ce_result_has_stage(result, CE_STAGE_RUN) ? CE_STAGE_RUN : CE_STAGE_COMPILE;
}

const char *stdout_of(const ce_result *result)
{
	return ce_result_output(result, last_stage(result), CE_STREAM_STDOUT, NULL);
}

const char *stderr_of(const ce_result *result)
{
	return ce_result_output(result, last_stage(result), CE_STREAM_STDERR, NULL);
}

static void show(const ce_result *result)
{
	print_error("  language  %s (%s)\n  outcome   %s\n  message   %s\n  exit code %d, signal %d\n",
		    ce_result_language(result), ce_result_runtime(result), ce_result_status(result),
		    ce_result_message(result), ce_result_exit_code(result), ce_result_signal(result));
	print_error("  limits    ");
	for (int i = 0; i < 64; i++)
		if (ce_result_limits_hit(result) & (UINT64_C(1) << i))
			print_error("%s ", ce_limit_name(UINT64_C(1) << i));
	print_error("\n  wall      %llu us, cpu %llu us, memory %llu KiB\n",
		    (unsigned long long)ce_result_wall_time_us(result, last_stage(result)),
		    (unsigned long long)ce_result_cpu_time_us(result, last_stage(result)),
		    (unsigned long long)ce_result_memory_peak_bytes(result, last_stage(result)) / 1024);
	print_error("  stdout    %.600s\n  stderr    %.1200s\n", stdout_of(result), stderr_of(result));
}

void expect_outcome(const ce_result *result, ce_outcome outcome)
{
	if (ce_result_outcome(result) == outcome)
		return;
	show(result);
	fail_msg("the outcome is %s, not %s", ce_result_status(result), ce_outcome_name(outcome));
}

void expect_exit(const ce_result *result, ce_outcome outcome, int exit_code)
{
	expect_outcome(result, outcome);
	if (ce_result_exit_code(result) == exit_code)
		return;
	show(result);
	fail_msg("the exit code is %d, not %d", ce_result_exit_code(result), exit_code);
}

void expect_stdout(const ce_result *result, const char *text)
{
	size_t size = 0;
	const char *said = ce_result_output(result, last_stage(result), CE_STREAM_STDOUT, &size);

	if (size == strlen(text) && !memcmp(said, text, size))
		return;
	show(result);
	fail_msg("stdout is not \"%s\"", text);
}

void expect_says(const ce_result *result, const char *text)
{
	expect_exit(result, CE_OUTCOME_SUCCESS, 0);
	expect_stdout(result, text);
}

void expect_stdout_has(const ce_result *result, const char *part)
{
	if (strstr(stdout_of(result), part))
		return;
	show(result);
	fail_msg("stdout lacks \"%s\"", part);
}

void expect_stderr_has(const ce_result *result, const char *part)
{
	if (strstr(stderr_of(result), part))
		return;
	show(result);
	fail_msg("stderr lacks \"%s\"", part);
}

void expect_limits_hit(const ce_result *result, uint64_t bits)
{
	if (ce_result_limits_hit(result) == bits)
		return;
	show(result);
	fail_msg("limits_hit is %#llx, not %#llx", (unsigned long long)ce_result_limits_hit(result),
		 (unsigned long long)bits);
}

void expect_limit_among(const ce_result *result, uint64_t bit)
{
	if (ce_result_limits_hit(result) & bit)
		return;
	show(result);
	fail_msg("%s is not among the limits that were hit", ce_limit_name(bit));
}
