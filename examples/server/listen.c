/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_PASSED 3
#define BACKLOG 1024

/* We made the unix socket of the configuration. */
static bool made_socket;

static int refuse(int fd, char *why, size_t size, const char *what, const char *name)
{
	snprintf(why, size, "%s: %s: %s", name, what, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* 0: systemd passed nothing. */
static int take_passed(char *why, size_t size)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int listening = 0;
	socklen_t length = sizeof(listening);

	if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	if (strcmp(count, "1") != 0) {
		snprintf(why, size, "LISTEN_FDS=%.20s: exactly one socket is wanted", count);
		return -1;
	}
	if (getsockopt(FIRST_PASSED, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) || !listening) {
		snprintf(why, size, "LISTEN_FDS: descriptor %d is no listening socket", FIRST_PASSED);
		return -1;
	}
	fcntl(FIRST_PASSED, F_SETFD, FD_CLOEXEC);
	fcntl(FIRST_PASSED, F_SETFL, O_NONBLOCK);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	return FIRST_PASSED;
}

/* A socket that nobody listens on any more is in the way; one that somebody does is his. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale;

	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int open_unix(const char *path, char *why, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(why, size, "%s: too long for a unix socket", path);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (is_stale(&address))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0117);
	r = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r)
		return refuse(fd, why, size, "cannot bind", path);
	made_socket = true;
	return listen(fd, BACKLOG) ? refuse(fd, why, size, "cannot listen", path) : fd;
}

static uint64_t bound_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length))
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port);
	return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port) : 0;
}

static int open_tcp(const struct config *config, char *why, size_t size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
			*found = NULL;
	char port[8];
	int one = 1, fd, r;

	snprintf(port, sizeof(port), "%u", (unsigned)config->port);
	r = getaddrinfo(config->bind, port, &hints, &found);
	if (r) {
		snprintf(why, size, "CODE_EXEC_BIND=%s: %s", config->bind, gai_strerror(r));
		return -1;
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	r = fd < 0 ? -1 : bind(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (r) {
		snprintf(why, size, "cannot listen on %s port %s: %s", config->bind, port, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return listen(fd, BACKLOG) ? refuse(fd, why, size, "cannot listen", config->bind) : fd;
}

int listen_open(const struct config *config, uint64_t *port, char *why, size_t size)
{
	int fd = take_passed(why, size);

	if (!fd)
		fd = config->socket ? open_unix(config->socket, why, size) : open_tcp(config, why, size);
	*port = fd >= 0 ? bound_port(fd) : 0;
	return fd;
}

void listen_cleanup(const struct config *config)
{
	if (made_socket)
		unlink(config->socket);
	made_socket = false;
}

void notify_systemd(const char *state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;
	int fd;

	if (!length || length >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}
