/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104). Our own, because keys of a few KiB are all that is hashed here: mapping
 * libcrypto into every host program would cost more at its start than it could ever save. */
#ifndef CE_CACHE_SHA256_H
#define CE_CACHE_SHA256_H

#include "base/base.h"

#define CE_SHA256_BYTES 32

struct ce_sha256 {
	uint32_t state[8];
	unsigned char block[64];
	uint64_t size; /* bytes so far */
};

void ce__sha256_init(struct ce_sha256 *sha);
void ce__sha256_add(struct ce_sha256 *sha, const void *data, size_t size);
void ce__sha256_end(struct ce_sha256 *sha, unsigned char out[CE_SHA256_BYTES]);

struct ce_hmac {
	struct ce_sha256 inner, outer;
};

void ce__hmac_init(struct ce_hmac *hmac, const void *key, size_t size);
void ce__hmac_add(struct ce_hmac *hmac, const void *data, size_t size);
void ce__hmac_end(struct ce_hmac *hmac, unsigned char out[CE_SHA256_BYTES]);

#endif
