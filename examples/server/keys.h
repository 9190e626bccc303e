/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * API keys: the file has only their SHA-256, so reading it gives nobody a key (they are long and random). */
#ifndef SERVER_KEYS_H
#define SERVER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

#define KEY_NAME_BYTES 64

struct key {
	char name[KEY_NAME_BYTES];
	char digest[SHA256_HEX_BYTES];
	uint64_t concurrency; /* 0: as many as the server */
	uint64_t rate;        /* executions per minute; 0: any */
	double tokens;        /* what is left of it now */
	uint64_t filled_us;
};

struct keys {
	struct key *items; /* owned */
	size_t count;
};

/* Reads the file anew. On failure `keys` stays as it was and `why` says the line. Tokens carry over by name.
 */
int keys_load(struct keys *keys, const char *path, char *why, size_t size);
void keys_free(struct keys *keys);
/* Looks at every key in constant time. NULL: none. Borrowed until the next load. */
struct key *keys_find(const struct keys *keys, const char *presented);
struct key *keys_by_name(const struct keys *keys, const char *name);
/* Takes `count` tokens, or says how many seconds to wait (at least 1). */
bool key_take(struct key *key, uint64_t count, uint64_t now_us, unsigned *wait_s);

#endif
