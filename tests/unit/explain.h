/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The real executors and their plugins, asked what a text says. */
#ifndef CE_TESTS_EXPLAIN_H
#define CE_TESTS_EXPLAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "executor/executor.h"

static struct ce_registry *registry;

static int load_registry(void **state)
{
	const char *const executor_dirs[] = {getenv("CE_TEST_EXECUTORS_DIR"), NULL};
	const char *const plugin_dirs[] = {getenv("CE_TEST_PLUGIN_DIR"), NULL};

	(void)state;
	if (!executor_dirs[0] || !plugin_dirs[0]) {
		fprintf(stderr, "CE_TEST_PLUGIN_DIR and CE_TEST_EXECUTORS_DIR must be set\n");
		return -1;
	}
	return ce__registry_load(executor_dirs, plugin_dirs, NULL, NULL, &registry, NULL);
}

static int free_registry(void **state)
{
	(void)state;
	ce__registry_free(registry);
	return 0;
}

static size_t explain_bytes(const char *language, ce_stage stage, int exit_code, const char *bytes,
			    size_t size, struct ce_owned_diagnostic **out)
{
	const struct ce_explain_input input = {
	    .stage = stage,
	    .outcome = stage == CE_STAGE_COMPILE ? CE_OUTCOME_COMPILATION_ERROR : CE_OUTCOME_ERROR,
	    .exit_code = exit_code,
	    .errors = bytes,
	    .errors_size = size,
	};
	const struct ce_executor *executor = NULL;
	size_t runtime = 0, count = 0;

	assert_int_equal(ce__registry_find(registry, language, true, NULL, &executor, &runtime, NULL), 0);
	ce__executor_explain(executor, runtime, &input, out, &count);
	return count;
}

struct expected {
	const char *severity, *type, *message, *file;
	uint64_t line, column;
};

static void assert_explained(const char *language, ce_stage stage, const char *text,
			     const struct expected *expected, size_t expected_count)
{
	struct ce_owned_diagnostic *d = NULL;
	size_t count = explain_bytes(language, stage, 1, text, strlen(text), &d);

	assert_int_equal(count, expected_count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(d[i].stage, stage);
		assert_string_equal(d[i].severity, expected[i].severity);
		assert_string_equal(d[i].type, expected[i].type);
		assert_string_equal(d[i].message, expected[i].message);
		assert_string_equal(d[i].file, expected[i].file);
		assert_int_equal(d[i].line, expected[i].line);
		assert_int_equal(d[i].column, expected[i].column);
	}
	ce__diagnostics_free(d, count);
}

#endif
