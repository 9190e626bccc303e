/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The kinds of self-tests: what each must show, and which a language cannot have. */
#include "executor/manifest.h"

#include <string.h>

#include "executor/suggest.h"

#define BIT(outcome) (UINT64_C(1) << (outcome))
#define FAILURES (BIT(CE_OUTCOME_ERROR) | BIT(CE_OUTCOME_COMPILATION_ERROR))

/* A test of that kind that expects any other outcome shows nothing. */
static const struct {
	const char *name;
	uint64_t outcomes;
	const char *words; /* the same for people */
} kinds[CE_TEST_KINDS] = {
    [CE_TEST_HELLO] = {"hello", BIT(CE_OUTCOME_SUCCESS), "success"},
    [CE_TEST_STDIN] = {"stdin", BIT(CE_OUTCOME_SUCCESS), "success"},
    [CE_TEST_EXIT_CODE] = {"exit_code", BIT(CE_OUTCOME_ERROR), "error"},
    [CE_TEST_RUNTIME_ERROR] = {"runtime_error", BIT(CE_OUTCOME_ERROR), "error"},
    [CE_TEST_COMPILE_ERROR] = {"compile_error", FAILURES, "compilation_error or error"},
    [CE_TEST_ENDLESS_LOOP] = {"endless_loop", BIT(CE_OUTCOME_TIMEOUT), "timeout"},
    [CE_TEST_MEMORY] = {"memory", BIT(CE_OUTCOME_MEMORY_LIMIT) | BIT(CE_OUTCOME_ERROR),
			"memory_limit (or error, where the language reports it itself)"},
    [CE_TEST_TWO_FILES] = {"two_files", BIT(CE_OUTCOME_SUCCESS), "success"},
};

const char *ce__manifest_kind_name(enum ce_test_kind kind)
{
	return (size_t)kind < CE_TEST_KINDS ? kinds[kind].name : NULL;
}

static int find_kind(struct ce_yaml *yaml, struct ce_yaml_mark mark, const char *word, enum ce_test_kind *out)
{
	struct ce_suggest suggest = {.word = word};
	char hint[160];

	for (size_t i = 1; i < CE_TEST_KINDS; i++) {
		if (strcmp(kinds[i].name, word) == 0) {
			*out = (enum ce_test_kind)i;
			return 0;
		}
		ce__suggest_offer(&suggest, kinds[i].name);
	}
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	return ce__yaml_fail(yaml, mark, "unknown kind of test \"%.64s\"%s", word,
			     hint[0] ? hint
				     : " (known: hello, stdin, exit_code, runtime_error, compile_error, endless_loop, "
				       "memory, two_files)");
}

int ce__manifest_read_kind(struct ce_yaml *yaml, const struct ce_field *field, void *kind)
{
	int r = ce__fields_expect_text(yaml, field->key, field->max, false);

	return r ? r : find_kind(yaml, yaml->mark, yaml->text, kind);
}

static int read_reason(struct ce_yaml *yaml, const char *name, struct ce_yaml_mark mark, void *context)
{
	const struct ce_field line = {.key = name, .max = 200};
	char **reasons = context;
	enum ce_test_kind kind = CE_TEST_OTHER;
	int r = find_kind(yaml, mark, name, &kind);

	if (!r && kind == CE_TEST_HELLO)
		r = ce__yaml_fail(yaml, mark, "a language that cannot say hello is none");
	return r ? r : ce__fields_read_line(yaml, &line, &reasons[kind]);
}

int ce__manifest_read_cannot(struct ce_yaml *yaml, const struct ce_field *field, void *reasons)
{
	return ce__fields_read_free_map(yaml, field->key, CE_TEST_KINDS, read_reason, reasons);
}

bool ce__manifest_test_applies(const struct ce_manifest_test *test, const struct ce_manifest_runtime *runtime)
{
	return !test->runtimes || ce__strv_has(test->runtimes, runtime->name);
}

bool ce__manifest_has_kind(const struct ce_executor *executor, const struct ce_manifest_runtime *runtime,
			   enum ce_test_kind kind)
{
	for (size_t i = 0; i < executor->test_count; i++)
		if (executor->tests[i].kind == kind && ce__manifest_test_applies(&executor->tests[i], runtime))
			return true;
	return false;
}

int ce__manifest_check_kind(struct ce_yaml *yaml, const struct ce_manifest_test *test)
{
	const struct ce_yaml_mark mark = {test->line, test->column};
	const char *lacks = NULL;

	if (test->kind == CE_TEST_OTHER)
		return 0;
	if (test->outcomes & ~kinds[test->kind].outcomes)
		return ce__yaml_fail(yaml, mark, "test \"%s\" of kind %s must expect the status %s", test->name,
				     kinds[test->kind].name, kinds[test->kind].words);
	if (test->kind == CE_TEST_HELLO && !test->stdout_is && !test->stdout_has)
		lacks = "an expected stdout";
	if (test->kind == CE_TEST_STDIN && (!test->input || (!test->stdout_is && !test->stdout_has)))
		lacks = "input and an expected stdout";
	if (test->kind == CE_TEST_EXIT_CODE && test->exit_code <= 0)
		lacks = "an expected exit_code";
	if (test->kind == CE_TEST_TWO_FILES && test->files.count == 0)
		lacks = "files";
	if (lacks)
		return ce__yaml_fail(yaml, mark, "test \"%s\" of kind %s needs %s", test->name,
				     kinds[test->kind].name, lacks);
	return 0;
}

int ce__manifest_check_cannot(struct ce_yaml *yaml, struct ce_manifest_draft *draft)
{
	struct ce_executor *e = &draft->executor;

	for (size_t i = 0; i < e->runtime_count; i++) {
		struct ce_manifest_runtime *runtime = &e->runtimes[i];
		const struct ce_yaml_mark mark = {runtime->line, runtime->column};

		for (size_t kind = 1; kind < CE_TEST_KINDS; kind++) {
			if (!runtime->cannot[kind] && draft->cannot[kind]) {
				runtime->cannot[kind] = strdup(draft->cannot[kind]);
				if (!runtime->cannot[kind])
					return ce__error_no_memory(yaml->error);
			}
			if (runtime->cannot[kind] && ce__manifest_has_kind(e, runtime, (enum ce_test_kind)kind))
				return ce__yaml_fail(yaml, mark,
						     "runtime \"%s\" says that it cannot do %s, and has a test of it",
						     runtime->name, kinds[kind].name);
		}
	}
	return 0;
}
