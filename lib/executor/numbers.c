/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Readers of numbers with and without units. Whatever is not wholly understood is refused: a limit that was
 * misread is worse than none. */
#include "executor/fields.h"

#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Digits at the beginning of the scalar. `rest` becomes what follows them. */
static int read_digits(struct ce_yaml *yaml, const char *key, uint64_t *value, const char **rest)
{
	const char *p;
	int r = ce__fields_expect_text(yaml, key, CE_TEXT_MAX, false);

	if (r)
		return r;
	p = yaml->text;
	if (p[0] == '-' && p[1] >= '0' && p[1] <= '9')
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must not be negative: \"%.32s\"", key,
				     yaml->text);
	if (*p < '0' || *p > '9')
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must be a number, not \"%.32s\"", key,
				     yaml->text);
	for (*value = 0; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*value, UINT64_C(10), value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value))
			return ce__yaml_fail(yaml, yaml->mark, "\"%s\" is too large: \"%.32s\"", key,
					     yaml->text);
	*rest = p;
	return 0;
}

static int check_range(struct ce_yaml *yaml, const struct ce_field *field, uint64_t value)
{
	if (value == 0)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must not be 0; leave it out for the default",
				     field->key);
	if (value > field->max)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" is too large: \"%.32s\"", field->key,
				     yaml->text);
	return 0;
}

static int read_with_unit(struct ce_yaml *yaml, const struct ce_field *field, const struct unit *units,
			  const char *names, uint64_t *out)
{
	uint64_t value = 0;
	const char *rest = "";
	int r = read_digits(yaml, field->key, &value, &rest);

	if (r)
		return r;
	while (*rest == ' ')
		rest++;
	while (units->name && strcmp(units->name, rest) != 0)
		units++;
	if (!units->name)
		return ce__yaml_fail(yaml, yaml->mark,
				     "\"%s\" must be a whole number with one of the units %s, "
				     "not \"%.32s\"",
				     field->key, names, yaml->text);
	if (__builtin_mul_overflow(value, units->factor, &value))
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" is too large: \"%.32s\"", field->key,
				     yaml->text);
	r = check_range(yaml, field, value);
	if (r)
		return r;
	*out = value;
	return 0;
}

int ce__fields_read_duration(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct unit units[] = {
	    {"ms", 1}, {"s", 1000}, {"min", 60000}, {"m", 60000}, {"h", 3600000}, {NULL, 0},
	};

	return read_with_unit(yaml, field, units, "ms, s, min, h", member);
}

int ce__fields_read_bytes(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct unit units[] = {
	    {"B", 1},
	    {"KiB", UINT64_C(1) << 10},
	    {"MiB", UINT64_C(1) << 20},
	    {"GiB", UINT64_C(1) << 30},
	    {"kB", 1000},
	    {"MB", 1000000},
	    {"GB", 1000000000},
	    {NULL, 0},
	};

	return read_with_unit(yaml, field, units, "B, KiB, MiB, GiB, kB, MB, GB", member);
}

static int read_plain_number(struct ce_yaml *yaml, const struct ce_field *field, uint64_t *value)
{
	const char *rest = "";
	int r = read_digits(yaml, field->key, value, &rest);

	if (r)
		return r;
	if (*rest || !yaml->plain)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must be a whole number, not \"%.32s\"",
				     field->key, yaml->text);
	return 0;
}

int ce__fields_read_count(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	uint64_t value = 0, *out = member;
	int r = read_plain_number(yaml, field, &value);

	if (!r)
		r = check_range(yaml, field, value);
	if (!r)
		*out = value;
	return r;
}

int ce__fields_read_number(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	uint64_t value = 0;
	int64_t *out = member;
	int r = read_plain_number(yaml, field, &value);

	if (r)
		return r;
	if (value > field->max)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" is too large: \"%.32s\"", field->key,
				     yaml->text);
	*out = (int64_t)value;
	return 0;
}
