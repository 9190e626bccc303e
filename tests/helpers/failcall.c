/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Preloaded into a host program: makes one call of libc's fail. failcall.h says how it is told which one, and what it tells.
 *
 * Every wrapper takes seven words and hands them on: all that these functions take is passed in registers as integers or
 * pointers, variable arguments too, on the processors that this is built for. What libc calls inside itself is not seen,
 * except for the allocator, which it calls as everybody does. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <glob.h>
#include <link.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failcall.h"
#include "failcall_calls.h"

#define EXPORT __attribute__((visibility("default")))
#define WORDS 7

static const struct {
	unsigned bit;
	int error;
} errors[] = {
	{ NOMEM, ENOMEM }, { MFILE, EMFILE }, { NFILE, ENFILE }, { NOSPC, ENOSPC },
	{ AGAIN, EAGAIN }, { INTR, EINTR },   { IO, EIO },
};

#define AS_NUMBER(name, ...) CALL_##name,
enum call { CALLS(AS_NUMBER) CALL_COUNT };

typedef long (*function)(long, long, long, long, long, long, long);

#define AS_ENTRY(name, way, first, more) { #name, way, first, (first) | (more), NULL },
static struct entry {
	const char *name;
	enum way way;
	unsigned first, can;
	function real;
} entries[] = { CALLS(AS_ENTRY) };

static struct failcall *control;
static __thread bool inside; /* what is done for a failure is no call of the host's */

/* ---- which calls count, and with what they can fail ---- */

static bool is_stream_socket(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* EAGAIN where the call does not block. Not on a stream: who waits for an edge would wait for one that the kernel has no
 * cause to give. EINTR not on files, where nobody waits for an event. */
static unsigned of_transfer(int fd, bool dont_wait, unsigned can)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (!(flags >= 0 && (flags & O_NONBLOCK)) && !dont_wait)
		can &= ~AGAIN;
	if ((can & AGAIN) && is_stream_socket(fd))
		can &= ~AGAIN;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		can &= ~(INTR | AGAIN);
	return can;
}

static unsigned possible(enum call call, const long *a)
{
	unsigned can = entries[call].can;

	switch (call) {
	case CALL_read:
	case CALL_write:
		return of_transfer((int)a[0], false, can);
	case CALL_pread64:
	case CALL_pwrite64:
		return can & ~INTR; /* files have offsets */
	case CALL_send:
	case CALL_sendto:
		return of_transfer((int)a[0], a[3] & MSG_DONTWAIT, can);
	case CALL_sendmsg:
	case CALL_recvmsg:
		return of_transfer((int)a[0], a[2] & MSG_DONTWAIT, can);
	case CALL_accept4:
		return fcntl((int)a[0], F_GETFL) & O_NONBLOCK ? can : can & ~AGAIN;
	case CALL_fcntl:
	case CALL_fcntl64:
		return a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC ? can : 0;
	case CALL_flock:
		return a[1] & LOCK_NB ? can & ~INTR : can;
	case CALL_epoll_ctl:
		return a[1] == EPOLL_CTL_ADD ? can : 0;
	case CALL_waitpid:
		return a[2] & WNOHANG ? 0 : can;
	case CALL_waitid:
		return a[3] & WNOHANG ? 0 : can;
	case CALL_syscall:
		return a[0] == SYS_recvfrom ? can : 0;
	default:
		return can;
	}
}

static bool is_ours(void)
{
	return control && !inside && control->armed && control->owner == (uint64_t)getpid();
}

/* xorshift, from the test's seed. */
static bool by_chance(void)
{
	uint64_t old = control->seed, x;

	do {
		x = old;
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	} while (!__atomic_compare_exchange_n((uint64_t *)&control->seed, &old, x, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return x % control->odds == 0;
}

static void tell(const char *name, int error)
{
	void *frames[24];
	size_t used = 0;
	int n = backtrace(frames, 24);

	snprintf(control->name, sizeof(control->name), "%s", name);
	control->failed_with = (uint64_t)error;
	control->trace[0] = '\0';
	for (int i = 2; i < n; i++) {
		const char *slash;
		Dl_info info;

		if (!dladdr(frames[i], &info) || !info.dli_fname)
			continue;
		slash = strrchr(info.dli_fname, '/');
		used += (size_t)snprintf(control->trace + used, sizeof(control->trace) - used, " %s+%#lx",
					 slash ? slash + 1 : info.dli_fname,
					 (unsigned long)((char *)frames[i] - (char *)info.dli_fbase));
		if (used >= sizeof(control->trace))
			break;
	}
}

/* Counts a call that can give `can`, by preference `first`; the errno that it fails with, or 0. */
static int next_error(const char *name, unsigned can, unsigned first)
{
	int error = 0;

	if (!(can & first))
		first = can; /* 0: it cannot fail this time */
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]) && !error; i++)
		if (control->error ? (can & errors[i].bit) && errors[i].error == (int)control->error : first & errors[i].bit)
			error = errors[i].error;
	if (!error)
		return 0;
	if (++control->count != control->nth && !(control->odds && by_chance()))
		return 0;
	control->hits++;
	tell(name, error);
	return error;
}

/* ---- failing ---- */

static long failure(const struct entry *e, const long *a, int error)
{
	static const int file_of[] = { [STREAM0] = 0, [STREAM2] = 2, [STREAM3] = 3 };

	switch (e->way) {
	case CODE:
		return error;
	case GLOB:
		return error == ENOMEM ? GLOB_NOSPACE : GLOB_ABORTED;
	case INFO:
		return error == ENOMEM ? EAI_MEMORY : EAI_AGAIN;
	case STREAM0:
	case STREAM2:
	case STREAM3:
		((FILE *)a[file_of[e->way]])->_flags |= 0x20; /* what ferror(3) looks at */
		break;
	default:
		break;
	}
	errno = error;
	return e->way == MINUS || e->way == STREAM0 || strstr(e->name, "getdelim") ? -1 : 0;
}

static long call_real(struct entry *e, const long *a)
{
	if (!e->real) {
		void *symbol = dlsym(RTLD_NEXT, e->name);

		memcpy(&e->real, &symbol, sizeof(symbol));
	}
	return e->real(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
}

/* No descriptor free for what was sent along: the message comes without. */
static long receive_without_files(struct entry *e, const long *a)
{
	struct msghdr *m = (struct msghdr *)a[1];
	long n = call_real(e, a);
	int saved = errno;

	for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			close(fd);
			m->msg_flags |= MSG_CTRUNC;
		}
	if (n >= 0)
		m->msg_controllen = 0;
	errno = saved;
	return n;
}

static long pass(enum call call, const long *a)
{
	struct entry *e = &entries[call];
	int error = 0;
	long r;

	if (is_ours() && control->what != FAILCALL_MEMORY) {
		int saved = errno;

		inside = true;
		error = next_error(e->name, possible(call, a), e->first);
		inside = false;
		errno = saved;
	}
	if (error == EMFILE && call == CALL_recvmsg)
		return receive_without_files(e, a);
	if (error)
		return failure(e, a, error);
	r = call_real(e, a);
	if (call == CALL_posix_spawn && r == 0 && control && control->spawned_count < FAILCALL_SPAWNED_MAX)
		control->spawned[control->spawned_count++] = (uint64_t) * (const pid_t *)a[0];
	return r;
}

#define AS_WRAPPER(name, ...)                                                                                       \
	EXPORT long failcall_##name(long, long, long, long, long, long, long) __asm__(#name);                      \
	long failcall_##name(long a, long b, long c, long d, long e, long f, long g)                               \
	{                                                                                                          \
		const long words[WORDS] = { a, b, c, d, e, f, g };                                                 \
                                                                                                                    \
		return pass(CALL_##name, words);                                                                   \
	}
CALLS(AS_WRAPPER)

/* ---- memory: by glibc's own names, since looking for the next one allocates ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void __libc_free(void *p);
extern void *__libc_memalign(size_t alignment, size_t size);

EXPORT void *failcall_malloc(size_t size) __asm__("malloc");
EXPORT void *failcall_calloc(size_t count, size_t size) __asm__("calloc");
EXPORT void *failcall_realloc(void *p, size_t size) __asm__("realloc");
EXPORT void *failcall_reallocarray(void *p, size_t count, size_t size) __asm__("reallocarray");
EXPORT void failcall_free(void *p) __asm__("free");
EXPORT void *failcall_aligned_alloc(size_t alignment, size_t size) __asm__("aligned_alloc");
EXPORT void *failcall_memalign(size_t alignment, size_t size) __asm__("memalign");
EXPORT int failcall_posix_memalign(void **out, size_t alignment, size_t size) __asm__("posix_memalign");

/* What loses its way without memory where nobody can catch it: libseccomp 2.5.4 frees twice, goes round for ever, or leaves rules out (only
 * the last can be found out, and is); Jansson 2.14 takes a text for ill-formed, or aborts. Their allocations do not count. */
static const char *const spared_names[] = { "/libseccomp.so", "/libjansson.so" };
static struct {
	uintptr_t begin, end;
} spared[sizeof(spared_names) / sizeof(spared_names[0])];

static int note_spared(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size, (void)unused;
	for (size_t i = 0; i < sizeof(spared) / sizeof(spared[0]); i++) {
		if (!strstr(info->dlpi_name, spared_names[i]))
			continue;
		spared[i].begin = info->dlpi_addr;
		for (int k = 0; k < info->dlpi_phnum; k++) {
			uintptr_t end = info->dlpi_addr + info->dlpi_phdr[k].p_vaddr + info->dlpi_phdr[k].p_memsz;

			if (info->dlpi_phdr[k].p_type == PT_LOAD && end > spared[i].end)
				spared[i].end = end;
		}
	}
	return 0;
}

static bool is_spared(const void *caller)
{
	for (size_t i = 0; i < sizeof(spared) / sizeof(spared[0]); i++)
		if ((uintptr_t)caller >= spared[i].begin && (uintptr_t)caller < spared[i].end)
			return true;
	return false;
}

static bool no_memory(const char *name, const void *caller)
{
	bool fails;

	if (!is_ours() || control->what == FAILCALL_OTHERS || is_spared(caller))
		return false;
	inside = true;
	fails = next_error(name, NOMEM, NOMEM) != 0;
	inside = false;
	if (fails)
		errno = ENOMEM;
	return fails;
}

static void *counted(void *p)
{
	if (p && control)
		control->live++;
	return p;
}

void *failcall_malloc(size_t size)
{
	return no_memory("malloc", __builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));
}

void *failcall_calloc(size_t count, size_t size)
{
	return no_memory("calloc", __builtin_return_address(0)) ? NULL : counted(__libc_calloc(count, size));
}

void *failcall_realloc(void *p, size_t size)
{
	void *q;

	if (no_memory("realloc", __builtin_return_address(0)))
		return NULL;
	q = __libc_realloc(p, size);
	if (control)
		control->live += (q && !p) - (p && !q && !size);
	return q;
}

void *failcall_reallocarray(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return failcall_realloc(p, bytes);
}

void failcall_free(void *p)
{
	if (p && control)
		control->live--;
	__libc_free(p);
}

void *failcall_memalign(size_t alignment, size_t size)
{
	return no_memory("memalign", __builtin_return_address(0)) ? NULL : counted(__libc_memalign(alignment, size));
}

void *failcall_aligned_alloc(size_t alignment, size_t size)
{
	return failcall_memalign(alignment, size);
}

int failcall_posix_memalign(void **out, size_t alignment, size_t size)
{
	void *p = failcall_memalign(alignment, size);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

/* ---- the beginning ---- */

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAILCALL");
	void *frame[1], *map;
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	uint64_t nobody = 0;

	if (fd < 0)
		return;
	backtrace(frame, 1); /* it loads an object the first time */
	map = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	for (size_t i = 0; i < CALL_COUNT; i++) {
		void *symbol = dlsym(RTLD_NEXT, entries[i].name);

		memcpy(&entries[i].real, &symbol, sizeof(symbol));
	}
	if (map == MAP_FAILED)
		return;
	dl_iterate_phdr(note_spared, NULL);
	__atomic_compare_exchange_n((uint64_t *)&((struct failcall *)map)->owner, &nobody, (uint64_t)getpid(), false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	control = map;
}
