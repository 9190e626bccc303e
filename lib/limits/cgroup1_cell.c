/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v1: the cells. There is no oom.group and no cgroup.kill here: the caller watches the counters, and
 * killing goes through the freezer. Paths are relative to the instance's directories, which saves opening the
 * cell's. */
#include "limits/cgroup1.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KILL_ROUNDS 50
#define FREEZE_TRIES 50
#define PAUSE_US 200u
#define PATH_SIZE 96
#define SWAP_SLACK (UINT64_C(1) << 20)

struct v1_cell {
	char name[24];
	int usage_fd, oom_fd, cpu_fd, tasks_fd; /* opened by the first sample; owned */
};

static const char *in_cell(char *path, const struct v1_cell *cell, const char *file)
{
	snprintf(path, PATH_SIZE, "%s/%s", cell->name, file);
	return path;
}

static int set_limit(int dir, const struct v1_cell *cell, const char *file, uint64_t value,
		     const char *unlimited)
{
	char path[PATH_SIZE];

	in_cell(path, cell, file);
	if (value > INT64_MAX)
		return ce__io_write_file(dir, path, unlimited);
	return ce__io_write_file_u64(dir, path, value);
}

static int remove_cell(const struct ce_cgroup1 *v1, const struct v1_cell *cell)
{
	int result = 0;

	for (size_t i = 0; i < v1->count; i++)
		if (unlinkat(v1->places[i].fd, cell->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			result = result == -EBUSY ? result : -errno;
	return result;
}

/* Swappiness 0 keeps cells out of swap, this limit bounds what slips through. Were it equal to that of
 * memory, it would be met first, and Linux 6.15 and later do not count that in any file. */
static uint64_t with_slack(uint64_t bytes)
{
	return bytes < UINT64_MAX - SWAP_SLACK ? bytes + SWAP_SLACK : UINT64_MAX;
}

static int fill_cell(const struct ce_cgroup1 *v1, const struct ce_cell_limits *limits,
		     const struct v1_cell *cell, struct ce_limits_cell *out, const char **what)
{
	uint64_t tasks = limits->processes < UINT64_MAX ? limits->processes + 1 : UINT64_MAX;
	char path[PATH_SIZE];
	int r;

	for (size_t i = 0; i < v1->count; i++) {
		*what = "mkdir";
		if (mkdirat(v1->places[i].fd, cell->name, 0755) < 0)
			return -errno;
		*what = "tasks";
		out->attach_fds[i] =
		    openat(v1->places[i].fd, in_cell(path, cell, "tasks"), O_WRONLY | O_CLOEXEC);
		if (out->attach_fds[i] < 0)
			return -errno;
		out->attach_count = i + 1;
	}
	*what = "memory.limit_in_bytes";
	r = set_limit(v1->memory, cell, *what, limits->memory_bytes, "-1");
	if (r == 0 && v1->memsw) {
		*what = "memory.memsw.limit_in_bytes";
		r = set_limit(v1->memory, cell, *what, with_slack(limits->memory_bytes), "-1");
	}
	if (r == 0) {
		/* v1 charges what lies in sockets' buffers to nobody unless this is set; it is a count of its own.
		 * Kernels without it (CONFIG_INET is off) have no such sockets. */
		*what = "memory.kmem.tcp.limit_in_bytes";
		r = set_limit(v1->memory, cell, *what, limits->memory_bytes, "-1");
		if (r == -ENOENT)
			r = 0;
	}
	if (r == 0) {
		*what = "pids.max";
		r = set_limit(v1->pids, cell, *what, tasks, "max");
	}
	return r;
}

static int open_cell(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
		     struct ce_limits_cell *out, struct ce_failure *failure)
{
	struct ce_cgroup1 *v1 = backend->state;
	struct v1_cell *cell = calloc(1, sizeof(*cell));
	const char *what = "";
	int r;

	if (!cell)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "limits", "no memory for a cell");
	cell->usage_fd = cell->oom_fd = cell->cpu_fd = cell->tasks_fd = -1;
	snprintf(cell->name, sizeof(cell->name), "e%llu", (unsigned long long)++backend->next_cell);
	r = fill_cell(v1, limits, cell, out, &what);
	if (r == 0) {
		out->state = cell;
		return 0;
	}
	for (size_t i = 0; i < CE_CELL_ATTACH_MAX; i++)
		ce__base_close(&out->attach_fds[i]);
	out->attach_count = 0;
	remove_cell(v1, cell);
	free(cell);
	return ce__failure_set(failure, CE_ERR_OS, -r, "limits", "cgroup v1 cell in %s: %s", backend->detail,
			       what);
}

static int read_number(int *fd, int dir, const struct v1_cell *cell, const char *file, uint64_t *out)
{
	char text[64], path[PATH_SIZE];
	ssize_t n = ce__tasks_read_kept(fd, dir, in_cell(path, cell, file), text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_u64(text, out);
}

static int read_oom_kills(struct v1_cell *cell, int dir, uint64_t *out)
{
	char text[256], path[PATH_SIZE];
	ssize_t n = ce__tasks_read_kept(&cell->oom_fd, dir, in_cell(path, cell, "memory.oom_control"), text,
					sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_keyed(text, "oom_kill", out);
}

static int read_split(const struct ce_cgroup1 *v1, const struct v1_cell *cell, struct ce_cell_usage *out)
{
	char text[8192], path[PATH_SIZE];
	uint64_t cache = 0;
	ssize_t n = ce__io_read_file(v1->memory, in_cell(path, cell, "memory.stat"), text, sizeof(text));

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
	return 0;
}

static int read_once(int dir, const struct v1_cell *cell, const char *file, uint64_t *out)
{
	CE_CLEANUP_FD int fd = -1;

	return read_number(&fd, dir, cell, file, out);
}

/* Where other groups above or the slack make the swap limit the first to be met, it is counted there. */
static int read_memory_hits(const struct ce_cgroup1 *v1, const struct v1_cell *cell, uint64_t *out)
{
	uint64_t swap = 0;
	int r = read_once(v1->memory, cell, "memory.failcnt", out);

	if (r == 0 && v1->memsw)
		r = read_once(v1->memory, cell, "memory.memsw.failcnt", &swap);
	*out += swap;
	return r;
}

static int read_task_hits(const struct ce_cgroup1 *v1, const struct v1_cell *cell, uint64_t *out)
{
	char text[256], path[PATH_SIZE];
	ssize_t n = ce__io_read_file(v1->pids, in_cell(path, cell, "pids.events"), text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_keyed(text, "max", out);
}

static int sample_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle, bool full,
		       struct ce_cell_usage *out)
{
	struct ce_cgroup1 *v1 = backend->state;
	struct v1_cell *cell = handle->state;
	uint64_t ns = 0;
	int r;

	r = read_number(&cell->usage_fd, v1->memory, cell, "memory.usage_in_bytes", &out->memory_bytes);
	if (r == 0)
		r = read_oom_kills(cell, v1->memory, &out->oom_kills);
	if (r == 0)
		r = read_number(&cell->tasks_fd, v1->pids, cell, "pids.current", &out->tasks);
	if (r == 0 && v1->cpuacct >= 0)
		r = read_number(&cell->cpu_fd, v1->cpuacct, cell, "cpuacct.usage", &ns);
	out->cpu_us = ns / 1000;
	if (r < 0 || !full)
		return r;
	r = read_once(v1->memory, cell, "memory.max_usage_in_bytes", &out->memory_peak_bytes);
	if (r == 0)
		r = read_memory_hits(v1, cell, &out->memory_hits);
	if (r == 0)
		r = read_task_hits(v1, cell, &out->task_hits);
	if (r == 0 && v1->pids_peak)
		r = read_once(v1->pids, cell, "pids.peak", &out->tasks_peak);
	return r < 0 ? r : read_split(v1, cell, out);
}

/* ---- killing ---- */

/* True once every task stands still, so that none can fork while the list is worked through. */
static bool freeze(const struct ce_cgroup1 *v1, const struct v1_cell *cell)
{
	char path[PATH_SIZE], text[32];

	if (v1->freezer < 0)
		return false;
	in_cell(path, cell, "freezer.state");
	if (ce__io_write_file(v1->freezer, path, "FROZEN") < 0)
		return false;
	for (int i = 0; i < FREEZE_TRIES; i++) {
		if (ce__io_read_file(v1->freezer, path, text, sizeof(text)) < 0)
			return false;
		if (strcmp(text, "FROZEN\n") == 0)
			return true;
		usleep(PAUSE_US);
	}
	return false;
}

/* One round over all hierarchies: a task that is killed while it attaches itself may not be in all of them.
 */
static int kill_round(const struct ce_cgroup1 *v1, const struct v1_cell *cell)
{
	char path[PATH_SIZE];
	int most = 0;

	in_cell(path, cell, "cgroup.procs");
	for (size_t i = 0; i < v1->count; i++) {
		int n = ce__tasks_kill(v1->places[i].fd, path);

		if (n < 0 && n != -ENOENT)
			return n;
		if (n > most)
			most = n;
	}
	return most;
}

static int kill_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	struct ce_cgroup1 *v1 = backend->state;
	struct v1_cell *cell = handle->state;
	char path[PATH_SIZE];
	int n = 0;

	for (int i = 0; i < KILL_ROUNDS; i++) {
		bool frozen = freeze(v1, cell);

		n = kill_round(v1, cell);
		/* v1's frozen tasks die only when thawed; before they run again they meet the signal. */
		if (v1->freezer >= 0)
			ce__io_write_file(v1->freezer, in_cell(path, cell, "freezer.state"), "THAWED");
		if (n <= 0 || frozen)
			return n < 0 ? n : 0;
		usleep(PAUSE_US);
	}
	return -EAGAIN;
}

static int close_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	struct v1_cell *cell = handle->state;
	int r = remove_cell(backend->state, cell);

	if (r == -EBUSY)
		return r;
	ce__base_close(&cell->usage_fd);
	ce__base_close(&cell->oom_fd);
	ce__base_close(&cell->cpu_fd);
	ce__base_close(&cell->tasks_fd);
	free(cell);
	handle->state = NULL;
	return r;
}

const struct ce_limits_ops ce__cgroup1_operations = {
    .name = "cgroup-v1",
    .close = ce__cgroup1_close,
    .cell_open = open_cell,
    .cell_sample = sample_cell,
    .cell_kill = kill_cell,
    .cell_close = close_cell,
};
