/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The floor: cleanup macros, descriptor and I/O helpers, the clock, struct growth. Knows no other room.
 * Functions return 0 or a negative errno unless they say otherwise. */
#ifndef CE_BASE_BASE_H
#define CE_BASE_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define CE_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Resources declared with these are released when they go out of scope; steal with ce__steal_*. */
#define CE_CLEANUP_FD __attribute__((cleanup(ce__base_cleanup_fd)))
#define CE_CLEANUP_FREE __attribute__((cleanup(ce__base_cleanup_free)))

static inline void ce__base_close(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		close(*fd);
		*fd = -1;
		errno = saved;
	}
}

static inline void ce__base_cleanup_fd(int *fd)
{
	ce__base_close(fd);
}

static inline void ce__base_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline int ce__steal_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

static inline void *ce__steal_pointer(void *pp)
{
	void **p = pp;
	void *r = *p;

	*p = NULL;
	return r;
}

/* A failure as plain data: it can cross a pipe or a socket, and be made where nothing may be allocated. */
struct ce_failure {
	int64_t code;      /* CE_ERR_*, 0: none */
	int64_t os_error;  /* errno, or 0 */
	char step[32];     /* "pivot-root", or "" */
	char message[400]; /* one line */
};

/* Fills `failure` (which may be NULL) and returns `code`. */
int ce__failure_set(struct ce_failure *failure, int code, int os_error, const char *step, const char *fmt, ...)
	CE_PRINTF(5, 6);

/* Microseconds of CLOCK_MONOTONIC. Async-signal-safe. */
uint64_t ce__clock_us(void);

/* Writes or reads all of it, going on after EINTR and short counts. read_full returns the count. */
int ce__io_write_full(int fd, const void *data, size_t size);
ssize_t ce__io_read_full(int fd, void *data, size_t size);
/* Reads a whole small file under dirfd (kernel files: one read after another until the end), NUL-terminates
 * it and returns its length. -EFBIG if it does not fit. */
ssize_t ce__io_read_file(int dirfd, const char *path, char *buffer, size_t size);
/* Opens, writes in one write(2), closes. */
int ce__io_write_file(int dirfd, const char *path, const char *text);
int ce__io_write_file_u64(int dirfd, const char *path, uint64_t value);
/* mkdir -p of an absolute path. */
int ce__io_make_dirs(const char *path, mode_t mode);

#define CE_MESSAGE_FDS_MAX 20 /* the most that any message has: an order to a zygote */
/* Sends one message of two parts with descriptors. 0 or -errno (EPIPE: the other end is gone; no SIGPIPE). Waits for room;
 * with MSG_DONTWAIT in `flags` that is -EAGAIN. */
int ce__message_send_flags(int socket, const void *head, size_t head_size, const void *body, size_t body_size,
			   const int *fds, size_t fd_count, int flags);
int ce__message_send(int socket, const void *head, size_t head_size, const void *body, size_t body_size,
		     const int *fds, size_t fd_count);
/* Receives one message; *fd_count is capacity before, count after; descriptors are CLOEXEC and the caller's. Returns its
 * size, 0 at the end, -EAGAIN, -EMSGSIZE for a message that did not fit (its descriptors are closed). */
ssize_t ce__message_receive(int socket, void *buffer, size_t size, int *fds, size_t *fd_count, int flags);

/* printf into fresh memory; NULL when there is none. */
char *ce__base_asprintf(const char *fmt, ...) CE_PRINTF(1, 2);
/* Up to 256 bytes. 0, or -EIO if the kernel gives no randomness; the second writes 2*bytes hex digits and a NUL. */
int ce__base_random(void *out, size_t bytes);
int ce__base_random_hex(char *out, size_t bytes);

/* Copies a caller's sized struct of `given` bytes (its first member) into one of `known` bytes: the shorter is
 * zero-filled, the longer accepted if the rest is zero. -EINVAL: size too small to hold its own size;
 * -E2BIG: unknown members are set. */
int ce__sized_copy_in(void *out, size_t known, const void *in);
/* Copies as much as the caller's struct holds, keeping its size member. -EINVAL if that is senseless. */
int ce__sized_copy_out(void *out, const void *in, size_t known);

#endif
