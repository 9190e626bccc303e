/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v2: the instance's directory, and what a cell made on trial shows of this kernel. */
#include "limits/cgroup2.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

void ce__cgroup2_close(struct ce_limits_backend *backend)
{
	struct ce_cgroup2 *v2 = backend->state;

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
static int try_cell(struct ce_cgroup2 *v2, struct ce_limits_why *why)
{
	const struct ce_cell_limits limits = {.memory_bytes = 64u << 20, .processes = 1};
	CE_CLEANUP_FD int dir = -1;
	const char *what = "";
	int r = ce__cgroup2_make_cell(v2, &limits, "e0", &dir, &what), removed;

	if (r < 0)
		return ce__limits_why(why, r, "trial cell: %s", what);
	v2->swap = has_file(dir, "memory.swap.max");
	v2->memory_peak = has_file(dir, "memory.peak");
	/* Linux 6.12: each descriptor shows the peak since it was written to. */
	v2->peak_resets = ce__io_write_file(dir, "memory.peak", "0") == 0;
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

static int make_instance(const struct ce_limits_config *config, struct ce_cgroup2 *v2, char **directory,
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

int ce__cgroup2_open(const struct ce_limits_config *config, const struct ce_hierarchies *found,
		     struct ce_limits_backend *backend, struct ce_limits_why *why)
{
	CE_CLEANUP_FREE char *directory = NULL;
	CE_CLEANUP_FREE char *detail = NULL;
	struct ce_cgroup2 *v2 = calloc(1, sizeof(*v2));
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
		ce__cgroup2_close(backend);
		return r;
	}
	backend->ops = &ce__cgroup2_operations;
	backend->keeps = v2->memory_peak && v2->peak_resets;
	backend->protections =
	    CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT | CE_PROTECTION_CPU_LIMIT;
	backend->detail = ce__steal_pointer(&detail);
	backend->directories[backend->directory_count++] = ce__steal_pointer(&directory);
	return 0;
}
