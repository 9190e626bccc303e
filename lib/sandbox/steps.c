/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Init's set-up steps in their order; program.c has the program's. The order is the security: each entry says why it follows
 * the one before. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

/* ---- init ---- */

/* The clone has all of the supervisor's descriptors: other executions' pipes and sockets among them. */
static int close_inherited(struct ce_cell *cell, const char **path)
{
	const struct ce_cell_setup *s = cell->setup;
	int keep[12 + CE_CELL_ATTACH] = { s->lifeline_fd, s->report_fd, s->stdio[0], s->stdio[1], s->stdio[2], s->proc_fd,
			 s->work_fd, s->artifacts_fd, s->lease_fd, s->park_fd, s->spare_fd, s->compiled_fd };
	size_t count = 12;

	(void)path;
	for (size_t i = 0; i < s->attach_count; i++)
		keep[count++] = s->attach_fds[i];
	return ce__cell_close_others(0, keep, count);
}

static int unshare_cgroup_namespace(struct ce_cell *cell, const char **path)
{
	(void)cell, (void)path;
	return unshare(CLONE_NEWCGROUP) < 0 ? -errno : 0;
}

static int wait_for_id_maps(struct ce_cell *cell, const char **path)
{
	char byte;

	(void)path;
	return ce__io_read_full(cell->setup->lifeline_fd, &byte, 1) == 1 ? 0 : -EPIPE;
}

static int become_cell_root(struct ce_cell *cell, const char **path)
{
	(void)path;
	if (cell->setup->rootless)
		return 0; /* one id only, and it is ours already */
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 ||
	    syscall(SYS_setresuid, 0, 0, 0) < 0)
		return -errno;
	if (!(cell->setup->disable & CE_PROTECTION_OWN_UID))
		cell->protections |= CE_PROTECTION_OWN_UID;
	return 0;
}

/* After the last change of ids, which clears it. */
static int die_with_supervisor(struct ce_cell *cell, const char **path)
{
	(void)cell, (void)path;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

/* Whatever the supervisor did wrong: this is no cell unless the prepared root is its root. */
static int observe_place(struct ce_cell *cell, const char **path)
{
	struct stat st;

	*path = "/";
	if (stat("/", &st) < 0)
		return -errno;
	return st.st_dev == cell->setup->root_device ? 0 : -EXDEV;
}

static int observe_root(struct ce_cell *cell, const char **path)
{
	struct statvfs st;

	(void)cell;
	*path = "/";
	if (statvfs("/", &st) < 0)
		return -errno;
	return st.f_flag & ST_RDONLY ? 0 : -EPERM;
}

static int set_host_name(struct ce_cell *cell, const char **path)
{
	(void)path;
	if (!(cell->protections & CE_PROTECTION_UTS_NS))
		return 0; /* never the host's */
	return sethostname("sandbox", 7) < 0 || setdomainname("localdomain", 11) < 0 ? -errno : 0;
}

static int raise_loopback(struct ce_cell *cell, const char **path)
{
	CE_CLEANUP_FD int fd = -1;
	struct ifreq request;

	if (cell->setup->plan->network != CE_NETWORK_LOOPBACK || !(cell->protections & CE_PROTECTION_NETWORK_NS))
		return 0;
	*path = "lo";
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, "lo", 3);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

/* When the whole machine runs out of memory, a cell goes before anything of the host. */
static int prefer_as_oom_victim(struct ce_cell *cell, const char **path)
{
	int r;

	*path = "/proc/self/oom_score_adj";
	r = ce__io_write_file(cell->setup->proc_fd, "self/oom_score_adj", "800");
	return r == -ENOENT ? 0 : r;
}

const struct ce_cell_step ce__cell_init_steps[] = {
	{ "close-fds", 0, false, close_inherited },
	/* while /proc/self is still ours to write: a change of ids makes it root's */
	{ "oom-score", 0, false, prefer_as_oom_victim },
	/* before threads and memory: everything from here on is charged to the cell */
	{ "cgroup", 0, false, ce__enter_cgroups },
	/* in its cgroup first, so that the namespace hides what lies above */
	{ "cgroup-namespace", CE_PROTECTION_CGROUP_NS, false, unshare_cgroup_namespace },
	/* nothing may be owned before the ids mean something */
	{ "id-maps", 0, false, wait_for_id_maps },
	{ "init-ids", 0, false, become_cell_root },
	{ "parent-death", 0, false, die_with_supervisor },
	{ "session-keyring", CE_PROTECTION_SESSION_KEYRING, true, ce__enter_keyring },
	{ "observe-namespaces", 0, false, ce__enter_observe },
	/* before anything is mounted anywhere */
	{ "observe-place", 0, false, observe_place },
	{ "attach-work", 0, false, ce__mounts_attach_work },
	/* while the prepared root's is not masked */
	{ "proc", CE_PROTECTION_PRIVATE_PROC, true, ce__mounts_proc },
	{ "mask-proc", CE_PROTECTION_PRIVATE_PROC, false, ce__mounts_mask_proc },
	{ "observe-root", CE_PROTECTION_READ_ONLY_ROOT, true, observe_root },
	{ "host-name", 0, false, set_host_name },
	{ "loopback", 0, false, raise_loopback },
	{ NULL, 0, false, NULL },
};
