// SPDX-License-Identifier: Apache-2.0 OR MIT
// Interfaces of the 386 and of old kernels, quotas, and the terminal's ways to type for others.
// attack-arch: x86_64
// attack-stdout: modify_ldt EPERM
// attack-stdout: iopl EPERM
// attack-stdout: ioperm EPERM
// attack-stdout: quotactl EPERM
// attack-stdout: lookup_dcookie EPERM
// attack-stdout: fchmodat2 EPERM
// attack-stdout: uselib ENOSYS
// attack-stdout: _sysctl ENOSYS
// attack-stdout: ustat ENOSYS
// attack-stdout: vhangup EPERM
// attack-stdout: pidfd_getfd EPERM
// attack-stdout: process_vm_writev EPERM
// attack-stdout: process_madvise EPERM
// attack-stdout: name_to_handle_at EPERM
// attack-stdout: fspick EPERM
// attack-stdout: tioclinux ENOTTY
// attack-stdout: tiocsetd ENOTTY
// attack-stdout: tioccons ENOTTY
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_quotactl
#define SYS_quotactl 179
#endif

int main(void)
{
	char b[256] = { 2 };
	int line = 3;

	close(open("/work/f", O_CREAT | O_RDWR, 0600));
	TRY(modify_ldt, 1, b, 16);
	TRY(iopl, 3);
	TRY(ioperm, 0x3f8, 8, 1);
	TRY(quotactl, 0x800002 << 8, "/", 0, b);
	TRY(lookup_dcookie, 0, b, sizeof(b));
	TRY(fchmodat2, AT_FDCWD, "/work/f", 04755, 0);
	TRY(uselib, "/usr/lib/x86_64-linux-gnu/libc.so.6");
	TRY(_sysctl, b);
	TRY(ustat, 1, b);
	TRY(vhangup);
	TRY(pidfd_getfd, 3, 0, 0);
	TRY(process_vm_writev, getpid(), b, 1, b, 1, 0);
	TRY(process_madvise, 3, b, 1, 4, 0);
	TRY(name_to_handle_at, AT_FDCWD, "/", b, b, 0);
	TRY(fspick, AT_FDCWD, "/", 0);
	told("tioclinux", ioctl(0, TIOCLINUX, b));
	told("tiocsetd", ioctl(0, TIOCSETD, &line));
	told("tioccons", ioctl(0, TIOCCONS));
	return 0;
}
