/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Compiled programs, kept for requests that would compile the same again. Two requests are the same if everything that can
 * change what the compile stage makes is: tenant, all files with their names, command, environment, mounts, network, and the
 * state of the toolchain. All of it goes into an HMAC under a key that is random for each cache and derived for each tenant,
 * so that no tenant can reach, or tell from a clock, what another has compiled.
 *
 * An entry is the sealed memfd that the supervisor filled from the compile cell after that was empty, and what the compiler
 * said. It is immutable from the moment it is put here. */
#ifndef CE_CACHE_CACHE_H
#define CE_CACHE_CACHE_H

#include <pthread.h>

#include "cache/sha256.h"
#include "capture/capture.h"
#include "executor/executor.h"
#include "monitor/message.h"

/* What the caller would compile; everything is borrowed. */
struct ce_cache_subject {
	const char *tenant; /* NULL: none, which is a tenant of its own */
	bool shared;	    /* tenants may share it */
	const struct ce_executor *executor;
	size_t runtime;
	const struct ce_stage_inputs *compile;
	const ce_file *files;
	size_t file_count;
	uint64_t network;
};

/* What was looked for and not found: what putting it there needs. */
struct ce_cache_ticket {
	unsigned char key[CE_SHA256_BYTES], owner[CE_SHA256_BYTES];
	unsigned char toolchain[CE_SHA256_BYTES];
	char **paths; /* owned; of the toolchain */
};

struct ce_cache_owner;

/* Immutable but for its place; borrowed from the cache between ce__cache_find and ce__cache_release. */
struct ce_cache_entry {
	/* under the cache's lock: */
	struct ce_cache_entry *chain;	      /* with the same hash */
	struct ce_cache_entry *newer, *older; /* of the same owner, by use */
	struct ce_cache_owner *owner;	      /* NULL: dropped, and lives on while it is lent */
	uint64_t refs;
	/* for ever: */
	unsigned char key[CE_SHA256_BYTES];
	int memfd; /* owned; struct ce_file_record and so on */
	uint64_t bytes;
	struct ce_stage_end end;
	struct ce_capture streams[2]; /* owned; all that the compiler wrote */
};

#define CE_CACHE_BUCKETS 1024

struct ce_toolchain;

/* Any thread. */
struct ce_cache {
	uint64_t limit_bytes, entry_max_bytes;
	unsigned char secret[CE_SHA256_BYTES];
	pthread_mutex_t lock;
	/* under the lock: */
	struct ce_cache_entry *buckets[CE_CACHE_BUCKETS];
	struct ce_cache_owner *owners; /* those who have entries */
	uint64_t entries, bytes, hits, misses, evictions;
	struct ce_toolchain *toolchains; /* toolchain.c */
};

/* CE_ERR_NO_MEMORY, CE_ERR_OS. */
int ce__cache_create(uint64_t limit_bytes, struct ce_cache **out, ce_error **error);
void ce__cache_free(struct ce_cache *cache);

/* The entry for this subject, or NULL and a ticket to put one. Without either the subject cannot be kept. Output of the compiler
 * of more than `output_bytes` per stream is as good as none: whoever asks wants it cut off. */
struct ce_cache_entry *ce__cache_find(struct ce_cache *cache, const struct ce_cache_subject *subject, uint64_t output_bytes,
				      struct ce_cache_ticket **ticket);
void ce__cache_release(struct ce_cache *cache, struct ce_cache_entry *entry);
/* Keeps what a compile stage made, unless it was cut off somewhere, does not fit, or the toolchain changed meanwhile. Takes the
 * memfd, copies the rest. */
void ce__cache_put(struct ce_cache *cache, const struct ce_cache_ticket *ticket, int memfd, const struct ce_stage_end *end,
		   const struct ce_capture streams[2]);
void ce__cache_usage(struct ce_cache *cache, ce_cache_usage *usage);
void ce__cache_ticket_free(struct ce_cache_ticket *ticket);

/* key.c: subject -> owner (the tenant's own key) and key. */
void ce__cache_key(const struct ce_cache *cache, const struct ce_cache_subject *subject,
		   const unsigned char toolchain[CE_SHA256_BYTES], unsigned char owner[CE_SHA256_BYTES],
		   unsigned char key[CE_SHA256_BYTES]);

/* toolchain.c: the state of what compiles. With `paths` also the files that it was told from, in fresh memory. False if there are
 * too many of them, or no memory. */
bool ce__toolchain_digest(struct ce_cache *cache, const struct ce_cache_subject *subject,
			  unsigned char digest[CE_SHA256_BYTES], char ***paths);
/* The same once more. */
void ce__toolchain_digest_paths(char *const *paths, unsigned char digest[CE_SHA256_BYTES]);
void ce__toolchains_free(struct ce_toolchain *toolchains);

#endif
