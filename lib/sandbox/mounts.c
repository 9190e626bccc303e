/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The mounts of one cell, made by init inside its own mount namespace, which is a copy of the prepared root's: a work tmpfs, /proc. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* One call, which looks for the target before it clones anything: with open_tree a target that is missing would leave a
 * detached tree, and letting go of one waits for an RCU grace period (a millisecond and more on a busy machine). */
static int bind_part(const char *source, const char *target)
{
	return mount(source, target, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

/* One tmpfs, so that one limit covers all that the program can write: its parts appear at /work, /tmp and /dev/shm. The
 * working directory is the root. */
int ce__mounts_attach_work(struct ce_cell *cell, const char **path)
{
	static const struct {
		const char *name, *source, *target;
		mode_t mode;
	} parts[] = {
		{ "work", "tmp/work", "work", 0755 },
		{ "shm", "tmp/shm", "dev/shm", 01777 },
		{ "tmp", "tmp/tmp", "tmp", 01777 }, /* last: it covers the tmpfs itself */
	};
	int work = cell->setup->work_fd;

	*path = "tmp";
	if (move_mount(work, "", AT_FDCWD, "tmp", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	for (size_t i = 0; i < CE_ARRAY_SIZE(parts); i++) {
		int r;

		*path = parts[i].target;
		if (mkdirat(work, parts[i].name, 0700) < 0 ||
		    fchownat(work, parts[i].name, CE_CELL_UID, CE_CELL_UID, 0) < 0 ||
		    fchmodat(work, parts[i].name, parts[i].mode, 0) < 0)
			return -errno;
		r = bind_part(parts[i].source, parts[i].target);
		if (r)
			return r;
	}
	return 0;
}

/* Over the prepared root's own: the kernel grants a user namespace a fresh /proc only while a fully visible one is mounted. That one
 * is of a pid namespace that has ended, and shows no process. */
int ce__mounts_proc(struct ce_cell *cell, const char **path)
{
	(void)cell;
	*path = "/proc";
	if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2") < 0)
		return -errno;
	return 0;
}

/* What tells of the host or could touch it. Ownership keeps the program out of most of it; this is the second wall. */
int ce__mounts_mask_proc(struct ce_cell *cell, const char **path)
{
	static const char *const files[] = { "proc/kcore",	"proc/cmdline",	      "proc/keys",
					     "proc/kallsyms",	"proc/kmsg",	      "proc/timer_list",
					     "proc/sysrq-trigger", "proc/latency_stats", "proc/sched_debug" };
	static const char *const directories[] = { "proc/acpi", "proc/scsi", "proc/bus", "proc/irq", "proc/fs" };
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	int r = 0;

	(void)cell;
	for (size_t i = 0; i < CE_ARRAY_SIZE(files) && (!r || r == -ENOENT); i++) {
		*path = files[i];
		r = bind_part("dev/null", files[i]);
	}
	for (size_t i = 0; i < CE_ARRAY_SIZE(directories) && (!r || r == -ENOENT); i++) {
		*path = directories[i];
		r = bind_part("var/empty", directories[i]);
	}
	if (r && r != -ENOENT)
		return r;
	*path = "proc/sys";
	r = bind_part("proc/sys", "proc/sys");
	if (r)
		return r == -ENOENT ? 0 : r;
	return mount_setattr(AT_FDCWD, "proc/sys", 0, &read_only, sizeof(read_only)) < 0 ? -errno : 0;
}
