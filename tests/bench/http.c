/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The least of an HTTP client: one kept connection, the same request again and again, each answer read to its end. */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

int bench_http_open(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* True once the buffer has a whole answer. */
static bool is_whole(const char *buffer, size_t size)
{
	const char *end = memmem(buffer, size, "\r\n\r\n", 4), *p;
	size_t head;

	if (!end)
		return false;
	head = (size_t)(end - buffer) + 4;
	for (p = buffer; p < end; p = strchr(p, '\n') + 1)
		if (!strncasecmp(p, "content-length:", 15))
			return size - head >= strtoul(p + 15, NULL, 10);
	return false;
}

int bench_http_post(int fd, const char *path, const char *json)
{
	char buffer[65536];
	size_t size = 0;
	int n = snprintf(buffer, sizeof(buffer),
			 "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", path,
			 strlen(json), json);

	if (n < 0 || write(fd, buffer, (size_t)n) != n)
		return -1;
	while (size + 1 < sizeof(buffer)) {
		ssize_t got = read(fd, buffer + size, sizeof(buffer) - size - 1);

		if (got <= 0)
			return -1;
		size += (size_t)got;
		buffer[size] = '\0';
		if (is_whole(buffer, size))
			return strncmp(buffer, "HTTP/1.1 200 ", 13) == 0 && strstr(buffer, "\"status\":\"success\"") ? 0 : -1;
	}
	return -1;
}
