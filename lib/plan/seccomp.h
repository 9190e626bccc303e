/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_PLAN_SECCOMP_H
#define CE_PLAN_SECCOMP_H

#include "error/error.h"

/* Named groups of system calls that a manifest may ask for on top of the base list. */
#define CE_SECCOMP_GROUPS_MAX 16

/* Any thread. Takes about a millisecond: do it once per set of groups, not per execution. The same set of
 * groups, in whatever order, gives the same bytes; at most CE_PLAN_MAX_BPF instructions. Builds the
 * allow-list and exports it as BPF instructions (struct sock_filter[]) in fresh memory. `groups`:
 * NULL-terminated names, or NULL. CE_ERR_INVALID names an unknown group and lists those there are. */
int ce__seccomp_build(const char *const *groups, void **bytes, size_t *size, ce_error **error);
/* The supervisor's own, which every cell inherits below its own filter: what any cell may call, whatever its arguments,
 * and what cells are made with. By numbers alone: what no other filter looks into the kernel can tell without running it. */
int ce__seccomp_build_outer(void **bytes, size_t *size, ce_error **error);
/* Name by index, or NULL past the end; and what it is for. */
const char *ce__seccomp_group_name(size_t index);
const char *ce__seccomp_group_purpose(size_t index);

#endif
