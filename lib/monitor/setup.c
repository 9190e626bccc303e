/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the supervisor does before the first execution: forget what the host process left it, look at the machine, take the
 * limits backend, get a private mount namespace. */
#include "monitor/supervisor.h"

#define SPARE_SLOTS 8
#define SLICE_NS 100000

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void raise_soft_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		if (i == RLIMIT_STACK || i == RLIMIT_CORE || getrlimit((__rlimit_resource_t)i, &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit((__rlimit_resource_t)i, &limit);
	}
}

/* We run for microseconds at a time and everybody waits for us: from Linux 6.12 on the scheduler lets whoever asks for shorter
 * slices have the processor sooner. Not for cells. Older kernels take no notice. */
static void ask_for_short_slices(void)
{
	/* the kernel's struct sched_attr, whose header does not go with glibc's <sched.h> */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = sizeof(attr), .policy = SCHED_OTHER, .flags = SCHED_FLAG_RESET_ON_FORK, .runtime = SLICE_NS };

	syscall(SYS_sched_setattr, 0, &attr, 0);
}

/* posix_spawn's attributes cover the signals; the rest of what a host may have set is undone here. */
int ce__setup_inherited(void)
{
	static const uint64_t default_action[8]; /* the kernel's struct sigaction, SIG_DFL: all zeros */
	struct stat st;
	sigset_t none;

	if (fstat(CE_CONTROL_FD, &st) < 0 || !S_ISSOCK(st.st_mode))
		return -EINVAL;
	if (fcntl(CE_CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0 || syscall(SYS_close_range, CE_CONTROL_FD + 1, ~0u, 0) < 0)
		return -errno;
	/* By the system call: signal() refuses glibc's own two, which posix_spawn ignores in its child. */
	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			syscall(SYS_rt_sigaction, i, default_action, NULL, 8);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return -errno;
	umask(022);
	personality(0);
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	prctl(PR_SET_NAME, "codeexec-super", 0, 0, 0);
	setpriority(PRIO_PROCESS, 0, 0);
	ask_for_short_slices();
	raise_soft_limits();
	return chdir("/") < 0 ? -errno : 0;
}

static bool can_use_many_uids(const struct ce_supervisor *s, bool *initial_root)
{
	const uint32_t wanted = 1u << CAP_SYS_ADMIN | 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_CHOWN;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	unsigned long long inside, outside, count, base = s->hello.uid_base;
	char text[4096], *line, *save = NULL;
	bool mapped = false;

	/* Until it is seen to be another's: whoever cannot tell must not go on with less. */
	*initial_root = geteuid() == 0;
	if (!*initial_root || ce__io_read_file(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) < 0)
		return false;
	*initial_root = false;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%llu %llu %llu", &inside, &outside, &count) != 3)
			continue;
		if (inside == 0 && outside == 0)
			*initial_root = true;
		if (base >= inside && base + s->hello.uid_count <= inside + count)
			mapped = true;
	}
	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &head, data) < 0)
		return false;
	return mapped && (data[0].effective & wanted) == wanted;
}

static int watch_host(struct ce_supervisor *s, struct ce_failure *failure)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	/* Forks of the host hold copies of the control socket, so its end alone does not tell of the host's death. */
	if (getsockopt(s->control, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "host", "no peer credentials");
	s->host_pidfd = pidfd_open(peer.pid, 0);
	if (s->host_pidfd < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "host", "cannot watch the host process");
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "host", "no epoll");
	s->control_source.type = CE_SOURCE_CONTROL;
	s->host_source.type = CE_SOURCE_HOST;
	if (ce__supervisor_watch_fd(s, s->control, &s->control_source) ||
	    ce__supervisor_watch_fd(s, s->host_pidfd, &s->host_source))
		return ce__failure_set(failure, CE_ERR_OS, errno, "host", "cannot watch the sockets");
	s->hello.type = (uint64_t)peer.pid; /* from here on: the host's pid */
	return 0;
}

static int open_limits(struct ce_supervisor *s, struct ce_failure *failure)
{
	struct ce_limits_config config = {
		.cgroup = s->hello.cgroup[0] ? s->hello.cgroup : NULL,
		.instance = s->instance,
		.flags = (unsigned)s->hello.limits_flags | (s->host_uid ? CE_LIMITS_ORDINARY_USER : 0),
		.host_pid = (pid_t)s->hello.type,
		.fresh = s->hello.fresh_slots != 0,
		.announce = ce__state_announce,
		.announce_context = s,
	};
	int r = ce__limits_open(&config, &s->limits, failure);
	uint64_t missing;

	if (r)
		return r;
	ce__limits_info(s->limits, &s->limits_info);
	missing = s->hello.limits_required & ~s->limits_info.protections;
	if (missing)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, 0, "limits",
				       "%s in %s cannot limit %s; mount that controller where it can be used, or allow this "
				       "protection to be missing",
				       s->limits_info.name, s->limits_info.detail,
				       missing & CE_PROTECTION_MEMORY_LIMIT ? "memory" :
				       missing & CE_PROTECTION_TASK_LIMIT ? "tasks" : "CPU time");
	return ce__state_record(s, failure);
}

static int write_own_map(const char *file, const char *text, struct ce_failure *failure)
{
	int r = ce__io_write_file(AT_FDCWD, file, text);

	if (r)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, -r, "user-namespace", "cannot write %s", file);
	return 0;
}

/* As an ordinary user, mounts need a user namespace of our own. */
static int enter_user_namespace(struct ce_failure *failure)
{
	char uid_map[32], gid_map[32];
	int r;

	snprintf(uid_map, sizeof(uid_map), "0 %u 1\n", (unsigned)geteuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1\n", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER) < 0)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, errno, "user-namespace",
				       "user namespaces are not allowed for this user; as root: "
				       "sysctl user.max_user_namespaces=10000 (and kernel.unprivileged_userns_clone=1, "
				       "kernel.apparmor_restrict_unprivileged_userns=0 where they exist)");
	r = write_own_map("/proc/self/setgroups", "deny", failure);
	if (!r)
		r = write_own_map("/proc/self/uid_map", uid_map, failure);
	return r ? r : write_own_map("/proc/self/gid_map", gid_map, failure);
}

static int enter_mount_namespace(struct ce_supervisor *s, struct ce_failure *failure)
{
	char roots[340];

	if (unshare(CLONE_NEWNS) < 0)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, errno, "mount-namespace",
				       "cannot create a mount namespace");
	/* Private, so that nothing of ours shows on the host; the prepared roots are built in copies of this one. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "mount-namespace", "cannot make the mounts private");
	s->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->home_fd = s->proc_fd < 0 ? -1 : openat(s->proc_fd, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (s->home_fd < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "mount-namespace", "cannot open /proc/self/ns/mnt");
	snprintf(roots, sizeof(roots), "%s/roots", s->state_dir);
	return ce__roots_open(roots, s->proc_fd, &s->roots, failure);
}

static void look_at_machine(struct ce_supervisor *s)
{
	char text[32];

	s->landlock_abi = ce__landlock_abi();
	s->last_capability = CAP_LAST_CAP;
	if (ce__io_read_file(AT_FDCWD, "/proc/sys/kernel/cap_last_cap", text, sizeof(text)) > 0)
		s->last_capability = strtoul(text, NULL, 10);
	s->processors = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	if (s->processors < 1 || s->processors > 65536)
		s->processors = 1;
	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++) {
		struct stat st;

		if (fstatat(s->proc_fd, ce__cell_namespaces[i].path, &st, 0) == 0)
			s->host_namespaces[i] = st.st_ino;
	}
}

/* A cell's descriptors must never land on 0 to 2. */
static void occupy_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd < 3);
	if (fd >= 0)
		close(fd);
}

size_t ce__setup_slots_beside(const struct ce_supervisor *s, uint64_t used, uint64_t most)
{
	uint64_t pairs = s->hello.uid_count / 2;

	if (!s->rootless && pairs < used + most)
		most = pairs > used ? pairs - used : 0;
	return (size_t)most;
}

/* For those whose result is out while init still ends: the next need not wait for that, as far as there are uids. */
static size_t spare_slots(const struct ce_supervisor *s)
{
	uint64_t most = s->hello.max_concurrent < SPARE_SLOTS ? s->hello.max_concurrent : SPARE_SLOTS;

	return ce__setup_slots_beside(s, s->hello.max_concurrent + ce__park_most(s) + ce__spare_most(s), most);
}

/* An ordinary user's cells are opened, and joined by zygotes' children, with what the kernel calls the capabilities over a process's
 * memory: those of the user namespace in which it was last exec'ed. So we enter ours first, and begin again in it. Where that exec
 * fails only zygotes do. */
int ce__setup_user(struct ce_supervisor *s, char **environment, struct ce_failure *failure)
{
	char own[] = "codeexec-supervisor", entered[] = CE_ENTERED, uid[16];
	char *arguments[] = { own, entered, uid, NULL };
	bool initial_root = false;
	int r;

	/* It is received once we are where we stay; what is not one is told of then. */
	if (recv(s->control, &s->hello, sizeof(s->hello), MSG_PEEK) != (ssize_t)sizeof(s->hello))
		return 0;
	s->host_uid = geteuid(); /* in a user namespace of our own it will read 0 */
	if (access("/proc/self/uid_map", R_OK) < 0)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, errno, "proc", "/proc is not mounted, or not this pid namespace's");
	s->rootless = !can_use_many_uids(s, &initial_root);
	if (!s->rootless)
		return 0;
	if (s->host_uid == 0 && initial_root)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, 0, "uids",
				       "run by root, but without the capabilities SYS_ADMIN, SETUID, SETGID, CHOWN or without the "
				       "uid range; run it as an ordinary user, or give them back");
	r = enter_user_namespace(failure);
	if (r)
		return r;
	snprintf(uid, sizeof(uid), "%u", (unsigned)s->host_uid);
	if (fcntl(s->control, F_SETFD, 0) == 0)
		execve("/proc/self/exe", arguments, environment);
	fcntl(s->control, F_SETFD, FD_CLOEXEC);
	return 0;
}

int ce__setup_run(struct ce_supervisor *s, struct ce_failure *failure)
{
	int r;

	occupy_standard_fds();
	r = watch_host(s, failure);
	if (!r)
		r = ce__state_open(s, failure);
	if (!r)
		r = open_limits(s, failure);
	if (!r)
		r = enter_mount_namespace(s, failure);
	if (r)
		return r;
	look_at_machine(s);
	ce__network_open(s);
	if (ce__spare_open(s))
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "spares", "out of memory");
	s->slot_count = (size_t)s->hello.max_concurrent + ce__park_most(s) + spare_slots(s) + ce__spare_most(s);
	s->slots = calloc(s->slot_count, sizeof(*s->slots));
	if (!s->slots)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "slots", "out of memory");
	for (size_t i = 0; i < s->slot_count; i++)
		s->slots[i].lease_fd = -1;
	return ce__confine(s, failure);
}

void ce__setup_undo(struct ce_supervisor *s)
{
	bool keep = s->limits && ce__limits_close(s->limits) < 0;

	ce__state_close(s, keep);
	ce__roots_close(s->roots);
	/* The mount namespace, the leases and the memory go with the process. */
}
