/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Messages with descriptors over a SOCK_SEQPACKET socket. */
#include "base/base.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int ce__message_send_flags(int socket, const void *head, size_t head_size, const void *body, size_t body_size,
			   const int *fds, size_t fd_count, int flags)
{
	struct iovec iov[2] = {
		{ (void *)(uintptr_t)head, head_size },
		{ (void *)(uintptr_t)body, body_size },
	};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(CE_MESSAGE_FDS_MAX * sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = body_size ? 2 : 1 };
	ssize_t n;

	if (fd_count > CE_MESSAGE_FDS_MAX)
		return -EINVAL;
	if (fd_count) {
		struct cmsghdr *c = &control.align;

		memset(&control, 0, sizeof(control));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
	}
	do {
		n = sendmsg(socket, &message, MSG_NOSIGNAL | flags);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int ce__message_send(int socket, const void *head, size_t head_size, const void *body, size_t body_size,
		     const int *fds, size_t fd_count)
{
	return ce__message_send_flags(socket, head, head_size, body, body_size, fds, fd_count, 0);
}

ssize_t ce__message_receive(int socket, void *buffer, size_t size, int *fds, size_t *fd_count, int flags)
{
	struct iovec iov = { buffer, size };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(CE_MESSAGE_FDS_MAX * sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	size_t room = fd_count ? *fd_count : 0, got = 0;
	bool cut;
	ssize_t n;

	/* ECONNRESET, given once: the other end left unread what we sent. What it sent before can still be read. */
	do {
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -errno;
	cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (got < room && !cut)
				fds[got++] = fd;
			else
				close(fd), cut = true;
		}
	}
	if (cut) {
		while (got > 0)
			close(fds[--got]);
		n = -EMSGSIZE;
	}
	if (fd_count)
		*fd_count = got;
	return n;
}
