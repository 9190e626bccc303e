/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v2: the directory under which our own go. A group that hands controllers to its children may not
 * hold processes itself (the top of the hierarchy excepted), so host and supervisor may first have to move to
 * a leaf. */
#include "limits/limits_internal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define LEAF_PROCS CE_LIMITS_HOST_LEAF "/cgroup.procs"

#define LOCK_TRIES 500
#define EMPTY_TRIES 100
#define PAUSE_US 2000u

static const struct {
	const char *name, *on, *off;
	bool needed;
} wanted[] = {
    {"memory", "+memory", "-memory", true},
    {"pids", "+pids", "-pids", true},
    /* cpu shares the processor out fairly between cells, io counts their blocks: no walls. */
    {"cpu", "+cpu", "-cpu", false},
    {"io", "+io", "-io", false},
};

int ce__cgroup2_parent_enable(int fd)
{
	char there[1024], on[1024];
	ssize_t n = ce__io_read_file(fd, "cgroup.controllers", there, sizeof(there));

	if (n >= 0)
		n = ce__io_read_file(fd, "cgroup.subtree_control", on, sizeof(on));
	if (n < 0)
		return (int)n;
	for (size_t i = 0; i < CE_ARRAY_SIZE(wanted); i++) {
		int r = -ENOENT;

		if (ce__limits_parse_has_word(on, wanted[i].name))
			continue;
		if (ce__limits_parse_has_word(there, wanted[i].name))
			r = ce__io_write_file(fd, "cgroup.subtree_control", wanted[i].on);
		if (r < 0 && wanted[i].needed)
			return r;
	}
	return 0;
}

/* In one write, so that it is all or nothing: EBUSY if a group below hands one of them on. */
static int disable(int fd)
{
	char on[1024], text[64] = "";
	int r = (int)ce__io_read_file(fd, "cgroup.subtree_control", on, sizeof(on));

	if (r < 0)
		return r;
	for (size_t i = 0; i < CE_ARRAY_SIZE(wanted); i++) {
		size_t used = strlen(text);

		if (ce__limits_parse_has_word(on, wanted[i].name))
			snprintf(text + used, sizeof(text) - used, "%s%s", used ? " " : "", wanted[i].off);
	}
	return text[0] ? ce__io_write_file(fd, "cgroup.subtree_control", text) : 0;
}

/* memory and pids are on for the children already. */
static bool enabled(int fd)
{
	char on[1024];

	return ce__io_read_file(fd, "cgroup.subtree_control", on, sizeof(on)) >= 0 &&
	       ce__limits_parse_has_word(on, "memory") && ce__limits_parse_has_word(on, "pids");
}

static int move_process(int fd, const char *procs, pid_t pid)
{
	return ce__io_write_file_u64(fd, procs, (uint64_t)pid);
}

/* All that is in the leaf, also what the host forked since. */
static void move_back(int fd)
{
	CE_CLEANUP_FREE pid_t *pids = NULL;
	size_t count = 0;

	if (ce__tasks_list(fd, LEAF_PROCS, &pids, &count) == 0)
		for (size_t i = 0; i < count; i++)
			if (pids[i] > 0)
				move_process(fd, "cgroup.procs", pids[i]);
	unlinkat(fd, CE_LIMITS_HOST_LEAF, AT_REMOVEDIR);
}

static int move_to_leaf(int fd, pid_t pid)
{
	int r;

	if (mkdirat(fd, CE_LIMITS_HOST_LEAF, 0755) < 0 && errno != EEXIST)
		return -errno;
	r = move_process(fd, LEAF_PROCS, pid);
	/* A host that has ended will be noticed elsewhere. */
	return r == -ESRCH ? 0 : r;
}

/* Supervisors of one host may start and stop at the same time. We wait in the leaf, and go there again and
 * again, since one that stops moves all of us back: whoever starts with the lock needs the cgroup itself
 * empty. An enemy who keeps the lock only costs us patience: then we go on without it. */
static int lock_directory(int fd)
{
	CE_CLEANUP_FD int lock = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; lock >= 0 && i < LOCK_TRIES; i++) {
		move_to_leaf(fd, getpid());
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return ce__steal_fd(&lock);
		usleep(PAUSE_US);
	}
	return -1;
}

static pid_t parent_of(pid_t pid)
{
	struct ce_proc_stat stat = {.parent = -1};
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (ce__io_read_file(AT_FDCWD, path, text, sizeof(text)) > 0)
		ce__limits_parse_stat(text, &stat);
	return stat.parent;
}

/* The number of processes in it; -EEXIST if there are strangers, -EBUSY if beside the host and ourselves
 * there are only its children: that may be a supervisor which has just been started and leaves at once. */
static int who_is_in(int fd, pid_t host)
{
	CE_CLEANUP_FREE pid_t *pids = NULL;
	size_t count = 0;
	int r = ce__tasks_list(fd, "cgroup.procs", &pids, &count);
	int result = (int)count;

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (pids[i] == getpid() || (host > 0 && pids[i] == host))
			continue;
		if (pids[i] <= 0 || host <= 0 || parent_of(pids[i]) != host)
			return -EEXIST;
		result = -EBUSY;
	}
	return result;
}

static int empty_and_enable(int fd, pid_t host)
{
	int r = -EBUSY;

	for (int i = 0; r == -EBUSY && i < EMPTY_TRIES; i++) {
		if (i > 0)
			usleep(PAUSE_US);
		r = who_is_in(fd, host);
		if (r < 0)
			continue;
		r = move_to_leaf(fd, getpid());
		if (r == 0 && host > 0)
			r = move_to_leaf(fd, host);
		if (r == 0)
			r = ce__cgroup2_parent_enable(fd);
	}
	return r;
}

static int take_inhabited(int fd, const struct ce_limits_config *config, struct ce_cgroup2_parent *out,
			  const char *path, struct ce_limits_why *why)
{
	int r;

	if (!(config->flags & CE_LIMITS_MOVE_HOST))
		return ce__limits_why(why, 0, "processes are in %s and may not be moved", path);
	out->lock = lock_directory(fd);
	r = enabled(fd) ? 0 : empty_and_enable(fd, config->host_pid);
	if (r == 0) {
		out->leaf = true;
		return 0;
	}
	if (disable(fd) == 0)
		move_back(fd);
	ce__cgroup2_parent_unlock(out);
	return ce__limits_why(why, r, "moving from %s to a leaf", path);
}

/* The top of the whole hierarchy, not of a cgroup namespace. */
static bool is_real_root(int fd)
{
	return faccessat(fd, "cgroup.type", F_OK, 0) < 0 && errno == ENOENT;
}

/* What another has set up for its groups stays as it is. */
static int turn_on(int fd, const struct ce_limits_config *config, struct ce_cgroup2_parent *out,
		   const char *path, struct ce_limits_why *why)
{
	int r;

	if (enabled(fd))
		return 0;
	if (!is_real_root(fd)) {
		r = who_is_in(fd, config->host_pid);
		if (r > 0 || r == -EBUSY)
			return take_inhabited(fd, config, out, path, why);
		if (r < 0)
			return r == -EEXIST ? ce__limits_why(why, 0, "other processes are in %s", path)
					    : ce__limits_why(why, r, "cgroup.procs of %s", path);
	}
	r = ce__cgroup2_parent_enable(fd);
	return r < 0 ? ce__limits_why(why, r, "controllers of %s", path) : 0;
}

static int take_directory(const char *path, const struct ce_limits_config *config,
			  struct ce_cgroup2_parent *out, struct ce_limits_why *why)
{
	CE_CLEANUP_FD int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char there[1024];
	struct statfs fs;
	int r;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return ce__limits_why(why, -errno, "%s", path);
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return ce__limits_why(why, 0, "%s is not of cgroup v2", path);
	r = (int)ce__io_read_file(fd, "cgroup.controllers", there, sizeof(there));
	if (r < 0)
		return ce__limits_why(why, r, "%s", path);
	if (!ce__limits_parse_has_word(there, "memory") || !ce__limits_parse_has_word(there, "pids"))
		return ce__limits_why(why, 0, "no memory and pids controllers in %s", path);
	if (faccessat(fd, ".", W_OK, AT_EACCESS) < 0 || faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) < 0)
		return ce__limits_why(why, -errno, "%s", path);
	out->path = strdup(path);
	r = out->path ? turn_on(fd, config, out, path, why) : ce__limits_why(why, -ENOMEM, "opening");
	if (r == 0) {
		out->fd = ce__steal_fd(&fd);
		return 0;
	}
	free(out->path);
	out->path = NULL;
	return r;
}

/* The cgroup above the leaf that an earlier supervisor of this host has moved us to. */
static int take_above_leaf(const char *path, const struct ce_limits_config *config,
			   struct ce_cgroup2_parent *out, struct ce_limits_why *why)
{
	CE_CLEANUP_FD int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return ce__limits_why(why, -errno, "%s", path);
	/* If that one has moved everybody back meanwhile, this finds an ordinary cgroup. */
	out->lock = lock_directory(fd);
	out->leaf = enabled(fd);
	if (!out->leaf)
		ce__cgroup2_parent_unlock(out);
	r = take_directory(path, config, out, why);
	if (r < 0) {
		out->leaf = false;
		ce__cgroup2_parent_unlock(out);
	}
	return r;
}

static int take_own(const char *own, const struct ce_limits_config *config, struct ce_cgroup2_parent *out,
		    struct ce_limits_why *why)
{
	const char *name = strrchr(own, '/');
	char *above;
	int r;

	if (!name || name == own || strcmp(name + 1, CE_LIMITS_HOST_LEAF) != 0)
		return take_directory(own, config, out, why);
	above = strndup(own, (size_t)(name - own));
	r = above ? take_above_leaf(above, config, out, why) : ce__limits_why(why, -ENOMEM, "opening");
	free(above);
	return r;
}

int ce__cgroup2_parent_open(const struct ce_limits_config *config, const struct ce_hierarchy *v2,
			    struct ce_cgroup2_parent *out, struct ce_limits_why *why)
{
	struct ce_limits_why top;
	int r = -EOPNOTSUPP;

	*out = (struct ce_cgroup2_parent){.fd = -1, .lock = -1};
	if (config->cgroup)
		return take_directory(config->cgroup, config, out, why);
	if (!v2->mount)
		return ce__limits_why(why, 0, "not mounted");
	if (v2->own)
		r = take_own(v2->own, config, out, why);
	else
		ce__limits_why(why, 0, "our cgroup is outside of %s", v2->mount);
	/* Only root may make groups at the top; that it could in a delegated mount would surprise its owner.
	 */
	if (r < 0 && geteuid() == 0 && !(config->flags & CE_LIMITS_ORDINARY_USER) && (!v2->own || strcmp(v2->own, v2->mount) != 0))
		r = take_directory(v2->mount, config, out, &top);
	return r;
}

void ce__cgroup2_parent_unlock(struct ce_cgroup2_parent *parent)
{
	ce__base_close(&parent->lock);
}

void ce__cgroup2_parent_close(struct ce_cgroup2_parent *parent)
{
	if (parent->leaf) {
		ce__cgroup2_parent_unlock(parent);
		parent->lock = lock_directory(parent->fd);
		/* EBUSY while another supervisor's groups need them: then the last of us moves everybody
		 * back. */
		if (disable(parent->fd) == 0)
			move_back(parent->fd);
	}
	ce__cgroup2_parent_unlock(parent);
	ce__base_close(&parent->fd);
	free(parent->path);
	parent->path = NULL;
}
