/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
    {"", 1000},   {"ms", 1},      {"s", 1000},    {"sec", 1000},
    {"m", 60000}, {"min", 60000}, {"h", 3600000}, {NULL, 0},
};

/* K, M, G and T alone mean what they mean to ulimit and systemd: powers of 1024. */
static const struct unit byte_units[] = {
    {"", 1},
    {"b", 1},
    {"k", UINT64_C(1) << 10},
    {"kib", UINT64_C(1) << 10},
    {"kb", 1000},
    {"m", UINT64_C(1) << 20},
    {"mib", UINT64_C(1) << 20},
    {"mb", 1000000},
    {"g", UINT64_C(1) << 30},
    {"gib", UINT64_C(1) << 30},
    {"gb", 1000000000},
    {"t", UINT64_C(1) << 40},
    {"tib", UINT64_C(1) << 40},
    {"tb", UINT64_C(1000000000000)},
    {NULL, 0},
};

static const struct unit count_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum unit_kind kind)
{
	return kind == UNIT_TIME ? time_units : kind == UNIT_BYTES ? byte_units : count_units;
}

static int refuse(const char **reason, const char *text)
{
	*reason = text;
	return -1;
}

static const char *not_a_number(enum unit_kind kind)
{
	if (kind == UNIT_TIME)
		return "is not a duration (write for instance 2s, 500ms, 1.5s or 2min)";
	if (kind == UNIT_BYTES)
		return "is not a size (write for instance 64MiB, 1G, 512K or 4096)";
	return "is not a whole number (write for instance 32)";
}

static const char *unknown_unit(enum unit_kind kind)
{
	if (kind == UNIT_TIME)
		return "has an unknown unit (use ms, s, min or h)";
	if (kind == UNIT_BYTES)
		return "has an unknown unit (use B, K, M, G, T, KiB, MiB, GiB or TiB)";
	return "is a count and takes no unit (write for instance 32)";
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* value = value * 10 + digit, or false if that does not fit. */
static bool push_digit(uint64_t *value, char digit)
{
	return !__builtin_mul_overflow(*value, UINT64_C(10), value) &&
	       !__builtin_add_overflow(*value, (uint64_t)(digit - '0'), value);
}

/* The number in front of the unit, as value / scale. */
static int read_number(enum unit_kind kind, const char **text, uint64_t *value, uint64_t *scale,
		       const char **reason)
{
	const char *p = *text;
	bool overflow = false;

	*value = 0;
	*scale = 1;
	if (!is_digit(*p))
		return refuse(reason, not_a_number(kind));
	for (; is_digit(*p); p++)
		overflow |= !push_digit(value, *p);
	if (*p == '.' && kind != UNIT_COUNT) {
		const char *first = ++p;

		for (; is_digit(*p); p++)
			overflow |=
			    !push_digit(value, *p) || __builtin_mul_overflow(*scale, UINT64_C(10), scale);
		if (p == first)
			return refuse(reason, not_a_number(kind));
	}
	if (overflow)
		return refuse(reason, "is too large");
	*text = p;
	return 0;
}

int units_parse(enum unit_kind kind, const char *text, uint64_t *out, const char **reason)
{
	const struct unit *unit;
	uint64_t value, scale;

	while (*text == ' ')
		text++;
	if (*text == '-' && (is_digit(text[1]) || text[1] == '.'))
		return refuse(reason, "is negative (limits are greater than 0)");
	if (read_number(kind, &text, &value, &scale, reason))
		return -1;
	while (*text == ' ')
		text++;
	for (unit = units_of(kind); unit->name; unit++)
		if (!strcasecmp(unit->name, text))
			break;
	if (!unit->name) {
		/* "1e3", "0x10" and "1,5" are attempts at a number, "5lightyears" at a unit. */
		bool word = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

		return refuse(reason, word ? unknown_unit(kind) : not_a_number(kind));
	}
	if (value == 0)
		return refuse(reason, "must be greater than 0 (leave it out to have the default)");
	if (__builtin_mul_overflow(value, unit->factor, &value) || value / scale == UINT64_MAX)
		return refuse(reason, "is too large");
	if (value % scale)
		return refuse(reason, kind == UNIT_TIME ? "is finer than a millisecond"
							: "is not a whole number of bytes");
	*out = value / scale;
	return 0;
}

const char *units_format_bytes(uint64_t bytes, char *buffer, size_t size)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	uint64_t factor = 1;
	size_t i = 0;

	while (i + 1 < sizeof(names) / sizeof(names[0]) && bytes / factor >= 1024) {
		factor *= 1024;
		i++;
	}
	if (bytes % factor == 0)
		snprintf(buffer, size, "%" PRIu64 " %s", bytes / factor, names[i]);
	else
		snprintf(buffer, size, "%.1f %s", (double)bytes / (double)factor, names[i]);
	return buffer;
}
