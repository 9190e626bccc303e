/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a sandbox lets through: one line "key open|stopped" per attempt. compare.py lays out what there is to be reached and
 * tells of it in arguments: DIRECTORY PORT SOCKET SHM PID. Everything it makes is removed with its processes. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 400
#define MIB (1 << 20)

static void tell(const char *key, bool through)
{
	printf("%s %s\n", key, through ? "open" : "stopped");
	fflush(stdout);
}

static bool call_works(long number, long a, long b, long c, long d)
{
	return syscall(number, a, b, c, d, 0, 0) >= 0;
}

/* In a child, so that what it does to itself stays there. */
static bool in_child(bool (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(attempt() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool new_user_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool mount_in_new_namespaces(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount("x", "/tmp", "tmpfs", 0, 0) == 0;
}

static bool trace_a_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) {
		kill(pid, SIGKILL);
		return false;
	}
	kill(pid, SIGKILL);
	return true;
}

static bool call_of_i386(void)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	return result > 0;
#else
	return false;
#endif
}

static bool half_a_gibibyte(void)
{
	char *p = mmap(0, 512L * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	for (long i = 0; i < 512L * MIB; i += 4096)
		p[i] = 1;
	return true;
}

static bool many_processes(void)
{
	pid_t pids[MANY];
	int n = 0;

	while (n < MANY && (pids[n] = fork()) > 0)
		n++;
	if (n < MANY && pids[n] == 0)
		for (;;)
			pause();
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	return n == MANY;
}

static bool fill_tmp(void)
{
	static char block[MIB];
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600), n = 0;

	while (fd >= 0 && n < 300 && write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
		n++;
	return n == 300;
}

static bool reads_something(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	bool read_it = fd >= 0 && read(fd, &byte, 1) == 1;

	close(fd);
	return read_it;
}

static bool field_is_set(const char *field)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	size_t n = strlen(field);
	unsigned long long value = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, n))
			value = strtoull(line + n, 0, 16);
	if (f)
		fclose(f);
	return value != 0;
}

static int processes_in_sight(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += atoi(e->d_name) > 0;
	return n;
}

static void files(const char *directory)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/secret", directory);
	tell("read-file", reads_something(path));
	snprintf(path, sizeof(path), "%s/made", directory);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	tell("write-file", fd >= 0);
	tell("environment", getenv("COMPARE_SECRET") != 0);
	tell("descriptor", fcntl(9, F_GETFD) >= 0);
	tell("lock-file", flock(open("/usr/bin/env", O_RDONLY), LOCK_EX | LOCK_NB) == 0);
	tell("watch-files", call_works(SYS_inotify_init1, 0, 0, 0, 0));
	tell("sysfs", reads_something("/sys/kernel/uevent_seqnum"));
	tell("kernel-log", reads_something("/dev/kmsg") || call_works(SYS_syslog, 10, 0, 0, 0));
	tell("kernel-symbols", reads_something("/proc/kallsyms"));
}

static void neighbours(int port, const char *socket_name, int shm, pid_t pid)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(socket_name));

	strncpy(un.sun_path + 1, socket_name, sizeof(un.sun_path) - 2);
	tell("loopback", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&v4, sizeof(v4)) == 0);
	tell("abstract-socket", connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&un, size) == 0);
	tell("shared-memory", shmat(shm, 0, SHM_RDONLY) != (void *)-1);
	tell("signal", kill(pid, 0) == 0);
	tell("processes", processes_in_sight() > 8);
}

static void kernel(void)
{
	static char b[256];
	long p = (long)b;

	tell("user-namespace", in_child(new_user_namespace));
	tell("mount", in_child(mount_in_new_namespaces));
	tell("ptrace", in_child(trace_a_child));
	tell("i386", in_child(call_of_i386));
	tell("io-uring", call_works(SYS_io_uring_setup, 4, p, 0, 0));
	memset(b, 0, sizeof(b));
	tell("keyrings", call_works(SYS_keyctl, 0, -3, 1, 0));
	tell("userfaultfd", call_works(SYS_userfaultfd, 1, 0, 0, 0));
	tell("netlink", socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
	tell("file-handles", !call_works(SYS_name_to_handle_at, AT_FDCWD, (long)"/", p, p) && errno == EOVERFLOW);
	tell("memfd-exec", syscall(SYS_execveat, -1, "", 0, 0, AT_EMPTY_PATH) < 0 && errno == EBADF);
	tell("capabilities", field_is_set("CapEff:"));
	tell("new-privileges", !field_is_set("NoNewPrivs:"));
	tell("system-calls", !field_is_set("Seccomp:"));
}

static void amounts(void)
{
	tell("tasks", in_child(many_processes));
	tell("disk", in_child(fill_tmp));
	/* last: where the limit is that of a group, all of it goes */
	tell("memory", in_child(half_a_gibibyte));
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	files(argv[1]);
	neighbours(atoi(argv[2]), argv[3], atoi(argv[4]), atoi(argv[5]));
	kernel();
	amounts();
	return 0;
}
