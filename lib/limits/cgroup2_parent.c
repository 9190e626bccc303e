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
#include <sys/stat.h>
#include <sys/vfs.h>

#define LEAF_PROCS CE_LIMITS_HOST_LEAF "/cgroup.procs"

/* `undo` may be NULL. */
static void note_undo(char *undo, size_t size, const char *controller)
{
	size_t used;

	if (!undo)
		return;
	used = strlen(undo);
	snprintf(undo + used, size - used, "%s-%s", used ? " " : "", controller);
}

int ce__cgroup2_parent_enable(int fd, char *undo, size_t size)
{
	static const struct {
		const char *name, *on;
		bool needed;
	} wanted[] = {
	    /* cpu shares the processor out fairly between cells, io counts their blocks: no walls. */
	    {"memory", "+memory", true},
	    {"pids", "+pids", true},
	    {"cpu", "+cpu", false},
	    {"io", "+io", false},
	};
	char there[1024], on[1024];
	ssize_t n = ce__io_read_file(fd, "cgroup.controllers", there, sizeof(there));

	if (undo)
		undo[0] = '\0';
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
		if (r == 0)
			note_undo(undo, size, wanted[i].name);
		else if (wanted[i].needed)
			return r;
	}
	return 0;
}

static void disable(int fd, const char *undo)
{
	if (undo[0])
		ce__io_write_file(fd, "cgroup.subtree_control", undo);
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

static int move_to_leaf(int fd, pid_t host)
{
	int r = 0;

	if (mkdirat(fd, CE_LIMITS_HOST_LEAF, 0755) < 0 && errno != EEXIST)
		return -errno;
	/* ESRCH: the host has ended, and we shall know it soon. */
	if (host > 0 && host != getpid())
		r = move_process(fd, LEAF_PROCS, host);
	if (r == 0 || r == -ESRCH)
		r = move_process(fd, LEAF_PROCS, getpid());
	if (r < 0)
		move_back(fd);
	return r;
}

/* 0: no process in it. 1: only the host and ourselves. -EBUSY: others. */
static int who_is_in(int fd, pid_t host)
{
	CE_CLEANUP_FREE pid_t *pids = NULL;
	size_t count = 0;
	int r = ce__tasks_list(fd, "cgroup.procs", &pids, &count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (pids[i] != getpid() && (host <= 0 || pids[i] != host))
			return -EBUSY;
	return count > 0;
}

static int take_inhabited(int fd, const struct ce_limits_config *config, struct ce_cgroup2_parent *out,
			  const char *path, struct ce_limits_why *why)
{
	int r = who_is_in(fd, config->host_pid);

	if (r == -EBUSY)
		return ce__limits_why(why, 0, "other processes are in %s", path);
	if (r < 0)
		return ce__limits_why(why, r, "cgroup.procs of %s", path);
	if (r == 1) {
		if (!(config->flags & CE_LIMITS_MOVE_HOST))
			return ce__limits_why(why, 0, "this process is in %s and may not be moved", path);
		r = move_to_leaf(fd, config->host_pid);
		if (r < 0)
			return ce__limits_why(why, r, "moving to a leaf of %s", path);
		out->moved = true;
	}
	r = ce__cgroup2_parent_enable(fd, out->undo, sizeof(out->undo));
	if (r == 0)
		return 0;
	disable(fd, out->undo);
	if (out->moved)
		move_back(fd);
	out->moved = false;
	return ce__limits_why(why, r, "controllers of %s", path);
}

/* The top of the whole hierarchy, not of a cgroup namespace. */
static bool is_real_root(int fd)
{
	return faccessat(fd, "cgroup.type", F_OK, 0) < 0 && errno == ENOENT;
}

static int take_directory(const char *path, const struct ce_limits_config *config,
			  struct ce_cgroup2_parent *out, struct ce_limits_why *why)
{
	CE_CLEANUP_FD int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CE_CLEANUP_FREE char *copy = strdup(path);
	char there[1024];
	struct statfs fs;
	int r;

	if (fd < 0 || !copy || fstatfs(fd, &fs) < 0)
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
	/* What another has set up for its groups stays as it is. */
	if (!enabled(fd)) {
		if (!is_real_root(fd))
			r = take_inhabited(fd, config, out, path, why);
		else if ((r = ce__cgroup2_parent_enable(fd, NULL, 0)) < 0)
			ce__limits_why(why, r, "controllers of %s", path);
		if (r < 0)
			return r;
	}
	out->fd = ce__steal_fd(&fd);
	out->path = ce__steal_pointer(&copy);
	return 0;
}

/* Our own cgroup; or if an earlier supervisor of this host has moved us to its leaf, the one above. */
static int take_own(const char *own, const struct ce_limits_config *config, struct ce_cgroup2_parent *out,
		    struct ce_limits_why *why)
{
	CE_CLEANUP_FREE char *path = strdup(own);
	char *name = path ? strrchr(path, '/') : NULL;

	if (!path)
		return ce__limits_why(why, -ENOMEM, "%s", own);
	if (name && name != path && strcmp(name + 1, CE_LIMITS_HOST_LEAF) == 0)
		*name = '\0';
	return take_directory(path, config, out, why);
}

int ce__cgroup2_parent_open(const struct ce_limits_config *config, const struct ce_hierarchy *v2,
			    struct ce_cgroup2_parent *out, struct ce_limits_why *why)
{
	struct ce_limits_why top;
	int r = -EOPNOTSUPP;

	*out = (struct ce_cgroup2_parent){.fd = -1};
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
	if (r < 0 && geteuid() == 0 && (!v2->own || strcmp(v2->own, v2->mount) != 0))
		r = take_directory(v2->mount, config, out, &top);
	return r;
}

void ce__cgroup2_parent_close(struct ce_cgroup2_parent *parent)
{
	if (parent->moved) {
		/* EBUSY while another supervisor's groups use the controllers: then we stay where we are. */
		disable(parent->fd, parent->undo);
		if (!enabled(parent->fd))
			move_back(parent->fd);
	}
	ce__base_close(&parent->fd);
	free(parent->path);
	parent->path = NULL;
}
