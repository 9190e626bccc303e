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

enum ce_cgroup1_file {
	CE_V1_MEMORY,
	CE_V1_OOM,
	CE_V1_TASKS,
	CE_V1_CPU, /* the last one of those that every sample reads */
	CE_V1_PEAK,
	CE_V1_MEMORY_HITS,
	CE_V1_SWAP_HITS,
	CE_V1_TASK_HITS,
	CE_V1_TASKS_PEAK,
	CE_V1_SPLIT,
	CE_V1_KERNEL,
	CE_V1_TCP,
	CE_V1_FILES
};

/* cell->state of cgroup v1. */
struct ce_cgroup1_cell {
	char name[24];
	struct ce_cell_limits limits; /* as they are set */
	int fds[CE_V1_FILES];         /* opened when first needed; owned */
};

#define CE_V1_PATH_SIZE 96
/* "cell/file", relative to an instance's directory, which saves opening the cell's. */
const char *ce__cgroup1_path(char *path, const struct ce_cgroup1_cell *cell, const char *file);

/* cgroup1_usage.c */
int ce__cgroup1_sample(struct ce_limits_backend *backend, struct ce_limits_cell *handle, enum ce_sample depth,
		       struct ce_cell_usage *out);
int ce__cgroup1_residue(struct ce_limits_backend *backend, struct ce_limits_cell *handle, uint64_t *kernel_bytes);
/* From now on the peak is that of what comes. */
int ce__cgroup1_reset_peak(struct ce_limits_backend *backend, struct ce_cgroup1_cell *cell);

extern const struct ce_limits_ops ce__cgroup1_operations;

void ce__cgroup1_close(struct ce_limits_backend *backend);

#endif
