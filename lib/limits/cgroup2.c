/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v2: one directory per cell, entered by CLONE_INTO_CGROUP and emptied by cgroup.kill (Linux 5.14). */
#include "limits/limits_internal.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct v2 {
	struct ce_cgroup2_parent parent;
	int fd;                                /* the instance's directory; owned */
	bool swap, memory_peak, pids_peak, io; /* files that this kernel has */
};

struct v2_cell {
	char name[24];
	int dir;                         /* is also clone_cgroup_fd; borrowed from the handle */
	int cpu_fd, memory_fd, tasks_fd; /* opened by the first sample; owned */
};

/* ---- cells ---- */

static int set_limit(int dir, const char *file, uint64_t value)
{
	return value > INT64_MAX ? ce__io_write_file(dir, file, "max")
				 : ce__io_write_file_u64(dir, file, value);
}

static int set_limits(const struct v2 *v2, int dir, const struct ce_cell_limits *limits, const char **what)
{
	uint64_t tasks = limits->processes < UINT64_MAX ? limits->processes + 1 : UINT64_MAX;
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
		r = set_limit(dir, *what, tasks);
	}
	return r;
}

static int make_cell(const struct v2 *v2, const struct ce_cell_limits *limits, const char *name, int *out,
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
	struct v2 *v2 = backend->state;
	struct v2_cell *cell = calloc(1, sizeof(*cell));
	const char *what = "";
	int r;

	if (!cell)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "limits", "no memory for a cell");
	cell->cpu_fd = cell->memory_fd = cell->tasks_fd = -1;
	snprintf(cell->name, sizeof(cell->name), "e%llu", (unsigned long long)++backend->next_cell);
	r = make_cell(v2, limits, cell->name, &cell->dir, &what);
	if (r < 0) {
		free(cell);
		return ce__failure_set(failure, CE_ERR_OS, -r, "limits", "cgroup v2 cell in %s: %s",
				       backend->detail, what);
	}
	out->clone_cgroup_fd = cell->dir;
	out->state = cell;
	return 0;
}

static int read_number(int *fd, int dir, const char *file, uint64_t *out)
{
	char text[64];
	ssize_t n = ce__tasks_read_kept(fd, dir, file, text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_u64(text, out);
}

static int read_once(int dir, const char *file, uint64_t *out)
{
	CE_CLEANUP_FD int fd = -1;

	return read_number(&fd, dir, file, out);
}

static int read_cpu(struct v2_cell *cell, uint64_t *out)
{
	char text[1024];
	ssize_t n = ce__tasks_read_kept(&cell->cpu_fd, cell->dir, "cpu.stat", text, sizeof(text));

	return n < 0 ? (int)n : ce__limits_parse_keyed(text, "usage_usec", out);
}

static int read_events(int dir, struct ce_cell_usage *out)
{
	char text[512];
	int r = (int)ce__io_read_file(dir, "memory.events", text, sizeof(text));

	if (r >= 0)
		r = ce__limits_parse_keyed(text, "oom_kill", &out->oom_kills);
	if (r >= 0)
		r = ce__limits_parse_keyed(text, "max", &out->memory_hits);
	if (r >= 0)
		r = (int)ce__io_read_file(dir, "pids.events", text, sizeof(text));
	if (r >= 0)
		r = ce__limits_parse_keyed(text, "max", &out->task_hits);
	return r < 0 ? r : 0;
}

static int read_split(int dir, struct ce_cell_usage *out)
{
	char text[8192];
	uint64_t file = 0;
	int r = (int)ce__io_read_file(dir, "memory.stat", text, sizeof(text));

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
	return 0;
}

static int read_io(int dir, struct ce_cell_usage *out)
{
	char text[8192];
	int r = (int)ce__io_read_file(dir, "io.stat", text, sizeof(text));

	return r < 0 ? r : ce__limits_parse_io_stat(text, &out->read_bytes, &out->write_bytes);
}

static int sample_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle, bool full,
		       struct ce_cell_usage *out)
{
	struct v2 *v2 = backend->state;
	struct v2_cell *cell = handle->state;
	int r = read_cpu(cell, &out->cpu_us);

	if (r == 0)
		r = read_number(&cell->memory_fd, cell->dir, "memory.current", &out->memory_bytes);
	if (r == 0)
		r = read_number(&cell->tasks_fd, cell->dir, "pids.current", &out->tasks);
	if (r < 0 || !full)
		return r;
	r = read_events(cell->dir, out);
	if (r == 0)
		r = read_split(cell->dir, out);
	if (r == 0 && v2->memory_peak)
		r = read_once(cell->dir, "memory.peak", &out->memory_peak_bytes);
	if (r == 0 && v2->pids_peak)
		r = read_once(cell->dir, "pids.peak", &out->tasks_peak);
	if (r == 0 && v2->io)
		r = read_io(cell->dir, out);
	return r;
}

static int kill_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	struct v2_cell *cell = handle->state;

	(void)backend;
	/* Covers forks that happen at the same time. */
	return ce__io_write_file(cell->dir, "cgroup.kill", "1");
}

static int close_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	struct v2 *v2 = backend->state;
	struct v2_cell *cell = handle->state;
	int r = 0;

	if (unlinkat(v2->fd, cell->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	if (r == -EBUSY)
		return r;
	ce__base_close(&cell->cpu_fd);
	ce__base_close(&cell->memory_fd);
	ce__base_close(&cell->tasks_fd);
	free(cell);
	handle->state = NULL;
	return r;
}

/* ---- the instance ---- */

static void close_v2(struct ce_limits_backend *backend)
{
	struct v2 *v2 = backend->state;

	ce__base_close(&v2->fd);
	ce__cgroup2_parent_close(&v2->parent);
	free(v2);
	backend->state = NULL;
}

/* Starts a child in the cgroup that only exits. Entering asks for more than writing limits does: for a
 * writable cgroup.procs in the nearest common ancestor, and seccomp may forbid clone3. */
static int try_clone(int dir)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .cgroup = (unsigned)dir};
	int status = 0;
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	/* exit_signal 0: nobody's SIGCHLD is disturbed, and only __WALL waits for it. */
	while (waitpid((pid_t)pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -EIO;
}

static bool has_file(int dir, const char *file)
{
	return faccessat(dir, file, F_OK, 0) == 0;
}

/* Newer kernels may reap a task before it has quite left its cgroup. */
static int remove_trial(int fd)
{
	for (int i = 0;; i++) {
		if (unlinkat(fd, "e0", AT_REMOVEDIR) == 0)
			return 0;
		if (errno != EBUSY || i == 100)
			return -errno;
		usleep(1000);
	}
}

/* A cell made on trial shows which files there are and whether it can be entered. */
static int try_cell(struct v2 *v2, struct ce_limits_why *why)
{
	const struct ce_cell_limits limits = {.memory_bytes = 64u << 20, .processes = 1};
	CE_CLEANUP_FD int dir = -1;
	const char *what = "";
	int r = make_cell(v2, &limits, "e0", &dir, &what), removed;

	if (r < 0)
		return ce__limits_why(why, r, "trial cell: %s", what);
	v2->swap = has_file(dir, "memory.swap.max");
	v2->memory_peak = has_file(dir, "memory.peak");
	v2->pids_peak = has_file(dir, "pids.peak");
	v2->io = has_file(dir, "io.stat");
	if (!has_file(dir, "cgroup.kill"))
		r = ce__limits_why(why, 0, "no cgroup.kill (Linux 5.14)");
	if (r == 0) {
		r = try_clone(dir);
		if (r < 0)
			r = ce__limits_why(why, r, "entering a cgroup of %s", v2->parent.path);
	}
	removed = remove_trial(v2->fd);
	if (removed < 0 && r == 0)
		r = ce__limits_why(why, removed, "removing the trial cell");
	return r;
}

static int make_instance(const struct ce_limits_config *config, struct v2 *v2, char **directory,
			 struct ce_limits_why *why)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s", v2->parent.path, config->instance);
	int r;

	if (!path)
		return ce__limits_why(why, -ENOMEM, "opening");
	r = config->announce ? config->announce(config->announce_context, path) : 0;
	if (r < 0)
		return ce__limits_why(why, r, "noting %s", path);
	if (mkdirat(v2->parent.fd, config->instance, 0755) < 0)
		return ce__limits_why(why, -errno, "mkdir in %s", v2->parent.path);
	v2->fd = openat(v2->parent.fd, config->instance, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = v2->fd < 0 ? -errno : ce__cgroup2_parent_enable(v2->fd);
	if (r < 0)
		r = ce__limits_why(why, r, "controllers of %s", path);
	else
		r = try_cell(v2, why);
	if (r < 0) {
		unlinkat(v2->parent.fd, config->instance, AT_REMOVEDIR);
		return r;
	}
	*directory = ce__steal_pointer(&path);
	return 0;
}

static const struct ce_limits_ops operations = {
    .name = "cgroup-v2",
    .close = close_v2,
    .cell_open = open_cell,
    .cell_sample = sample_cell,
    .cell_kill = kill_cell,
    .cell_close = close_cell,
};

int ce__cgroup2_open(const struct ce_limits_config *config, const struct ce_hierarchies *found,
		     struct ce_limits_backend *backend, struct ce_limits_why *why)
{
	CE_CLEANUP_FREE char *directory = NULL;
	CE_CLEANUP_FREE char *detail = NULL;
	struct v2 *v2 = calloc(1, sizeof(*v2));
	int r;

	if (!v2)
		return ce__limits_why(why, -ENOMEM, "opening");
	v2->fd = v2->parent.fd = v2->parent.lock = -1;
	backend->state = v2;
	r = ce__cgroup2_parent_open(config, &found->v2, &v2->parent, why);
	if (r == 0) {
		detail = strdup(v2->parent.path);
		r = detail ? make_instance(config, v2, &directory, why)
			   : ce__limits_why(why, -ENOMEM, "opening");
		ce__cgroup2_parent_unlock(&v2->parent);
	}
	if (r < 0) {
		close_v2(backend);
		return r;
	}
	backend->ops = &operations;
	backend->protections =
	    CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT | CE_PROTECTION_CPU_LIMIT;
	backend->detail = ce__steal_pointer(&detail);
	backend->directories[backend->directory_count++] = ce__steal_pointer(&directory);
	return 0;
}
