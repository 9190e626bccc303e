/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Makes the rules fewer without changing what they allow: two rules of one call that differ in one bit of one
 * check's value are one rule that does not look at this bit. libseccomp's export takes time with the square
 * of the number of instructions, and the kernel with the number itself whenever a filter is installed. */
#include "plan/seccomp_tables.h"

#include <stdbool.h>

static bool same_check(const struct ce_seccomp_check *a, const struct ce_seccomp_check *b)
{
	return a->mask == b->mask && a->value == b->value && a->index == b->index;
}

/* The bit of the check's value in which the two differ, or 0 if that is not all the difference. */
static uint64_t only_bit(const struct ce_seccomp_check *a, const struct ce_seccomp_check *b)
{
	uint64_t bit = a->value ^ b->value;

	if (a->mask != b->mask || a->index != b->index || (bit & (bit - 1)) != 0)
		return 0;
	/* A check with mask 0 would end the list of checks, and so drop those behind it. */
	return a->mask == bit ? 0 : bit;
}

/* Makes `a` stand for both and returns true, if one rule can. */
static bool join(struct ce_seccomp_resolved *a, const struct ce_seccomp_resolved *b)
{
	size_t where = CE_SECCOMP_CHECKS_MAX;
	uint64_t bit;

	if (a->number != b->number)
		return false;
	for (size_t i = 0; i < CE_SECCOMP_CHECKS_MAX; i++) {
		if (same_check(&a->checks[i], &b->checks[i]))
			continue;
		if (where != CE_SECCOMP_CHECKS_MAX)
			return false;
		where = i;
	}
	if (where == CE_SECCOMP_CHECKS_MAX)
		return true;
	bit = only_bit(&a->checks[where], &b->checks[where]);
	a->checks[where].mask &= ~bit;
	a->checks[where].value &= ~bit;
	return bit != 0;
}

size_t ce__seccomp_merge(struct ce_seccomp_resolved *rules, size_t count)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < count; i++) {
			for (size_t k = i + 1; k < count; k++) {
				if (!join(&rules[i], &rules[k]))
					continue;
				/* keeps the order, so that the same rules always give the same filter */
				for (size_t m = k + 1; m < count; m++)
					rules[m - 1] = rules[m];
				count--;
				k--;
				changed = true;
			}
		}
	}
	return count;
}
