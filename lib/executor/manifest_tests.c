/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The self-tests of a manifest and what they expect. */
#include "executor/manifest.h"

#include <string.h>

#include "executor/suggest.h"

static int read_outcome(struct ce_yaml *yaml, const char *key, void *context)
{
	struct ce_suggest suggest = {.word = yaml->text};
	uint64_t *outcomes = context;
	char hint[160];
	int r = ce__fields_expect_text(yaml, key, 64, false);

	if (r)
		return r;
	for (int i = CE_OUTCOME_SUCCESS; i <= CE_OUTCOME_SYSTEM_ERROR; i++) {
		const char *name = ce_outcome_name((ce_outcome)i);

		if (strcmp(name, yaml->text) == 0) {
			*outcomes |= UINT64_C(1) << i;
			return 0;
		}
		ce__suggest_offer(&suggest, name);
	}
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	return ce__yaml_fail(yaml, yaml->mark, "unknown status \"%s\"%s", yaml->text, hint);
}

/* One, or a list of those that will do. */
static int read_status(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	if (yaml->kind == CE_YAML_LIST)
		return ce__fields_read_list(yaml, field->key, CE_OUTCOME_SYSTEM_ERROR, false, read_outcome,
					    member);
	return read_outcome(yaml, field->key, member);
}

static int read_exit_code(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int64_t value = 0;
	int *out = member;
	int r = ce__fields_read_number(yaml, field, &value);

	if (!r)
		*out = (int)value;
	return r;
}

static int read_diagnostic(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_test, "type", diagnostic_type, ce__fields_read_line, 255, false),
	    CE_FIELD(struct ce_manifest_test, "line", diagnostic_line, ce__fields_read_count, 1000000, false),
	};
	struct ce_yaml_mark mark = yaml->mark;
	struct ce_manifest_test *test = member;
	int r;

	(void)field;
	r = ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), test, "\"diagnostic\"");
	if (!r && !test->diagnostic_type && !test->diagnostic_line)
		r = ce__yaml_fail(yaml, mark, "\"diagnostic\" needs \"type\", \"line\" or both");
	return r;
}

static int read_expect(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_test, "status", outcomes, read_status, 0, false),
	    CE_FIELD_BLOB(struct ce_manifest_test, "stdout", stdout_is, stdout_size, false),
	    CE_FIELD(struct ce_manifest_test, "stdout_has", stdout_has, ce__fields_read_text, CE_TEXT_MAX,
		     false),
	    CE_FIELD(struct ce_manifest_test, "stderr_has", stderr_has, ce__fields_read_text, CE_TEXT_MAX,
		     false),
	    CE_FIELD(struct ce_manifest_test, "exit_code", exit_code, read_exit_code, 255, false),
	    {.key = "diagnostic", .read = read_diagnostic},
	};
	struct ce_yaml_mark mark = yaml->mark;
	struct ce_manifest_test *test = member;
	int r;

	(void)field;
	r = ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), test, "\"expect\"");
	if (r)
		return r;
	if (test->outcomes == 0)
		test->outcomes = UINT64_C(1) << (test->exit_code > 0 ? CE_OUTCOME_ERROR : CE_OUTCOME_SUCCESS);
	if (test->outcomes == UINT64_C(1) << CE_OUTCOME_SUCCESS && test->exit_code > 0)
		return ce__yaml_fail(yaml, mark, "status success goes with exit_code 0 only, not %d",
				     test->exit_code);
	return 0;
}

static int read_test_item(struct ce_yaml *yaml, const char *key, void *context)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_test, "name", name, ce__fields_read_line, 80, true),
	    CE_FIELD_BLOB(struct ce_manifest_test, "code", code, code_size, true),
	    CE_FIELD_BLOB(struct ce_manifest_test, "input", input, input_size, false),
	    CE_FIELD(struct ce_manifest_test, "args", args, ce__fields_read_texts, CE_MANIFEST_WORDS_MAX,
		     false),
	    CE_FIELD(struct ce_manifest_test, "files", files, ce__manifest_read_files, CE_MANIFEST_FILES_MAX,
		     false),
	    CE_FIELD(struct ce_manifest_test, "limits", limits, ce__manifest_read_limits, 0, false),
	    CE_FIELD(struct ce_manifest_test, "compile_limits", compile_limits, ce__manifest_read_limits, 0,
		     false),
	    CE_FIELD(struct ce_manifest_test, "kind", kind, ce__manifest_read_kind, CE_NAME_MAX, false),
	    CE_FIELD(struct ce_manifest_test, "runtimes", runtimes, ce__fields_read_names,
		     CE_MANIFEST_NAMES_MAX, false),
	    CE_FIELD(struct ce_manifest_test, "options", options, ce__manifest_read_test_options, 0, false),
	    {.key = "expect", .read = read_expect, .required = true},
	};
	struct ce_executor *executor = context;
	struct ce_manifest_test *test, *tests;

	(void)key;
	tests = reallocarray(executor->tests, executor->test_count + 1, sizeof(*tests));
	if (!tests)
		return ce__error_no_memory(yaml->error);
	executor->tests = tests;
	test = &tests[executor->test_count++];
	memset(test, 0, sizeof(*test));
	test->line = yaml->mark.line;
	test->column = yaml->mark.column;
	test->exit_code = -1;
	return ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), test, "a test");
}

int ce__manifest_read_tests(struct ce_yaml *yaml, const struct ce_field *field, void *draft)
{
	struct ce_manifest_draft *d = draft;

	return ce__fields_read_list(yaml, field->key, field->max, true, read_test_item, &d->executor);
}
