/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v2: one directory per cell, entered by CLONE_INTO_CGROUP and emptied by cgroup.kill (Linux 5.14). */
#include "limits/cgroup2.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum file { FILE_CPU, FILE_MEMORY, FILE_TASKS, FILE_MEMORY_EVENTS, FILE_TASK_EVENTS, FILE_SPLIT, FILE_PEAK, FILE_TASKS_PEAK,
	    FILE_IO, FILES };

static const char *const names[FILES] = {
    [FILE_CPU] = "cpu.stat",
    [FILE_MEMORY] = "memory.current",
    [FILE_TASKS] = "pids.current",
    [FILE_MEMORY_EVENTS] = "memory.events",
    [FILE_TASK_EVENTS] = "pids.events",
    [FILE_SPLIT] = "memory.stat",
    [FILE_PEAK] = "memory.peak",
    [FILE_TASKS_PEAK] = "pids.peak",
    [FILE_IO] = "io.stat",
};

struct v2_cell {
	char name[24];
	struct ce_cell_limits limits; /* as they are set */
	int dir;                      /* is also clone_cgroup_fd; borrowed from the handle */
	int fds[FILES];               /* opened when first needed; owned */
};

/* ---- limits ---- */

static int set_limit(int dir, const char *file, uint64_t value)
{
	return value > INT64_MAX ? ce__io_write_file(dir, file, "max")
				 : ce__io_write_file_u64(dir, file, value);
}

static int set_task_limit(int dir, uint64_t processes)
{
	return set_limit(dir, "pids.max", processes < UINT64_MAX ? processes + 1 : UINT64_MAX);
}

static int set_limits(const struct ce_cgroup2 *v2, int dir, const struct ce_cell_limits *limits, const char **what)
{
	int r;

	*what = "memory.max";
	r = set_limit(dir, *what, limits->memory_bytes);
	if (r == 0 && v2->swap) {
		*what = "memory.swap.max";
		r = set_limit(dir, *what, 0);
	}
	if (r == 0) {
		/* Half a program that goes on after the other half was killed tells nothing. */
		*what = "memory.oom.group";
		r = set_limit(dir, *what, 1);
	}
	if (r == 0) {
		*what = "pids.max";
		r = set_task_limit(dir, limits->processes);
	}
	return r;
}

int ce__cgroup2_make_cell(const struct ce_cgroup2 *v2, const struct ce_cell_limits *limits, const char *name, int *out,
			  const char **what)
{
	CE_CLEANUP_FD int dir = -1;
	int r;

	*what = "mkdir";
	if (mkdirat(v2->fd, name, 0755) < 0)
		return -errno;
	*what = "open";
	dir = openat(v2->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = dir < 0 ? -errno : set_limits(v2, dir, limits, what);
	if (r < 0) {
		unlinkat(v2->fd, name, AT_REMOVEDIR);
		return r;
	}
	*out = ce__steal_fd(&dir);
	return 0;
}

static int open_cell(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
		     struct ce_limits_cell *out, struct ce_failure *failure)
{
	struct ce_cgroup2 *v2 = backend->state;
	struct v2_cell *cell = calloc(1, sizeof(*cell));
	const char *what = "";
	int r;

	if (!cell)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "limits", "no memory for a cell");
	for (size_t i = 0; i < FILES; i++)
		cell->fds[i] = -1;
	cell->limits = *limits;
	snprintf(cell->name, sizeof(cell->name), "e%llu", (unsigned long long)++backend->next_cell);
	r = ce__cgroup2_make_cell(v2, limits, cell->name, &cell->dir, &what);
	if (r < 0) {
		free(cell);
		return ce__failure_set(failure, CE_ERR_OS, -r, "limits", "cgroup v2 cell in %s: %s",
				       backend->detail, what);
	}
	out->clone_cgroup_fd = cell->dir;
	out->state = cell;
	return 0;
}

/* Every descriptor has a peak of its own: it is the one that was written to which shows this cell's. */
static int reset_peak(struct v2_cell *cell)
{
	int *fd = &cell->fds[FILE_PEAK];

	if (*fd < 0)
		*fd = openat(cell->dir, names[FILE_PEAK], O_RDWR | O_CLOEXEC);
	if (*fd < 0 || pwrite(*fd, "0", 1, 0) != 1)
		return -errno;
	return 0;
}

static int reset_cell(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
		      struct ce_limits_cell *handle)
{
	struct v2_cell *cell = handle->state;
	int r = 0;

	(void)backend;
	if (limits->memory_bytes != cell->limits.memory_bytes)
		r = set_limit(cell->dir, "memory.max", limits->memory_bytes);
	if (r == 0 && limits->processes != cell->limits.processes)
		r = set_task_limit(cell->dir, limits->processes);
	if (r < 0)
		return r;
	cell->limits = *limits;
	return reset_peak(cell);
}

/* ---- usage ---- */

/* The peak's descriptor is one to be written to where that means something: reset_peak needs it. */
static ssize_t read_text(const struct ce_limits_backend *backend, struct v2_cell *cell, enum file file, char *text,
			 size_t size)
{
	const struct ce_cgroup2 *v2 = backend->state;
	int flags = file == FILE_PEAK && v2->peak_resets ? O_RDWR : O_RDONLY;
	CE_CLEANUP_FD int once = -1;
	int *fd = &cell->fds[file];

	if (*fd < 0 && backend->open_cells > CE_CROWD)
		fd = &once;
	return ce__tasks_read_kept(fd, cell->dir, names[file], flags, text, size);
}

static int read_number(const struct ce_limits_backend *backend, struct v2_cell *cell, enum file file, uint64_t *out)
{
	char text[64];
	ssize_t n = read_text(backend, cell, file, text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_u64(text, out);
}

static int read_keyed(const struct ce_limits_backend *backend, struct v2_cell *cell, enum file file, const char *key,
		      uint64_t *out)
{
	char text[8192];
	ssize_t n = read_text(backend, cell, file, text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_keyed(text, key, out);
}

static int read_events(const struct ce_limits_backend *backend, struct v2_cell *cell, struct ce_cell_usage *out)
{
	char text[512];
	int r = (int)read_text(backend, cell, FILE_MEMORY_EVENTS, text, sizeof(text));

	if (r >= 0)
		r = ce__limits_parse_keyed(text, "oom_kill", &out->oom_kills);
	if (r >= 0)
		r = ce__limits_parse_keyed(text, "max", &out->memory_hits);
	return r < 0 ? r : read_keyed(backend, cell, FILE_TASK_EVENTS, "max", &out->task_hits);
}

static int read_split(const struct ce_limits_backend *backend, struct v2_cell *cell, struct ce_cell_usage *out)
{
	char text[8192];
	uint64_t file = 0;
	int r = (int)read_text(backend, cell, FILE_SPLIT, text, sizeof(text));

	if (r >= 0)
		r = ce__limits_parse_keyed(text, "anon", &out->anon_bytes);
	if (r >= 0)
		r = ce__limits_parse_keyed(text, "file", &file);
	if (r >= 0)
		r = ce__limits_parse_keyed(text, "shmem", &out->shmem_bytes);
	if (r < 0)
		return r;
	/* "shmem" is a part of "file". */
	out->file_bytes = file > out->shmem_bytes ? file - out->shmem_bytes : 0;
	out->has_split = true;
	return 0;
}

static int read_io(const struct ce_limits_backend *backend, struct v2_cell *cell, struct ce_cell_usage *out)
{
	char text[8192];
	int r = (int)read_text(backend, cell, FILE_IO, text, sizeof(text));

	return r < 0 ? r : ce__limits_parse_io_stat(text, &out->read_bytes, &out->write_bytes);
}

static int sample_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle, enum ce_sample depth,
		       struct ce_cell_usage *out)
{
	const struct ce_cgroup2 *v2 = backend->state;
	struct v2_cell *cell = handle->state;
	int r = read_keyed(backend, cell, FILE_CPU, "usage_usec", &out->cpu_us);

	if (r < 0 || depth < CE_SAMPLE_NOW)
		return r;
	r = read_number(backend, cell, FILE_MEMORY, &out->memory_bytes);
	if (r == 0)
		r = read_number(backend, cell, FILE_TASKS, &out->tasks);
	if (r < 0 || depth < CE_SAMPLE_COUNTERS)
		return r;
	r = read_events(backend, cell, out);
	if (r == 0 && depth >= CE_SAMPLE_SPLIT)
		r = read_split(backend, cell, out);
	if (r == 0 && v2->memory_peak)
		r = read_number(backend, cell, FILE_PEAK, &out->memory_peak_bytes);
	if (r == 0 && v2->pids_peak)
		r = read_number(backend, cell, FILE_TASKS_PEAK, &out->tasks_peak);
	if (r == 0 && v2->io)
		r = read_io(backend, cell, out);
	return r;
}

/* "kernel" came with Linux 5.18, before memory.peak could be set back. */
static int read_residue(struct ce_limits_backend *backend, struct ce_limits_cell *handle, uint64_t *kernel_bytes)
{
	return read_keyed(backend, handle->state, FILE_SPLIT, "kernel", kernel_bytes);
}

/* ---- the end ---- */

static int kill_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	struct v2_cell *cell = handle->state;

	(void)backend;
	/* Covers forks that happen at the same time. */
	return ce__io_write_file(cell->dir, "cgroup.kill", "1");
}

static int close_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	struct ce_cgroup2 *v2 = backend->state;
	struct v2_cell *cell = handle->state;
	int r = 0;

	if (unlinkat(v2->fd, cell->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	if (r == -EBUSY)
		return r;
	for (size_t i = 0; i < FILES; i++)
		ce__base_close(&cell->fds[i]);
	free(cell);
	handle->state = NULL;
	return r;
}

const struct ce_limits_ops ce__cgroup2_operations = {
    .name = "cgroup-v2",
    .close = ce__cgroup2_close,
    .cell_open = open_cell,
    .cell_sample = sample_cell,
    .cell_kill = kill_cell,
    .cell_close = close_cell,
    .cell_residue = read_residue,
    .cell_reset = reset_cell,
};
