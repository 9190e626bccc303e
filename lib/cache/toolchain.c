/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The state of what compiles, told from what stat(2) says of some twenty files: identity, size and the times of change, of which
 * nobody but the clock sets ctime. They are
 *
 * - the compiler's own file, and what the manifest lists beyond it (cc1, as, ld, the C library, headers);
 * - the package managers' databases: whatever they install, upgrade or remove changes these;
 * - directories where the unpackaged lies, and the linker's cache;
 * - what the cell shows beyond the standard root.
 *
 * What this does not see is a header that somebody edits in its place, outside of any package manager, in a directory that no
 * manifest lists. */
#include "cache/cache.h"

#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#define PATHS_MAX 256

static const char *const common_paths[] = {
	"/var/lib/dpkg/status",
	"/usr/lib/sysimage/rpm/rpmdb.sqlite",
	"/var/lib/rpm/rpmdb.sqlite",
	"/var/lib/pacman/local",
	"/lib/apk/db/installed",
	"/etc/ld.so.cache",
	"/etc/alternatives",
	"/usr/bin",
	"/usr/include",
	"/usr/lib",
	"/usr/local/bin",
	"/usr/local/include",
	"/usr/local/lib",
};

/* What the globs of one runtime found while the rest was in one state: another state, and they are asked again. */
struct ce_toolchain {
	struct ce_toolchain *next;
	const struct ce_executor *executor;
	size_t runtime;
	unsigned char base[CE_SHA256_BYTES];
	char **matches; /* owned */
};

static void add_path(struct ce_sha256 *sha, const char *path)
{
	struct stat st;
	uint64_t state[8] = { 0 };

	/* A file that is not there is a state too. */
	if (stat(path, &st) == 0) {
		const uint64_t found[8] = { st.st_dev, st.st_ino, st.st_mode, (uint64_t)st.st_size,
					    (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec,
					    (uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec };

		memcpy(state, found, sizeof(state));
	}
	ce__sha256_add(sha, path, strlen(path) + 1);
	ce__sha256_add(sha, state, sizeof(state));
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

/* ---- a list of borrowed paths ---- */

struct paths {
	const char *items[PATHS_MAX];
	size_t count;
	bool full;
};

static void put(struct paths *paths, const char *path)
{
	if (paths->count == PATHS_MAX)
		paths->full = true;
	else
		paths->items[paths->count++] = path;
}

/* Where the cell's compiler lies on the host: under its own name, but for what a mount shows elsewhere. */
static char *find_program(const struct ce_stage_inputs *compile)
{
	const char *program = compile->argv[0];

	for (size_t i = 0; i < compile->mount_count; i++) {
		const struct ce_manifest_mount *m = &compile->mounts[i];
		const char *target = m->target ? m->target : m->source;
		size_t n = strlen(target);

		if (!strncmp(program, target, n) && program[n] == '/')
			return ce__base_asprintf("%s%s", m->source, program + n);
	}
	return strdup(program);
}

static void add_base(struct paths *paths, const struct ce_cache_subject *subject, const char *program)
{
	put(paths, program);
	for (size_t i = 0; i < CE_ARRAY_SIZE(common_paths); i++)
		put(paths, common_paths[i]);
	for (size_t i = 0; i < subject->compile->mount_count; i++)
		put(paths, subject->compile->mounts[i].source);
}

/* ---- what the manifest lists ---- */

static char **expand(char *const *globs)
{
	glob_t found = { 0 };
	char **list = NULL;
	int flags = GLOB_NOCHECK; /* one that finds nothing is watched for under its own name */
	bool failed = false;

	for (; *globs && !failed; globs++, flags |= GLOB_APPEND)
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): only with GLOB_TILDE */
		failed = glob(*globs, flags, NULL, &found) != 0;
	if (!failed)
		list = calloc(found.gl_pathc + 1, sizeof(*list));
	for (size_t i = 0; list && i < found.gl_pathc; i++) {
		list[i] = strdup(found.gl_pathv[i]);
		if (!list[i]) {
			free_list(list);
			list = NULL;
		}
	}
	globfree(&found);
	return list;
}

/* Under the lock. */
static struct ce_toolchain *matches_of(struct ce_cache *cache, const struct ce_cache_subject *subject,
				       const unsigned char *base)
{
	struct ce_toolchain *t = cache->toolchains;

	while (t && (t->executor != subject->executor || t->runtime != subject->runtime))
		t = t->next;
	if (t && !memcmp(t->base, base, sizeof(t->base)))
		return t;
	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return NULL;
		*t = (struct ce_toolchain){ .next = cache->toolchains, .executor = subject->executor, .runtime = subject->runtime };
		cache->toolchains = t;
	}
	free_list(t->matches);
	t->matches = expand(subject->executor->runtimes[subject->runtime].compile.toolchain);
	/* Without them nothing is remembered, and the next request asks again. */
	memset(t->base, 0, sizeof(t->base));
	if (t->matches)
		memcpy(t->base, base, sizeof(t->base));
	return t->matches ? t : NULL;
}

static char **copy_paths(const struct paths *paths)
{
	char **list = calloc(paths->count + 1, sizeof(*list));

	for (size_t i = 0; list && i < paths->count; i++) {
		list[i] = strdup(paths->items[i]);
		if (!list[i]) {
			free_list(list);
			list = NULL;
		}
	}
	return list;
}

static bool digest_all(struct ce_cache *cache, const struct ce_cache_subject *subject, struct paths *paths, unsigned char *digest,
		       char ***copy)
{
	const struct ce_toolchain *t;
	struct ce_sha256 sha, base;

	ce__sha256_init(&sha);
	for (size_t i = 0; i < paths->count; i++)
		add_path(&sha, paths->items[i]);
	base = sha;
	ce__sha256_end(&base, digest);
	t = matches_of(cache, subject, digest);
	for (size_t i = 0; t && t->matches[i]; i++) {
		put(paths, t->matches[i]);
		add_path(&sha, t->matches[i]);
	}
	ce__sha256_end(&sha, digest);
	if (!t || paths->full)
		return false;
	if (!copy)
		return true;
	*copy = copy_paths(paths);
	return *copy != NULL;
}

bool ce__toolchain_digest(struct ce_cache *cache, const struct ce_cache_subject *subject,
			  unsigned char digest[CE_SHA256_BYTES], char ***copy)
{
	CE_CLEANUP_FREE char *program = find_program(subject->compile);
	struct paths paths = { .count = 0 };
	bool ok;

	if (!program)
		return false;
	add_base(&paths, subject, program);
	pthread_mutex_lock(&cache->lock);
	ok = digest_all(cache, subject, &paths, digest, copy);
	pthread_mutex_unlock(&cache->lock);
	return ok;
}

void ce__toolchain_digest_paths(char *const *paths, unsigned char digest[CE_SHA256_BYTES])
{
	struct ce_sha256 sha;

	ce__sha256_init(&sha);
	for (; *paths; paths++)
		add_path(&sha, *paths);
	ce__sha256_end(&sha, digest);
}

void ce__toolchains_free(struct ce_toolchain *t)
{
	while (t) {
		struct ce_toolchain *next = t->next;

		free_list(t->matches);
		free(t);
		t = next;
	}
}
