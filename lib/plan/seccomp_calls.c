/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * System calls that are allowed whatever their arguments, and what the refused ones answer. A name that an
 * architecture lacks (aarch64 has no open or fork) is left out there. */
#include "plan/seccomp_tables.h"

#include <errno.h>

#include "base/base.h"

/* Tables read better in lines. */
/* clang-format off */
const char *const ce__seccomp_calls[] = {
	/* files that are open */
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
	"pwritev2", "close", "close_range", "lseek", "dup", "dup2", "dup3", "pipe", "pipe2", "sendfile",
	"splice", "tee", "vmsplice", "copy_file_range", "fsync", "fdatasync", "sync_file_range",
	"ftruncate", "fallocate", "fadvise64", "readahead", "getdents", "getdents64",
	"fstat", "fstatfs", "fchown", "fchdir",

	/* files by name */
	"access", "faccessat", "faccessat2", "stat", "lstat", "newfstatat", "statx", "statfs", "truncate",
	"rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "readlink",
	"readlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chown", "lchown", "fchownat",
	"utime", "utimes", "futimesat", "utimensat", "umask", "getcwd", "chdir", "setxattr", "lsetxattr",
	"fsetxattr", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
	"removexattr", "lremovexattr", "fremovexattr",

	/* waiting */
	"poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create",
	"timerfd_settime", "timerfd_gettime", "pause", "restart_syscall",

	/* memory; mmap, shmget and memfd_create have rules */
	"brk", "munmap", "mprotect", "mremap", "msync", "madvise", "mincore", "mlock", "mlock2", "mlockall",
	"munlock", "munlockall", "pkey_alloc", "pkey_free", "pkey_mprotect", "mseal", "map_shadow_stack",
	"membarrier", "get_mempolicy",

	/* processes and threads; clone has a rule */
	"fork", "vfork", "execve", "exit", "exit_group", "wait4", "waitid", "getpid", "getppid", "gettid",
	"getpgid", "getpgrp", "setpgid", "getsid", "setsid", "set_tid_address", "set_robust_list",
	"get_robust_list", "rseq", "futex", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue",
	"arch_prctl", "set_thread_area", "get_thread_area", "getrusage", "getrlimit", "times", "getcpu",
	"pidfd_open", "pidfd_send_signal",

	/* signals; the pid namespace bounds whom they reach */
	"kill", "tkill", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait",
	"rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigsuspend", "rt_sigreturn", "sigaltstack", "alarm",
	"getitimer", "setitimer",

	/* scheduling of its own threads; what raises or lowers priorities is the group "priority" */
	"sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler",
	"sched_getattr", "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
	"getpriority", "ioprio_get",

	/* identity: without capabilities these change nothing that matters, and runtimes expect an answer */
	"getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid", "setgid",
	"setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capget",
	"capset",

	/* clocks, read only */
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
	"timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete",

	/* sockets that are open; socket, socketpair and setsockopt have rules */
	"bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
	"sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown",

	/* System V and POSIX IPC, of the cell's own ipc namespace */
	"shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv",
	"msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",

	/* the rest */
	"uname", "sysinfo", "getrandom",
	/* a program may fence itself in further */
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
	NULL,
};

/* clone3 is not here: ENOSYS makes libraries fall back to clone, whose flags a filter can see. Nor is
 * openat2, whose mode a filter can't see, nor io_setup, whose contexts are counted for the whole machine, nor
 * cachestat, which tells on Linux 6.5 to 6.12 what the host has in its page cache of any file in /usr. */
const struct ce_seccomp_refusal ce__seccomp_refusals[] = {
	/* calls with rules, when none of them matches */
	{ "clone", EPERM }, { "prctl", EPERM }, { "personality", EPERM }, { "prlimit64", EPERM },
	{ "setrlimit", EPERM }, { "fcntl", EPERM }, { "open", EPERM }, { "openat", EPERM },
	{ "creat", EPERM },
	{ "chmod", EPERM }, { "fchmod", EPERM }, { "fchmodat", EPERM }, { "fchmodat2", EPERM },
	{ "mknod", EPERM }, { "mknodat", EPERM }, { "shmget", EPERM }, { "memfd_create", EPERM },
	{ "mmap", ENOMEM }, /* huge pages: what the kernel says when it has none */
	{ "ioctl", ENOTTY }, { "socket", EAFNOSUPPORT }, { "socketpair", EAFNOSUPPORT },
	{ "setsockopt", ENOPROTOOPT },

	/* namespaces and mounts */
	{ "unshare", EPERM }, { "setns", EPERM }, { "chroot", EPERM }, { "pivot_root", EPERM },
	{ "mount", EPERM }, { "umount2", EPERM }, { "open_tree", EPERM }, { "open_tree_attr", EPERM },
	{ "move_mount", EPERM }, { "fsopen", EPERM }, { "fsconfig", EPERM }, { "fsmount", EPERM },
	{ "fspick", EPERM }, { "mount_setattr", EPERM },

	/* other processes' insides */
	{ "ptrace", EPERM }, { "process_vm_readv", EPERM }, { "process_vm_writev", EPERM }, { "kcmp", EPERM },
	{ "pidfd_getfd", EPERM }, { "process_madvise", EPERM }, { "process_mrelease", EPERM },

	/* large and often attacked parts of the kernel */
	{ "seccomp", EPERM }, { "bpf", EPERM }, { "perf_event_open", EPERM }, { "userfaultfd", EPERM },
	{ "io_uring_setup", EPERM }, { "io_uring_enter", EPERM }, { "io_uring_register", EPERM },
	{ "keyctl", EPERM }, { "add_key", EPERM }, { "request_key", EPERM }, { "fanotify_init", EPERM },
	{ "fanotify_mark", EPERM }, { "memfd_secret", EPERM },

	/* files of /usr are the host's: a watch tells what everybody else executes; see the group "inotify" */
	{ "inotify_init", ENOSYS }, { "inotify_init1", ENOSYS }, { "inotify_add_watch", ENOSYS },
	{ "inotify_rm_watch", ENOSYS },
	/* a lock on such a file, for which reading it is enough, keeps the host's own scripts out; see the group "flock" */
	{ "flock", ENOSYS },

	/* running a file without a name, opening one past the mounts */
	{ "execveat", EPERM }, { "open_by_handle_at", EPERM }, { "name_to_handle_at", EPERM },

	/* the machine: sync writes back every file system of the host */
	{ "sync", EPERM }, { "syncfs", EPERM }, { "reboot", EPERM }, { "kexec_load", EPERM },
	{ "kexec_file_load", EPERM }, { "init_module", EPERM }, { "finit_module", EPERM },
	{ "delete_module", EPERM }, { "swapon", EPERM }, { "swapoff", EPERM }, { "quotactl", EPERM },
	{ "quotactl_fd", EPERM }, { "acct", EPERM }, { "syslog", EPERM }, { "vhangup", EPERM },
	{ "settimeofday", EPERM }, { "clock_settime", EPERM }, { "clock_adjtime", EPERM },
	{ "adjtimex", EPERM }, { "sethostname", EPERM }, { "setdomainname", EPERM }, { "iopl", EPERM },
	{ "ioperm", EPERM }, { "modify_ldt", EPERM }, { "lookup_dcookie", EPERM }, { "nfsservctl", EPERM },

	/* priorities and memory placement: see the groups */
	{ "setpriority", EPERM }, { "sched_setscheduler", EPERM }, { "sched_setparam", EPERM },
	{ "sched_setattr", EPERM }, { "ioprio_set", EPERM }, { "mbind", EPERM }, { "set_mempolicy", EPERM },
	{ "set_mempolicy_home_node", EPERM }, { "migrate_pages", EPERM }, { "move_pages", EPERM },
};
const size_t ce__seccomp_refusal_count = CE_ARRAY_SIZE(ce__seccomp_refusals);

const struct ce_seccomp_number ce__seccomp_numbers[] = {
	{ "open_tree", 428 }, { "move_mount", 429 }, { "fsopen", 430 }, { "fsconfig", 431 }, { "fsmount", 432 },
	{ "pidfd_open", 434 }, { "clone3", 435 }, { "close_range", 436 }, { "openat2", 437 }, { "mount_setattr", 442 },
	{ "landlock_create_ruleset", 444 }, { "landlock_add_rule", 445 }, { "landlock_restrict_self", 446 },
	{ "futex_waitv", 449 }, { "set_mempolicy_home_node", 450 }, { "fchmodat2", 452 },
	{ "map_shadow_stack", 453 }, { "futex_wake", 454 }, { "futex_wait", 455 },
	{ "futex_requeue", 456 }, { "mseal", 462 }, { "open_tree_attr", 467 },
};
const size_t ce__seccomp_number_count = CE_ARRAY_SIZE(ce__seccomp_numbers);
/* clang-format on */
