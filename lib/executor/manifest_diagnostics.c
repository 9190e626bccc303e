/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The patterns by which the plugin `command` reads diagnostics. What it could not make sense of is refused here. */
#include "executor/manifest.h"

#include <string.h>

#include "executor/suggest.h"

#define PATTERN_MAX 200
#define PARTS_MAX 24 /* of one line; the plugin has room for more */

static const struct {
	const char *name;
	bool text; /* goes on until what follows it in the pattern */
} placeholders[] = {
    {"file", true},  {"line", false},   {"column", false}, {"severity", false},
    {"type", true},  {"message", true}, {"any", true},
};

#define LINE_BIT (1U << 1)
#define MESSAGE_BIT (1U << 5)

/* What has been seen of a pattern so far. */
struct reading {
	struct ce_yaml *yaml;
	unsigned int seen; /* bits: placeholders, of which all but "any" stand once */
	size_t parts;      /* of this line */
	bool after_text, second_line;
};

static int refuse(const struct reading *r, const char *problem)
{
	return ce__yaml_fail(r->yaml, r->yaml->mark, "pattern \"%.64s\" %s", r->yaml->text, problem);
}

static int refuse_unknown(const struct reading *r, const char *name)
{
	struct ce_suggest suggest = {.word = name};
	char hint[160];

	for (size_t i = 0; i < CE_ARRAY_SIZE(placeholders); i++)
		ce__suggest_offer(&suggest, placeholders[i].name);
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	return ce__yaml_fail(r->yaml, r->yaml->mark, "unknown placeholder {%s}%s; write {{ for a brace", name, hint);
}

/* *p stands on the brace; afterwards on what follows the placeholder. */
static int read_placeholder(struct reading *r, const char **p)
{
	size_t length = strspn(*p + 1, "abcdefghijklmnopqrstuvwxyz_"), i = 0;
	char name[64];

	if (length == 0 || length >= sizeof(name) || (*p)[length + 1] != '}')
		return refuse(r, "has a brace that begins no placeholder; write {{ for a brace");
	memcpy(name, *p + 1, length);
	name[length] = '\0';
	while (i < CE_ARRAY_SIZE(placeholders) && strcmp(placeholders[i].name, name) != 0)
		i++;
	if (i == CE_ARRAY_SIZE(placeholders))
		return refuse_unknown(r, name);
	if (strcmp(name, "any") != 0 && r->seen & 1U << i)
		return refuse(r, "has a placeholder twice");
	if (r->after_text)
		return refuse(r, "needs some text between a {file}, {type}, {message} or {any} and what follows it");
	r->seen |= 1U << i;
	r->after_text = placeholders[i].text;
	*p += length + 2;
	return 0;
}

static int end_line(struct reading *r)
{
	if (r->parts == 0)
		return refuse(r, "has an empty line");
	if (r->second_line)
		return refuse(r, "has more than two lines");
	r->second_line = true;
	r->parts = 0;
	r->after_text = false;
	return 0;
}

static int read_part(struct reading *r, const char **p)
{
	if (**p == '\n') {
		++*p;
		return end_line(r);
	}
	if (++r->parts > PARTS_MAX)
		return refuse(r, "has too many parts");
	if ((*p)[0] == '{' && (*p)[1] != '{')
		return read_placeholder(r, p);
	r->after_text = false;
	*p += (*p)[0] == '{' ? 2 : 1;
	*p += strcspn(*p, "{\n");
	return 0;
}

static int read_pattern(struct ce_yaml *yaml, const char *key, void *context)
{
	struct reading reading = {.yaml = yaml};
	int r = ce__fields_expect_text(yaml, key, PATTERN_MAX, false);

	for (const char *p = yaml->text; !r && *p;)
		r = read_part(&reading, &p);
	if (r)
		return r;
	if (reading.parts == 0)
		return refuse(&reading, "has an empty line");
	if (!(reading.seen & (LINE_BIT | MESSAGE_BIT)))
		return refuse(&reading, "has neither {line} nor {message}");
	return ce__strv_add(context, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

int ce__manifest_read_diagnostics(struct ce_yaml *yaml, const struct ce_field *field, void *list)
{
	CE_CLEANUP_STRV struct ce_strv patterns = {0};
	char ***out = list;
	int r = ce__fields_read_list(yaml, field->key, field->max, false, read_pattern, &patterns);

	if (r)
		return r;
	*out = ce__strv_steal(&patterns);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}
