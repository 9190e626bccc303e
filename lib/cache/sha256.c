/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cache/sha256.h"

#include <string.h>

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t turn(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* One round. Its eight words are passed in turned order instead of being moved. */
static inline void add_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g, uint32_t *h,
			     uint32_t word)
{
	uint32_t t = *h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) + word;

	*d += t;
	*h = t + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)));
}

/* Eight rounds bring the words back to where they were. */
static inline void add_eight(uint32_t *v, const uint32_t *w, const uint32_t *k)
{
	add_round(v[0], v[1], v[2], &v[3], v[4], v[5], v[6], &v[7], w[0] + k[0]);
	add_round(v[7], v[0], v[1], &v[2], v[3], v[4], v[5], &v[6], w[1] + k[1]);
	add_round(v[6], v[7], v[0], &v[1], v[2], v[3], v[4], &v[5], w[2] + k[2]);
	add_round(v[5], v[6], v[7], &v[0], v[1], v[2], v[3], &v[4], w[3] + k[3]);
	add_round(v[4], v[5], v[6], &v[7], v[0], v[1], v[2], &v[3], w[4] + k[4]);
	add_round(v[3], v[4], v[5], &v[6], v[7], v[0], v[1], &v[2], w[5] + k[5]);
	add_round(v[2], v[3], v[4], &v[5], v[6], v[7], v[0], &v[1], w[6] + k[6]);
	add_round(v[1], v[2], v[3], &v[4], v[5], v[6], v[7], &v[0], w[7] + k[7]);
}

static void add_block(uint32_t *state, const unsigned char *p)
{
	uint32_t w[64], v[8];

	for (size_t i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (size_t i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
	memcpy(v, state, sizeof(v));
	for (size_t i = 0; i < 64; i += 8)
		add_eight(v, w + i, constants + i);
	for (size_t i = 0; i < 8; i++)
		state[i] += v[i];
}

void ce__sha256_init(struct ce_sha256 *sha)
{
	static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(sha->state, start, sizeof(start));
	sha->size = 0;
}

void ce__sha256_add(struct ce_sha256 *sha, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t have = sha->size % 64;

	if (!size)
		return;
	sha->size += size;
	if (have) {
		size_t n = size < 64 - have ? size : 64 - have;

		memcpy(sha->block + have, p, n);
		p += n;
		size -= n;
		if (have + n < 64)
			return;
		add_block(sha->state, sha->block);
	}
	for (; size >= 64; size -= 64, p += 64)
		add_block(sha->state, p);
	memcpy(sha->block, p, size);
}

void ce__sha256_end(struct ce_sha256 *sha, unsigned char out[CE_SHA256_BYTES])
{
	uint64_t bits = sha->size * 8;
	unsigned char tail[72] = { 0x80 };
	size_t padding = 1 + (119 - sha->size % 64) % 64;

	for (size_t i = 0; i < 8; i++)
		tail[padding + i] = (unsigned char)(bits >> (56 - 8 * i));
	ce__sha256_add(sha, tail, padding + 8);
	for (size_t i = 0; i < CE_SHA256_BYTES; i++)
		out[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
	explicit_bzero(sha, sizeof(*sha));
}

void ce__hmac_init(struct ce_hmac *hmac, const void *key, size_t size)
{
	unsigned char inner[64] = { 0 }, outer[64];

	if (size > sizeof(inner)) {
		ce__sha256_init(&hmac->inner);
		ce__sha256_add(&hmac->inner, key, size);
		ce__sha256_end(&hmac->inner, inner);
	} else if (size) {
		memcpy(inner, key, size);
	}
	for (size_t i = 0; i < sizeof(inner); i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	ce__sha256_init(&hmac->inner);
	ce__sha256_add(&hmac->inner, inner, sizeof(inner));
	ce__sha256_init(&hmac->outer);
	ce__sha256_add(&hmac->outer, outer, sizeof(outer));
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(outer, sizeof(outer));
}

void ce__hmac_add(struct ce_hmac *hmac, const void *data, size_t size)
{
	ce__sha256_add(&hmac->inner, data, size);
}

void ce__hmac_end(struct ce_hmac *hmac, unsigned char out[CE_SHA256_BYTES])
{
	unsigned char inner[CE_SHA256_BYTES];

	ce__sha256_end(&hmac->inner, inner);
	ce__sha256_add(&hmac->outer, inner, sizeof(inner));
	ce__sha256_end(&hmac->outer, out);
}
