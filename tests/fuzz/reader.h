/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Takes arbitrary bytes apart into numbers, texts and blocks. At the end of the bytes everything is 0 and empty. What it gives
 * lies in memory of exactly its size, so that the sanitizers see a read behind it. */
#ifndef CE_TESTS_FUZZ_READER_H
#define CE_TESTS_FUZZ_READER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define READER_BLOCKS_MAX 256

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct reader {
	const unsigned char *data;
	size_t size;
	void *blocks[READER_BLOCKS_MAX]; /* owned; freed by reader_finish */
	size_t block_count;
};

static inline uint8_t reader_byte(struct reader *r)
{
	if (r->size == 0)
		return 0;
	r->size--;
	return *r->data++;
}

static inline uint64_t reader_number(struct reader *r)
{
	uint64_t value = 0;
	unsigned bytes = reader_byte(r) % 9;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | reader_byte(r);
	return value;
}

static inline void *reader_allocate(struct reader *r, size_t size)
{
	void *p = r->block_count < READER_BLOCKS_MAX ? calloc(1, size ? size : 1) : NULL;

	if (p)
		r->blocks[r->block_count++] = p;
	return p;
}

/* A block of up to 65535 bytes; NULL for some of the empty ones. */
static inline void *reader_block(struct reader *r, size_t *size)
{
	size_t wanted = (size_t)reader_byte(r) << 8 | reader_byte(r);
	void *p;

	if (wanted > r->size)
		wanted = r->size;
	*size = wanted;
	p = reader_allocate(r, wanted);
	if (!p) {
		*size = 0;
		return NULL;
	}
	if (wanted)
		memcpy(p, r->data, wanted);
	r->data += wanted;
	r->size -= wanted;
	return p;
}

static inline char *reader_text(struct reader *r)
{
	size_t size = 0, length;
	unsigned char *block = reader_block(r, &size);
	char *text;

	if (!block)
		return NULL;
	length = strnlen((char *)block, size);
	text = reader_allocate(r, length + 1);
	if (text)
		memcpy(text, block, length);
	return text;
}

/* NULL-terminated, or NULL. */
static inline const char *const *reader_list(struct reader *r)
{
	size_t count = reader_byte(r) % 8, used = 0;
	const char **list = count ? reader_allocate(r, (count + 1) * sizeof(*list)) : NULL;

	while (list && used < count) {
		list[used] = reader_text(r);
		if (!list[used++])
			break;
	}
	return list;
}

static inline void reader_finish(struct reader *r)
{
	while (r->block_count > 0)
		free(r->blocks[--r->block_count]);
}

#endif
