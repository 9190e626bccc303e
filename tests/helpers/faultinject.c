/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Stands in for the supervisor: runs the real one under ptrace, with all that it starts, and makes one system
 * call fail. Programs that cells execute are let go at once; up to there everything is ours. It is told what
 * to do by "<its own path>.conf", since the supervisor's environment is empty:
 *
 *   supervisor=PATH  what to run
 *   marker=PATH      made when the call was made to fail, with a line about it; exists already: fail nothing
 *   log=PATH         one line per run is appended: "PID COUNT"; written at its start with a count of 0, too
 *   nth=N            the N-th system call from the supervisor's start on; 0: none
 *   only=NUMBER      counts this call alone; -1: all
 *   of=ROLE          counts those of "supervisor", "init" or "program" alone
 *   errno=E */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct config {
	char supervisor[PATH_MAX], marker[PATH_MAX], log[PATH_MAX], role[PATH_MAX];
	unsigned long long nth;
	long long only;
	int error;
};

static struct config config = { .only = -1 };
static pid_t supervisor, failing;
static unsigned long long counted;

static void say(const char *path, int flags, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void say(const char *path, int flags, const char *fmt, ...)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	va_list args;

	if (fd < 0)
		return;
	va_start(args, fmt);
	vdprintf(fd, fmt, args);
	va_end(args);
	close(fd);
}

static bool read_config(void)
{
	char path[PATH_MAX], line[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 6);
	FILE *f;

	if (n < 0)
		return false;
	memcpy(path + n, ".conf", 6);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "supervisor=", 11) == 0)
			strcpy(config.supervisor, line + 11);
		else if (strncmp(line, "marker=", 7) == 0)
			strcpy(config.marker, line + 7);
		else if (strncmp(line, "log=", 4) == 0)
			strcpy(config.log, line + 4);
		else if (strncmp(line, "nth=", 4) == 0)
			config.nth = strtoull(line + 4, NULL, 10);
		else if (strncmp(line, "only=", 5) == 0)
			config.only = atoll(line + 5);
		else if (strncmp(line, "of=", 3) == 0)
			strcpy(config.role, line + 3);
		else if (strncmp(line, "errno=", 6) == 0)
			config.error = atoi(line + 6);
	}
	fclose(f);
	return config.supervisor[0] && config.marker[0] && config.log[0];
}

/* Not -1, which a seccomp filter would see: getpid is allowed to everybody and does nothing. */
static bool replace_call(pid_t pid)
{
#if defined(__x86_64__)
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), SYS_getpid) == 0;
#elif defined(__aarch64__)
	int number = SYS_getpid;
	struct iovec iov = {&number, sizeof(number)};

	return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &iov) == 0;
#else
#error "say how a system call is replaced here"
#endif
}

static void set_return(pid_t pid, long value)
{
	struct user_regs_struct regs;
	struct iovec iov = {&regs, sizeof(regs)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) < 0)
		return;
#if defined(__x86_64__)
	regs.rax = (unsigned long long)value;
#elif defined(__aarch64__)
	regs.regs[0] = (unsigned long long)value;
#endif
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

static const char *role(pid_t pid)
{
	char path[64], text[512], *p;
	int fd, parent = 0;
	ssize_t n;

	if (pid == supervisor)
		return "supervisor";
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	p = strrchr(text, ')');
	if (p)
		sscanf(p + 1, " %*c %d", &parent);
	return parent == supervisor ? "init" : "program";
}

/* They end the process, or return what the kernel cannot get wrong: there is no failure to be handled. */
static bool cannot_fail(unsigned long long number)
{
	static const unsigned long long numbers[] = {
	    SYS_exit,   SYS_exit_group, SYS_rt_sigreturn, SYS_getpid,  SYS_gettid, SYS_getppid,
	    SYS_getuid, SYS_geteuid,    SYS_getgid,       SYS_getegid, SYS_umask,
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* Whatever it returns, the descriptor is closed. */
static bool is_done_anyway(unsigned long long number)
{
	return number == SYS_close;
}

static void on_entry(pid_t pid, const struct __ptrace_syscall_info *info)
{
	unsigned long long number = info->entry.nr;

	if (config.only >= 0 && number != (unsigned long long)config.only)
		return;
	if (config.role[0] && strcmp(role(pid), config.role) != 0)
		return;
	if (++counted != config.nth || cannot_fail(number))
		return;
	if (access(config.marker, F_OK) == 0 || (!is_done_anyway(number) && !replace_call(pid)))
		return;
	say(config.marker, O_EXCL, "%llu %s %#llx %#llx\n", number, role(pid),
	    (unsigned long long)info->entry.args[0], (unsigned long long)info->entry.args[1]);
	failing = pid;
}

static void on_syscall(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(pid, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && pid == failing) {
		set_return(pid, -config.error);
		failing = 0;
	}
}

/* One stop of one tracee. */
static void on_stop(pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC && pid != supervisor) {
		/* The program: what it does is no business of ours. */
		ptrace(PTRACE_DETACH, pid, 0, 0);
		return;
	}
	if (event == 0 && signal == (SIGTRAP | 0x80)) {
		on_syscall(pid);
		signal = 0;
	} else if (event != 0) {
		signal = 0;
	}
	ptrace(PTRACE_SYSCALL, pid, 0, signal);
}

static int trace(void)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status, result = 0;
	pid_t pid;

	if (waitpid(supervisor, &status, WUNTRACED) != supervisor || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SEIZE, supervisor, 0, options) < 0) {
		kill(supervisor, SIGKILL);
		return 125;
	}
	kill(supervisor, SIGCONT);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid <= 0)
			continue;
		if (WIFSTOPPED(status))
			on_stop(pid, status);
		else if (pid == supervisor)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 126;
	}
	return result;
}

int main(int argc, char **argv)
{
	int result;

	(void)argc;
	if (!read_config()) {
		fputs("faultinject: no configuration beside it\n", stderr);
		return 125;
	}
	supervisor = fork();
	if (supervisor == 0) {
		raise(SIGSTOP);
		execv(config.supervisor, argv);
		_exit(127);
	}
	close(3); /* the supervisor's: its end must be seen */
	say(config.log, O_APPEND, "%d 0\n", (int)supervisor);
	result = trace();
	say(config.log, O_APPEND, "%d %llu\n", (int)supervisor, counted);
	return result;
}
