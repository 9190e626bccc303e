/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What reading a manifest is made of: the walk through YAML, suggestions for misspelt words, templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "executor/executor.h"
#include "executor/suggest.h"
#include "executor/template.h"
#include "executor/yaml.h"

static void assert_walk_is_refused(const char *text, size_t size, const char *message)
{
	struct ce_yaml yaml;
	ce_error *error = NULL;
	int r = ce__yaml_open(&yaml, "t", text, size, &error);

	while (r == 0 && yaml.kind != CE_YAML_END)
		r = ce__yaml_next(&yaml);
	ce__yaml_close(&yaml);
	assert_int_equal(r, CE_ERR_MANIFEST);
	assert_non_null(strstr(ce_error_message(error), message));
	ce_error_free(error);
}

static void walker_refuses_deep_nesting_and_too_many_events(void **state)
{
	static const char deep[] = "[[[[[[[[[1]]]]]]]]]";
	static char flood[4 * CE_YAML_MAX_EVENTS];

	(void)state;
	assert_walk_is_refused(deep, sizeof(deep) - 1, "t:1:9: nested too deeply (more than 8 levels)");
	for (size_t i = 0; i < sizeof(flood); i += 2)
		memcpy(flood + i, "a,", 2);
	memcpy(flood, "[a", 2);
	assert_walk_is_refused(flood, sizeof(flood), "too many values (more than 20000)");
}

static void suggestions_are_near_and_nearest_first(void **state)
{
	struct ce_suggest suggest = {.word = "pyhton"};
	char hint[128];

	(void)state;
	assert_int_equal(ce__suggest_distance("abc", "acb"), 1);
	assert_int_equal(ce__suggest_distance("abc", "ABC"), 0);
	assert_int_equal(ce__suggest_distance("", "abc"), 3);
	assert_int_equal(ce__suggest_distance("kitten", "sitting"), 3);
	ce__suggest_offer(&suggest, "python3");
	ce__suggest_offer(&suggest, "python");
	ce__suggest_offer(&suggest, "python");
	ce__suggest_offer(&suggest, "ruby");
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	assert_string_equal(hint, " (did you mean \"python\" or \"python3\"?)");
	ce__suggest_hint(&suggest, hint, 5);
	assert_int_equal(strlen(hint), 4);
}

static void assert_expands(const char *word, const struct ce_template_values *values, const char *joined)
{
	struct ce_strv out = {0};
	char text[256] = "";

	assert_int_equal(ce__template_expand(word, values, &out), 0);
	for (size_t i = 0; i < out.count; i++) {
		strcat(text, out.items[i]);
		strcat(text, "|");
	}
	assert_string_equal(text, joined);
	ce__strv_finish(&out);
}

static void templates_are_filled_in(void **state)
{
	char *sources[] = {"main.c", "-o.c", "@x.c", NULL};
	const char *args[] = {"", "a b", "{source}", NULL};
	char *options[] = {"-std=c99", "{source}", NULL};
	const struct ce_template_values values = {"dir.d/main.c", sources, args, 256, "/opt/codeexec/prebuilt/x-r", options};
	const struct ce_template_values dash = {"-x", sources, NULL, 1, "", NULL};

	(void)state;
	assert_expands("plain", &values, "plain|");
	assert_expands("", &values, "|");
	assert_expands("{source}", &values, "dir.d/main.c|");
	assert_expands("{stem}.o", &values, "dir.d/main.o|");
	assert_expands("-Xmx{memory_mib}m", &values, "-Xmx256m|");
	assert_expands("{{source}", &values, "{source}|");
	assert_expands("{runtimes}/a:{prebuilt}/b", &values, "/opt/codeexec/a:/opt/codeexec/prebuilt/x-r/b|");
	assert_expands("{$1} {} {", &values, "{$1} {} {|");
	assert_int_equal(ce__template_expand("{print}", &values, &(struct ce_strv){0}), -EINVAL);
	assert_expands("{args}", &values, "|a b|{source}|");
	assert_expands("{args}", &dash, "");
	assert_expands("{options}", &values, "-std=c99|{source}|");
	assert_expands("{options}", &dash, "");
	assert_expands("{sources}", &values, "main.c|./-o.c|./@x.c|");
	assert_expands("{others}", &values, "./-o.c|./@x.c|");
	assert_expands("{source}", &dash, "./-x|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walker_refuses_deep_nesting_and_too_many_events),
		cmocka_unit_test(suggestions_are_near_and_nearest_first),
		cmocka_unit_test(templates_are_filled_in),
	};

	return cmocka_run_group_tests_name("manifest_parts", tests, NULL, NULL);
}
