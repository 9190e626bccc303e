/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Steps of whoever enters a cell: its init, or a zygote's child. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

const struct ce_namespace ce__cell_namespaces[CE_CELL_NAMESPACES] = {
	{ "self/ns/user", CLONE_NEWUSER, CE_PROTECTION_USER_NS },
	{ "self/ns/pid", CLONE_NEWPID, CE_PROTECTION_PID_NS },
	{ "self/ns/mnt", CLONE_NEWNS, CE_PROTECTION_MOUNT_NS },
	{ "self/ns/net", CLONE_NEWNET, CE_PROTECTION_NETWORK_NS },
	{ "self/ns/ipc", CLONE_NEWIPC, CE_PROTECTION_IPC_NS },
	{ "self/ns/uts", CLONE_NEWUTS, CE_PROTECTION_UTS_NS },
	/* cgroup: not at clone but by a step, once init is in its cgroup, so that this is the namespace's root */
	{ "self/ns/cgroup", 0, CE_PROTECTION_CGROUP_NS },
	{ "self/ns/time", CLONE_NEWTIME, CE_PROTECTION_TIME_NS },
};

static int compare_fds(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

int ce__cell_close_others(unsigned from, int *keep, size_t count)
{
	unsigned next = from;

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
int ce__enter_cgroups(struct ce_cell *cell, const char **path)
{
	(void)path;
	for (size_t i = 0; i < cell->setup->attach_count; i++) {
		if (write(cell->setup->attach_fds[i], "0", 1) != 1)
			return -errno;
		close(cell->setup->attach_fds[i]);
	}
	return 0;
}

int ce__enter_keyring(struct ce_cell *cell, const char **path)
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

/* Through the supervisor's /proc, for the last time. Reading the links costs half of what following them does, and from the
 * directory that they are in less still. */
int ce__enter_observe(struct ce_cell *cell, const char **path)
{
	static const char directory[] = "self/ns/";
	int ns_fd = openat(cell->setup->proc_fd, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	*path = directory;
	if (ns_fd < 0)
		return -errno;
	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++) {
		const struct ce_namespace *n = &ce__cell_namespaces[i];
		char link[64];
		ssize_t size = readlinkat(ns_fd, n->path + sizeof(directory) - 1, link, sizeof(link));
		uint64_t number;

		*path = n->path;
		if (size < 0 && errno == ENOENT && ((cell->setup->disable | cell->setup->tolerate) & n->protection))
			continue; /* this kernel has no such kind */
		if (size < 0)
			return -errno;
		number = number_in(link, (size_t)size);
		if (number == 0)
			return -EINVAL;
		if (number != cell->setup->host_namespaces[i])
			cell->protections |= n->protection;
		else if (!((cell->setup->disable | cell->setup->tolerate) & n->protection))
			return -EXDEV;
	}
	*path = NULL;
	close(ns_fd);
	return close(cell->setup->proc_fd) < 0 ? -errno : 0;
}

/* The user namespace first: it brings the capabilities that the others ask for. Then they go by what the table says, and the
 * pid namespace is where we were born. */
int ce__enter_join(struct ce_cell *cell, const char **path)
{
	struct ce_cell_setup *setup = (struct ce_cell_setup *)cell->setup;

	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++) {
		if (setup->join_fds[i] < 0 || ce__cell_namespaces[i].clone_flag == CLONE_NEWPID)
			continue;
		*path = ce__cell_namespaces[i].path;
		if (setns(setup->join_fds[i], 0) < 0)
			return -errno;
	}
	/* The mount namespace came with its root: this is the cell's own. */
	*path = "/proc";
	setup->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return setup->proc_fd < 0 ? -errno : 0;
}
