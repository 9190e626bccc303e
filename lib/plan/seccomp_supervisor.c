/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the supervisor calls beyond what cells may: with these it makes them. */
#include "plan/seccomp_tables.h"

/* clang-format off */
static const char *const calls[] = {
	/* namespaces and mounts */
	"clone3", "unshare", "setns", "pivot_root", "mount", "umount2", "fsopen", "fsconfig", "fsmount", "open_tree",
	"move_mount", "mount_setattr", "sethostname", "setdomainname",
	/* a cell's fences; of keyctl it needs the new session keyring */
	"seccomp", "keyctl",
	/* what it collects, without leaving the directory */
	"openat2",
	NULL,
};
/* clang-format on */

const struct ce_seccomp_set ce__seccomp_supervisor = {
	.name = "supervisor",
	.purpose = "what makes cells",
	.calls = calls,
};
