/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_LIMITS_CGROUP1_H
#define CE_LIMITS_CGROUP1_H

#include "limits/limits_internal.h"

struct ce_cgroup1_place {
	int fd; /* the instance's directory; owned */
	unsigned controllers;
};

/* backend->state of cgroup v1. */
struct ce_cgroup1 {
	struct ce_cgroup1_place places[CE_HIERARCHIES_MAX]; /* in the order in which a cell attaches */
	size_t count;
	int memory, pids, cpuacct, freezer; /* descriptors out of places, or -1; borrowed */
	bool memsw;                         /* swap is accounted */
	bool pids_peak;
};

extern const struct ce_limits_ops ce__cgroup1_operations;

void ce__cgroup1_close(struct ce_limits_backend *backend);

#endif
