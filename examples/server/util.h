/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Growing buffers, clocks, random identifiers. */
#ifndef SERVER_UTIL_H
#define SERVER_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Zeroed is empty. After a failed allocation `failed` is set and nothing more is added; `data`, if not NULL,
 * is NUL-terminated beyond `size`. */
struct buffer {
	char *data; /* owned */
	size_t size, capacity;
	bool failed;
};

void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a JSON string with its quotes; what is not UTF-8 becomes U+FFFD. */
void buffer_json_string(struct buffer *buffer, const void *data, size_t size);
/* json_dump_callback of Jansson. */
int buffer_dump(const char *text, size_t size, void *buffer);
/* Gives the bytes away and is empty again. */
char *buffer_take(struct buffer *buffer, size_t *size);
void buffer_free(struct buffer *buffer);

/* CLOCK_MONOTONIC in microseconds, and seconds since 1970. */
uint64_t clock_us(void);
double clock_wall(void);

/* Writes 2 * bytes hexadecimal digits and a NUL. 0, or -1: the kernel has no random bytes for us. */
int random_hex(char *out, size_t bytes);

/* Decodes standard base64 with padding, no white space. The caller frees it; NULL with *invalid set if it is
 * not base64, NULL without if memory is short. */
void *base64_decode(const char *text, size_t size, size_t *out_size, bool *invalid);

/* How many bytes at the end of `data` (at most 3) begin a UTF-8 character that is not complete yet. */
size_t utf8_incomplete_tail(const void *data, size_t size);

#endif
