/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cache/cache.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define ENTRY_MAX_BYTES (UINT64_C(64) << 20)
#define ENTRIES_LEAST 16

/* A tenant with what it has here, used last first. */
struct ce_cache_owner {
	struct ce_cache_owner *next;
	unsigned char id[CE_SHA256_BYTES];
	struct ce_cache_entry *newest, *oldest;
	uint64_t bytes;
};

int ce__cache_create(uint64_t limit_bytes, struct ce_cache **out, ce_error **error)
{
	struct ce_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return ce__error_no_memory(error);
	if (ce__base_random(cache->secret, sizeof(cache->secret))) {
		free(cache);
		return ce__error_set(error, CE_ERR_OS, EIO, "cache", "no random key for the cache");
	}
	pthread_mutex_init(&cache->lock, NULL);
	cache->limit_bytes = limit_bytes;
	/* No single program fills it. */
	cache->entry_max_bytes = limit_bytes / 4 < ENTRY_MAX_BYTES ? limit_bytes / 4 : ENTRY_MAX_BYTES;
	*out = cache;
	return 0;
}

static void free_entry(struct ce_cache_entry *e)
{
	ce__base_close(&e->memfd);
	for (size_t i = 0; i < 2; i++)
		ce__capture_finish(&e->streams[i]);
	free(e);
}

/* ---- places; all under the lock ---- */

static struct ce_cache_entry **bucket_of(struct ce_cache *cache, const unsigned char *key)
{
	uint64_t number;

	memcpy(&number, key, sizeof(number));
	return &cache->buckets[number % CE_CACHE_BUCKETS];
}

static struct ce_cache_entry *find_key(struct ce_cache *cache, const unsigned char *key)
{
	struct ce_cache_entry *e = *bucket_of(cache, key);

	while (e && memcmp(e->key, key, sizeof(e->key)) != 0)
		e = e->chain;
	return e;
}

static void place_first(struct ce_cache_owner *owner, struct ce_cache_entry *e)
{
	e->newer = NULL;
	e->older = owner->newest;
	if (e->older)
		e->older->newer = e;
	else
		owner->oldest = e;
	owner->newest = e;
}

static void displace(struct ce_cache_owner *owner, struct ce_cache_entry *e)
{
	*(e->newer ? &e->newer->older : &owner->newest) = e->older;
	*(e->older ? &e->older->newer : &owner->oldest) = e->newer;
}

static struct ce_cache_owner *find_owner(struct ce_cache *cache, const unsigned char *id)
{
	struct ce_cache_owner *owner = cache->owners;

	while (owner && memcmp(owner->id, id, sizeof(owner->id)) != 0)
		owner = owner->next;
	if (owner)
		return owner;
	owner = calloc(1, sizeof(*owner));
	if (!owner)
		return NULL;
	memcpy(owner->id, id, sizeof(owner->id));
	owner->next = cache->owners;
	cache->owners = owner;
	return owner;
}

static void forget_owner(struct ce_cache *cache, struct ce_cache_owner *owner)
{
	struct ce_cache_owner **link = &cache->owners;

	while (*link && *link != owner)
		link = &(*link)->next;
	if (*link)
		*link = owner->next;
	free(owner);
}

static void drop(struct ce_cache *cache, struct ce_cache_entry *e)
{
	struct ce_cache_owner *owner = e->owner;
	struct ce_cache_entry **link = bucket_of(cache, e->key);

	while (*link && *link != e)
		link = &(*link)->chain;
	if (*link)
		*link = e->chain;
	displace(owner, e);
	owner->bytes -= e->bytes;
	if (!owner->newest)
		forget_owner(cache, owner);
	e->owner = NULL;
	cache->entries--;
	cache->bytes -= e->bytes;
	if (e->refs == 0)
		free_entry(e);
}

/* Of the tenant that has most here the one that was used longest ago: nobody pushes out what others, with less, have. */
static void evict(struct ce_cache *cache)
{
	struct ce_cache_owner *most = cache->owners;

	for (struct ce_cache_owner *o = cache->owners; o; o = o->next)
		if (o->bytes > most->bytes)
			most = o;
	drop(cache, most->oldest);
	cache->evictions++;
}

static void keep(struct ce_cache *cache, struct ce_cache_entry *e, const unsigned char *owner_id, uint64_t entries_most)
{
	struct ce_cache_entry **bucket = bucket_of(cache, e->key), *other = find_key(cache, e->key);
	struct ce_cache_owner *owner;

	/* Two may have compiled the same at once; or one who wanted more of the compiler's output. */
	if (other)
		drop(cache, other);
	while (cache->owners && (cache->bytes + e->bytes > cache->limit_bytes || cache->entries >= entries_most))
		evict(cache);
	owner = find_owner(cache, owner_id);
	if (!owner) {
		free_entry(e);
		return;
	}
	e->owner = owner;
	e->chain = *bucket;
	*bucket = e;
	place_first(owner, e);
	owner->bytes += e->bytes;
	cache->entries++;
	cache->bytes += e->bytes;
}

/* Each entry is a descriptor of the host program's, which has other uses for them. */
static uint64_t entries_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 4 < ENTRIES_LEAST)
		return ENTRIES_LEAST;
	return limit.rlim_cur / 4;
}

void ce__cache_free(struct ce_cache *cache)
{
	if (!cache)
		return;
	while (cache->owners)
		drop(cache, cache->owners->newest);
	ce__toolchains_free(cache->toolchains);
	pthread_mutex_destroy(&cache->lock);
	explicit_bzero(cache->secret, sizeof(cache->secret));
	free(cache);
}

static struct ce_cache_ticket *make_ticket(struct ce_cache *cache, const struct ce_cache_subject *subject,
					   const unsigned char *toolchain, const unsigned char *owner, const unsigned char *key)
{
	struct ce_cache_ticket *ticket = calloc(1, sizeof(*ticket));

	if (!ticket)
		return NULL;
	memcpy(ticket->owner, owner, sizeof(ticket->owner));
	memcpy(ticket->key, key, sizeof(ticket->key));
	if (!ce__toolchain_digest(cache, subject, ticket->toolchain, &ticket->paths) ||
	    memcmp(toolchain, ticket->toolchain, sizeof(ticket->toolchain)) != 0) {
		ce__cache_ticket_free(ticket);
		return NULL;
	}
	return ticket;
}

struct ce_cache_entry *ce__cache_find(struct ce_cache *cache, const struct ce_cache_subject *subject, uint64_t output_bytes,
				      struct ce_cache_ticket **ticket)
{
	unsigned char toolchain[CE_SHA256_BYTES], owner[CE_SHA256_BYTES], key[CE_SHA256_BYTES];
	struct ce_cache_entry *e;

	*ticket = NULL;
	if (!ce__toolchain_digest(cache, subject, toolchain, NULL))
		return NULL;
	ce__cache_key(cache, subject, toolchain, owner, key);
	pthread_mutex_lock(&cache->lock);
	e = find_key(cache, key);
	if (e && (e->streams[0].size > output_bytes || e->streams[1].size > output_bytes))
		e = NULL;
	if (e) {
		e->refs++;
		cache->hits++;
		displace(e->owner, e);
		place_first(e->owner, e);
	} else {
		cache->misses++;
	}
	pthread_mutex_unlock(&cache->lock);
	if (!e)
		*ticket = make_ticket(cache, subject, toolchain, owner, key);
	return e;
}

void ce__cache_release(struct ce_cache *cache, struct ce_cache_entry *e)
{
	bool last;

	if (!e)
		return;
	pthread_mutex_lock(&cache->lock);
	last = --e->refs == 0 && !e->owner;
	pthread_mutex_unlock(&cache->lock);
	if (last)
		free_entry(e);
}

/* Only what a later request can be given without a difference: all of the output, and nothing that a limit had a part in. */
static bool worth_keeping(const struct ce_stage_end *end, const struct ce_capture *streams)
{
	return end->outcome == CE_OUTCOME_SUCCESS && end->limits_hit == 0 && streams[0].total == streams[0].size &&
	       streams[1].total == streams[1].size;
}

static struct ce_cache_entry *make_entry(const struct ce_cache_ticket *ticket, const struct ce_stage_end *end,
					 const struct ce_capture *streams)
{
	struct ce_cache_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->memfd = -1;
	memcpy(e->key, ticket->key, sizeof(e->key));
	e->end = *end;
	e->bytes = sizeof(*e);
	for (size_t i = 0; i < 2; i++) {
		e->streams[i].limit = UINT64_MAX;
		if (streams[i].size && ce__capture_add(&e->streams[i], streams[i].data, streams[i].size) != streams[i].size) {
			free_entry(e);
			return NULL;
		}
		e->bytes += e->streams[i].capacity;
	}
	return e;
}

static bool measure(int memfd, uint64_t *bytes)
{
	struct stat st;

	if (fstat(memfd, &st) < 0)
		return false;
	*bytes += ((uint64_t)st.st_size + 4095) & ~UINT64_C(4095);
	return true;
}

void ce__cache_put(struct ce_cache *cache, const struct ce_cache_ticket *ticket, int memfd, const struct ce_stage_end *end,
		   const struct ce_capture streams[2])
{
	CE_CLEANUP_FD int fd = memfd;
	unsigned char toolchain[CE_SHA256_BYTES];
	uint64_t most = entries_most();
	struct ce_cache_entry *e;

	if (!worth_keeping(end, streams))
		return;
	ce__toolchain_digest_paths(ticket->paths, toolchain);
	if (memcmp(toolchain, ticket->toolchain, sizeof(toolchain)) != 0)
		return;
	e = make_entry(ticket, end, streams);
	if (!e)
		return;
	if (!measure(fd, &e->bytes) || e->bytes > cache->entry_max_bytes) {
		free_entry(e);
		return;
	}
	e->memfd = ce__steal_fd(&fd);
	pthread_mutex_lock(&cache->lock);
	keep(cache, e, ticket->owner, most);
	pthread_mutex_unlock(&cache->lock);
}

void ce__cache_usage(struct ce_cache *cache, ce_cache_usage *usage)
{
	pthread_mutex_lock(&cache->lock);
	usage->limit_bytes = cache->limit_bytes;
	usage->bytes = cache->bytes;
	usage->programs = cache->entries;
	usage->hits = cache->hits;
	usage->misses = cache->misses;
	usage->evictions = cache->evictions;
	pthread_mutex_unlock(&cache->lock);
}

void ce__cache_ticket_free(struct ce_cache_ticket *ticket)
{
	if (!ticket)
		return;
	for (size_t i = 0; ticket->paths && ticket->paths[i]; i++)
		free(ticket->paths[i]);
	free(ticket->paths);
	free(ticket);
}
