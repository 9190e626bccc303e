/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "text.h"

static bool reserve(struct buffer *buffer, size_t more)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	char *grown;

	if (buffer->failed)
		return false;
	if (more < buffer->capacity - buffer->size)
		return true;
	while (capacity - buffer->size <= more) {
		if (capacity > SIZE_MAX / 2) {
			buffer->failed = true;
			return false;
		}
		capacity *= 2;
	}
	grown = realloc(buffer->data, capacity);
	if (!grown) {
		buffer->failed = true;
		return false;
	}
	buffer->data = grown;
	buffer->capacity = capacity;
	return true;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
	if (!reserve(buffer, size))
		return;
	if (size)
		memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	buffer->data[buffer->size] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (n < 0 || !reserve(buffer, (size_t)n))
		return;
	va_start(arguments, format);
	vsnprintf(buffer->data + buffer->size, (size_t)n + 1, format, arguments);
	va_end(arguments);
	buffer->size += (size_t)n;
}

static void add_escaped(struct buffer *buffer, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = c ? strchr(plain, c) : NULL;

	if (found)
		buffer_printf(buffer, "\\%c", letters[found - plain]);
	else
		buffer_printf(buffer, "\\u%04x", c);
}

void buffer_json_string(struct buffer *buffer, const void *data, size_t size)
{
	size_t length = 0, from = 0;
	char *text = text_to_utf8(data, size, &length);

	if (!text) {
		buffer->failed = true;
		return;
	}
	buffer_text(buffer, "\"");
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F)
			continue;
		buffer_add(buffer, text + from, i - from);
		add_escaped(buffer, c);
		from = i + 1;
	}
	buffer_add(buffer, text + from, length - from);
	buffer_text(buffer, "\"");
	free(text);
}

int buffer_dump(const char *text, size_t size, void *buffer)
{
	buffer_add(buffer, text, size);
	return ((struct buffer *)buffer)->failed ? -1 : 0;
}

char *buffer_take(struct buffer *buffer, size_t *size)
{
	char *data = buffer->data;

	*size = buffer->size;
	*buffer = (struct buffer){0};
	return data;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}

uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

double clock_wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int random_hex(char *out, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[32];

	if (bytes > sizeof(raw))
		return -1;
	while (getrandom(raw, bytes, 0) != (ssize_t)bytes)
		if (errno != EINTR)
			return -1;
	for (size_t i = 0; i < bytes; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[2 * bytes] = '\0';
	return 0;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

void *base64_decode(const char *text, size_t size, size_t *out_size, bool *invalid)
{
	size_t padding = 0, n = 0;
	unsigned char *out;

	*invalid = size % 4 != 0;
	if (*invalid)
		return NULL;
	while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
		padding++;
	out = malloc(size / 4 * 3 + 1);
	if (!out)
		return NULL;
	for (size_t i = 0; i < size; i += 4) {
		size_t kept = i + 4 == size ? 4 - padding : 4;
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			int value = k < kept ? base64_value(text[i + k]) : 0;

			*invalid |= value < 0;
			group = group << 6 | ((uint32_t)value & 63);
		}
		/* Bits that no byte takes must be 0: one text for one meaning. */
		*invalid |= (kept == 2 && (group & 0xFFFF)) || (kept == 3 && (group & 0xFF));
		for (size_t k = 0; k + 1 < kept; k++)
			out[n++] = (unsigned char)(group >> (16 - 8 * k));
	}
	if (*invalid) {
		free(out);
		return NULL;
	}
	out[n] = '\0';
	*out_size = n;
	return out;
}

size_t utf8_incomplete_tail(const void *data, size_t size)
{
	const unsigned char *p = data;

	for (size_t back = 1; back <= 3 && back <= size; back++) {
		unsigned char c = p[size - back];
		size_t wanted = c >= 0xF0 && c <= 0xF4   ? 4
				: c >= 0xE0 && c <= 0xEF ? 3
				: c >= 0xC2 && c <= 0xDF ? 2
							 : 1;

		if (c >= 0x80 && c <= 0xBF)
			continue;
		return wanted > back ? back : 0;
	}
	return 0;
}
