/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The parent's side of a launch: clone init into new namespaces and its cgroup, then map its ids. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const struct ce_namespace ce__cell_namespaces[CE_CELL_NAMESPACES] = {
	{ "/proc/self/ns/user", CLONE_NEWUSER, CE_PROTECTION_USER_NS },
	{ "/proc/self/ns/pid", CLONE_NEWPID, CE_PROTECTION_PID_NS },
	{ "/proc/self/ns/mnt", CLONE_NEWNS, CE_PROTECTION_MOUNT_NS },
	{ "/proc/self/ns/net", CLONE_NEWNET, CE_PROTECTION_NETWORK_NS },
	{ "/proc/self/ns/ipc", CLONE_NEWIPC, CE_PROTECTION_IPC_NS },
	{ "/proc/self/ns/uts", CLONE_NEWUTS, CE_PROTECTION_UTS_NS },
	/* cgroup: not at clone but by a step, once init is in its cgroup, so that this is the namespace's root */
	{ "/proc/self/ns/cgroup", 0, CE_PROTECTION_CGROUP_NS },
	{ "/proc/self/ns/time", CLONE_NEWTIME, CE_PROTECTION_TIME_NS },
};

static pid_t clone_init(const struct ce_cell_setup *setup, uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	if (setup->clone_cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)setup->clone_cgroup_fd;
	}
	/* Not glibc's fork: no atfork handlers, no locks; the supervisor has one thread. */
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		ce__cell_main(setup);
	return pid;
}

static int write_map(pid_t pid, const char *file, const char *text, struct ce_failure *failure)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	r = ce__io_write_file(AT_FDCWD, path, text);
	if (r)
		return ce__failure_set(failure, CE_ERR_OS, -r, "id-map", "cannot write %s", file);
	return 0;
}

static int write_maps(const struct ce_cell_setup *setup, pid_t pid, struct ce_failure *failure)
{
	char map[96];
	int r;

	if (setup->rootless)
		snprintf(map, sizeof(map), "%d 0 1\n", CE_CELL_UID);
	else
		snprintf(map, sizeof(map), "0 %u 1\n%d %u 1\n", (unsigned)setup->init_uid, CE_CELL_UID,
			 (unsigned)setup->program_uid);
	r = write_map(pid, "uid_map", map, failure);
	return r ? r : write_map(pid, "gid_map", map, failure);
}

static void abandon(pid_t pid, int *pidfd)
{
	siginfo_t info;

	kill(pid, SIGKILL); /* our own unreaped child: the pid cannot have been reused */
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	ce__base_close(pidfd);
}

int ce__launch_cell(const struct ce_cell_setup *setup, pid_t *pid, int *pidfd, struct ce_failure *failure)
{
	uint64_t flags = 0;
	int saved, r;

	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++)
		if (!(setup->disable & ce__cell_namespaces[i].protection))
			flags |= ce__cell_namespaces[i].clone_flag;
	if (setup->network_ready)
		flags &= ~(uint64_t)CLONE_NEWNET;
	*pidfd = -1;
	*pid = clone_init(setup, flags, pidfd);
	/* Leave out what may be missing, one namespace after the other; the result shows what was observed. */
	for (size_t i = CE_CELL_NAMESPACES; *pid < 0 && i-- > 0;) {
		uint64_t flag = ce__cell_namespaces[i].clone_flag & flags;

		if (!flag || !(setup->tolerate & ce__cell_namespaces[i].protection) ||
		    (errno != EINVAL && errno != EPERM && errno != ENOSPC))
			continue;
		flags &= ~flag;
		*pid = clone_init(setup, flags, pidfd);
	}
	if (*pid < 0) {
		saved = errno;
		return ce__failure_set(failure, CE_ERR_OS, saved, "clone", "cannot create the cell's namespaces%s",
				       saved == EPERM || saved == ENOSPC || saved == EUSERS ?
					       " (are user namespaces allowed? see user.max_user_namespaces)" : "");
	}
	r = write_maps(setup, *pid, failure);
	if (!r && (flags & CLONE_NEWUSER) == 0)
		r = ce__failure_set(failure, CE_ERR_OS, EPERM, "clone", "no user namespace");
	if (r)
		abandon(*pid, pidfd);
	return r;
}
