/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the program's process does up to execve, in its order: in init's vfork child. */
#include "sandbox/cell.h"

#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

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
	if (cell->setup->forked) {
		int keep[] = { cell->setup->report_fd, cell->setup->park_fd };
		int r = ce__cell_close_others(3, keep, CE_ARRAY_SIZE(keep)); /* no execve will do it */

		if (r)
			return r;
	} else if (syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) < 0) {
		return -errno;
	}
	/* A high number, so that what the interpreter opens has the numbers that it has without. */
	if (cell->setup->park_fd >= 0 && dup2(cell->setup->park_fd, cell->setup->park_number) < 0)
		return -errno;
	if (cell->setup->forked)
		close(cell->setup->park_fd);
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

uint64_t ce__cell_cpu_seconds(uint64_t cpu_time_us)
{
	return cpu_time_us == UINT64_MAX ? RLIM_INFINITY : (cpu_time_us + 999999) / 1000000 + 1;
}

static int set_rlimits(struct ce_cell *cell, const char **path)
{
	const struct ce_plan_stage *stage = cell->setup->stage;
	bool only = cell->setup->rlimits_only;
	uint64_t cpu_s = ce__cell_cpu_seconds(stage->cpu_time_us);
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
		/* Where all have one uid it counts those of its children's cells too. */
		if (limits[i].resource == RLIMIT_NPROC && cell->setup->zygote)
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

/* Through execve as an ordinary user: what is ambient stays, and does not make the program one that the loader distrusts. */
static int keep_capabilities(struct ce_cell *cell, const char **path)
{
	static const unsigned kept[] = { CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID };
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	int r;

	memset(data, 0, sizeof(data));
	for (size_t i = 0; i < CE_ARRAY_SIZE(kept); i++)
		data[0].effective |= 1u << kept[i];
	data[0].permitted = data[0].inheritable = data[0].effective;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	r = become_program(cell, path);
	if (r)
		return r;
	if (syscall(SYS_capset, &head, data) < 0)
		return -errno;
	for (size_t i = 0; i < CE_ARRAY_SIZE(kept); i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
			return -errno;
	return 0;
}

/* A change of ids has made our /proc files root's. Who was started by execve is dumpable by that. */
static int become_dumpable(struct ce_cell *cell, const char **path)
{
	(void)path;
	if (!cell->setup->forked)
		return 0;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ? -errno : 0;
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
	/* A zygote's child has its interpreter's settings, as it shall. */
	if (cell->setup->forked)
		return 0;
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
	uint32_t action = SECCOMP_RET_ALLOW;

	(void)path;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return -errno;
	/* The mode is the supervisor's already. This call, which its filter allows, no cell's does. */
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 && errno == EPERM ? 0 : -EPERM;
}

/* What does not depend on the request. */
const struct ce_cell_step ce__cell_begin_steps[] = {
	{ "session", 0, false, new_session },
	/* needs CAP_SETPCAP: before the capabilities go */
	{ "bounding-set", CE_PROTECTION_NO_CAPABILITIES, false, drop_bounding_set },
	{ NULL, 0, false, NULL },
};

const struct ce_cell_step ce__cell_program_steps[] = {
	{ "stdio", 0, false, set_stdio },
	/* RLIMIT_NPROC counts per user namespace: after it, before the ids change */
	{ "rlimits", 0, false, set_rlimits },
	/* needs CAP_SETUID */
	{ "program-ids", 0, false, become_program },
	{ "capabilities", CE_PROTECTION_NO_CAPABILITIES, true, drop_capabilities },
	/* after the last change of ids, which clears it */
	{ "dumpable", 0, false, become_dumpable },
	/* Landlock and seccomp ask for it of a task without capabilities */
	{ "no-new-privs", CE_PROTECTION_NO_NEW_PRIVS, true, set_no_new_privs },
	/* all mounts are made; the filter forbids the calls of this step */
	{ "landlock", CE_PROTECTION_LANDLOCK, true, ce__landlock_apply },
	{ "signals", 0, false, restore_signals },
	/* last: only what the filter allows comes after it */
	{ "seccomp", CE_PROTECTION_SECCOMP, true, install_filter },
	{ NULL, 0, false, NULL },
};

const struct ce_cell_step ce__cell_zygote_steps[] = {
	{ "session", 0, false, new_session },
	{ "stdio", 0, false, set_stdio },
	{ "rlimits", 0, false, set_rlimits },
	/* instead of program-ids and capabilities */
	{ "zygote", 0, false, keep_capabilities },
	{ "signals", 0, false, restore_signals },
	{ NULL, 0, false, NULL },
};

const struct ce_cell_step ce__cell_join_steps[] = {
	/* before anything else: what comes is charged to the cell */
	{ "cgroup", 0, false, ce__enter_cgroups },
	{ "join", 0, false, ce__enter_join },
	{ "session-keyring", CE_PROTECTION_SESSION_KEYRING, true, ce__enter_keyring },
	{ "observe-namespaces", 0, false, ce__enter_observe },
	{ NULL, 0, false, NULL },
};
