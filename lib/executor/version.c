/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/version.h"

#include <ctype.h>
#include <string.h>

#define PARTS_MAX 4
#define DIGITS_MAX 9

struct parts {
	uint64_t number[PARTS_MAX];
	size_t count;
};

enum comparison { EXACT, AT_LEAST, ABOVE, AT_MOST, BELOW, CARET, TILDE };

static const struct {
	const char *sign;
	enum comparison comparison;
} signs[] = {
    {">=", AT_LEAST}, {"<=", AT_MOST}, {">", ABOVE}, {"<", BELOW}, {"^", CARET}, {"~", TILDE}, {"=", EXACT},
};

bool ce__version_is_range(const char *word)
{
	return (word[0] != '\0' && strchr("0123456789*<>=^~", word[0])) || (word[0] == 'v' && isdigit((unsigned char)word[1]));
}

/* Numbers with dots between them. Returns what follows; stops at the first part that is no number. */
static const char *read_parts(const char *p, struct parts *out)
{
	out->count = 0;
	if (*p == 'v')
		p++;
	while (out->count < PARTS_MAX && isdigit((unsigned char)*p)) {
		uint64_t number = 0;

		for (int digits = 0; isdigit((unsigned char)*p); p++, digits++)
			if (digits < DIGITS_MAX)
				number = number * 10 + (uint64_t)(*p - '0');
		out->number[out->count++] = number;
		if (*p != '.' || !isdigit((unsigned char)p[1]))
			break;
		p++;
	}
	return p;
}

/* Compares as many parts as the range has; what the version lacks counts as 0. */
static int compare(const struct parts *version, const struct parts *range)
{
	for (size_t i = 0; i < range->count; i++) {
		uint64_t number = i < version->count ? version->number[i] : 0;

		if (number != range->number[i])
			return number < range->number[i] ? -1 : 1;
	}
	return 0;
}

static bool same_up_to(const struct parts *version, const struct parts *range, size_t count)
{
	struct parts head = *range;

	head.count = count < range->count ? count : range->count;
	return compare(version, &head) == 0;
}

static bool holds(enum comparison comparison, const struct parts *version, const struct parts *range)
{
	int c = compare(version, range);
	size_t first = 0;

	switch (comparison) {
	case AT_LEAST:
		return c >= 0;
	case ABOVE:
		return c > 0;
	case AT_MOST:
		return c <= 0;
	case BELOW:
		return c < 0;
	case TILDE:
		return c >= 0 && same_up_to(version, range, 2);
	case CARET:
		while (first + 1 < range->count && range->number[first] == 0)
			first++;
		return c >= 0 && same_up_to(version, range, first + 1);
	default:
		return c == 0;
	}
}

/* One of the joined; becomes what follows it. */
static int one_holds(const char *version, const char **p)
{
	enum comparison comparison = EXACT;
	struct parts have, want;
	const char *start;

	while (**p == ' ')
		(*p)++;
	for (size_t i = 0; i < CE_ARRAY_SIZE(signs); i++) {
		size_t n = strlen(signs[i].sign);

		if (strncmp(*p, signs[i].sign, n) == 0) {
			comparison = signs[i].comparison;
			*p += n;
			break;
		}
	}
	while (**p == ' ')
		(*p)++;
	if (**p == '*' && comparison == EXACT) {
		(*p)++;
		return 1;
	}
	start = *p;
	*p = read_parts(start, &want);
	if (want.count == 0)
		return -EINVAL;
	/* "3.x" and "3.*" say the same as "3". */
	while ((*p)[0] == '.' && ((*p)[1] == 'x' || (*p)[1] == '*'))
		*p += 2;
	read_parts(version, &have);
	return have.count > 0 && holds(comparison, &have, &want);
}

int ce__version_in_range(const char *version, const char *range)
{
	int all = 1;

	for (const char *p = range;; p++) {
		int one = one_holds(version, &p);

		if (one < 0)
			return one;
		all = all && one;
		while (*p == ' ')
			p++;
		if (*p == '\0')
			return all;
		if (*p != ',')
			return -EINVAL;
	}
}
