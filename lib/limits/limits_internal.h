/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Inside of the limits room: the table of functions that each backend fills, what discovery finds, and the
 * parsers of kernel texts. Only files of this room and its unit test include it. */
#ifndef CE_LIMITS_LIMITS_INTERNAL_H
#define CE_LIMITS_LIMITS_INTERNAL_H

#include <stdio.h>

#include <codeexec/codeexec.h>

#include "limits/limits.h"

/* The leaf into which host and supervisor move when their own cgroup is to have controllers below it. */
#define CE_LIMITS_HOST_LEAF "codeexec-host"
#define CE_LIMITS_PREFIX "codeexec-"

#define CE_CONTROLLER_MEMORY 1u
#define CE_CONTROLLER_PIDS 2u
#define CE_CONTROLLER_CPUACCT 4u
#define CE_CONTROLLER_FREEZER 8u
#define CE_CONTROLLER_CPUSET 16u /* not used, but a hierarchy that has it needs care */
#define CE_CONTROLLERS_USED 15u

/* One per controller in use: they may all be mounted apart. */
#define CE_HIERARCHIES_MAX CE_CELL_ATTACH_MAX

/* ---- the table ---- */

struct ce_limits_ops {
	const char *name;
	void (*close)(struct ce_limits_backend *backend); /* frees backend->state */
	/* Makes new cgroups. */
	int (*cell_open)(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
			 struct ce_limits_cell *out, struct ce_failure *failure);
	void (*cell_started)(struct ce_limits_cell *cell, pid_t init_pid);
	int (*cell_sample)(struct ce_limits_backend *backend, struct ce_limits_cell *cell, enum ce_sample depth,
			   struct ce_cell_usage *out);
	int (*cell_kill)(struct ce_limits_backend *backend, struct ce_limits_cell *cell);
	/* Removes them. */
	int (*cell_close)(struct ce_limits_backend *backend, struct ce_limits_cell *cell);
	/* Where backend->keeps: what the kernel itself still holds for an empty cell; then its next limits and a peak that
	 * begins now. 0 or -errno. */
	int (*cell_residue)(struct ce_limits_backend *backend, struct ce_limits_cell *cell, uint64_t *kernel_bytes);
	int (*cell_reset)(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
			  struct ce_limits_cell *cell);
};

#define CE_KEPT_MAX 32

/* Cgroups that wait for their next cell, the one that waits longest first. */
struct ce_kept {
	struct ce_limits_cell cells[CE_KEPT_MAX]; /* a ring */
	uint64_t since_us[CE_KEPT_MAX];
	size_t first, count, most;
	uint64_t advance_bytes; /* what the kernel may list as used and is not */
	size_t low; /* the fewest that were left since the last trimming */
	unsigned takes;
};

struct ce_limits_backend {
	const struct ce_limits_ops *ops;
	uint64_t protections;
	char *detail;                          /* owned */
	char *directories[CE_HIERARCHIES_MAX]; /* owned; in the order in which they are to be swept */
	size_t directory_count;
	uint64_t next_cell;
	size_t open_cells;
	bool keeps; /* this kernel can set back what a cell leaves, and it is wanted */
	struct ce_kept kept;
	void *state; /* the backend's, owned */
};

/* ---- kept cgroups ---- */

/* The most tasks of a cell that leaves no mark in pids.peak which the next one could not have made itself: init and program. */
#define CE_KEPT_TASKS_PEAK 2

void ce__kept_open(struct ce_limits_backend *backend);
/* Lends one that waits, or says that a new one is needed. */
bool ce__kept_take(struct ce_limits_backend *backend, const struct ce_cell_limits *limits, struct ce_limits_cell *out);
/* Takes over what `cell` has, and clears it, or leaves it alone: then it is to be removed. */
bool ce__kept_give(struct ce_limits_backend *backend, struct ce_limits_cell *cell);
/* Removes all that wait. */
void ce__kept_close(struct ce_limits_backend *backend);
/* limits.c: removes a cell's cgroups; -EBUSY: not yet. */
int ce__limits_cell_remove(struct ce_limits_backend *backend, struct ce_limits_cell *cell);
void ce__limits_cell_clear(struct ce_limits_cell *cell);

/* So many cells at once that each may hold only the descriptors that it must. */
#define CE_CROWD 128

/* Why a backend cannot be used: one short clause for the final message. */
struct ce_limits_why {
	char text[128];
};
int ce__limits_why(struct ce_limits_why *why, int error, const char *fmt, ...) CE_PRINTF(3, 4);

/* ---- discovery ---- */

struct ce_hierarchy {
	char *mount;          /* mount point, or NULL: not mounted; owned */
	char *own;            /* directory of our own cgroup below it, or NULL: not visible there; owned */
	unsigned controllers; /* v1 only */
	int score;            /* how good this mount is; for the choice between several */
	char *path;           /* as in /proc/self/cgroup, or NULL: the kernel has no such hierarchy; owned */
};

struct ce_hierarchies {
	struct ce_hierarchy v2;
	struct ce_hierarchy v1[CE_HIERARCHIES_MAX];
	size_t v1_count;
};

int ce__discover_run(struct ce_hierarchies *out);
/* The same from streams in the format of /proc/self/cgroup and /proc/self/mountinfo. */
int ce__discover_read(FILE *cgroup, FILE *mountinfo, struct ce_hierarchies *out);
void ce__discover_finish(struct ce_hierarchies *hierarchies);

/* ---- backends: 0, or -errno with `why` and nothing left behind ---- */

int ce__cgroup2_open(const struct ce_limits_config *config, const struct ce_hierarchies *found,
		     struct ce_limits_backend *backend, struct ce_limits_why *why);
int ce__cgroup1_open(const struct ce_limits_config *config, const struct ce_hierarchies *found,
		     struct ce_limits_backend *backend, struct ce_limits_why *why);
int ce__rlimits_open(struct ce_limits_backend *backend, const char *detail);

#define CE_PID_TREE_MAX 4096
struct ce_pid_tree {
	pid_t pids[CE_PID_TREE_MAX];
	size_t count;
};
/* A process and all its descendants, by the kernel's lists of children or by everyone's parent: what can be
 * seen at this moment, at most CE_PID_TREE_MAX. */
size_t ce__rlimits_tree(pid_t root, bool by_children, struct ce_pid_tree *tree);

/* The v2 directory under which the instance goes, with controllers on for its children. */
struct ce_cgroup2_parent {
	int fd;
	int lock;   /* held until the instance is there, so that nobody turns the controllers off meanwhile */
	char *path; /* owned */
	bool leaf;  /* host and supervisor are in its leaf, and are to leave it with the last supervisor */
};
int ce__cgroup2_parent_open(const struct ce_limits_config *config, const struct ce_hierarchy *v2,
			    struct ce_cgroup2_parent *out, struct ce_limits_why *why);
/* After the instance was made. */
void ce__cgroup2_parent_unlock(struct ce_cgroup2_parent *parent);
/* Moves host and supervisor back if no other supervisor needs the controllers. */
void ce__cgroup2_parent_close(struct ce_cgroup2_parent *parent);
/* Turns on memory and pids (an error if not possible), cpu and io (if possible) for the children of a cgroup.
 */
int ce__cgroup2_parent_enable(int fd);

/* ---- processes of a cgroup ---- */

/* The pids in a cgroup.procs file, in fresh memory: 0 stands for one outside of our pid namespace. The file
 * is opened anew each time: a v1 descriptor would show the list of its first read. */
int ce__tasks_list(int dirfd, const char *path, pid_t **pids, size_t *count);
/* Sends SIGKILL to all of them, sure to hit members only. The number of processes listed, or -errno. */
int ce__tasks_kill(int dirfd, const char *path);

/* ---- kept descriptors and small files ---- */

/* Reads the file through *fd, opening it with `flags` at the first call. Text length or -errno. */
ssize_t ce__tasks_read_kept(int *fd, int dirfd, const char *path, int flags, char *buffer, size_t size);

/* ---- parsers: 0 or -EINVAL / -ENOENT ---- */

/* Digits only, and perhaps a newline at the end. -ERANGE beyond 64 bits. */
int ce__limits_parse_u64(const char *text, uint64_t *out);
/* The value in the line "key value". -ENOENT if there is no such line. */
int ce__limits_parse_keyed(const char *text, const char *key, uint64_t *out);
/* Sums rbytes= and wbytes= over all devices. */
int ce__limits_parse_io_stat(const char *text, uint64_t *read_bytes, uint64_t *write_bytes);
/* Is `word` one of the words of a list separated by blanks, commas or newlines? */
bool ce__limits_parse_has_word(const char *list, const char *word);

/* A line of /proc/self/mountinfo, cut up in place. */
struct ce_mountinfo {
	const char *root, *mount, *options, *type, *super_options;
};
int ce__limits_parse_mountinfo(char *line, struct ce_mountinfo *out);

/* A line of /proc/self/cgroup, cut up in place. `controllers` is "" for v2. */
struct ce_cgroup_line {
	uint64_t id;
	const char *controllers, *path;
};
int ce__limits_parse_cgroup(char *line, struct ce_cgroup_line *out);

/* Where cgroup `path` is when the cgroup `root` is mounted at `mount`: fresh memory, or NULL if it is not
 * below `root` (a cgroup namespace, or a bind mount of another part). */
char *ce__limits_parse_locate(const char *root, const char *mount, const char *path);

/* /proc/PID/stat. */
struct ce_proc_stat {
	pid_t parent;
	uint64_t ticks; /* utime + stime + cutime + cstime */
	uint64_t threads;
};
int ce__limits_parse_stat(const char *text, struct ce_proc_stat *out);

#endif
