/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Tries to do harm to the kernel, the supervisor or a neighbour, in one line "key open|stopped" per attempt. walls.py runs it
 * with one wall after the other switched off: the next one has to hold. What succeeds changes nothing: values are written
 * as they were read, clocks set to the time that it is. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void tell(const char *key, bool through)
{
	printf("%s %s\n", key, through ? "open" : "stopped");
	fflush(stdout);
}

/* Opens for writing what is no /dev/null: that is what masked files are. */
static bool writable(const char *path, int flags)
{
	struct stat st, null;
	int fd = open(path, O_WRONLY | O_NONBLOCK | flags);
	bool through = fd >= 0 && fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 && st.st_rdev != null.st_rdev;

	if (fd >= 0)
		close(fd);
	return through;
}

static bool readable(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	bool through = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0)
		close(fd);
	return through;
}

static void supervisor_and_neighbours(void)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { (void *)0x400000, 1 };
	int others = 0, fds = 0, pidfd = (int)syscall(SYS_pidfd_open, 1, 0);
	struct dirent *e;
	DIR *proc = opendir("/proc");

	while (proc && (e = readdir(proc)))
		others += atoi(e->d_name) > 1 && atoi(e->d_name) != getpid();
	for (int fd = 3; fd < 1024; fd++)
		fds += fcntl(fd, F_GETFD) >= 0 && fd != pidfd && (!proc || fd != dirfd(proc));
	tell("other-processes", others > 0);
	tell("descriptors", fds > 0);
	tell("init-environment", readable("/proc/1/environ"));
	tell("init-memory", readable("/proc/1/mem") || writable("/proc/1/mem", 0));
	tell("init-root", access("/proc/1/root/etc", F_OK) == 0);
	tell("init-ptrace", ptrace(PTRACE_SEIZE, 1, 0, 0) == 0);
	tell("init-read", process_vm_readv(1, &local, 1, &remote, 1, 0) >= 0);
	tell("init-descriptor", syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0);
	tell("init-compare", syscall(SYS_kcmp, getpid(), 1, 0, 0, 0) >= 0);
	tell("init-namespaces", setns(pidfd, CLONE_NEWNS) == 0);
	tell("init-limits", syscall(SYS_prlimit64, 1, 7, 0, 0) == 0);
	kill(1, SIGTERM);
	tell("init-signal", kill(1, SIGKILL) == 0 && getppid() != 1);
}

static void files_of_the_host(void)
{
	tell("write-program", writable("/usr/bin/env", 0));
	tell("add-program", writable("/usr/bin/codeexec-walls", O_CREAT));
	tell("write-etc", writable("/etc/codeexec-walls", O_CREAT));
	tell("core-pattern", writable("/proc/sys/kernel/core_pattern", 0));
	tell("sysrq", writable("/proc/sysrq-trigger", 0));
	tell("kcore", readable("/proc/kcore"));
	tell("keys", readable("/proc/keys"));
	tell("cgroupfs", access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 || access("/sys/fs/cgroup/memory", F_OK) == 0);
	tell("block-device", mknod("/work/sda", S_IFBLK | 0600, 8 << 8) == 0 && open("/work/sda", O_RDONLY) >= 0);
}

static bool mount_after_unshare(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && (mount("x", "/tmp", "tmpfs", 0, 0) == 0 || umount2("/proc", MNT_DETACH) == 0);
}

static bool in_child(bool (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(attempt() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void mounts(void)
{
	tell("mount", mount("x", "/tmp", "tmpfs", 0, 0) == 0);
	tell("remount", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
	tell("umount", umount2("/proc", MNT_DETACH) == 0);
	tell("chroot", chroot("/tmp") == 0);
	tell("open-tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0);
	tell("mount-after-unshare", in_child(mount_after_unshare));
}

static bool loads_bpf(void)
{
	struct bpf_insn code[] = { { .code = 0xb7 }, { .code = 0x95 } }; /* r0 = 0; exit */
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uint64_t)(uintptr_t)code;
	attr.insn_cnt = 2;
	attr.license = (uint64_t)(uintptr_t) "GPL";
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) >= 0;
}

static bool counts_everybody(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK };

	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0) >= 0;
}

static bool opens_handles(void)
{
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} h;
	int mount_id;

	memset(&h, 0, sizeof(h));
	h.head.handle_bytes = 128;
	return name_to_handle_at(AT_FDCWD, "/usr", &h.head, &mount_id, 0) == 0 &&
	       open_by_handle_at(open("/usr", O_RDONLY), &h.head, O_RDONLY) >= 0;
}

static void kernel(void)
{
	struct timespec now;
	char name[65] = "";

	clock_gettime(CLOCK_REALTIME, &now);
	gethostname(name, sizeof(name) - 1);
	tell("bpf", loads_bpf());
	tell("perf", counts_everybody());
	tell("faults-of-the-kernel", syscall(SYS_userfaultfd, 0) >= 0);
	tell("handles", opens_handles());
	tell("clock", clock_settime(CLOCK_REALTIME, &now) == 0);
	tell("host-name", sethostname(name, strlen(name)) == 0);
	tell("reboot", syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, 0) == 0);
	tell("module", syscall(SYS_init_module, "", 0, "") == 0 || (errno != EPERM && errno != ENOSYS));
	tell("kexec", syscall(SYS_kexec_load, 0, 0, 0, 0) == 0);
	tell("swap", syscall(SYS_swapon, "/work/none", 0) == 0 || errno == ENOENT);
	tell("ports", syscall(SYS_ioperm, 0x80, 1, 1) == 0 || syscall(SYS_iopl, 3) == 0);
	tell("priority", syscall(SYS_setpriority, 0, 0, -5) == 0);
	tell("packets", socket(AF_PACKET, SOCK_RAW, 0) >= 0);
	tell("key-of-the-caller", syscall(SYS_keyctl, 10 /* search */, -3, "user", "codeexec-walls", 0) >= 0);
	tell("user-id", setuid(0) == 0 || setresuid(0, 0, 0) == 0);
}

int main(void)
{
	supervisor_and_neighbours();
	files_of_the_host();
	mounts();
	kernel();
	return 0;
}
