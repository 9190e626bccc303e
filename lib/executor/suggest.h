/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_EXECUTOR_SUGGEST_H
#define CE_EXECUTOR_SUGGEST_H

#include "base/base.h"

/* How many letters must be put in, left out, changed or swapped with their neighbour to get from one word to
 * the other; upper and lower case count as equal. Words of more than 64 bytes are as far apart as can be. */
size_t ce__suggest_distance(const char *a, const char *b);

/* The nearest words seen so far to one that was not known; a cursor in the caller's memory. */
#define CE_SUGGEST_MAX 3
struct ce_suggest {
	const char *word;
	const char *near[CE_SUGGEST_MAX]; /* borrowed; nearest first */
	size_t distance[CE_SUGGEST_MAX];
	size_t count;
};

void ce__suggest_offer(struct ce_suggest *suggest, const char *candidate);
/* ` (did you mean "a" or "b"?)`, or "" when nothing was near. Never fails; cut off if `size` is too small. */
void ce__suggest_hint(const struct ce_suggest *suggest, char *out, size_t size);

#endif
