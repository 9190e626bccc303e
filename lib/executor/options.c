/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/options.h"

#include <stdio.h>
#include <string.h>

#include "executor/suggest.h"

#define SHOWN_MAX 64

/* A list of names for a message, cut at its size. */
struct listing {
	char text[400];
	size_t used;
};

static void list(struct listing *l, const char *name)
{
	size_t room = sizeof(l->text) - l->used;
	int n = snprintf(l->text + l->used, room, "%s%s", l->used ? ", " : "", name);

	if (n > 0)
		l->used += (size_t)n < room ? (size_t)n : room - 1;
}

/* What a caller wrote may be anything. */
static void show(const char *text, size_t size, char *out)
{
	snprintf(out, SHOWN_MAX, "%.*s", size < SHOWN_MAX ? (int)size : SHOWN_MAX - 1, text);
	for (; *out; out++)
		if ((unsigned char)*out < 32 || *out == 127)
			*out = '?';
}

static int refuse_name(const struct ce_executor *executor, const struct ce_manifest_runtime *runtime, const char *name,
		       size_t size, ce_error **error)
{
	struct listing names = {.used = 0};
	char shown[SHOWN_MAX], hint[160];
	struct ce_suggest suggest = {.word = shown};

	show(name, size, shown);
	for (size_t i = 0; i < runtime->option_count; i++) {
		list(&names, runtime->options[i].name);
		ce__suggest_offer(&suggest, runtime->options[i].name);
	}
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s@%s has no option \"%s\"%s; it has: %s", executor->name,
			     runtime->name, shown, hint, names.used ? names.text : "none");
}

static int refuse_value(const struct ce_executor *executor, const struct ce_manifest_option *option, const char *value,
			ce_error **error)
{
	struct listing values = {.used = 0};
	char shown[SHOWN_MAX];

	show(value, strlen(value), shown);
	for (size_t i = 0; i < option->choice_count; i++)
		list(&values, option->choices[i].value);
	return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s: option \"%s\" cannot be \"%s\"; it can be: %s",
			     executor->name, option->name, shown, values.text);
}

/* choice[i] becomes the index of what was chosen of option i. */
static int choose(const struct ce_executor *executor, const struct ce_manifest_runtime *runtime, const char *given,
		  size_t *choice, bool *named, ce_error **error)
{
	const char *equals = strchr(given, '=');
	size_t length = equals ? (size_t)(equals - given) : strlen(given), i = 0, k = 0;
	const struct ce_manifest_option *option;

	while (i < runtime->option_count && (strlen(runtime->options[i].name) != length ||
					     strncmp(runtime->options[i].name, given, length) != 0))
		i++;
	if (i == runtime->option_count)
		return refuse_name(executor, runtime, given, length, error);
	option = &runtime->options[i];
	if (!equals)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "option \"%s\" needs a value: %s=...", option->name,
				     option->name);
	if (named[i])
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "option \"%s\" is given twice", option->name);
	while (k < option->choice_count && strcmp(option->choices[k].value, equals + 1) != 0)
		k++;
	if (k == option->choice_count)
		return refuse_value(executor, option, equals + 1, error);
	choice[i] = k;
	named[i] = true;
	return 0;
}

int ce__options_settle(const struct ce_executor *executor, const struct ce_manifest_runtime *runtime,
		       const char *const *chosen, struct ce_strv *words, struct ce_strv *settled, ce_error **error)
{
	size_t choice[CE_OPTIONS_MAX] = {0};
	bool named[CE_OPTIONS_MAX] = {false};
	int r = 0;

	for (; !r && chosen && *chosen; chosen++)
		r = choose(executor, runtime, *chosen, choice, named, error);
	for (size_t i = 0; !r && i < runtime->option_count; i++) {
		const struct ce_manifest_option *option = &runtime->options[i];
		const struct ce_manifest_choice *c = &option->choices[choice[i]];

		if (!ce__strv_add_all(words, c->words) ||
		    !ce__strv_take(settled, ce__base_asprintf("%s=%s", option->name, c->value)))
			r = ce__error_no_memory(error);
	}
	return r;
}
