// SPDX-License-Identifier: Apache-2.0 OR MIT
// The large and privileged parts of the kernel.
// attack-stdout: bpf EPERM
// attack-stdout: io_uring_setup EPERM
// attack-stdout: userfaultfd EPERM
// attack-stdout: perf_event_open EPERM
// attack-stdout: keyctl EPERM
// attack-stdout: add_key EPERM
// attack-stdout: request_key EPERM
// attack-stdout: ptrace EPERM
// attack-stdout: process_vm_readv EPERM
// attack-stdout: kcmp EPERM
// attack-stdout: pidfd_getfd EPERM
// attack-stdout: open_by_handle_at EPERM
// attack-stdout: execveat EPERM
// attack-stdout: seccomp EPERM
// attack-stdout: init_module EPERM
// attack-stdout: finit_module EPERM
// attack-stdout: kexec_load EPERM
// attack-stdout: reboot EPERM
// attack-stdout: syslog EPERM
// attack-stdout: swapon EPERM
// attack-stdout: acct EPERM
// attack-stdout: sync EPERM
// attack-stdout: settimeofday EPERM
// attack-stdout: clock_settime EPERM
// attack-stdout: adjtimex EPERM
// attack-stdout: sethostname EPERM
// attack-stdout: io_setup ENOSYS
// attack-stdout: fanotify_init EPERM
// attack-stdout: memfd_secret EPERM
// attack-stdout: personality EPERM
// attack-stdout: setpriority EPERM
// attack-stdout: sched_setscheduler EPERM
// attack-stdout: ioprio_set EPERM
// attack-stdout: move_pages EPERM
#define _GNU_SOURCE
#include "attack.h"
#include <sys/timex.h>
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

int main(void)
{
	static char b[512];

	TRY(bpf, 0, b, 64);
	TRY(io_uring_setup, 8, b);
	TRY(userfaultfd, 1);
	TRY(perf_event_open, b, 0, -1, -1, 0);
	TRY(keyctl, 0, -3, 0, 0, 0);
	TRY(add_key, "user", "a", "b", 1, -3);
	TRY(request_key, "user", "a", 0, 0);
	TRY(ptrace, 16, 1, 0, 0);
	TRY(process_vm_readv, 1, b, 1, b, 1, 0);
	TRY(kcmp, 1, getpid(), 0, 0, 0);
	TRY(pidfd_getfd, 3, 0, 0);
	TRY(open_by_handle_at, -100, b, 0);
	TRY(execveat, -100, "/usr/bin/true", 0, 0, 0);
	TRY(seccomp, 1, 8, b);
	TRY(init_module, b, 1, "");
	TRY(finit_module, 0, "", 0);
	TRY(kexec_load, 0, 0, 0, 0);
	TRY(reboot, 0, 0, 0, 0);
	TRY(syslog, 3, b, 1);
	TRY(swapon, "/work/x", 0);
	TRY(acct, 0);
	TRY(sync);
	TRY(settimeofday, b, 0);
	TRY(clock_settime, 0, b);
	TRY(adjtimex, b);
	TRY(sethostname, "x", 1);
	TRY(io_setup, 1, b);
	TRY(fanotify_init, 0, 0);
	TRY(memfd_secret, 0);
	TRY(personality, 0x0040000);
	TRY(setpriority, 0, 0, -5);
	TRY(sched_setscheduler, 0, 2, b);
	TRY(ioprio_set, 1, 0, 0x2000);
	TRY(move_pages, 1, 0, 0, 0, 0, 0);
	return 0;
}
