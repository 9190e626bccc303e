/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Preloaded into an interpreter that is started ahead. Whatever call first looks at the program's path waits here until a
 * request brings the program; then the call goes on as if nothing had been. Off in every other process, and afterwards. */
/* Both names of each call are wanted: this would make one of them the other. */
#undef _FILE_OFFSET_BITS

#include "park/inside.h"
#include "park/park.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VARIABLE "CODEEXEC_PARK="
#define WORK "/work/"
#define OBJECT "/run/codeexec-park.so" /* as in plan/plan.h */
#define EXPORTED __attribute__((visibility("default")))

static atomic_bool waiting; /* for the first look at the program */
static int channel = -1;
static char name[256];
static bool fast_exit, zygote;
/* Some interpreters open their program, look at its first byte, and only then start in earnest: they are told of a byte that is none,
 * and wait when they read. What they hold meanwhile is this very object, opened. */
static bool second_read;
static int stand_in = -1;

/* Out of the list, and its bytes out of what /proc shows. */
static void forget(char **entry)
{
	explicit_bzero(*entry, strlen(*entry));
	for (; *entry; entry++)
		entry[0] = entry[1];
}

__attribute__((constructor)) static void begin(void)
{
	char *rest;
	long fd;

	for (char **p = environ; p && *p; p++) {
		if (strncmp(*p, VARIABLE, strlen(VARIABLE)))
			continue;
		fd = strtol(*p + strlen(VARIABLE), &rest, 10);
		while (*rest && *++rest != ':') {
			second_read = second_read || *rest == 'r';
			fast_exit = fast_exit || *rest == 'f';
			zygote = zygote || *rest == 'z';
		}
		if (fd > 2 && fd < 1 << 20 && *rest == ':' && rest[1] && strlen(rest + 1) < sizeof(name) &&
		    fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0) {
			channel = (int)fd;
			memcpy(name, rest + 1, strlen(rest + 1) + 1);
		}
		forget(p);
		break;
	}
	if (channel < 0)
		return;
	for (char **p = environ; p && *p; p++)
		if (!strncmp(*p, "LD_PRELOAD=", 11)) {
			forget(p);
			break;
		}
	atomic_store(&waiting, true);
}

static bool is_program(const char *path)
{
	if (!path)
		return false;
	if (!strncmp(path, WORK, strlen(WORK)))
		path += strlen(WORK);
	else if (!strncmp(path, "./", 2))
		path += 2;
	return strcmp(path, name) == 0;
}

static uint64_t microseconds(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_usec;
}

/* False: nobody listens any more. */
static bool tell(void)
{
	struct rusage u;
	struct ce_park_message message;

	if (getrusage(RUSAGE_SELF, &u) < 0)
		_exit(127);
	message = (struct ce_park_message){
		.user_us = microseconds(u.ru_utime),
		.system_us = microseconds(u.ru_stime),
		.minor_faults = (uint64_t)u.ru_minflt,
		.major_faults = (uint64_t)u.ru_majflt,
		.voluntary_switches = (uint64_t)u.ru_nvcsw,
		.involuntary_switches = (uint64_t)u.ru_nivcsw,
		.blocks_read = (uint64_t)u.ru_inblock,
		.blocks_written = (uint64_t)u.ru_oublock,
		.obstacle = zygote ? ce__zygote_obstacle(channel) : CE_PARK_NO_OBSTACLE,
	};
	return send(channel, &message, sizeof(message), MSG_NOSIGNAL) == (ssize_t)sizeof(message);
}

static void tell_or_end(void)
{
	if (!tell())
		_exit(127);
}

static bool lower_cpu_limit(uint64_t seconds)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CPU, &limit) < 0)
		return false;
	if (seconds >= limit.rlim_max)
		return true;
	limit.rlim_cur = limit.rlim_max = seconds;
	return setrlimit(RLIMIT_CPU, &limit) == 0;
}

/* The request's streams come with the word to go on. Without them there is nothing to go on for. */
static void take_streams(void)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control;
	struct ce_park_go go;
	struct iovec part = { &go, sizeof(go) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int fds[3];
	ssize_t n;

	do
		n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
	/* A reset comes before the word itself if the supervisor hung up without having heard our last news. */
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!c || n != (ssize_t)sizeof(go) || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(fds)))
		_exit(127);
	memcpy(fds, CMSG_DATA(c), sizeof(fds));
	for (int i = 0; i < 3; i++) {
		if (dup2(fds[i], i) < 0)
			_exit(127);
		close(fds[i]);
	}
	close(channel);
	if (!lower_cpu_limit(go.cpu_seconds))
		_exit(127);
}

/* Comes back in a zygote's children. False: in one that has no request to wait for. */
static bool come_back_as_child(void)
{
	if (ce__zygote_rehearse(channel, name)) {
		close(channel);
		return false;
	}
	tell_or_end();
	ce__zygote_serve(channel);
	zygote = false;
	ce__runtime_forked();
	tell_or_end();
	/* What that takes is not the program's. */
	while (ce__memory_meet(channel) && tell())
		;
	return true;
}

static void wait_for_program(void)
{
	int saved = errno;

	if (atomic_exchange(&waiting, false)) {
		bool wanted = true;

		ce__runtime_prepare(fast_exit);
		if (zygote)
			wanted = come_back_as_child();
		else
			tell_or_end();
		if (wanted) {
			take_streams();
			ce__runtime_resumed();
		}
	}
	errno = saved;
}

static void look(const char *path)
{
	if (atomic_load_explicit(&waiting, memory_order_relaxed) && !second_read && is_program(path))
		wait_for_program();
}

/* The function that the program would have called. glibc of before 2.33 has only some of them, later ones the others. */
static void *next(const char *function)
{
	void *p = dlsym(RTLD_NEXT, function);

	if (!p)
		abort();
	return p;
}

/* Declares `real` as the next function of this name. */
#define REAL(type, function, ...)                                                                                      \
	static _Atomic(type(*)(__VA_ARGS__)) kept;                                                                     \
	type (*real)(__VA_ARGS__) = atomic_load_explicit(&kept, memory_order_relaxed);                                 \
	if (!real) {                                                                                                   \
		*(void **)&real = next(#function);                                                                     \
		atomic_store_explicit(&kept, real, memory_order_relaxed);                                              \
	}

static bool takes_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define OPEN(function)                                                                                                 \
	EXPORTED int function(const char *path, int flags, ...)                                                        \
	{                                                                                                              \
		REAL(int, function, const char *, int, ...)                                                            \
		mode_t mode = 0;                                                                                       \
		va_list list;                                                                                          \
		va_start(list, flags);                                                                                 \
		if (takes_mode(flags))                                                                                 \
			mode = va_arg(list, mode_t);                                                                   \
		va_end(list);                                                                                          \
		look(path);                                                                                            \
		int instead = open_stand_in(path, flags);                                                              \
		return instead >= 0 ? instead : real(path, flags, mode);                                                                        \
	}
#define OPENAT(function)                                                                                               \
	EXPORTED int function(int at, const char *path, int flags, ...)                                                \
	{                                                                                                              \
		REAL(int, function, int, const char *, int, ...)                                                       \
		mode_t mode = 0;                                                                                       \
		va_list list;                                                                                          \
		va_start(list, flags);                                                                                 \
		if (takes_mode(flags))                                                                                 \
			mode = va_arg(list, mode_t);                                                                   \
		va_end(list);                                                                                          \
		look(path);                                                                                            \
		int instead = open_stand_in(path, flags);                                                              \
		return instead >= 0 ? instead : real(at, path, flags, mode);                                                                    \
	}
/* Any other: `path` is the name of one of its parameters. */
#define OTHER(type, function, path, parameters, arguments, ...)                                                        \
	EXPORTED type function parameters;                                                                             \
	EXPORTED type function parameters                                                                              \
	{                                                                                                              \
		REAL(type, function, __VA_ARGS__)                                                                      \
		look(path);                                                                                            \
		return real arguments;                                                                                 \
	}

/* What stands in for the program until it is read for the second time, or -1: open what was asked for. */
static int open_stand_in(const char *path, int flags)
{
	if (!atomic_load_explicit(&waiting, memory_order_relaxed) || !second_read || stand_in >= 0 || !is_program(path))
		return -1;
	stand_in = (int)syscall(SYS_openat, AT_FDCWD, OBJECT, flags, 0);
	return stand_in;
}

static void replace_stand_in(int fd)
{
	int flags, program;

	if (fd < 0 || fd != stand_in || !atomic_load_explicit(&waiting, memory_order_relaxed))
		return;
	wait_for_program();
	flags = fcntl(fd, F_GETFL);
	program = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC | (flags & O_NONBLOCK), 0);
	if (flags < 0 || program < 0 || dup3(program, fd, O_CLOEXEC) < 0)
		_exit(127);
	close(program);
	stand_in = -1;
}

EXPORTED ssize_t read(int fd, void *buffer, size_t size)
{
	REAL(ssize_t, read, int, void *, size_t)
	replace_stand_in(fd);
	return real(fd, buffer, size);
}

/* Ruby looks for "#!", and puts the byte back, by functions of its own that it exports. It hears of an end of line, and what it puts back
 * goes nowhere: so its parser meets the program from the first byte on. A ruby that calls them otherwise waits there. */
#define RUBY_END_OF_LINE ((uintptr_t)'\n' << 1 | 1)
static bool was_looked_at, comes_back;

EXPORTED uintptr_t rb_io_getbyte(uintptr_t io);
EXPORTED uintptr_t rb_io_getbyte(uintptr_t io)
{
	REAL(uintptr_t, rb_io_getbyte, uintptr_t)
	if (!atomic_load_explicit(&waiting, memory_order_relaxed) || stand_in < 0 || was_looked_at)
		return real(io);
	was_looked_at = comes_back = true;
	return RUBY_END_OF_LINE;
}

EXPORTED uintptr_t rb_io_ungetbyte(uintptr_t io, uintptr_t byte);
EXPORTED uintptr_t rb_io_ungetbyte(uintptr_t io, uintptr_t byte)
{
	REAL(uintptr_t, rb_io_ungetbyte, uintptr_t, uintptr_t)
	if (!comes_back)
		return real(io, byte);
	comes_back = false;
	return 0;
}

OPEN(open) /* NOLINT(clang-analyzer-valist.Uninitialized): it is, by va_start above */
OPEN(open64) /* NOLINT(clang-analyzer-valist.Uninitialized): it is, by va_start above */
OPENAT(openat) /* NOLINT(clang-analyzer-valist.Uninitialized): it is, by va_start above */
OPENAT(openat64) /* NOLINT(clang-analyzer-valist.Uninitialized): it is, by va_start above */
OTHER(int, __open_2, path, (const char *path, int flags), (path, flags), const char *, int)
OTHER(int, __open64_2, path, (const char *path, int flags), (path, flags), const char *, int)
OTHER(int, __openat_2, path, (int at, const char *path, int flags), (at, path, flags), int, const char *, int)
OTHER(int, __openat64_2, path, (int at, const char *path, int flags), (at, path, flags), int, const char *, int)
OTHER(FILE *, fopen, path, (const char *path, const char *mode), (path, mode), const char *, const char *)
OTHER(FILE *, fopen64, path, (const char *path, const char *mode), (path, mode), const char *, const char *)
OTHER(int, stat, path, (const char *path, struct stat *st), (path, st), const char *, struct stat *)
OTHER(int, stat64, path, (const char *path, struct stat64 *st), (path, st), const char *, struct stat64 *)
OTHER(int, lstat, path, (const char *path, struct stat *st), (path, st), const char *, struct stat *)
OTHER(int, lstat64, path, (const char *path, struct stat64 *st), (path, st), const char *, struct stat64 *)
OTHER(int, fstatat, path, (int at, const char *path, struct stat *st, int flags), (at, path, st, flags), int, const char *,
      struct stat *, int)
OTHER(int, fstatat64, path, (int at, const char *path, struct stat64 *st, int flags), (at, path, st, flags), int, const char *,
      struct stat64 *, int)
OTHER(int, __xstat, path, (int version, const char *path, struct stat *st), (version, path, st), int, const char *,
      struct stat *)
OTHER(int, __xstat64, path, (int version, const char *path, struct stat64 *st), (version, path, st), int, const char *,
      struct stat64 *)
OTHER(int, __lxstat, path, (int version, const char *path, struct stat *st), (version, path, st), int, const char *,
      struct stat *)
OTHER(int, __lxstat64, path, (int version, const char *path, struct stat64 *st), (version, path, st), int, const char *,
      struct stat64 *)
OTHER(int, statx, path, (int at, const char *path, int flags, unsigned mask, struct statx *st), (at, path, flags, mask, st), int,
      const char *, int, unsigned, struct statx *)
OTHER(int, access, path, (const char *path, int mode), (path, mode), const char *, int)
OTHER(int, faccessat, path, (int at, const char *path, int mode, int flags), (at, path, mode, flags), int, const char *, int,
      int)
OTHER(ssize_t, readlink, path, (const char *path, char *out, size_t size), (path, out, size), const char *, char *, size_t)
OTHER(char *, realpath, path, (const char *path, char *out), (path, out), const char *, char *)

/* libuv looks at files by number. */
static const char *path_of_call(long number, const long *a)
{
	switch (number) {
	case SYS_openat:
	case SYS_newfstatat:
	case SYS_statx:
	case SYS_faccessat:
	case SYS_readlinkat:
		return (const char *)a[1];
#ifdef SYS_open
	case SYS_open:
	case SYS_stat:
	case SYS_lstat:
	case SYS_access:
	case SYS_readlink:
		return (const char *)a[0];
#endif
	default:
		return NULL;
	}
}

EXPORTED long syscall(long number, ...)
{
	REAL(long, syscall, long, ...)
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (atomic_load_explicit(&waiting, memory_order_relaxed))
		look(path_of_call(number, a));
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
