/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Landlock as the second wall behind the mounts: read and execute everywhere, write only in the cell's tmpfs and to the
 * devices; no signal and no abstract socket out of the cell (Linux 6.12 on). */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Of newer headers than Debian 12's. */
#define FS_REFER (UINT64_C(1) << 13)	/* ABI 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

#define READ (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ABI1 ((UINT64_C(1) << 13) - 1)

struct ruleset {
	uint64_t fs, net, scoped;
};

uint64_t ce__landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (uint64_t)abi : 0;
}

static int allow(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	CE_CLEANUP_FD int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	rule.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

int ce__landlock_apply(struct ce_cell *cell, const char **path)
{
	const struct ce_cell_setup *setup = cell->setup;
	uint64_t abi = setup->landlock_abi, all = ABI1;
	static const char *const writable[] = { "/work", "/tmp", "/dev/shm" };
	struct ruleset attr = { 0 };
	size_t attr_size = sizeof(uint64_t);
	CE_CLEANUP_FD int ruleset = -1;
	int r;

	if (abi == 0)
		return -EOPNOTSUPP;
	all |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
	attr.fs = all;
	if (abi >= 6 && !(setup->disable & CE_PROTECTION_LANDLOCK_SCOPE)) {
		attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
		attr_size = sizeof(attr);
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, attr_size, 0);
	if (ruleset < 0)
		return -errno;
	*path = "/";
	r = allow(ruleset, "/", READ);
	for (size_t i = 0; !r && i < CE_ARRAY_SIZE(writable); i++) {
		*path = writable[i];
		r = allow(ruleset, writable[i],
			  all & ~(uint64_t)(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK));
	}
	if (!r) {
		*path = "/dev";
		r = allow(ruleset, "/dev", READ | LANDLOCK_ACCESS_FS_WRITE_FILE | (all & (FS_TRUNCATE | FS_IOCTL_DEV)));
	}
	if (r)
		return r;
	*path = "ruleset";
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return -errno;
	if (attr.scoped)
		cell->protections |= CE_PROTECTION_LANDLOCK_SCOPE;
	return 0;
}
