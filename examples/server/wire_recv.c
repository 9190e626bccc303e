/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The recv() of this program: the dynamic linker binds libmicrohttpd's reference to it. http.c refuses to
 * work on a connection whose bytes did not come by here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire.h"

/* By descriptor. Main thread only, like all of libmicrohttpd here. */
static struct wire **wires;
static size_t wire_count;

bool wire_attach(int fd, struct wire *wire)
{
	size_t count = wire_count;
	struct wire **grown;

	if ((size_t)fd >= count) {
		count = (size_t)fd + 64;
		grown = realloc(wires, count * sizeof(*grown));
		if (!grown)
			return false;
		memset(grown + wire_count, 0, (count - wire_count) * sizeof(*grown));
		wires = grown;
		wire_count = count;
	}
	wires[fd] = wire;
	return true;
}

void wire_detach(int fd)
{
	if ((size_t)fd < wire_count)
		wires[fd] = NULL;
}

static void answer(int fd, const struct wire *wire)
{
	char text[512], body[256];
	int n = snprintf(body, sizeof(body),
			 "{\"error\":{\"code\":\"bad_head\",\"message\":\"%s\",\"field\":null}}\n",
			 wire->problem);

	n = snprintf(text, sizeof(text),
		     "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: "
		     "close\r\n\r\n%s",
		     wire->status, wire->status == 400 ? "Bad Request" : "Request Header Fields Too Large", n,
		     body);
	send(fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t n = syscall(SYS_recvfrom, fd, buffer, size, flags, NULL, NULL);
	struct wire *wire = n > 0 && (size_t)fd < wire_count ? wires[fd] : NULL;

	if (!wire || wire->state == WIRE_REFUSED)
		return wire ? 0 : n;
	if (wire_feed(wire, buffer, (size_t)n))
		return n;
	answer(fd, wire);
	return 0; /* for libmicrohttpd the client has gone */
}
