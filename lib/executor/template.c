/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/template.h"

#include <stdio.h>
#include <string.h>

#include "executor/executor.h"
#include "executor/suggest.h"

#define MEMORY_DIGITS 24

enum placeholder { NONE = 0, OPTIONS, SOURCE, STEM, MEMORY, SOURCES, OTHERS, ARGS, RUNTIMES, PREBUILT };

static const struct {
	const char *name;
	enum placeholder id;
	bool whole; /* a word of its own that becomes several */
} placeholders[] = {
    {"source", SOURCE, false},  {"stem", STEM, false}, {"memory_mib", MEMORY, false},
    {"sources", SOURCES, true}, {"others", OTHERS, true}, {"args", ARGS, true},
    {"options", OPTIONS, true},
    {"runtimes", RUNTIMES, false}, {"prebuilt", PREBUILT, false},
};

/* Length of "{name}" at `p`, or 0 if a brace there is only a brace. */
static size_t placeholder_length(const char *p)
{
	size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");

	return n > 0 && p[n + 1] == '}' ? n + 2 : 0;
}

static size_t find_placeholder(const char *p, size_t length)
{
	size_t i = 0;

	while (i < CE_ARRAY_SIZE(placeholders) && (strlen(placeholders[i].name) != length - 2 ||
						   strncmp(placeholders[i].name, p + 1, length - 2) != 0))
		i++;
	return i;
}

static int explain_unknown(const char *p, size_t length, char *problem, size_t size)
{
	char name[64], hint[160];
	struct ce_suggest suggest = {.word = name};

	snprintf(name, sizeof(name), "%.*s", (int)(length - 2 < 63 ? length - 2 : 63), p + 1);
	for (size_t i = 0; i < CE_ARRAY_SIZE(placeholders); i++)
		ce__suggest_offer(&suggest, placeholders[i].name);
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	snprintf(problem, size, "unknown placeholder {%s}%s; write {{ for a brace", name, hint);
	return -EINVAL;
}

int ce__template_check(const char *word, char *problem, size_t size)
{
	for (const char *p = word; *p; p++) {
		size_t length, i;

		if (*p != '{')
			continue;
		if (p[1] == '{') {
			p++;
			continue;
		}
		length = placeholder_length(p);
		if (length == 0)
			continue;
		i = find_placeholder(p, length);
		if (i == CE_ARRAY_SIZE(placeholders))
			return explain_unknown(p, length, problem, size);
		if (placeholders[i].whole && strlen(word) != length) {
			snprintf(problem, size, "{%s} must be a word of its own", placeholders[i].name);
			return -EINVAL;
		}
		p += length - 1;
	}
	return 0;
}

bool ce__template_uses(const char *const *words, const char *placeholder)
{
	for (; words && *words; words++)
		if (strcmp(*words, placeholder) == 0)
			return true;
	return false;
}

bool ce__template_add_file(struct ce_strv *out, const char *name)
{
	if (name[0] != '-' && name[0] != '@' && name[0] != '+')
		return ce__strv_add(out, name);
	return ce__strv_take(out, ce__base_asprintf("./%s", name));
}

static size_t stem_length(const char *source)
{
	const char *slash = strrchr(source, '/');
	const char *dot = strrchr(source, '.');

	if (!dot || dot == source || (slash && dot <= slash + 1))
		return strlen(source);
	return (size_t)(dot - source);
}

static int expand_whole(enum placeholder id, const struct ce_template_values *values, struct ce_strv *out)
{
	if (id == ARGS) {
		for (const char *const *arg = values->args; arg && *arg; arg++)
			if (!ce__strv_add(out, *arg))
				return -ENOMEM;
		return 0;
	}
	if (id == OPTIONS) {
		for (char *const *word = values->options; word && *word; word++)
			if (!ce__strv_add(out, *word))
				return -ENOMEM;
		return 0;
	}
	for (char *const *name = values->sources; name && *name; name++)
		if ((id == SOURCES || name != values->sources) && !ce__template_add_file(out, *name))
			return -ENOMEM;
	return 0;
}

/* The bytes of a placeholder inside a word. `number` is room for one. */
static const char *inner_value(enum placeholder id, const struct ce_template_values *values, char *number,
			       size_t *length)
{
	if (id == MEMORY) {
		*length =
		    (size_t)snprintf(number, MEMORY_DIGITS, "%llu", (unsigned long long)values->memory_mib);
		return number;
	}
	if (id == RUNTIMES || id == PREBUILT) {
		const char *place = id == RUNTIMES ? CE_RUNTIMES_TARGET : values->prebuilt;

		*length = strlen(place);
		return place;
	}
	*length = id == STEM ? stem_length(values->source) : strlen(values->source);
	return values->source;
}

/* Writes the expansion to `out` (which may be NULL) and returns its length, or SIZE_MAX for a bad word. */
static size_t fill_in(const char *word, const struct ce_template_values *values, char *out)
{
	size_t used = 0;

	for (const char *p = word; *p; p++) {
		char number[MEMORY_DIGITS];
		size_t length = *p == '{' && p[1] != '{' ? placeholder_length(p) : 0;
		size_t i = length ? find_placeholder(p, length) : 0;
		const char *value = p;
		size_t value_length = 1;

		if (length && (i == CE_ARRAY_SIZE(placeholders) || placeholders[i].whole))
			return SIZE_MAX;
		if (length)
			value = inner_value(placeholders[i].id, values, number, &value_length);
		if (out)
			memcpy(out + used, value, value_length);
		used += value_length;
		if (length)
			p += length - 1;
		else if (*p == '{' && p[1] == '{')
			p++;
	}
	return used;
}

int ce__template_expand(const char *word, const struct ce_template_values *values, struct ce_strv *out)
{
	size_t length = word[0] == '{' && word[1] != '{' ? placeholder_length(word) : 0;
	size_t i =
	    length && word[length] == '\0' ? find_placeholder(word, length) : CE_ARRAY_SIZE(placeholders);
	char *text;

	if (i < CE_ARRAY_SIZE(placeholders) && placeholders[i].whole)
		return expand_whole(placeholders[i].id, values, out);
	/* The program's own name as a word of its own is a file name like those of {sources}. */
	if (i < CE_ARRAY_SIZE(placeholders) && placeholders[i].id == SOURCE)
		return ce__template_add_file(out, values->source) ? 0 : -ENOMEM;
	length = fill_in(word, values, NULL);
	if (length == SIZE_MAX)
		return -EINVAL;
	text = malloc(length + 1);
	if (!text)
		return -ENOMEM;
	fill_in(word, values, text);
	text[length] = '\0';
	return ce__strv_take(out, text) ? 0 : -ENOMEM;
}
