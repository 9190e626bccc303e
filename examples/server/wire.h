/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Reads along with libmicrohttpd and is stricter than it: whatever two HTTP readers could take in two ways is
 * refused before libmicrohttpd sees it. It has no hook between socket and parser, and its parser ends lines
 * at a lone carriage return, takes the first of two lengths and writes the head of its own refusals twice. So
 * this program defines recv(), which is the only way in which libmicrohttpd reads a socket, and looks at what
 * passes. */
#ifndef SERVER_WIRE_H
#define SERVER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_state {
	WIRE_REQUEST_LINE,
	WIRE_NAME,
	WIRE_VALUE,
	WIRE_CHUNK_SIZE,
	WIRE_CHUNK_EXTENSION,
	WIRE_DATA,
	WIRE_DATA_END,
	WIRE_TRAILER,
	WIRE_REFUSED
};

/* Zeroed is a fresh connection. */
struct wire {
	enum wire_state state;
	bool carriage_return; /* the byte before was one */
	bool fed, chunked, last_chunk;
	unsigned spaces, lengths, encodings, hosts, digits;
	size_t head_bytes, line_bytes;
	uint64_t left; /* of a body or chunk */
	char version[10];
	char name[32], value[64];
	size_t version_size, name_size, value_size;
	unsigned status;     /* of the refusal */
	const char *problem; /* static */
};

/* Looks at what came next. False: refused; `status` and `problem` say why. A pure function of what it was
 * fed. */
bool wire_feed(struct wire *wire, const void *data, size_t size);

/* What libmicrohttpd receives from `fd` goes through `wire` until it is detached. False: no memory. */
bool wire_attach(int fd, struct wire *wire);
void wire_detach(int fd);

#endif
