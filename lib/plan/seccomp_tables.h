/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The system call policy as data. A call is allowed if its name is in a plain list or if one of its rules
 * matches; every other call gets the errno of the refusal table, and ENOSYS if it is not there either.
 * Nothing is ever allowed by the absence of an entry. */
#ifndef CE_PLAN_SECCOMP_TABLES_H
#define CE_PLAN_SECCOMP_TABLES_H

#include <stddef.h>
#include <stdint.h>

#define CE_SECCOMP_CHECKS_MAX 3

/* (argument `index` & mask) == value */
struct ce_seccomp_check {
	uint64_t mask;
	uint64_t value;
	unsigned index;
};

/* The kernel reads the lower half of an int argument only, so that only this half may be compared: a test of
 * all 64 bits can be led astray by setting one of the upper 32. */
#define CE_CHECK_INT(index_, value_)                                                                         \
	{                                                                                                    \
		.mask = UINT32_MAX, .value = (uint32_t)(value_), .index = (index_)                           \
	}
/* None of these bits is set. */
#define CE_CHECK_CLEAR(index_, bits_)                                                                        \
	{                                                                                                    \
		.mask = (uint32_t)(bits_), .value = 0, .index = (index_)                                     \
	}
/* The bits of an int argument outside of `ignored_` are those of `value_`. */
#define CE_CHECK_EXCEPT(index_, ignored_, value_)                                                            \
	{                                                                                                    \
		.mask = (uint32_t) ~(uint32_t)(ignored_), .value = (uint32_t)(value_), .index = (index_)     \
	}
#define CE_CHECK_BITS(index_, mask_, value_)                                                                 \
	{                                                                                                    \
		.mask = (uint32_t)(mask_), .value = (uint32_t)(value_), .index = (index_)                    \
	}
/* A pointer is NULL. */
#define CE_CHECK_NULL(index_)                                                                                \
	{                                                                                                    \
		.mask = UINT64_MAX, .value = 0, .index = (index_)                                            \
	}

/* Allows a call when all of its checks hold; the first check with mask 0 ends the list. */
struct ce_seccomp_rule {
	const char *name;
	struct ce_seccomp_check checks[CE_SECCOMP_CHECKS_MAX];
};

/* The same for this architecture. */
struct ce_seccomp_resolved {
	int number;
	struct ce_seccomp_check checks[CE_SECCOMP_CHECKS_MAX];
};

struct ce_seccomp_refusal {
	const char *name;
	int answer; /* errno */
};

/* What is allowed: the base, or what a named group adds to it. */
struct ce_seccomp_set {
	const char *name;
	const char *purpose;
	const char *const *calls; /* NULL-terminated */
	const struct ce_seccomp_rule *rules;
	size_t rule_count;
};

/* System calls that are younger than the oldest libseccomp that we build with. From 424 on a call has the
 * same number on every architecture. */
struct ce_seccomp_number {
	const char *name;
	int number;
};

extern const char *const ce__seccomp_calls[];
extern const struct ce_seccomp_refusal ce__seccomp_refusals[];
extern const size_t ce__seccomp_refusal_count;
extern const struct ce_seccomp_number ce__seccomp_numbers[];
extern const size_t ce__seccomp_number_count;
extern const struct ce_seccomp_rule ce__seccomp_rules[];
extern const size_t ce__seccomp_rule_count;
extern const struct ce_seccomp_set ce__seccomp_base;
extern const struct ce_seccomp_set ce__seccomp_supervisor;
extern const struct ce_seccomp_set ce__seccomp_groups[];
extern const size_t ce__seccomp_group_count;

/* A call's number, or a negative one if this architecture has no such call. */
int ce__seccomp_number(const char *name);

/* Joins rules where that changes nothing, in place; returns how many are left. */
size_t ce__seccomp_merge(struct ce_seccomp_resolved *rules, size_t count);

/* Writes the end of the filter: what plain calls and refused ones get. `code` has room for
 * CE_SECCOMP_ANSWERS_MAX instructions. Returns how many there are, or -errno if the numbers do not fit. */
#define CE_SECCOMP_ANSWERS_MAX 256
struct sock_filter;
int ce__seccomp_answers(const struct ce_seccomp_set *const *sets, size_t set_count, struct sock_filter *code);

#endif
