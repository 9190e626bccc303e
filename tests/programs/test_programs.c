/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Ten programs that do real work in each of twelve languages: <language>/<topic>.<extension> reads topics/<topic>.in, if there
 * is such a file, and must print topics/<topic>.out. Each runs cold, and then as what a busy sandbox does: an interpreter that
 * was started ahead, or a program that was compiled before.
 *
 * CE_TEST_PROGRAMS_DIR: this directory. CE_TEST_LANGUAGES: those that must run under CE_TESTS_MUST_RUN=1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

struct language {
	const char *name, *extension;
};

static const struct language languages[] = {
	{ "bash", "sh" }, { "c", "c" },	       { "cpp", "cpp" },    { "go", "go" },   { "java", "java" }, { "javascript", "js" },
	{ "kotlin", "kt" }, { "php", "php" }, { "python", "py" }, { "ruby", "rb" }, { "rust", "rs" },	{ "typescript", "ts" },
};

static const char *const topics[] = { "bigint", "dates",   "files",   "json",	 "recursion",
				      "regex",	"sorting", "streams", "threads", "unicode" };

/* Owned by the caller; NULL: there is no such file. */
static char *read_file(const char *directory, const char *name, const char *extension, size_t *size)
{
	char path[4096];
	char *text;
	FILE *f;
	long n;

	snprintf(path, sizeof(path), "%s/%s/%s.%s", getenv("CE_TEST_PROGRAMS_DIR"), directory, name, extension);
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	assert_true(n >= 0);
	rewind(f);
	text = malloc((size_t)n + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)n, f), n);
	fclose(f);
	text[n] = '\0';
	*size = (size_t)n;
	return text;
}

/* Runs it once and returns the account's flags of both stages. */
static uint64_t run(ce_sandbox *sandbox, const struct language *l, const char *topic, const char *how)
{
	size_t code_size, input_size = 0, expected_size, size;
	char *code = read_file(l->name, topic, l->extension, &code_size);
	char *input = read_file("topics", topic, "in", &input_size);
	char *expected = read_file("topics", topic, "out", &expected_size);
	ce_account accounts[2] = { { .size = sizeof(ce_account) }, { .size = sizeof(ce_account) } };
	ce_request request = ce_request_init();
	ce_result *result = NULL;
	ce_error *error = NULL;
	const char *output;

	assert_non_null(code);
	assert_non_null(expected);
	request.language = l->name;
	request.code = code;
	request.code_size = code_size;
	request.input = input;
	request.input_size = input_size;
	if (ce_execute(sandbox, &request, &result, &error))
		fail_msg("%s/%s, %s: %s", l->name, topic, how, ce_error_message(error));
	output = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);
	if (ce_result_outcome(result) != CE_OUTCOME_SUCCESS || size != expected_size || memcmp(output, expected, size)) {
		print_error("%s/%s, %s: wanted\n%s\n", l->name, topic, how, expected);
		expect_says(result, expected);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(ce_result_account(result, i ? CE_STAGE_RUN : CE_STAGE_COMPILE, &accounts[i]), 0);
	ce_result_free(result);
	free(code);
	free(input);
	free(expected);
	return accounts[0].flags | accounts[1].flags;
}

/* Is `name` among the words of `list`? */
static bool is_listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; (p = strstr(p, name)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static void need(const ce_sandbox *sandbox, const char *language)
{
	const char *listed = getenv("CE_TEST_LANGUAGES");
	const ce_executor *executor = NULL;

	if (is_listed(listed ? listed : "", language))
		fixture_need_language(sandbox, language);
	else if (ce_sandbox_find_executor(sandbox, language, &executor, NULL) || !ce_executor_available(executor))
		fixture_not_here("the language is not installed");
}

static bool can_be_started_ahead(ce_sandbox *sandbox, const char *language)
{
	const char *const list[] = { language, NULL };
	ce_error *error = NULL;
	int r = ce_sandbox_prewarm(sandbox, list, &error);

	if (r && r != CE_ERR_UNSUPPORTED)
		fail_msg("%s cannot be started ahead: %s", language, ce_error_message(error));
	ce_error_free(error);
	return r == 0;
}

static void programs_do_the_same_cold_and_warm(void **state)
{
	const struct language *l = *state;
	ce_sandbox_options options = fixture_options();
	ce_sandbox *cold, *warm;
	const ce_executor *executor;
	bool parks = false;

	cold = fixture_create(&options);
	need(cold, l->name);
	options.warm_memory_bytes = 512 * MIB;
	options.cache_bytes = 128 * MIB;
	warm = fixture_create(&options);
	assert_int_equal(ce_sandbox_find_executor(warm, l->name, &executor, NULL), 0);
	for (size_t i = 0; i < COUNT(topics); i++) {
		if (ce_executor_has_compile_stage(executor)) {
			assert_false(run(warm, l, topics[i], "compiled") & CE_ACCOUNT_CACHED);
			assert_true(run(warm, l, topics[i], "compiled before") & CE_ACCOUNT_CACHED);
			continue;
		}
		assert_false(run(cold, l, topics[i], "cold") & CE_ACCOUNT_WARM);
		parks = can_be_started_ahead(warm, l->name);
		if (parks)
			assert_true(run(warm, l, topics[i], "started ahead") & CE_ACCOUNT_WARM);
	}
	if (!parks && !ce_executor_has_compile_stage(executor))
		print_message("%s cannot be started ahead here\n", l->name);
}

int main(void)
{
	struct CMUnitTest tests[COUNT(languages)];

	if (!getenv("CE_TEST_PROGRAMS_DIR")) {
		fprintf(stderr, "CE_TEST_PROGRAMS_DIR must be set\n");
		return 1;
	}
	for (size_t i = 0; i < COUNT(languages); i++)
		tests[i] = (struct CMUnitTest){ languages[i].name, programs_do_the_same_cold_and_warm, fixture_before,
						fixture_after, (void *)(uintptr_t)&languages[i] };
	return fixture_main("programs", tests);
}
