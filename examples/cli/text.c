/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What may follow a lead byte (Unicode 15, table 3-7): the second byte's range closes the holes of overlong
 * forms, surrogates and too large values; further bytes are always 80..BF. */
struct lead {
	unsigned char first, last, low, high;
	unsigned length;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* The length of the sequence at `p`, or of the ill-formed part there with *good cleared. */
static size_t sequence_length(const unsigned char *p, size_t left, bool *good)
{
	const struct lead *lead = NULL;
	size_t i;

	*good = true;
	if (p[0] < 0x80)
		return 1;
	for (i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
		if (p[0] >= leads[i].first && p[0] <= leads[i].last)
			lead = &leads[i];
	*good = false;
	if (!lead)
		return 1;
	for (i = 1; i < lead->length; i++) {
		unsigned char low = i == 1 ? lead->low : 0x80, high = i == 1 ? lead->high : 0xBF;

		if (i >= left || p[i] < low || p[i] > high)
			return i;
	}
	*good = true;
	return lead->length;
}

bool text_is_utf8(const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t i = 0;
	bool good;

	while (i < size) {
		i += sequence_length(p + i, size - i, &good);
		if (!good)
			return false;
	}
	return true;
}

char *text_to_utf8(const void *data, size_t size, size_t *out_size)
{
	const unsigned char *p = data;
	size_t i, n = 0, length;
	bool good;
	char *out;

	for (i = 0; i < size; i += length) {
		length = sequence_length(p + i, size - i, &good);
		n += good ? length : 3;
	}
	out = malloc(n + 1);
	if (!out)
		return NULL;
	for (i = 0, n = 0; i < size; i += length) {
		length = sequence_length(p + i, size - i, &good);
		memcpy(out + n, good ? (const char *)p + i : "\xEF\xBF\xBD", good ? length : 3);
		n += good ? length : 3;
	}
	out[n] = '\0';
	*out_size = n;
	return out;
}

char *text_to_base64(const void *data, size_t size)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;
	size_t i, n = 0;
	char *out;

	if (size > SIZE_MAX / 2)
		return NULL;
	out = malloc((size + 2) / 3 * 4 + 1);
	if (!out)
		return NULL;
	for (i = 0; i < size; i += 3) {
		uint32_t group = (uint32_t)p[i] << 16;

		if (i + 1 < size)
			group |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < size)
			group |= p[i + 2];
		out[n++] = alphabet[group >> 18];
		out[n++] = alphabet[group >> 12 & 63];
		out[n++] = i + 1 < size ? alphabet[group >> 6 & 63] : '=';
		out[n++] = i + 2 < size ? alphabet[group & 63] : '=';
	}
	out[n] = '\0';
	return out;
}

#define DISTANCE_MAX 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t text_distance(const char *a, const char *b)
{
	size_t rows[DISTANCE_MAX + 1][DISTANCE_MAX + 1];
	size_t la = strlen(a), lb = strlen(b), i, j;

	if (la > DISTANCE_MAX || lb > DISTANCE_MAX)
		return DISTANCE_MAX;
	for (i = 0; i <= la; i++)
		rows[i][0] = i;
	for (j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (i = 1; i <= la; i++)
		for (j = 1; j <= lb; j++) {
			rows[i][j] = least(rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
					   least(rows[i - 1][j], rows[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
		}
	return rows[la][lb];
}
