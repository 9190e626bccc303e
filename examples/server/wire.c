/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "wire.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX_BYTES 16384

static bool refuse(struct wire *w, unsigned status, const char *problem)
{
	w->state = WIRE_REFUSED;
	w->status = status;
	w->problem = problem;
	return false;
}

static bool is_token(unsigned char c)
{
	return isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void begin_line(struct wire *w, enum wire_state state)
{
	w->state = state;
	w->line_bytes = w->name_size = w->value_size = 0;
}

static void begin_request(struct wire *w)
{
	w->spaces = w->lengths = w->encodings = w->hosts = 0;
	w->head_bytes = w->version_size = 0;
	w->chunked = w->last_chunk = false;
	w->left = 0;
	begin_line(w, WIRE_REQUEST_LINE);
}

static void begin_chunk(struct wire *w)
{
	w->left = 0;
	w->digits = 0;
	begin_line(w, WIRE_CHUNK_SIZE);
}

/* ---- the ends of lines ---- */

static bool end_request_line(struct wire *w)
{
	w->version[w->version_size] = '\0';
	if (!w->line_bytes)
		return true; /* an empty line before a request is customary after a body */
	if (w->spaces != 2 || (strcmp(w->version, "HTTP/1.1") != 0 && strcmp(w->version, "HTTP/1.0") != 0))
		return refuse(w, 400, "the first line is not 'METHOD target HTTP/1.1'");
	begin_line(w, WIRE_NAME);
	return true;
}

static bool take_length(struct wire *w)
{
	size_t n = strlen(w->value);

	if (w->lengths++)
		return refuse(w, 400, "Content-Length is there more than once");
	if (!n || n > 18 || strspn(w->value, "0123456789") != n)
		return refuse(w, 400, "Content-Length is no number");
	w->left = strtoull(w->value, NULL, 10);
	return true;
}

static bool end_header(struct wire *w)
{
	while (w->value_size && (w->value[w->value_size - 1] == ' ' || w->value[w->value_size - 1] == '\t'))
		w->value_size--;
	w->name[w->name_size] = w->value[w->value_size] = '\0';
	begin_line(w, WIRE_NAME);
	if (!strcasecmp(w->name, "Content-Length"))
		return take_length(w);
	if (!strcasecmp(w->name, "Host"))
		w->hosts++;
	if (strcasecmp(w->name, "Transfer-Encoding") != 0)
		return true;
	if (w->encodings++ || strcasecmp(w->value, "chunked") != 0)
		return refuse(w, 400, "the only Transfer-Encoding known here is chunked");
	return true;
}

static bool end_head(struct wire *w)
{
	bool old = !strcmp(w->version, "HTTP/1.0");

	if (w->lengths && w->encodings)
		return refuse(w, 400, "Content-Length and Transfer-Encoding exclude each other");
	if (w->encodings && old)
		return refuse(w, 400, "HTTP/1.0 has no Transfer-Encoding");
	if (w->hosts > 1)
		return refuse(w, 400, "Host is there more than once");
	if (!w->hosts && !old)
		return refuse(w, 400, "Host is missing");
	w->chunked = w->encodings > 0;
	if (w->chunked)
		begin_chunk(w);
	else if (w->left)
		w->state = WIRE_DATA;
	else
		begin_request(w);
	return true;
}

static bool end_chunk_size(struct wire *w)
{
	if (!w->digits)
		return refuse(w, 400, "a chunk has no size");
	w->last_chunk = !w->left;
	begin_line(w, w->last_chunk ? WIRE_TRAILER : WIRE_DATA);
	return true;
}

static bool end_line(struct wire *w)
{
	switch (w->state) {
	case WIRE_REQUEST_LINE:
		return end_request_line(w);
	case WIRE_NAME:
		return w->line_bytes ? refuse(w, 400, "a header has no colon") : end_head(w);
	case WIRE_VALUE:
		return end_header(w);
	case WIRE_CHUNK_SIZE:
	case WIRE_CHUNK_EXTENSION:
		return end_chunk_size(w);
	case WIRE_DATA_END:
		begin_chunk(w);
		return true;
	default: /* WIRE_TRAILER */
		begin_request(w);
		return true;
	}
}

/* ---- bytes within lines ---- */

static bool take_request_byte(struct wire *w, unsigned char c)
{
	if (c == ' ') {
		w->spaces++;
		return w->line_bytes > 1 || refuse(w, 400, "the first line begins with a space");
	}
	if (!w->spaces && !is_token(c))
		return refuse(w, 400, "the method is no token");
	if (w->spaces > 2 || (w->spaces == 2 && w->version_size + 1 >= sizeof(w->version)))
		return refuse(w, 400, "the first line is not 'METHOD target HTTP/1.1'");
	if (w->spaces == 2)
		w->version[w->version_size++] = (char)c;
	return true;
}

static bool take_name_byte(struct wire *w, unsigned char c)
{
	if (c == ':' && w->line_bytes > 1) {
		w->state = WIRE_VALUE;
		return true;
	}
	if (!is_token(c))
		return refuse(
		    w, 400, "the name of a header is no token (a space before the colon, or a folded line?)");
	/* Longer names are none that matter here; what is kept of them must not look like one that does. */
	if (w->name_size + 1 < sizeof(w->name))
		w->name[w->name_size++] = (char)c;
	return true;
}

static bool take_value_byte(struct wire *w, unsigned char c)
{
	if (!w->value_size && (c == ' ' || c == '\t'))
		return true;
	/* A value that is cut is longer than any that is accepted where it matters. */
	if (w->value_size + 1 < sizeof(w->value))
		w->value[w->value_size++] = (char)c;
	return true;
}

static bool take_size_byte(struct wire *w, unsigned char c)
{
	if (c == ';' && w->digits) {
		w->state = WIRE_CHUNK_EXTENSION;
		return true;
	}
	if (!isxdigit(c) || ++w->digits > 15)
		return refuse(w, 400, "the size of a chunk is no hexadecimal number");
	w->left = w->left << 4 | (uint64_t)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
	return true;
}

static bool take_line_byte(struct wire *w, unsigned char c)
{
	w->line_bytes++;
	if ((c < 0x20 && c != '\t') || c == 0x7F)
		return refuse(w, 400, "there are control characters in the head");
	switch (w->state) {
	case WIRE_REQUEST_LINE:
		return take_request_byte(w, c);
	case WIRE_NAME:
		return take_name_byte(w, c);
	case WIRE_VALUE:
		return take_value_byte(w, c);
	case WIRE_CHUNK_SIZE:
		return take_size_byte(w, c);
	case WIRE_CHUNK_EXTENSION:
		return true;
	case WIRE_DATA_END:
		return refuse(w, 400, "a chunk is longer than its size");
	default:
		return refuse(w, 400, "trailers are not understood here");
	}
}

static bool take_byte(struct wire *w, unsigned char c)
{
	bool after_return = w->carriage_return;

	if (++w->head_bytes > HEAD_MAX_BYTES)
		return refuse(w, 431, "the head has more than 16 KiB");
	w->carriage_return = c == '\r';
	if (after_return)
		return c == '\n' ? end_line(w) : refuse(w, 400, "a carriage return is no line end");
	if (c == '\n')
		return refuse(w, 400, "a line ends without a carriage return");
	return c == '\r' || take_line_byte(w, c);
}

static size_t skip_data(struct wire *w, size_t size)
{
	size_t part = w->left < size ? (size_t)w->left : size;

	w->left -= part;
	w->head_bytes = 0;
	if (!w->left && w->chunked)
		begin_line(w, WIRE_DATA_END);
	else if (!w->left)
		begin_request(w);
	return part;
}

bool wire_feed(struct wire *w, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t i = 0;

	w->fed = true;
	while (i < size && w->state != WIRE_REFUSED) {
		if (w->state == WIRE_DATA)
			i += skip_data(w, size - i);
		else if (!take_byte(w, p[i++]))
			break;
	}
	return w->state != WIRE_REFUSED;
}
