/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_MONITOR_SHAPE_H
#define CE_MONITOR_SHAPE_H

#include "monitor/supervisor.h"

/* What requests have in common that one process started ahead can serve: everything but their files, their input, and what
 * the supervisor alone keeps. */
struct ce_shape {
	struct ce_shape *next;
	struct ce_plan *plan; /* owned mapping; no file and no output in it */
	size_t plan_size;
	uint64_t used_us;
	uint64_t bytes; /* of memory that one takes; 0: not known yet */
	uint64_t uses;
	size_t wanted;
	unsigned failures; /* in a row */
	bool pinned;	   /* asked for by the caller */
	bool no_fork;	   /* its interpreter cannot be forked */
	int plan_fd;	   /* owned; the plan for a zygote's children, or -1 */
};

/* Would one cell do for both? */
bool ce__shape_same_cell(const struct ce_plan *a, const struct ce_plan *b);
/* Would one process in it? But for the CPU time. */
bool ce__shape_same(const struct ce_plan *a, const struct ce_plan *b);
/* The shape of a plan, with as much CPU time or more, new if need be; NULL if there is no room. */
struct ce_shape *ce__shape_find(struct ce_supervisor *s, const struct ce_plan *plan);
/* A mapping that no cell inherits; NULL if there is no memory. */
struct ce_plan *ce__shape_copy_plan(const struct ce_plan *plan, size_t size);
/* A mapping of what its cell is made of, and of nothing else: it is as small as that. NULL if there is no memory. */
struct ce_plan *ce__shape_copy_cell(const struct ce_plan *plan, size_t *size);

#endif
