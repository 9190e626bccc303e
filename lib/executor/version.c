/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/version.h"

#include <ctype.h>
#include <string.h>

#define PARTS_MAX 4
#define DIGITS_MAX 9
#define VERSION_MAX 40

static bool is_version_character(char c)
{
	return c && strchr("0123456789.-+~abcdefghijklmnopqrstuvwxyz", c);
}

/* Do letters, and nothing else, lead from the line's beginning or a blank to line[at]? */
static bool follows_word(const char *line, size_t at)
{
	size_t i = at;

	while (i > 0 && isalpha((unsigned char)line[i - 1]))
		i--;
	return i < at && (i == 0 || line[i - 1] == ' ');
}

static bool may_begin(const char *line, size_t i, bool bracketed)
{
	if (i == 0)
		return true;
	switch (line[i - 1]) {
	case ' ':
	case '\r':
	case 'v':
		return true;
	case '(':
		return bracketed;
	case '.':
		return i > 1 && line[i - 2] == 'v';
	case '-':
	case '/':
		return follows_word(line, i - 1);
	default:
		return false;
	}
}

/* The first number of that kind; returns its length, or 0. */
static size_t find_number(const char *line, size_t size, bool bracketed, bool dotted, size_t *at)
{
	int depth = 0;

	for (size_t i = 0; i < size; i++) {
		size_t n = 0;

		depth += line[i] == '(' ? 1 : line[i] == ')' && depth > 0 ? -1 : 0;
		if (!isdigit((unsigned char)line[i]) || (depth > 0) != bracketed || !may_begin(line, i, bracketed))
			continue;
		while (i + n < size && n < VERSION_MAX && is_version_character(line[i + n]))
			n++;
		while (line[i + n - 1] == '.')
			n--;
		if (dotted && !memchr(line + i, '.', n))
			continue;
		*at = i;
		return n;
	}
	return 0;
}

char *ce__version_find(const char *text, size_t size)
{
	size_t start = 0, end, at = 0, n = 0;

	while (start < size && strchr(" \t\r\n", text[start]) && text[start])
		start++;
	for (end = start; end < size && text[end] != '\n';)
		end++;
	for (int kind = 0; n == 0 && kind < 4; kind++)
		n = find_number(text + start, end - start, kind >= 2, kind % 2 == 0, &at);
	return n ? strndup(text + start + at, n) : strdup("");
}

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
