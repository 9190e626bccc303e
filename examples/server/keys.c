/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool read_number(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !*end && !errno && *out <= 1000000;
}

/* "name sha256 [concurrency=N] [rate=N]". NULL, or what is wrong. */
static const char *read_key(char *line, struct key *key)
{
	char *save = NULL, *name = strtok_r(line, " \t\r\n", &save),
	     *digest = strtok_r(NULL, " \t\r\n", &save), *word;

	*key = (struct key){0};
	if (!digest || strlen(name) >= sizeof(key->name))
		return "this is not 'name sha256 [concurrency=N] [rate=N]'";
	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@") !=
	    strlen(name))
		return "the name has other characters than letters, digits and ._-@";
	if (strlen(digest) != SHA256_HEX_BYTES - 1 ||
	    strspn(digest, "0123456789abcdef") != SHA256_HEX_BYTES - 1)
		return "the second word is not a SHA-256 of 64 lower-case hexadecimal digits";
	memcpy(key->name, name, strlen(name));
	memcpy(key->digest, digest, SHA256_HEX_BYTES - 1);
	while ((word = strtok_r(NULL, " \t\r\n", &save))) {
		bool good = false;

		if (!strncmp(word, "concurrency=", 12))
			good = read_number(word + 12, &key->concurrency) && key->concurrency;
		else if (!strncmp(word, "rate=", 5))
			good = read_number(word + 5, &key->rate) && key->rate;
		if (!good)
			return "after the SHA-256 there may stand concurrency=N and rate=N (per minute), N "
			       "from 1 on";
	}
	key->tokens = (double)key->rate;
	return NULL;
}

static const char *add_key(struct keys *keys, const struct key *key)
{
	struct key *grown;

	for (size_t i = 0; i < keys->count; i++)
		if (!strcmp(keys->items[i].name, key->name) || !strcmp(keys->items[i].digest, key->digest))
			return "this name or this key stands here twice";
	grown = realloc(keys->items, (keys->count + 1) * sizeof(*grown));
	if (!grown)
		return "no memory left";
	keys->items = grown;
	keys->items[keys->count++] = *key;
	return NULL;
}

static const char *take_line(struct keys *keys, char *line)
{
	struct key key;
	const char *problem = read_key(line, &key);

	return problem ? problem : add_key(keys, &key);
}

static void carry_over(struct keys *fresh, const struct keys *old)
{
	for (size_t i = 0; i < fresh->count; i++) {
		const struct key *before = keys_by_name(old, fresh->items[i].name);

		if (!before)
			continue;
		fresh->items[i].filled_us = before->filled_us;
		if (before->tokens < fresh->items[i].tokens)
			fresh->items[i].tokens = before->tokens;
	}
}

int keys_load(struct keys *keys, const char *path, char *why, size_t size)
{
	struct keys fresh = {0};
	const char *problem = NULL;
	unsigned number = 0;
	struct stat status;
	char line[512];
	FILE *file = fopen(path, "re");

	if (!file || fstat(fileno(file), &status)) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		if (file)
			fclose(file);
		return -1;
	}
	if (status.st_mode & 022)
		problem = "others than its owner can write this file (chmod go-w)";
	while (!problem && fgets(line, sizeof(line), file)) {
		number++;
		if (!strchr(line, '\n') && !feof(file))
			problem = "the line is too long";
		else if (line[strspn(line, " \t\r\n")] && line[strspn(line, " \t")] != '#')
			problem = take_line(&fresh, line);
	}
	fclose(file);
	if (!problem && !fresh.count)
		problem = "there is no key in this file";
	if (problem) {
		snprintf(why, size, "%s:%u: %s", path, number, problem);
		free(fresh.items);
		return -1;
	}
	carry_over(&fresh, keys);
	keys_free(keys);
	*keys = fresh;
	return 0;
}

void keys_free(struct keys *keys)
{
	free(keys->items);
	*keys = (struct keys){0};
}

struct key *keys_by_name(const struct keys *keys, const char *name)
{
	for (size_t i = 0; i < keys->count; i++)
		if (!strcmp(keys->items[i].name, name))
			return &keys->items[i];
	return NULL;
}

struct key *keys_find(const struct keys *keys, const char *presented)
{
	char digest[SHA256_HEX_BYTES];
	size_t found = keys->count;

	sha256_hex(presented, strlen(presented), digest);
	for (size_t i = 0; i < keys->count; i++) {
		unsigned different = 0;

		/* No early end: how much of a digest was right must not show. */
		for (size_t k = 0; k < SHA256_HEX_BYTES; k++)
			different |= (unsigned)(digest[k] ^ keys->items[i].digest[k]);
		if (!different)
			found = i;
	}
	return found < keys->count ? &keys->items[found] : NULL;
}

bool key_take(struct key *key, uint64_t count, uint64_t now_us, unsigned *wait_s)
{
	double wanted = (double)count, most = (double)key->rate;

	if (!key->rate)
		return true;
	if (wanted > most)
		wanted = most; /* a batch larger than a minute's share takes all of it */
	if (key->filled_us)
		key->tokens += (double)(now_us - key->filled_us) / 60e6 * most;
	key->filled_us = now_us;
	if (key->tokens > most)
		key->tokens = most;
	if (key->tokens >= wanted) {
		key->tokens -= wanted;
		return true;
	}
	*wait_s = (unsigned)((wanted - key->tokens) * 60 / most) + 1;
	return false;
}
