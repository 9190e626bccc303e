/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_LIMITS_CGROUP2_H
#define CE_LIMITS_CGROUP2_H

#include "limits/limits_internal.h"

/* backend->state of cgroup v2. */
struct ce_cgroup2 {
	struct ce_cgroup2_parent parent;
	int fd;                                /* the instance's directory; owned */
	bool swap, memory_peak, pids_peak, io; /* files that this kernel has */
	bool peak_resets;
};

extern const struct ce_limits_ops ce__cgroup2_operations;

void ce__cgroup2_close(struct ce_limits_backend *backend);
/* Makes the directory `name` with its limits set; *out is a path descriptor of it. `what` tells what failed. */
int ce__cgroup2_make_cell(const struct ce_cgroup2 *v2, const struct ce_cell_limits *limits, const char *name, int *out,
			  const char **what);

#endif
