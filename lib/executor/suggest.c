/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/suggest.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX_BYTES 64

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment, three rows at a time. */
size_t ce__suggest_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX_BYTES + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX_BYTES || nb > WORD_MAX_BYTES)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
	}
	return rows[na % 3][nb];
}

/* A word of up to two letters may differ in one, a longer one in a third of them, but never in all: "c" is no
 * near miss of "r". A word that is the beginning of the other counts as near as well ("js" of "json" does
 * not, one letter of five does not). */
static bool is_near(const char *word, const char *candidate, size_t distance)
{
	size_t nw = strlen(word), nc = strlen(candidate), shorter = nw < nc ? nw : nc;
	size_t allowed = nw <= 2 ? 1 : (nw + 2) / 3;

	if (shorter >= 3 && strncmp(word, candidate, shorter) == 0)
		return true;
	return distance <= allowed && distance < (nw > nc ? nw : nc);
}

void ce__suggest_offer(struct ce_suggest *suggest, const char *candidate)
{
	size_t distance = ce__suggest_distance(suggest->word, candidate);
	size_t at = 0;

	if (distance == SIZE_MAX || !is_near(suggest->word, candidate, distance))
		return;
	for (size_t i = 0; i < suggest->count; i++)
		if (strcmp(suggest->near[i], candidate) == 0)
			return;
	while (at < suggest->count && suggest->distance[at] <= distance)
		at++;
	if (at == CE_SUGGEST_MAX)
		return;
	if (suggest->count < CE_SUGGEST_MAX)
		suggest->count++;
	for (size_t i = suggest->count - 1; i > at; i--) {
		suggest->near[i] = suggest->near[i - 1];
		suggest->distance[i] = suggest->distance[i - 1];
	}
	suggest->near[at] = candidate;
	suggest->distance[at] = distance;
}

void ce__suggest_hint(const struct ce_suggest *suggest, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < suggest->count; i++) {
		const char *before = i == 0 ? " (did you mean " : i + 1 == suggest->count ? " or " : ", ";
		const char *after = i + 1 == suggest->count ? "?)" : "";
		int n = snprintf(out + used, size - used, "%s\"%s\"%s", before, suggest->near[i], after);

		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}
