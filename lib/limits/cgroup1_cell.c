/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v1: the cells. There is no oom.group and no cgroup.kill here: the caller watches the counters, and
 * killing goes through the freezer. */
#include "limits/cgroup1.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KILL_ROUNDS 50
#define FREEZE_TRIES 50
#define PAUSE_US 200u
#define SWAP_SLACK (UINT64_C(1) << 20)

const char *ce__cgroup1_path(char *path, const struct ce_cgroup1_cell *cell, const char *file)
{
	snprintf(path, CE_V1_PATH_SIZE, "%s/%s", cell->name, file);
	return path;
}

static int set_limit(int dir, const struct ce_cgroup1_cell *cell, const char *file, uint64_t value,
		     const char *unlimited)
{
	char path[CE_V1_PATH_SIZE];

	ce__cgroup1_path(path, cell, file);
	if (value > INT64_MAX)
		return ce__io_write_file(dir, path, unlimited);
	return ce__io_write_file_u64(dir, path, value);
}

static int remove_cell(const struct ce_cgroup1 *v1, const struct ce_cgroup1_cell *cell)
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

/* Raised from the outside in, lowered from the inside out: memory may never be above memory and swap. */
static int set_memory_limits(const struct ce_cgroup1 *v1, const struct ce_cgroup1_cell *cell, uint64_t bytes, bool up,
			     const char **what)
{
	static const char *const files[] = {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"};
	int r = 0;

	for (size_t i = 0; i < 2 && r == 0; i++) {
		bool swap = (i == 0) == up;

		if (swap && !v1->memsw)
			continue;
		*what = files[swap];
		r = set_limit(v1->memory, cell, *what, swap ? with_slack(bytes) : bytes, "-1");
	}
	if (r == 0) {
		/* v1 charges what lies in sockets' buffers to nobody unless this is set; it is a count of its own.
		 * Kernels without it (CONFIG_INET is off) have no such sockets. */
		*what = "memory.kmem.tcp.limit_in_bytes";
		r = set_limit(v1->memory, cell, *what, bytes, "-1");
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

static int set_task_limit(const struct ce_cgroup1 *v1, const struct ce_cgroup1_cell *cell, uint64_t processes)
{
	return set_limit(v1->pids, cell, "pids.max", processes < UINT64_MAX ? processes + 1 : UINT64_MAX, "max");
}

static int fill_cell(const struct ce_cgroup1 *v1, const struct ce_cell_limits *limits,
		     const struct ce_cgroup1_cell *cell, struct ce_limits_cell *out, const char **what)
{
	char path[CE_V1_PATH_SIZE];
	int r;

	for (size_t i = 0; i < v1->count; i++) {
		*what = "mkdir";
		if (mkdirat(v1->places[i].fd, cell->name, 0755) < 0)
			return -errno;
		*what = "tasks";
		out->attach_fds[i] =
		    openat(v1->places[i].fd, ce__cgroup1_path(path, cell, "tasks"), O_WRONLY | O_CLOEXEC);
		if (out->attach_fds[i] < 0)
			return -errno;
		out->attach_count = i + 1;
	}
	r = set_memory_limits(v1, cell, limits->memory_bytes, false, what);
	if (r == 0) {
		*what = "pids.max";
		r = set_task_limit(v1, cell, limits->processes);
	}
	return r;
}

static int open_cell(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
		     struct ce_limits_cell *out, struct ce_failure *failure)
{
	struct ce_cgroup1 *v1 = backend->state;
	struct ce_cgroup1_cell *cell = calloc(1, sizeof(*cell));
	const char *what = "";
	int r;

	if (!cell)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "limits", "no memory for a cell");
	for (size_t i = 0; i < CE_V1_FILES; i++)
		cell->fds[i] = -1;
	cell->limits = *limits;
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

static int reset_cell(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
		      struct ce_limits_cell *handle)
{
	struct ce_cgroup1 *v1 = backend->state;
	struct ce_cgroup1_cell *cell = handle->state;
	const char *what;
	int r = 0;

	if (limits->memory_bytes != cell->limits.memory_bytes)
		r = set_memory_limits(v1, cell, limits->memory_bytes, limits->memory_bytes > cell->limits.memory_bytes,
				      &what);
	if (r == 0 && limits->processes != cell->limits.processes)
		r = set_task_limit(v1, cell, limits->processes);
	if (r < 0)
		return r;
	cell->limits = *limits;
	return ce__cgroup1_reset_peak(backend, cell);
}

/* ---- killing ---- */

/* True once every task stands still, so that none can fork while the list is worked through. */
static bool freeze(const struct ce_cgroup1 *v1, const struct ce_cgroup1_cell *cell)
{
	char path[CE_V1_PATH_SIZE], text[32];

	if (v1->freezer < 0)
		return false;
	ce__cgroup1_path(path, cell, "freezer.state");
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
static int kill_round(const struct ce_cgroup1 *v1, const struct ce_cgroup1_cell *cell)
{
	char path[CE_V1_PATH_SIZE];
	int most = 0;

	ce__cgroup1_path(path, cell, "cgroup.procs");
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
	struct ce_cgroup1_cell *cell = handle->state;
	char path[CE_V1_PATH_SIZE];
	int n = 0;

	for (int i = 0; i < KILL_ROUNDS; i++) {
		bool frozen = freeze(v1, cell);

		n = kill_round(v1, cell);
		/* v1's frozen tasks die only when thawed; before they run again they meet the signal. */
		if (v1->freezer >= 0)
			ce__io_write_file(v1->freezer, ce__cgroup1_path(path, cell, "freezer.state"), "THAWED");
		if (n <= 0 || frozen)
			return n < 0 ? n : 0;
		usleep(PAUSE_US);
	}
	return -EAGAIN;
}

static int close_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	struct ce_cgroup1_cell *cell = handle->state;
	int r = remove_cell(backend->state, cell);

	if (r == -EBUSY)
		return r;
	for (size_t i = 0; i < CE_V1_FILES; i++)
		ce__base_close(&cell->fds[i]);
	free(cell);
	handle->state = NULL;
	return r;
}

const struct ce_limits_ops ce__cgroup1_operations = {
    .name = "cgroup-v1",
    .close = ce__cgroup1_close,
    .cell_open = open_cell,
    .cell_sample = ce__cgroup1_sample,
    .cell_kill = kill_cell,
    .cell_close = close_cell,
    .cell_residue = ce__cgroup1_residue,
    .cell_reset = reset_cell,
};
