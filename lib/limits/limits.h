/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Limits and accounting of a cell by the kernel: cgroup v2, cgroup v1, or rlimits with sampling. One table of
 * functions each behind this dispatcher. Used by the supervisor only; single-threaded; no ce_error here. */
#ifndef CE_LIMITS_LIMITS_H
#define CE_LIMITS_LIMITS_H

#include <sys/types.h>

#include "base/base.h"

struct ce_limits_backend; /* one per supervisor */

#define CE_LIMITS_ALLOW_WEAKER 1u /* fall back to rlimits and sampling */
#define CE_LIMITS_ORDINARY_USER 4u /* not root to the host, whatever geteuid() says in our user namespace */
#define CE_LIMITS_MOVE_HOST 2u    /* v2: host_pid and ourselves may move to a leaf of our cgroup */

struct ce_limits_config {
	/* Delegated directory, or NULL: discover; borrowed for the call. On v1 it lies in any of the
	 * hierarchies, and the same name is used in the others. */
	const char *cgroup;
	const char *instance; /* unique name of this supervisor, "codeexec-..."; borrowed for the call */
	unsigned flags;
	pid_t host_pid;
	bool fresh; /* no cell's cgroups are kept for the next one */
	/* Called with each directory before it is made, so that there is never one that nobody could sweep; a failure ends
	 * the opening. May be NULL. */
	int (*announce)(void *context, const char *directory);
	void *announce_context;
};

/* Which kinds of limits a backend enforces: bits as in CE_PROTECTION_MEMORY_LIMIT, ... */
struct ce_limits_info {
	const char *name;   /* "cgroup-v2", "cgroup-v1", "rlimits"; static */
	const char *detail; /* directory, or why there is none; owned by the backend */
	uint64_t protections;
};

/* Finds the best backend, makes its instance directories. On failure nothing is left. CE_ERR_UNSUPPORTED with
 * the remedy in the message when only the weaker one is there and it was not allowed. */
int ce__limits_open(const struct ce_limits_config *config, struct ce_limits_backend **out,
		    struct ce_failure *failure);
/* Removes the instance directories and whatever is left in them; cells must have been closed before. 0, or -errno if
 * something stays. */
int ce__limits_close(struct ce_limits_backend *backend);
void ce__limits_info(const struct ce_limits_backend *backend, struct ce_limits_info *out);
/* Absolute directories that this instance made, for the owner file: borrowed; NULL past the end. */
const char *ce__limits_directory(const struct ce_limits_backend *backend, size_t index);
/* Kills everything in an instance directory that a dead supervisor left and removes it with all below it.
 * Used with paths out of an owner file; refuses a path whose last part does not begin with "codeexec-". */
int ce__limits_sweep(const char *directory);

struct ce_cell_limits {
	uint64_t memory_bytes;
	uint64_t processes; /* tasks of the program; the backend adds one for init */
};

/* How much of it is looked for. */
enum ce_sample {
	CE_SAMPLE_CPU,	    /* cpu_us alone */
	CE_SAMPLE_NOW,	    /* what is cheap */
	CE_SAMPLE_COUNTERS, /* peaks and hits too */
	CE_SAMPLE_SPLIT,    /* and the split of the memory: dear, as the kernel adds up what each processor has counted */
};

struct ce_cell_usage {
	uint64_t cpu_us;
	/* From CE_SAMPLE_NOW on. */
	uint64_t memory_bytes; /* now; rlimits: the sum of the resident sets */
	uint64_t tasks;        /* now */
	uint64_t oom_kills;    /* since the cell was opened, as all that is counted; v2: not with CE_SAMPLE_NOW */
	/* From CE_SAMPLE_COUNTERS on. */
	uint64_t memory_peak_bytes;                   /* 0: the kernel keeps none */
	uint64_t tasks_peak;                          /* 0: the kernel keeps none */
	uint64_t memory_hits; /* allocations that hit the limit; reclaim may have helped: page cache counts */
	uint64_t task_hits;   /* forks refused by the limit */
	uint64_t read_bytes, write_bytes; /* v2 with the io controller; else 0 */
	/* With CE_SAMPLE_SPLIT only. */
	bool has_split;                               /* somebody was there to be looked at */
	uint64_t anon_bytes, file_bytes, shmem_bytes; /* now; they add up: file is without shmem (tmpfs) */
};

#define CE_CELL_ATTACH_MAX 4

/* A lease of cgroups: new ones, or such that served cells before (kept.c). */
struct ce_limits_cell {
	int clone_cgroup_fd; /* for CLONE_INTO_CGROUP, or -1; owned */
	/* v1: the child writes "0" to each of these `tasks` files before it has threads; owned, CLOEXEC. */
	int attach_fds[CE_CELL_ATTACH_MAX];
	size_t attach_count;
	void *state; /* the backend's, owned */
	/* Of the dispatcher: */
	struct ce_cell_usage base; /* what the counters showed when it was opened; zeros for a new one */
	struct ce_cell_usage last; /* the last sample of the counters, less the base */
	unsigned uses;             /* cells that it has served, this one included */
	bool sampled, odd;         /* there is a last sample; something happened that ends with this cell */
};

/* Gives the cell cgroups of its own with limits set, swap off and counters at zero. */
int ce__limits_cell_open(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
			 struct ce_limits_cell *out, struct ce_failure *failure);
/* Tells the backend the host pid of init: the rlimits backend samples its tree through /proc. */
void ce__limits_cell_started(struct ce_limits_backend *backend, struct ce_limits_cell *cell, pid_t init_pid);
/* Everybody who goes there by itself has the descriptors for it. */
void ce__limits_cell_attached(struct ce_limits_backend *backend, struct ce_limits_cell *cell);
/* 0 or -errno. The split is to be taken while the tasks live: it is of now. */
int ce__limits_cell_sample(struct ce_limits_backend *backend, struct ce_limits_cell *cell, enum ce_sample depth,
			   struct ce_cell_usage *out);
/* Kills every task in the cell, repeatedly until none is left that could fork (cgroup.kill, freezer, or
 * nothing to do for rlimits: the caller kills init through its pidfd and the pid namespace does the rest). */
int ce__limits_cell_kill(struct ce_limits_backend *backend, struct ce_limits_cell *cell);
/* Removes the cgroups, or keeps them for another cell if they are empty and the last sample of the counters showed them in good order. -EBUSY
 * while a task is still dying: the caller tries again later. */
int ce__limits_cell_close(struct ce_limits_backend *backend, struct ce_limits_cell *cell);

#endif
