/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/fields.h"

#include <stdio.h>
#include <string.h>

#include "executor/suggest.h"

#define FIELDS_MAX 64 /* bits of the mask of keys that have been seen */

static int fail_unknown_key(struct ce_yaml *yaml, const struct ce_field *fields, size_t count,
			    const char *what)
{
	struct ce_suggest suggest = {.word = yaml->text};
	char hint[160], known[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		ce__suggest_offer(&suggest, fields[i].key);
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	for (size_t i = 0; i < count && hint[0] == '\0'; i++) {
		const char *before = i == 0 ? " (known: " : ", ";
		int n = snprintf(known + used, sizeof(known) - used, "%s%s%s", before, fields[i].key,
				 i + 1 == count ? ")" : "");

		if (n < 0 || (size_t)n >= sizeof(known) - used)
			break;
		used += (size_t)n;
	}
	return ce__yaml_fail(yaml, yaml->mark, "unknown key \"%.64s\" in %s%s%s", yaml->text, what, hint,
			     known);
}

static int check_required(struct ce_yaml *yaml, const struct ce_field *fields, size_t count, uint64_t seen,
			  struct ce_yaml_mark start, const char *what)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].required && !(seen & (UINT64_C(1) << i)))
			return ce__yaml_fail(yaml, start, "%s needs the key \"%s\"", what, fields[i].key);
	return 0;
}

static int expect_key(struct ce_yaml *yaml, const char *what)
{
	if (yaml->kind != CE_YAML_SCALAR)
		return ce__yaml_fail(yaml, yaml->mark, "a key in %s must be a plain word, not %s", what,
				     ce__yaml_kind_name(yaml));
	if (yaml->length == 0 || memchr(yaml->text, '\0', yaml->length))
		return ce__yaml_fail(yaml, yaml->mark, "a key in %s is empty or has a NUL in it", what);
	return 0;
}

int ce__fields_read_map(struct ce_yaml *yaml, const struct ce_field *fields, size_t count, void *base,
			const char *what)
{
	struct ce_yaml_mark start = yaml->mark;
	uint64_t seen = 0;
	int r;

	if (yaml->kind != CE_YAML_MAP)
		return ce__yaml_fail(yaml, start, "%s must be a map of keys and values, not %s", what,
				     ce__yaml_kind_name(yaml));
	for (;;) {
		size_t i = 0;

		r = ce__yaml_next(yaml);
		if (r)
			return r;
		if (yaml->kind == CE_YAML_MAP_END)
			return check_required(yaml, fields, count, seen, start, what);
		r = expect_key(yaml, what);
		if (r)
			return r;
		if (seen == 0 && fields[0].first && strcmp(fields[0].key, yaml->text) != 0)
			return ce__yaml_fail(yaml, yaml->mark, "the first key in %s must be \"%s\"", what,
					     fields[0].key);
		while (i < count && i < FIELDS_MAX && strcmp(fields[i].key, yaml->text) != 0)
			i++;
		if (i == count || i == FIELDS_MAX)
			return fail_unknown_key(yaml, fields, count, what);
		if (seen & (UINT64_C(1) << i))
			return ce__yaml_fail(yaml, yaml->mark, "key \"%s\" appears twice in %s",
					     fields[i].key, what);
		seen |= UINT64_C(1) << i;
		r = ce__yaml_next(yaml);
		if (r)
			return r;
		r = fields[i].read(yaml, &fields[i], (char *)base + fields[i].offset);
		if (r)
			return r;
	}
}

int ce__fields_read_list(struct ce_yaml *yaml, const char *key, size_t max, bool may_be_empty,
			 int (*read_item)(struct ce_yaml *yaml, const char *key, void *context),
			 void *context)
{
	struct ce_yaml_mark start = yaml->mark;
	size_t count = 0;
	int r;

	if (yaml->kind != CE_YAML_LIST)
		return ce__yaml_fail(yaml, start, "\"%s\" must be a list, not %s", key,
				     ce__yaml_kind_name(yaml));
	for (;;) {
		r = ce__yaml_next(yaml);
		if (r)
			return r;
		if (yaml->kind == CE_YAML_LIST_END)
			break;
		if (count++ == max)
			return ce__yaml_fail(yaml, yaml->mark, "\"%s\" has too many entries (at most %zu)",
					     key, max);
		r = read_item(yaml, key, context);
		if (r)
			return r;
	}
	if (count == 0 && !may_be_empty)
		return ce__yaml_fail(yaml, start, "\"%s\" must not be empty", key);
	return 0;
}

int ce__fields_read_free_map(struct ce_yaml *yaml, const char *key, size_t max,
			     int (*read_entry)(struct ce_yaml *yaml, const char *name,
					       struct ce_yaml_mark mark, void *context),
			     void *context)
{
	CE_CLEANUP_STRV struct ce_strv names = {0};
	int r;

	if (yaml->kind != CE_YAML_MAP)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must be a map of names and values, not %s",
				     key, ce__yaml_kind_name(yaml));
	for (;;) {
		struct ce_yaml_mark mark;

		r = ce__yaml_next(yaml);
		if (r)
			return r;
		if (yaml->kind == CE_YAML_MAP_END)
			return 0;
		mark = yaml->mark;
		r = expect_key(yaml, key);
		if (r)
			return r;
		if (names.count == max)
			return ce__yaml_fail(yaml, mark, "\"%s\" has too many entries (at most %zu)", key,
					     max);
		if (ce__strv_has(names.items, yaml->text))
			return ce__yaml_fail(yaml, mark, "\"%.64s\" appears twice in \"%s\"", yaml->text,
					     key);
		if (!ce__strv_add(&names, yaml->text))
			return ce__error_no_memory(yaml->error);
		r = ce__yaml_next(yaml);
		if (r)
			return r;
		r = read_entry(yaml, names.items[names.count - 1], mark, context);
		if (r)
			return r;
	}
}
