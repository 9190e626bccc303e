/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What two requests must have in common. Every part goes in behind its length, every list behind its count, so that no two
 * subjects make the same bytes. The limits are not in it: they decide whether a compiler finishes, not what it makes. */
#include "cache/cache.h"

#include <string.h>

static void add_number(struct ce_hmac *h, uint64_t number)
{
	ce__hmac_add(h, &number, sizeof(number));
}

static void add_bytes(struct ce_hmac *h, const void *data, size_t size)
{
	add_number(h, size);
	ce__hmac_add(h, data, size);
}

static void add_text(struct ce_hmac *h, const char *text)
{
	add_bytes(h, text ? text : "", text ? strlen(text) : 0);
}

static void add_list(struct ce_hmac *h, char *const *list)
{
	uint64_t count = 0;

	while (list && list[count])
		count++;
	add_number(h, count);
	for (uint64_t i = 0; i < count; i++)
		add_text(h, list[i]);
}

/* A tenant has a key of its own; whoever shares has the one of nobody in particular. */
static void derive_owner(const struct ce_cache *cache, const struct ce_cache_subject *subject, unsigned char *owner)
{
	struct ce_hmac h;

	ce__hmac_init(&h, cache->secret, sizeof(cache->secret));
	add_number(&h, subject->shared ? 0 : subject->tenant ? 1 : 2);
	add_text(&h, subject->shared ? NULL : subject->tenant);
	ce__hmac_end(&h, owner);
}

void ce__cache_key(const struct ce_cache *cache, const struct ce_cache_subject *subject,
		   const unsigned char toolchain[CE_SHA256_BYTES], unsigned char owner[CE_SHA256_BYTES],
		   unsigned char key[CE_SHA256_BYTES])
{
	const struct ce_stage_inputs *compile = subject->compile;
	struct ce_hmac h;

	derive_owner(cache, subject, owner);
	ce__hmac_init(&h, owner, CE_SHA256_BYTES);
	ce__hmac_add(&h, toolchain, CE_SHA256_BYTES);
	add_text(&h, subject->executor->name);
	add_number(&h, subject->runtime);
	add_number(&h, subject->network);
	add_list(&h, compile->argv);
	add_list(&h, compile->env);
	add_list(&h, compile->artifacts);
	add_list(&h, compile->seccomp);
	add_number(&h, compile->rlimit_as);
	add_number(&h, compile->mount_count);
	for (size_t i = 0; i < compile->mount_count; i++) {
		add_number(&h, compile->mounts[i].optional);
		add_text(&h, compile->mounts[i].source);
		add_text(&h, compile->mounts[i].target);
	}
	add_number(&h, subject->file_count);
	for (size_t i = 0; i < subject->file_count; i++) {
		add_text(&h, subject->files[i].name);
		add_bytes(&h, subject->files[i].data, subject->files[i].data_size);
	}
	ce__hmac_end(&h, key);
}
