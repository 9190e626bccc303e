/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The processes of a cgroup: listed, and killed without ever hitting another one. */
#include "limits/limits_internal.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#define LIST_MAX (8u << 20) /* bytes: more pids than a machine has */
#define BATCH 64            /* pidfds open at once */

static int read_all(int dirfd, const char *path, char **out, size_t *length)
{
	CE_CLEANUP_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	CE_CLEANUP_FREE char *text = NULL;
	size_t size = 4096, done = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		char *bigger = realloc(text, size);
		ssize_t n;

		if (!bigger)
			return -ENOMEM;
		text = bigger;
		n = ce__io_read_full(fd, text + done, size - 1 - done);
		if (n < 0)
			return (int)n;
		done += (size_t)n;
		if (done < size - 1)
			break;
		size *= 2;
		if (size > LIST_MAX)
			return -EFBIG;
	}
	text[done] = '\0';
	*length = done;
	*out = ce__steal_pointer(&text);
	return 0;
}

int ce__tasks_list(int dirfd, const char *path, pid_t **pids, size_t *count)
{
	CE_CLEANUP_FREE char *text = NULL;
	CE_CLEANUP_FREE pid_t *list = NULL;
	size_t length = 0, n = 0;
	char *save = NULL;
	int r = read_all(dirfd, path, &text, &length);

	if (r < 0)
		return r;
	/* Every pid takes at least a digit and a newline. */
	list = calloc(length / 2 + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (char *word = strtok_r(text, "\n", &save); word; word = strtok_r(NULL, "\n", &save)) {
		uint64_t pid;

		if (ce__limits_parse_u64(word, &pid) < 0 || pid > INT32_MAX)
			return -EINVAL;
		list[n++] = (pid_t)pid;
	}
	*pids = ce__steal_pointer(&list);
	*count = n;
	return 0;
}

static bool contains(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* A pid that was listed may belong to another process by the time we act. A pidfd holds on to one process; if
 * its pid is listed again after the pidfd was opened, either that process is a member or it is dead by now.
 */
static int kill_batch(int dirfd, const char *path, const pid_t *pids, size_t count)
{
	CE_CLEANUP_FREE pid_t *again = NULL;
	size_t again_count = 0;
	int fds[BATCH];
	int r;

	for (size_t i = 0; i < count; i++)
		fds[i] = pids[i] > 0 ? (int)syscall(SYS_pidfd_open, pids[i], 0) : -1;
	r = ce__tasks_list(dirfd, path, &again, &again_count);
	for (size_t i = 0; i < count; i++) {
		if (r == 0 && fds[i] >= 0 && contains(again, again_count, pids[i]))
			syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0);
		ce__base_close(&fds[i]);
	}
	return r;
}

int ce__tasks_kill(int dirfd, const char *path)
{
	CE_CLEANUP_FREE pid_t *pids = NULL;
	size_t count = 0;
	int r = ce__tasks_list(dirfd, path, &pids, &count);

	for (size_t i = 0; i < count && r == 0; i += BATCH)
		r = kill_batch(dirfd, path, pids + i, count - i < BATCH ? count - i : BATCH);
	return r < 0 ? r : (int)count;
}

ssize_t ce__tasks_read_kept(int *fd, int dirfd, const char *path, int flags, char *buffer, size_t size)
{
	ssize_t n;

	if (*fd < 0) {
		*fd = openat(dirfd, path, flags | O_CLOEXEC);
		if (*fd < 0)
			return -errno;
	}
	do {
		n = pread(*fd, buffer, size, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -EFBIG;
	buffer[n] = '\0';
	return n;
}
