/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The set-up steps in their order. The order is the security: each entry says why it follows the one before. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

/* ---- init ---- */

static int compare_fds(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* The clone has all of the supervisor's descriptors: other executions' pipes and sockets among them. */
static int close_inherited(struct ce_cell *cell, const char **path)
{
	const struct ce_cell_setup *s = cell->setup;
	int keep[16] = { s->lifeline_fd, s->report_fd, s->stdio[0], s->stdio[1], s->stdio[2], s->root_fd,
			 s->work_fd, s->artifacts_fd, s->lease_fd, s->park_fd, s->compiled_fd };
	size_t count = 11;
	unsigned next = 0;

	(void)path;
	for (size_t i = 0; i < s->attach_count; i++)
		keep[count++] = s->attach_fds[i];
	for (size_t i = 1; i < count; i++) /* insertion sort: qsort may allocate */
		for (size_t k = i; k > 0 && compare_fds(&keep[k - 1], &keep[k]) > 0; k--) {
			int swap = keep[k];

			keep[k] = keep[k - 1];
			keep[k - 1] = swap;
		}
	for (size_t i = 0; i < count; i++) {
		unsigned fd = (unsigned)keep[i];

		if (keep[i] < 0 || fd < next)
			continue;
		if (fd > next && syscall(SYS_close_range, next, fd - 1, 0) < 0)
			return -errno;
		next = fd + 1;
	}
	return syscall(SYS_close_range, next, ~0u, 0) < 0 ? -errno : 0;
}

/* v1: a task that moves itself pays microseconds, being moved by another may cost milliseconds. */
static int enter_cgroups(struct ce_cell *cell, const char **path)
{
	(void)path;
	for (size_t i = 0; i < cell->setup->attach_count; i++) {
		if (write(cell->setup->attach_fds[i], "0", 1) != 1)
			return -errno;
		close(cell->setup->attach_fds[i]);
	}
	return 0;
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

static int join_new_keyring(struct ce_cell *cell, const char **path)
{
	(void)cell, (void)path;
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0 ? -errno : 0;
}

/* The number in "user:[4026531837]"; 0: there is none. */
static uint64_t number_in(const char *link, size_t size)
{
	const char *p = memchr(link, '[', size);
	uint64_t number = 0;

	for (size_t i = p ? (size_t)(p + 1 - link) : size; i < size && link[i] >= '0' && link[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(link[i] - '0');
	return number;
}

/* Through the supervisor's /proc, which is still there. Reading the links costs half of what following them does. */
static int observe_namespaces(struct ce_cell *cell, const char **path)
{
	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++) {
		const struct ce_namespace *n = &ce__cell_namespaces[i];
		char link[64];
		ssize_t size = readlink(n->path, link, sizeof(link));
		uint64_t number;

		*path = n->path;
		if (size < 0) {
			if (errno == ENOENT)
				continue;
			return -errno;
		}
		number = number_in(link, (size_t)size);
		if (number == 0)
			return -EINVAL;
		if (number != cell->setup->host_namespaces[i])
			cell->protections |= n->protection;
		else if (!((cell->setup->disable | cell->setup->tolerate) & n->protection))
			return -EXDEV;
	}
	return 0;
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

	(void)cell;
	*path = "/proc/self/oom_score_adj";
	r = ce__io_write_file(AT_FDCWD, *path, "800");
	return r == -ENOENT ? 0 : r;
}

const struct ce_cell_step ce__cell_init_steps[] = {
	{ "close-fds", 0, false, close_inherited },
	/* while /proc/self is still ours to write: a change of ids makes it root's */
	{ "oom-score", 0, false, prefer_as_oom_victim },
	/* before threads and memory: everything from here on is charged to the cell */
	{ "cgroup", 0, false, enter_cgroups },
	/* in its cgroup first, so that the namespace hides what lies above */
	{ "cgroup-namespace", CE_PROTECTION_CGROUP_NS, false, unshare_cgroup_namespace },
	/* nothing may be owned before the ids mean something */
	{ "id-maps", 0, false, wait_for_id_maps },
	{ "init-ids", 0, false, become_cell_root },
	{ "parent-death", 0, false, die_with_supervisor },
	{ "session-keyring", CE_PROTECTION_SESSION_KEYRING, true, join_new_keyring },
	{ "observe-namespaces", 0, false, observe_namespaces },
	{ "attach-root", 0, false, ce__mounts_attach_root },
	{ "attach-work", 0, false, ce__mounts_attach_work },
	/* while the supervisor's /proc is still visible */
	{ "proc", CE_PROTECTION_PRIVATE_PROC, true, ce__mounts_proc },
	{ "mask-proc", CE_PROTECTION_PRIVATE_PROC, false, ce__mounts_mask_proc },
	/* the last mount: the host's tree goes */
	{ "pivot-root", 0, false, ce__mounts_pivot },
	{ "observe-root", CE_PROTECTION_READ_ONLY_ROOT, true, observe_root },
	{ "host-name", 0, false, set_host_name },
	{ "loopback", 0, false, raise_loopback },
	{ "files", 0, false, ce__files_write },
	{ "artifacts", 0, false, ce__files_copy_artifacts },
	{ NULL, 0, false, NULL },
};

/* ---- the program's side, in init's vfork child ---- */

static int new_session(struct ce_cell *cell, const char **path)
{
	(void)cell;
	*path = "/work";
	if (setsid() < 0)
		return -errno;
	return chdir("/work") < 0 ? -errno : 0;
}

static int set_stdio(struct ce_cell *cell, const char **path)
{
	const int *stdio = cell->setup->stdio;

	(void)path;
	/* They are all above 2: the supervisor keeps 0 to 2 occupied. */
	for (int i = 0; i < 3; i++)
		if (dup2(stdio[i], i) < 0)
			return -errno;
	if (syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	/* A high number, so that what the interpreter opens has the numbers that it has without. */
	if (cell->setup->park_fd >= 0 && dup2(cell->setup->park_fd, cell->setup->park_number) < 0)
		return -errno;
	return 0;
}

static int set_rlimit(__rlimit_resource_t resource, uint64_t value)
{
	struct rlimit limit = { value, value };

	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

/* What also counts for the user who runs the supervisor, through the chain of user namespaces: what all cells together
 * could have of it, the host's processes could not (timer_create fails without a signal to queue). No caller asked for
 * these values, so where there is less to be had, that must do. */
static int set_shared_rlimits(const char **path)
{
	static const struct {
		const char *name;
		__rlimit_resource_t resource;
		uint64_t value;
	} limits[] = {
		{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK, 64 * 1024 },
		{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING, 1024 },
		{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE, 128 * 1024 }, /* one queue of the default size */
	};

	for (size_t i = 0; i < CE_ARRAY_SIZE(limits); i++) {
		struct rlimit now;
		int r;

		*path = limits[i].name;
		if (getrlimit(limits[i].resource, &now) < 0)
			return -errno;
		r = set_rlimit(limits[i].resource, now.rlim_max < limits[i].value ? now.rlim_max : limits[i].value);
		if (r)
			return r;
	}
	return 0;
}

static bool beyond_hard_limit(__rlimit_resource_t resource, uint64_t value)
{
	struct rlimit now;

	return getrlimit(resource, &now) == 0 && now.rlim_max != RLIM_INFINITY && value > now.rlim_max;
}

static int set_rlimits(struct ce_cell *cell, const char **path)
{
	const struct ce_plan_stage *stage = cell->setup->stage;
	bool only = cell->setup->rlimits_only;
	uint64_t cpu_s = stage->cpu_time_us == UINT64_MAX ? RLIM_INFINITY : (stage->cpu_time_us + 999999) / 1000000 + 1;
	const struct {
		const char *name;
		__rlimit_resource_t resource;
		uint64_t value;
	} limits[] = {
		/* 1, not 0: a core_pattern that is a pipe ignores 0 */
		{ "RLIMIT_CORE", RLIMIT_CORE, 1 },
		{ "RLIMIT_FSIZE", RLIMIT_FSIZE, stage->file_size_bytes },
		{ "RLIMIT_NOFILE", RLIMIT_NOFILE, stage->open_files },
		{ "RLIMIT_STACK", RLIMIT_STACK, stage->stack_bytes },
		/* a second wall behind the cgroup's, a little wider so that the cgroup's counter tells of it */
		{ "RLIMIT_NPROC", RLIMIT_NPROC, stage->processes + (only ? 1 : 16) },
		{ "RLIMIT_CPU", RLIMIT_CPU, cpu_s },
		{ "RLIMIT_AS", RLIMIT_AS,
		  only && (stage->flags & CE_PLAN_STAGE_RLIMIT_AS) ? stage->memory_bytes : RLIM_INFINITY },
	};

	for (size_t i = 0; i < CE_ARRAY_SIZE(limits); i++) {
		int r;

		*path = limits[i].name;
		if (limits[i].value == RLIM_INFINITY)
			continue;
		/* Behind a cgroup the host's own, narrower wall is as good; nobody may raise it. */
		if (limits[i].resource == RLIMIT_NPROC && !only && beyond_hard_limit(RLIMIT_NPROC, limits[i].value))
			continue;
		r = set_rlimit(limits[i].resource, limits[i].value);
		if (r)
			return r;
	}
	return set_shared_rlimits(path);
}

static int drop_bounding_set(struct ce_cell *cell, const char **path)
{
	(void)path;
	/* A uid of 0 shall mean nothing, and no fix-up shall ever give capabilities back. */
	if (prctl(PR_SET_SECUREBITS,
		  SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
			  SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		  0, 0, 0) < 0)
		return -errno;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (unsigned long c = 0; c <= cell->setup->last_capability; c++)
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0)
			return -errno;
	return 0;
}

static int become_program(struct ce_cell *cell, const char **path)
{
	(void)path;
	if (cell->setup->rootless)
		return 0;
	if (syscall(SYS_setresgid, CE_CELL_UID, CE_CELL_UID, CE_CELL_UID) < 0 ||
	    syscall(SYS_setresuid, CE_CELL_UID, CE_CELL_UID, CE_CELL_UID) < 0)
		return -errno;
	return 0;
}

static int drop_capabilities(struct ce_cell *cell, const char **path)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	(void)cell, (void)path;
	memset(data, 0, sizeof(data));
	if (syscall(SYS_capset, &head, data) < 0)
		return -errno;
	memset(data, 0xff, sizeof(data));
	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	for (size_t i = 0; i < 2; i++)
		if (data[i].effective | data[i].permitted | data[i].inheritable)
			return -EPERM;
	return prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 0 ? 0 : -EPERM;
}

static int set_no_new_privs(struct ce_cell *cell, const char **path)
{
	(void)cell, (void)path;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

static int restore_signals(struct ce_cell *cell, const char **path)
{
	(void)path;
	/* The supervisor ignores it, and execve would keep that. */
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		return -errno;
	return sigprocmask(SIG_SETMASK, cell->program_mask, NULL) < 0 ? -errno : 0;
}

static int install_filter(struct ce_cell *cell, const char **path)
{
	const struct ce_plan_stage *stage = cell->setup->stage;
	struct sock_fprog program = {
		.len = (unsigned short)(stage->bpf.size / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)ce__plan_at(cell->setup->plan, stage->bpf),
	};

	(void)path;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return -errno;
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER ? 0 : -EPERM;
}

const struct ce_cell_step ce__cell_program_steps[] = {
	{ "session", 0, false, new_session },
	{ "stdio", 0, false, set_stdio },
	/* RLIMIT_NPROC counts per user namespace: after it, before the ids change */
	{ "rlimits", 0, false, set_rlimits },
	/* needs CAP_SETPCAP: before the capabilities go */
	{ "bounding-set", CE_PROTECTION_NO_CAPABILITIES, false, drop_bounding_set },
	/* needs CAP_SETUID */
	{ "program-ids", 0, false, become_program },
	{ "capabilities", CE_PROTECTION_NO_CAPABILITIES, true, drop_capabilities },
	/* Landlock and seccomp ask for it of a task without capabilities */
	{ "no-new-privs", CE_PROTECTION_NO_NEW_PRIVS, true, set_no_new_privs },
	/* all mounts are made; the filter forbids the calls of this step */
	{ "landlock", CE_PROTECTION_LANDLOCK, true, ce__landlock_apply },
	{ "signals", 0, false, restore_signals },
	/* last: only what the filter allows comes after it */
	{ "seccomp", CE_PROTECTION_SECCOMP, true, install_filter },
	{ NULL, 0, false, NULL },
};
