/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The parent's side of a launch: clone init into new namespaces and its cgroup, then map its ids. Where the cell's namespaces
 * shall be children of others than the supervisor's, a helper joins those and clones init as its own sibling: the supervisor
 * itself never goes where it could not come back from. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sandbox/helper.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* What one launch knows. A helper shares it with the supervisor, which waits meanwhile. */
struct launch {
	const struct ce_cell_setup *setup;
	struct ce_cell_setup changed; /* what is launched with helpers */
	struct ce_failure *failure;
	uint64_t flags; /* of clone: the namespaces, and CLONE_PARENT in a helper */
	pid_t pid;
	int pidfd;
	int result; /* CE_ERR_* */
	struct ce_helper inner;
};

static pid_t clone_init(struct launch *l)
{
	struct clone_args args = {
		.flags = l->flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)&l->pidfd,
		/* a sibling of the helper gets the helper's signal */
		.exit_signal = l->flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	pid_t pid;

	if (l->setup->clone_cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)l->setup->clone_cgroup_fd;
	}
	/* Not glibc's fork: no atfork handlers, no locks; the supervisor has one thread. */
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		ce__cell_main(l->setup);
	return pid;
}

static int clone_what_can_be_had(struct launch *l)
{
	int saved;

	l->pid = clone_init(l);
	/* Leave out what may be missing, one namespace after the other; the result shows what was observed. */
	for (size_t i = CE_CELL_NAMESPACES; l->pid < 0 && i-- > 0;) {
		uint64_t flag = ce__cell_namespaces[i].clone_flag & l->flags;

		if (!flag || !(l->setup->tolerate & ce__cell_namespaces[i].protection) ||
		    (errno != EINVAL && errno != EPERM && errno != ENOSPC))
			continue;
		l->flags &= ~flag;
		l->pid = clone_init(l);
	}
	if (l->pid >= 0)
		return 0;
	saved = errno;
	return ce__failure_set(l->failure, CE_ERR_OS, saved, "clone", "cannot create the cell's namespaces%s",
			       saved == EPERM || saved == ENOSPC || saved == EUSERS ?
				       " (are user namespaces allowed? see user.max_user_namespaces)" : "");
}

/* The number that a process has for whoever mounted /proc. */
static int read_pid(const struct ce_cell_setup *setup, int pidfd, pid_t *pid, struct ce_failure *failure)
{
	char path[48], text[512];
	const char *line = NULL;
	ssize_t n;

	snprintf(path, sizeof(path), "self/fdinfo/%d", pidfd);
	n = ce__io_read_file(setup->proc_fd, path, text, sizeof(text));
	if (n > 0)
		line = strstr(text, "\nPid:");
	*pid = line ? (pid_t)strtol(line + 5, NULL, 10) : -1;
	if (*pid > 0)
		return 0;
	return ce__failure_set(failure, CE_ERR_OS, n < 0 ? (int)-n : ESRCH, "pid", "cannot read init's number");
}

static int write_map(const struct launch *l, const char *file, const char *text)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "%d/%s", (int)l->pid, file);
	r = ce__io_write_file(l->setup->proc_fd, path, text);
	if (r)
		return ce__failure_set(l->failure, CE_ERR_OS, -r, "id-map", "cannot write %s", file);
	return 0;
}

static int write_maps(const struct launch *l, uid_t init_uid, uid_t program_uid)
{
	uint64_t base = l->setup->map_base, end = base + l->setup->map_count, first = init_uid < program_uid ? init_uid : program_uid;
	char map[192];
	int r, n;

	if ((l->flags & CLONE_NEWUSER) == 0)
		return ce__failure_set(l->failure, CE_ERR_OS, EPERM, "clone", "no user namespace");
	if (l->setup->rootless)
		n = snprintf(map, sizeof(map), "%d %u 1\n", CE_CELL_UID, (unsigned)program_uid);
	else
		n = snprintf(map, sizeof(map), "0 %u 1\n%d %u 1\n", (unsigned)init_uid, CE_CELL_UID, (unsigned)program_uid);
	/* Those of cells below a zygote's, but for its own pair, which lies among them and has its place already. */
	if (l->setup->map_count && first > base)
		n += snprintf(map + n, sizeof(map) - (size_t)n, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", base, base, first - base);
	if (l->setup->map_count && first + 2 < end)
		snprintf(map + n, sizeof(map) - (size_t)n, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", first + 2, first + 2,
			 end - first - 2);
	r = write_map(l, "uid_map", map);
	return r ? r : write_map(l, "gid_map", map);
}

/* ---- in a helper ---- */

/* The owner of a user namespace has to have an id in the one above it. Only the effective ids: with others of the supervisor's,
 * nobody who has that id can touch the memory that the two share. A change of ids makes that memory undumpable, and with it
 * init's maps root's to write. */
static int take_parent_ids(const struct ce_cell_setup *setup)
{
	if (setup->rootless)
		return 0; /* it is mapped there */
	if (syscall(SYS_setresgid, -1, setup->parent_init_uid, -1) < 0 ||
	    syscall(SYS_setresuid, -1, setup->parent_init_uid, -1) < 0)
		return -errno;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* The second helper lives in the pid namespace that the first has joined: only from inside can one below it be made. */
static int launch_from_inside(void *context)
{
	struct launch *l = context;
	const struct ce_cell_setup *setup = l->setup;

	l->result = clone_what_can_be_had(l);
	if (l->result)
		return 0;
	/* Our own number for it leads nowhere in the supervisor's /proc. */
	l->result = read_pid(setup, l->pidfd, &l->pid, l->failure);
	if (!l->result)
		l->result = write_maps(l, setup->parent_init_uid, setup->parent_program_uid);
	return 0;
}

static int launch_in_parent(void *context)
{
	struct launch *l = context;
	const struct ce_cell_setup *setup = l->setup;
	int r;

	if (setup->parent_pid_fd >= 0 && setns(setup->parent_pid_fd, CLONE_NEWPID) < 0)
		l->result = ce__failure_set(l->failure, CE_ERR_OS, errno, "parent-pid",
					    "cannot join the pid namespace above the cell's");
	else if (setns(setup->parent_user_fd, CLONE_NEWUSER) < 0)
		l->result = ce__failure_set(l->failure, CE_ERR_OS, errno, "parent-user",
					    "cannot join the user namespace above the cell's");
	else if ((r = take_parent_ids(setup)))
		l->result = ce__failure_set(l->failure, CE_ERR_OS, -r, "parent-ids",
					    "the user namespace above the cell's does not have its ids");
	if (l->result)
		return 0;
	l->flags |= CLONE_PARENT;
	if (setup->parent_pid_fd < 0)
		return launch_from_inside(l);
	r = ce__helper_start(launch_from_inside, l, CLONE_PARENT, &l->inner);
	if (r)
		l->result = ce__failure_set(l->failure, CE_ERR_OS, -r, "helper", "cannot start the helper of a launch");
	return 0;
}

/* A helper that is not the owner of the cgroup's directory may not clone into it, but a descriptor that the supervisor opened
 * works for whoever writes to it. */
static int join_cgroup_by_writing(struct ce_cell_setup *setup, struct ce_failure *failure)
{
	int fd = openat(setup->clone_cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || setup->attach_count == CE_CELL_ATTACH) {
		ce__base_close(&fd);
		return ce__failure_set(failure, CE_ERR_OS, errno, "cgroup", "cannot open the cell's cgroup.procs");
	}
	setup->clone_cgroup_fd = -1;
	setup->attach_fds[setup->attach_count++] = fd;
	return 0;
}

static void launch_with_helpers(struct launch *l)
{
	struct ce_cell_setup *setup = &l->changed;
	CE_CLEANUP_FD int procs = -1;
	int r, inner;

	*setup = *l->setup;
	l->setup = setup;
	if (setup->clone_cgroup_fd >= 0 && !setup->rootless) {
		l->result = join_cgroup_by_writing(setup, l->failure);
		if (l->result)
			return;
		procs = setup->attach_fds[setup->attach_count - 1];
	}
	r = ce__helper_run(launch_in_parent, l, 0);
	inner = ce__helper_finish(&l->inner);
	/* One that was killed has not told what it did; what it cloned is known all the same. */
	if ((r || inner) && !l->result)
		l->result = ce__failure_set(l->failure, CE_ERR_OS, r ? -r : -inner, "helper", "the helper of a launch failed");
}

static void abandon(int *pidfd)
{
	siginfo_t info;

	pidfd_send_signal(*pidfd, SIGKILL, NULL, 0);
	while (waitid(P_PIDFD, (id_t)*pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	ce__base_close(pidfd);
}

int ce__launch_cell(const struct ce_cell_setup *setup, pid_t *pid, int *pidfd, bool *lost, struct ce_failure *failure)
{
	struct launch l = { .setup = setup, .failure = failure, .pid = -1, .pidfd = -1 };

	*pid = *pidfd = -1;
	*lost = false;
	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++)
		if (!(setup->disable & ce__cell_namespaces[i].protection))
			l.flags |= ce__cell_namespaces[i].clone_flag;
	if (setup->network_ready)
		l.flags &= ~(uint64_t)CLONE_NEWNET;
	/* Into the prepared root, of which the cell's mount namespace shall be a copy, and back. */
	if (setns(setup->root_fd, CLONE_NEWNS) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "root", "cannot enter the prepared root");
	if (setup->parent_user_fd >= 0) {
		launch_with_helpers(&l);
	} else {
		l.result = clone_what_can_be_had(&l);
		if (!l.result)
			l.result = write_maps(&l, setup->rootless ? 0 : setup->init_uid, setup->rootless ? 0 : setup->program_uid);
	}
	*lost = setns(setup->home_fd, CLONE_NEWNS) < 0;
	if (*lost && !l.result)
		l.result = ce__failure_set(failure, CE_ERR_OS, errno, "root", "cannot leave the prepared root");
	if (l.result && l.pidfd >= 0)
		abandon(&l.pidfd);
	*pid = l.result ? -1 : l.pid;
	*pidfd = l.pidfd;
	return l.result;
}
