// SPDX-License-Identifier: Apache-2.0 OR MIT
// New namespaces and mounts, also with bits that the kernel ignores above the lower 32.
// attack-stdout: unshare EPERM
// attack-stdout: setns EPERM
// attack-stdout: clone EPERM
// attack-stdout: clone-high EPERM
// attack-stdout: clone3 ENOSYS
// attack-stdout: mount EPERM
// attack-stdout: umount2 EPERM
// attack-stdout: pivot_root EPERM
// attack-stdout: chroot EPERM
// attack-stdout: open_tree EPERM
// attack-stdout: move_mount EPERM
// attack-stdout: fsopen EPERM
// attack-stdout: mount_setattr EPERM
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

int main(void)
{
	char args[88] = { 0 };

	TRY(unshare, CLONE_NEWUSER);
	TRY(setns, open("/proc/self/ns/user", O_RDONLY), 0);
	TRY(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	told("clone-high", syscall(SYS_clone, 0xdead00000000ul | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0));
	TRY(clone3, args, sizeof(args));
	TRY(mount, "none", "/tmp", "tmpfs", 0, 0);
	TRY(umount2, "/proc", 2);
	TRY(pivot_root, ".", ".");
	TRY(chroot, "/tmp");
	TRY(open_tree, -100, "/", 1);
	TRY(move_mount, -100, "/", -100, "/tmp", 0);
	TRY(fsopen, "tmpfs", 0);
	TRY(mount_setattr, -100, "/", 0, args, 32);
	return 0;
}
