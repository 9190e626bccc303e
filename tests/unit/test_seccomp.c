/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the seccomp filter promises, asked of the kernel: each call is made by a child under the filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/mman.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "seccomp_child.h"

/* Set in an int argument, these bits do not change what the kernel does. */
#define HIGH (INT64_C(0x5a5a5a5a) << 32)
#define ANY_ANSWER (-1) /* allowed by the filter: whatever the kernel says, but neither EPERM nor ENOSYS */

struct call {
	const char *what;
	long number;
	int expected; /* 0: success, otherwise errno, or ANY_ANSWER */
	int64_t args[6];
};

struct answer {
	long value;
	int error;
};

static char text[] = "/nonexistent/file";
static struct rlimit limit = { 1024, 1024 };
static int pair[2];
#define P(pointer) ((int64_t)(intptr_t)(pointer))

static void check_calls(const char *const *groups, const struct call *calls, size_t count)
{
	struct filter filter = build_filter(groups);
	struct answer *answers = mmap(NULL, count * sizeof(*answers), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int status;

	assert_ptr_not_equal(answers, MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		if (install_filter(&filter) < 0)
			_exit(100);
		for (size_t i = 0; i < count; i++) {
			const int64_t *a = calls[i].args;

			errno = 0;
			answers[i].value = syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4], a[5]);
			answers[i].error = errno;
		}
		_exit(0);
	}
	status = wait_for(pid);
	free(filter.code);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with status %#x", (unsigned)status);
	for (size_t i = 0; i < count; i++) {
		int got = answers[i].value < 0 ? answers[i].error : 0;

		bool refused = got == EPERM || got == ENOSYS;
		bool wrong = calls[i].expected == ANY_ANSWER ? refused : got != calls[i].expected;

		if (wrong)
			fail_msg("%s: expected %d (%s), got %d (%s)", calls[i].what, calls[i].expected,
				 strerror(calls[i].expected), got, strerror(got));
	}
	munmap(answers, count * sizeof(*answers));
}

#define CHECK_CALLS(groups, calls) check_calls(groups, calls, CE_ARRAY_SIZE(calls))

static void namespaces_and_mounts_are_refused(void **state)
{
	const struct call calls[] = {
		{ "clone3", SYS_clone3, ENOSYS, { P(text), 88 } },
		{ "clone NEWUSER", SYS_clone, EPERM, { CLONE_NEWUSER | SIGCHLD } },
		{ "clone NEWNS", SYS_clone, EPERM, { CLONE_NEWNS | SIGCHLD } },
		{ "clone NEWPID", SYS_clone, EPERM, { CLONE_NEWPID | SIGCHLD } },
		{ "clone NEWNET", SYS_clone, EPERM, { CLONE_NEWNET | SIGCHLD } },
		{ "clone NEWIPC", SYS_clone, EPERM, { CLONE_NEWIPC | SIGCHLD } },
		{ "clone NEWUTS", SYS_clone, EPERM, { CLONE_NEWUTS | SIGCHLD } },
		{ "clone NEWCGROUP", SYS_clone, EPERM, { CLONE_NEWCGROUP | SIGCHLD } },
		{ "clone NEWUSER, high bits", SYS_clone, EPERM, { HIGH | CLONE_NEWUSER | SIGCHLD } },
		{ "unshare NEWUSER", SYS_unshare, EPERM, { CLONE_NEWUSER } },
		{ "unshare nothing", SYS_unshare, EPERM, { 0 } },
		{ "setns", SYS_setns, EPERM, { 0, 0 } },
		{ "mount", SYS_mount, EPERM, { P("none"), P("/tmp"), P("tmpfs"), 0, 0 } },
		{ "umount2", SYS_umount2, EPERM, { P("/tmp"), 0 } },
		{ "pivot_root", SYS_pivot_root, EPERM, { P("/"), P("/") } },
		{ "chroot", SYS_chroot, EPERM, { P("/") } },
		{ "open_tree", 428, EPERM, { -100, P("/"), 1 } },
		{ "move_mount", 429, EPERM, { 0 } },
		{ "fsopen", 430, EPERM, { P("tmpfs"), 0 } },
		{ "fsconfig", 431, EPERM, { 0 } },
		{ "fsmount", 432, EPERM, { 0 } },
		{ "mount_setattr", 442, EPERM, { 0 } },
	};

	(void)state;
	CHECK_CALLS(NULL, calls);
}

static void dangerous_calls_are_refused(void **state)
{
	const struct call calls[] = {
		{ "ptrace", SYS_ptrace, EPERM, { 0 } },
		{ "process_vm_readv", SYS_process_vm_readv, EPERM, { 1 } },
		{ "process_vm_writev", SYS_process_vm_writev, EPERM, { 1 } },
		{ "kcmp", SYS_kcmp, EPERM, { 1, 1 } },
		{ "pidfd_getfd", 438, EPERM, { 0 } },
		{ "process_madvise", 440, EPERM, { 0 } },
		{ "seccomp", SYS_seccomp, EPERM, { 0 } },
		{ "bpf", SYS_bpf, EPERM, { 0 } },
		{ "perf_event_open", SYS_perf_event_open, EPERM, { 0 } },
		{ "userfaultfd", SYS_userfaultfd, EPERM, { 0 } },
		{ "io_uring_setup", 425, EPERM, { 1 } },
		{ "io_uring_enter", 426, EPERM, { 1 } },
		{ "io_uring_register", 427, EPERM, { 1 } },
		{ "keyctl", SYS_keyctl, EPERM, { 0, -3, 0 } },
		{ "add_key", SYS_add_key, EPERM, { 0 } },
		{ "request_key", SYS_request_key, EPERM, { 0 } },
		{ "execveat", SYS_execveat, EPERM, { 0, P(""), 0, 0, AT_EMPTY_PATH } },
		{ "open_by_handle_at", SYS_open_by_handle_at, EPERM, { 0 } },
		{ "name_to_handle_at", SYS_name_to_handle_at, EPERM, { 0 } },
		{ "fanotify_init", SYS_fanotify_init, EPERM, { 0 } },
		{ "memfd_secret", 447, EPERM, { 0 } },
		{ "syslog", SYS_syslog, EPERM, { 3, 0, 0 } },
		{ "reboot", SYS_reboot, EPERM, { 0 } },
		{ "kexec_load", SYS_kexec_load, EPERM, { 0 } },
		{ "init_module", SYS_init_module, EPERM, { 0 } },
		{ "finit_module", SYS_finit_module, EPERM, { 0 } },
		{ "swapon", SYS_swapon, EPERM, { P(text), 0 } },
		{ "quotactl", SYS_quotactl, EPERM, { 0 } },
		{ "acct", SYS_acct, EPERM, { P(text) } },
		{ "sync", SYS_sync, EPERM, { 0 } },
		{ "settimeofday", SYS_settimeofday, EPERM, { 0 } },
		{ "clock_settime", SYS_clock_settime, EPERM, { 99 } },
		{ "clock_adjtime", SYS_clock_adjtime, EPERM, { 99 } },
		{ "adjtimex", SYS_adjtimex, EPERM, { 0 } },
		{ "sethostname", SYS_sethostname, EPERM, { P(text), 0 } },
		{ "setpriority", SYS_setpriority, EPERM, { 0, 0, 1 } },
		{ "sched_setscheduler", SYS_sched_setscheduler, EPERM, { 0, 0, P(&limit) } },
		{ "ioprio_set", SYS_ioprio_set, EPERM, { 1, 0, 0 } },
		{ "mbind", SYS_mbind, EPERM, { 0 } },
		{ "set_mempolicy", SYS_set_mempolicy, EPERM, { 0 } },
		{ "openat2", 437, ENOSYS, { 0 } },
		{ "io_setup", SYS_io_setup, ENOSYS, { 1, 0 } },
		{ "a call of the future", 800, ENOSYS, { 0 } },
		{ "no call", -1, ENOSYS, { 0 } },
#ifdef __x86_64__
		{ "modify_ldt", SYS_modify_ldt, EPERM, { 0 } },
		{ "iopl", SYS_iopl, EPERM, { 0 } },
		{ "ioperm", SYS_ioperm, EPERM, { 0 } },
		{ "uselib", SYS_uselib, ENOSYS, { 0 } },
		{ "sysfs", SYS_sysfs, ENOSYS, { 3 } },
#endif
	};

	(void)state;
	CHECK_CALLS(NULL, calls);
}

static void arguments_are_checked_by_their_lower_half(void **state)
{
	const struct call calls[] = {
		{ "ioctl TIOCSTI", SYS_ioctl, ENOTTY, { 0, TIOCSTI, P(text) } },
		{ "ioctl TIOCSTI, high bits", SYS_ioctl, ENOTTY, { pair[0], HIGH | TIOCSTI, P(text) } },
		{ "ioctl TIOCLINUX, high bits", SYS_ioctl, ENOTTY, { pair[0], HIGH | TIOCLINUX, P(text) } },
		{ "ioctl TIOCSETD", SYS_ioctl, ENOTTY, { pair[0], TIOCSETD, P(text) } },
		{ "ioctl TIOCSCTTY", SYS_ioctl, ENOTTY, { pair[0], TIOCSCTTY, 0 } },
		{ "ioctl FIONREAD", SYS_ioctl, 0, { pair[0], FIONREAD, P(&limit) } },
		{ "ioctl FIONREAD, high bits", SYS_ioctl, 0, { pair[0], HIGH | FIONREAD, P(&limit) } },
		{ "prlimit64 of another", SYS_prlimit64, EPERM, { getppid(), RLIMIT_NOFILE, 0, P(&limit) } },
		{ "prlimit64, own", SYS_prlimit64, 0, { 0, RLIMIT_NOFILE, 0, P(&limit) } },
		{ "prlimit64, high bits", SYS_prlimit64, 0, { HIGH, HIGH | RLIMIT_NOFILE, 0, P(&limit) } },
		{ "prlimit64 reads CORE", SYS_prlimit64, 0, { 0, RLIMIT_CORE, 0, P(&limit) } },
		{ "prlimit64 sets CORE", SYS_prlimit64, EPERM, { 0, RLIMIT_CORE, P(&limit), 0 } },
		{ "prlimit64 CORE, high", SYS_prlimit64, EPERM, { HIGH, HIGH | RLIMIT_CORE, P(&limit) } },
		{ "setrlimit CORE", SYS_setrlimit, EPERM, { RLIMIT_CORE, P(&limit) } },
		{ "setrlimit CORE, high bits", SYS_setrlimit, EPERM, { HIGH | RLIMIT_CORE, P(&limit) } },
		{ "setrlimit NPROC, bad pointer", SYS_setrlimit, EFAULT, { RLIMIT_NPROC, 8 } },
		{ "setrlimit RTTIME, bad pointer", SYS_setrlimit, EFAULT, { RLIMIT_RTTIME, 8 } },
		{ "setrlimit 16", SYS_setrlimit, EPERM, { 16, P(&limit) } },
		{ "personality, asked", SYS_personality, 0, { 0xffffffff } },
		{ "personality, asked, high bits", SYS_personality, 0, { -1 } },
		{ "personality 0", SYS_personality, 0, { 0 } },
		{ "personality NO_RANDOMIZE", SYS_personality, EPERM, { 0x0040000 } },
		{ "personality READ_IMPLIES_EXEC", SYS_personality, EPERM, { HIGH | 0x0400000 } },
		{ "prctl SET_SECCOMP", SYS_prctl, EPERM, { PR_SET_SECCOMP, 2, 0 } },
		{ "prctl SET_SECCOMP, high bits", SYS_prctl, EPERM, { HIGH | PR_SET_SECCOMP, 2, 0 } },
		{ "prctl SET_MM", SYS_prctl, EPERM, { PR_SET_MM, 1, 0 } },
		{ "prctl SET_PTRACER", SYS_prctl, EPERM, { PR_SET_PTRACER, 1 } },
		{ "prctl GET_SECCOMP", SYS_prctl, 0, { PR_GET_SECCOMP } },
		{ "prctl SET_NAME", SYS_prctl, 0, { HIGH | PR_SET_NAME, P("x") } },
		{ "prctl NO_NEW_PRIVS", SYS_prctl, 0, { PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0 } },
		{ "fcntl F_GETFD", SYS_fcntl, 0, { pair[0], F_GETFD } },
		{ "fcntl F_DUPFD", SYS_fcntl, 0, { pair[0], HIGH | F_DUPFD, 50 } },
		{ "fcntl F_SETLEASE", SYS_fcntl, EPERM, { pair[0], HIGH | F_SETLEASE, F_RDLCK } },
		{ "fcntl F_NOTIFY", SYS_fcntl, EPERM, { pair[0], F_NOTIFY, 1 } },
	};

	(void)state;
	CHECK_CALLS(NULL, calls);
}

static void sockets_are_of_three_families_without_raw(void **state)
{
	static const char *const netlink[] = { "netlink", NULL };
	const int on = 1;
	const struct call calls[] = {
		{ "unix stream", SYS_socket, 0, { AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0 } },
		{ "unix dgram, high bits", SYS_socket, 0, { HIGH | AF_UNIX, HIGH | SOCK_DGRAM, HIGH } },
		{ "inet tcp", SYS_socket, 0, { AF_INET, SOCK_STREAM, IPPROTO_TCP } },
		{ "inet udp", SYS_socket, 0, { AF_INET, SOCK_DGRAM, 0 } },
		{ "inet6 tcp", SYS_socket, ANY_ANSWER, { AF_INET6, SOCK_STREAM, 0 } },
		{ "inet raw", SYS_socket, EAFNOSUPPORT, { AF_INET, SOCK_RAW, IPPROTO_ICMP } },
		{ "inet raw, high bits", SYS_socket, EAFNOSUPPORT, { HIGH | AF_INET, HIGH | SOCK_RAW, 1 } },
		{ "inet raw, cloexec", SYS_socket, EAFNOSUPPORT, { AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1 } },
		{ "inet ping", SYS_socket, EAFNOSUPPORT, { AF_INET, SOCK_DGRAM, IPPROTO_ICMP } },
		{ "inet sctp", SYS_socket, EAFNOSUPPORT, { AF_INET, SOCK_STREAM, IPPROTO_SCTP } },
		{ "inet mptcp", SYS_socket, EAFNOSUPPORT, { AF_INET, SOCK_STREAM, 262 } },
		{ "packet", SYS_socket, EAFNOSUPPORT, { AF_PACKET, SOCK_RAW, 0 } },
		{ "netlink", SYS_socket, EAFNOSUPPORT, { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE } },
		{ "alg", SYS_socket, EAFNOSUPPORT, { AF_ALG, SOCK_SEQPACKET, 0 } },
		{ "vsock", SYS_socket, EAFNOSUPPORT, { AF_VSOCK, SOCK_STREAM, 0 } },
		{ "pair", SYS_socketpair, 0, { AF_UNIX, SOCK_STREAM, 0, P(pair) } },
		{ "pair of inet", SYS_socketpair, EAFNOSUPPORT, { AF_INET, SOCK_STREAM, 0, P(pair) } },
		{ "keepalive", SYS_setsockopt, 0, { pair[0], SOL_SOCKET, SO_KEEPALIVE, P(&on), sizeof(on) } },
		{ "attach filter", SYS_setsockopt, ENOPROTOOPT,
		  { pair[0], SOL_SOCKET, HIGH | SO_ATTACH_FILTER, P(text), 16 } },
		{ "attach bpf", SYS_setsockopt, ENOPROTOOPT,
		  { pair[0], HIGH | SOL_SOCKET, SO_ATTACH_BPF, P(&on), 4 } },
		{ "tcp ulp", SYS_setsockopt, ENOPROTOOPT, { pair[0], IPPROTO_TCP, TCP_ULP, P("tls"), 3 } },
	};
	const struct call with_netlink[] = {
		{ "netlink route", SYS_socket, 0, { AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE } },
		{ "netlink audit", SYS_socket, EAFNOSUPPORT, { AF_NETLINK, SOCK_RAW, NETLINK_AUDIT } },
		{ "netlink nf", SYS_socket, EAFNOSUPPORT, { AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER } },
		{ "inet raw", SYS_socket, EAFNOSUPPORT, { AF_INET, SOCK_RAW, IPPROTO_ICMP } },
	};

	(void)state;
	CHECK_CALLS(NULL, calls);
	CHECK_CALLS(netlink, with_netlink);
}

static void set_id_bits_devices_and_huge_pages_are_refused(void **state)
{
	const int64_t create = O_CREAT | O_WRONLY;
	const struct call calls[] = {
		{ "fchmod 04755", SYS_fchmod, EPERM, { pair[0], 04755 } },
		{ "fchmod 04755, high bits", SYS_fchmod, EPERM, { pair[0], HIGH | 0xffff0000 | 04755 } },
		{ "fchmodat 02755", SYS_fchmodat, EPERM, { AT_FDCWD, P(text), 02755 } },
		{ "fchmodat 01755", SYS_fchmodat, ENOENT, { AT_FDCWD, P(text), 01755 } },
		{ "fchmodat2 04755", 452, EPERM, { AT_FDCWD, P(text), 04755, AT_SYMLINK_NOFOLLOW } },
		{ "openat creates 04755", SYS_openat, EPERM, { AT_FDCWD, P(text), create, 04755 } },
		{ "openat O_TMPFILE", SYS_openat, EPERM, { AT_FDCWD, P(text), O_TMPFILE | O_RDWR, 04755 } },
		{ "openat creates 0644", SYS_openat, ENOENT, { AT_FDCWD, P(text), create, 0644 } },
		{ "openat reads, idle mode", SYS_openat, ENOENT, { AT_FDCWD, P(text), O_RDONLY, 07777 } },
		{ "mknodat S_IFREG", SYS_mknodat, ENOENT, { AT_FDCWD, P(text), S_IFREG | 0600, 0 } },
		{ "mknodat S_IFIFO", SYS_mknodat, ENOENT, { AT_FDCWD, P(text), S_IFIFO | 0600, 0 } },
		{ "mknodat S_IFCHR", SYS_mknodat, EPERM, { AT_FDCWD, P(text), S_IFCHR | 0600, 0x103 } },
		{ "mknodat BLK", SYS_mknodat, EPERM, { AT_FDCWD, P(text), HIGH | S_IFBLK | 0600, 0x103 } },
		{ "mknodat set-id", SYS_mknodat, EPERM, { AT_FDCWD, P(text), S_IFREG | 04755, 0 } },
		{ "mmap of huge pages", SYS_mmap, ENOMEM,
		  { 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0 } },
		{ "memfd of huge pages", SYS_memfd_create, EPERM, { P("m"), MFD_HUGETLB } },
		{ "memfd", SYS_memfd_create, 0, { P("m"), MFD_CLOEXEC | MFD_ALLOW_SEALING } },
		{ "shm of huge pages", SYS_shmget, EPERM, { IPC_PRIVATE, 4096, HIGH | SHM_HUGETLB | 0600 } },
#ifdef __x86_64__
		{ "chmod 04755", SYS_chmod, EPERM, { P(text), 04755 } },
		{ "chmod 0755", SYS_chmod, ENOENT, { P(text), 0755 } },
		{ "open creates 02755", SYS_open, EPERM, { P(text), HIGH | create, HIGH | 02755 } },
		{ "open creates 0755", SYS_open, ENOENT, { P(text), create, 0755 } },
		{ "creat 04755", SYS_creat, EPERM, { P(text), 04755 } },
		{ "mknod S_IFCHR", SYS_mknod, EPERM, { P(text), S_IFCHR | 0600, 0x103 } },
#endif
	};

	(void)state;
	CHECK_CALLS(NULL, calls);
}

static void groups_add_what_they_say_and_no_more(void **state)
{
	static const char *const priority[] = { "priority", NULL }, *const numa[] = { "numa", NULL };
	static const char *const personality[] = { "personality", NULL };
	static const char *const ptrace[] = { "ptrace", NULL };
	const struct call with_priority[] = {
		{ "setpriority", SYS_setpriority, 0, { 0, 0, 1 } }, { "ptrace", SYS_ptrace, EPERM, { 0 } },
	};
	const struct call with_numa[] = {
		{ "set_mempolicy", SYS_set_mempolicy, ANY_ANSWER, { 0, 0, 0 } },
		{ "setpriority", SYS_setpriority, EPERM, { 0, 0, 1 } },
	};
	const struct call with_personality[] = {
		{ "no randomisation", SYS_personality, 0, { HIGH | 0x0040000 } },
		{ "read implies exec", SYS_personality, EPERM, { 0x0400000 } },
	};
	const struct call with_ptrace[] = {
		{ "ptrace", SYS_ptrace, ANY_ANSWER, { 3, INT32_MAX, 0, 0 } },
		{ "process_vm_readv", SYS_process_vm_readv, ANY_ANSWER, { INT32_MAX, 0, 0, 0, 0, 0 } },
		{ "kcmp", SYS_kcmp, EPERM, { 1, 1 } },
	};

	(void)state;
	CHECK_CALLS(priority, with_priority);
	CHECK_CALLS(numa, with_numa);
	CHECK_CALLS(personality, with_personality);
	CHECK_CALLS(ptrace, with_ptrace);
}

#ifdef __x86_64__
static int status_of(void (*act)(void))
{
	struct filter filter = build_filter(NULL);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (install_filter(&filter) < 0)
			_exit(100);
		act();
		_exit(0);
	}
	status = wait_for(pid);
	free(filter.code);
	return status;
}

static void call_x32_getpid(void)
{
	syscall(0x40000000 | SYS_getpid);
}

static void call_x32_ptrace(void)
{
	syscall(0x40000000 | 521, 0, 0, 0, 0);
}

static void call_i386_getpid(void)
{
	long r = 20;

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
}

/* A kernel without the 32-bit entry (ia32_emulation=off) faults before a filter is asked. */
static bool has_i386(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL); /* cmocka's handler would tell of a failure */
		call_i386_getpid();
		_exit(0);
	}
	return WIFEXITED(wait_for(pid));
}

static void foreign_architectures_are_killed(void **state)
{
	void (*const acts[])(void) = { call_x32_getpid, call_x32_ptrace, call_i386_getpid };

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(acts); i++) {
		int status;

		if (acts[i] == call_i386_getpid && !has_i386()) {
			print_message("this kernel has no 32-bit entry\n");
			continue;
		}
		status = status_of(acts[i]);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}
#endif

static int open_pair(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

static int close_pair(void **state)
{
	(void)state;
	return close(pair[0]) | close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces_and_mounts_are_refused),
		cmocka_unit_test(dangerous_calls_are_refused),
		cmocka_unit_test(arguments_are_checked_by_their_lower_half),
		cmocka_unit_test(sockets_are_of_three_families_without_raw),
		cmocka_unit_test(set_id_bits_devices_and_huge_pages_are_refused),
		cmocka_unit_test(groups_add_what_they_say_and_no_more),
#ifdef __x86_64__
		cmocka_unit_test(foreign_architectures_are_killed),
#endif
	};

	return cmocka_run_group_tests_name("seccomp", tests, open_pair, close_pair);
}
