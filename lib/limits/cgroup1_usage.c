/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v1: what a cell uses, by files that stay open: opening one costs twice what reading it does. */
#include "limits/cgroup1.h"

#include <fcntl.h>

static const struct {
	const char *name;
	unsigned controller;
	int flags;
} files[CE_V1_FILES] = {
    [CE_V1_MEMORY] = {"memory.usage_in_bytes", CE_CONTROLLER_MEMORY, O_RDONLY},
    [CE_V1_OOM] = {"memory.oom_control", CE_CONTROLLER_MEMORY, O_RDONLY},
    [CE_V1_TASKS] = {"pids.current", CE_CONTROLLER_PIDS, O_RDONLY},
    [CE_V1_CPU] = {"cpuacct.usage", CE_CONTROLLER_CPUACCT, O_RDONLY},
    [CE_V1_PEAK] = {"memory.max_usage_in_bytes", CE_CONTROLLER_MEMORY, O_RDWR},
    [CE_V1_MEMORY_HITS] = {"memory.failcnt", CE_CONTROLLER_MEMORY, O_RDONLY},
    [CE_V1_SWAP_HITS] = {"memory.memsw.failcnt", CE_CONTROLLER_MEMORY, O_RDONLY},
    [CE_V1_TASK_HITS] = {"pids.events", CE_CONTROLLER_PIDS, O_RDONLY},
    [CE_V1_TASKS_PEAK] = {"pids.peak", CE_CONTROLLER_PIDS, O_RDONLY},
    [CE_V1_SPLIT] = {"memory.stat", CE_CONTROLLER_MEMORY, O_RDONLY},
    [CE_V1_KERNEL] = {"memory.kmem.usage_in_bytes", CE_CONTROLLER_MEMORY, O_RDONLY},
    [CE_V1_TCP] = {"memory.kmem.tcp.usage_in_bytes", CE_CONTROLLER_MEMORY, O_RDONLY},
};

static int directory_of(const struct ce_cgroup1 *v1, unsigned controller)
{
	if (controller == CE_CONTROLLER_MEMORY)
		return v1->memory;
	return controller == CE_CONTROLLER_PIDS ? v1->pids : v1->cpuacct;
}

static ssize_t read_text(struct ce_limits_backend *backend, struct ce_cgroup1_cell *cell, enum ce_cgroup1_file file,
			 char *text, size_t size)
{
	CE_CLEANUP_FD int once = -1;
	char path[CE_V1_PATH_SIZE];
	int *fd = &cell->fds[file];

	if (*fd >= 0) /* no path is needed */
		return ce__tasks_read_kept(fd, -1, "", 0, text, size);
	if (backend->open_cells > CE_CROWD)
		fd = &once;
	return ce__tasks_read_kept(fd, directory_of(backend->state, files[file].controller),
				   ce__cgroup1_path(path, cell, files[file].name), files[file].flags, text, size);
}

static int read_number(struct ce_limits_backend *backend, struct ce_cgroup1_cell *cell, enum ce_cgroup1_file file,
		       uint64_t *out)
{
	char text[64];
	ssize_t n = read_text(backend, cell, file, text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_u64(text, out);
}

static int read_keyed(struct ce_limits_backend *backend, struct ce_cgroup1_cell *cell, enum ce_cgroup1_file file,
		      const char *key, uint64_t *out)
{
	char text[256];
	ssize_t n = read_text(backend, cell, file, text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_keyed(text, key, out);
}

static int read_split(struct ce_limits_backend *backend, struct ce_cgroup1_cell *cell, struct ce_cell_usage *out)
{
	char text[8192];
	uint64_t cache = 0;
	ssize_t n = read_text(backend, cell, CE_V1_SPLIT, text, sizeof(text));

	if (n < 0)
		return (int)n;
	/* A cell has no groups below it: its own numbers are the whole. */
	if (ce__limits_parse_keyed(text, "rss", &out->anon_bytes) < 0 ||
	    ce__limits_parse_keyed(text, "cache", &cache) < 0)
		return -EIO;
	/* "shmem" is a part of "cache". */
	if (ce__limits_parse_keyed(text, "shmem", &out->shmem_bytes) < 0)
		out->shmem_bytes = 0;
	out->file_bytes = cache > out->shmem_bytes ? cache - out->shmem_bytes : 0;
	out->has_split = true;
	return 0;
}

/* Where other groups above or the slack make the swap limit the first to be met, it is counted there. */
static int read_memory_hits(struct ce_limits_backend *backend, struct ce_cgroup1_cell *cell, uint64_t *out)
{
	const struct ce_cgroup1 *v1 = backend->state;
	uint64_t swap = 0;
	int r = read_number(backend, cell, CE_V1_MEMORY_HITS, out);

	if (r == 0 && v1->memsw)
		r = read_number(backend, cell, CE_V1_SWAP_HITS, &swap);
	*out += swap;
	return r;
}

int ce__cgroup1_sample(struct ce_limits_backend *backend, struct ce_limits_cell *handle, enum ce_sample depth,
		       struct ce_cell_usage *out)
{
	const struct ce_cgroup1 *v1 = backend->state;
	struct ce_cgroup1_cell *cell = handle->state;
	uint64_t ns = 0;
	int r = v1->cpuacct < 0 ? 0 : read_number(backend, cell, CE_V1_CPU, &ns);

	out->cpu_us = ns / 1000;
	if (r < 0 || depth < CE_SAMPLE_NOW)
		return r;
	r = read_number(backend, cell, CE_V1_MEMORY, &out->memory_bytes);
	if (r == 0)
		r = read_keyed(backend, cell, CE_V1_OOM, "oom_kill", &out->oom_kills);
	if (r == 0)
		r = read_number(backend, cell, CE_V1_TASKS, &out->tasks);
	if (r < 0 || depth < CE_SAMPLE_COUNTERS)
		return r;
	r = read_number(backend, cell, CE_V1_PEAK, &out->memory_peak_bytes);
	if (r == 0)
		r = read_memory_hits(backend, cell, &out->memory_hits);
	if (r == 0)
		r = read_keyed(backend, cell, CE_V1_TASK_HITS, "max", &out->task_hits);
	if (r == 0 && v1->pids_peak)
		r = read_number(backend, cell, CE_V1_TASKS_PEAK, &out->tasks_peak);
	return r < 0 || depth < CE_SAMPLE_SPLIT ? r : read_split(backend, cell, out);
}

int ce__cgroup1_residue(struct ce_limits_backend *backend, struct ce_limits_cell *handle, uint64_t *kernel_bytes)
{
	struct ce_cgroup1_cell *cell = handle->state;
	uint64_t tcp = 0;
	int r = read_number(backend, cell, CE_V1_KERNEL, kernel_bytes);

	/* Sockets that are not closed for good yet. */
	if (r == 0)
		r = read_number(backend, cell, CE_V1_TCP, &tcp);
	if (r == -ENOENT) /* no CONFIG_INET */
		r = 0;
	*kernel_bytes += tcp;
	return r;
}

int ce__cgroup1_reset_peak(struct ce_limits_backend *backend, struct ce_cgroup1_cell *cell)
{
	const struct ce_cgroup1 *v1 = backend->state;
	int *fd = &cell->fds[CE_V1_PEAK];
	char path[CE_V1_PATH_SIZE];

	if (*fd < 0)
		*fd = openat(v1->memory, ce__cgroup1_path(path, cell, files[CE_V1_PEAK].name), O_RDWR | O_CLOEXEC);
	if (*fd < 0 || pwrite(*fd, "0", 1, 0) != 1)
		return -errno;
	return 0;
}
