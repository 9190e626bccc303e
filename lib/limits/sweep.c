/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Removes what a dead supervisor left: kills everything below a directory, then removes it from the bottom
 * up. The path comes out of a file, so it is checked as if an enemy had written it. */
#include "limits/limits_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define DEPTH_MAX 8
#define SWEEP_US 1000000u
#define PAUSE_US 2000u

typedef int (*visit_fn)(int dirfd, const char *name, int depth);

/* Calls `visit` for every directory in the one that `fd` is; `fd` stays open. The first error wins, but all
 * are visited: one cell that is still dying must not keep the others. */
static int visit_children(int fd, visit_fn visit, int depth)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;
	int result = 0;

	if (!dir) {
		int r = -errno;

		ce__base_close(&copy);
		return r;
	}
	while ((entry = readdir(dir)) != NULL) {
		int r;

		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		r = visit(fd, entry->d_name, depth + 1);
		if (r < 0 && result == 0)
			result = r;
	}
	closedir(dir);
	return result;
}

static int open_child(int dirfd, const char *name, int depth)
{
	int fd;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* v1: every level by itself. Frozen tasks do not die: a supervisor may have been killed between freeze and
 * thaw. */
static int kill_level(int dirfd, const char *name, int depth)
{
	CE_CLEANUP_FD int fd = open_child(dirfd, name, depth);
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = ce__tasks_kill(fd, "cgroup.procs");
	ce__io_write_file(fd, "freezer.state", "THAWED");
	if (r < 0)
		return r;
	return visit_children(fd, kill_level, depth);
}

static int remove_level(int dirfd, const char *name, int depth)
{
	CE_CLEANUP_FD int fd = open_child(dirfd, name, depth);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	/* What could not be removed below makes the rmdir fail too: only its answer counts. */
	visit_children(fd, remove_level, depth);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int kill_all(int parent, const char *name, bool v2)
{
	CE_CLEANUP_FD int fd = -1;

	if (!v2)
		return kill_level(parent, name, 0);
	fd = open_child(parent, name, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	/* The whole subtree, also what forks at the same time. */
	return ce__io_write_file(fd, "cgroup.kill", "1");
}

/* Absolute, without "..", its last part ours. The leaf of the host is not for sweeping: living hosts are in
 * it. */
static const char *check_path(const char *directory)
{
	const char *name = strrchr(directory, '/');

	if (directory[0] != '/' || strlen(directory) >= 4096)
		return NULL;
	for (const char *p = directory; (p = strstr(p, "/..")) != NULL; p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return NULL;
	name++;
	if (strncmp(name, CE_LIMITS_PREFIX, strlen(CE_LIMITS_PREFIX)) != 0 ||
	    strcmp(name, CE_LIMITS_HOST_LEAF) == 0)
		return NULL;
	return name;
}

int ce__limits_sweep(const char *directory)
{
	const char *name = check_path(directory);
	CE_CLEANUP_FREE char *parent_path = NULL;
	CE_CLEANUP_FD int parent = -1;
	struct statfs fs;
	uint64_t end = ce__clock_us() + SWEEP_US;
	bool v2;
	int r;

	if (!name)
		return -EINVAL;
	parent_path = strndup(directory, (size_t)(name - directory));
	if (!parent_path)
		return -ENOMEM;
	parent = open(parent_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstatfs(parent, &fs) < 0)
		return -errno;
	v2 = fs.f_type == CGROUP2_SUPER_MAGIC;
	if (!v2 && fs.f_type != CGROUP_SUPER_MAGIC)
		return -EINVAL;
	/* Empty in the ordinary case: then no more than this is needed. */
	r = remove_level(parent, name, 0);
	while (r == -EBUSY && ce__clock_us() < end) {
		r = kill_all(parent, name, v2);
		if (r == 0)
			r = remove_level(parent, name, 0);
		if (r == -EBUSY)
			usleep(PAUSE_US);
	}
	return r;
}
