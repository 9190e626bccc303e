/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Options: what a request may choose of a runtime, such as the standard of C. A manifest lists every value and the words that it
 * becomes, so a request can put nothing into a command that the manifest did not. */
#include "executor/manifest.h"

#include <string.h>

#include "executor/options.h"
#include "executor/suggest.h"
#include "executor/template.h"

static int read_word(struct ce_yaml *yaml, const char *key, void *context)
{
	int r = ce__fields_expect_text(yaml, key, CE_TEXT_MAX, false);

	if (r)
		return r;
	if (strchr(yaml->text, '{'))
		return ce__yaml_fail(yaml, yaml->mark, "words of an option are taken as they are: \"%.64s\" has a brace",
				     yaml->text);
	return ce__strv_add(context, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

/* A name or value as it stands before and after the '=' of a request. */
static bool is_plain(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+#._-");

	return n > 0 && n <= CE_NAME_MAX && text[n] == '\0';
}

static int read_choice(struct ce_yaml *yaml, const char *value, struct ce_yaml_mark mark, void *context)
{
	CE_CLEANUP_STRV struct ce_strv words = {0};
	struct ce_manifest_option *option = context;
	struct ce_manifest_choice *choices;
	int r;

	if (!is_plain(value))
		return ce__yaml_fail(yaml, mark, "\"%.64s\" is no value of an option: lower-case letters, digits and +#._-",
				     value);
	choices = reallocarray(option->choices, option->choice_count + 1, sizeof(*choices));
	if (!choices)
		return ce__error_no_memory(yaml->error);
	option->choices = choices;
	choices += option->choice_count++;
	memset(choices, 0, sizeof(*choices));
	choices->value = strdup(value);
	if (!choices->value)
		return ce__error_no_memory(yaml->error);
	r = ce__fields_read_list(yaml, value, CE_OPTION_WORDS_MAX, true, read_word, &words);
	if (r)
		return r;
	choices->words = ce__strv_steal(&words);
	return choices->words ? 0 : ce__error_no_memory(yaml->error);
}

static int read_option(struct ce_yaml *yaml, const char *name, struct ce_yaml_mark mark, void *context)
{
	struct ce_manifest_runtime *runtime = context;
	struct ce_manifest_option *options;
	int r;

	if (!is_plain(name))
		return ce__yaml_fail(yaml, mark, "\"%.64s\" is no name of an option: lower-case letters, digits and +#._-",
				     name);
	options = reallocarray(runtime->options, runtime->option_count + 1, sizeof(*options));
	if (!options)
		return ce__error_no_memory(yaml->error);
	runtime->options = options;
	options += runtime->option_count++;
	memset(options, 0, sizeof(*options));
	options->name = strdup(name);
	if (!options->name)
		return ce__error_no_memory(yaml->error);
	r = ce__fields_read_free_map(yaml, name, CE_OPTION_CHOICES_MAX, read_choice, options);
	if (!r && options->choice_count < 2)
		r = ce__yaml_fail(yaml, mark, "option \"%s\" leaves no choice: it needs two values or more", name);
	return r;
}

int ce__manifest_read_options(struct ce_yaml *yaml, const struct ce_field *field, void *runtime)
{
	return ce__fields_read_free_map(yaml, field->key, CE_OPTIONS_MAX, read_option, runtime);
}

void ce__manifest_finish_options(struct ce_manifest_runtime *runtime)
{
	for (size_t i = 0; i < runtime->option_count; i++) {
		struct ce_manifest_option *option = &runtime->options[i];

		for (size_t k = 0; k < option->choice_count; k++) {
			free(option->choices[k].value);
			ce__strv_free(option->choices[k].words);
		}
		free(option->choices);
		free(option->name);
	}
	free(runtime->options);
	runtime->options = NULL;
	runtime->option_count = 0;
}

static int read_test_option(struct ce_yaml *yaml, const char *name, struct ce_yaml_mark mark, void *context)
{
	int r = ce__fields_expect_text(yaml, name, CE_NAME_MAX + 1, false);

	(void)mark;
	if (r)
		return r;
	return ce__strv_take(context, ce__base_asprintf("%s=%s", name, yaml->text)) ? 0
										    : ce__error_no_memory(yaml->error);
}

/* Whether the runtimes have them is seen when the test is run. */
int ce__manifest_read_test_options(struct ce_yaml *yaml, const struct ce_field *field, void *list)
{
	CE_CLEANUP_STRV struct ce_strv options = {0};
	char ***out = list;
	int r = ce__fields_read_free_map(yaml, field->key, CE_OPTIONS_MAX, read_test_option, &options);

	if (r)
		return r;
	*out = ce__strv_steal(&options);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}
