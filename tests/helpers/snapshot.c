/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "snapshot.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KNOWN_MAX 512

struct lines {
	char **items;
	size_t count, capacity;
};

static char *known[KNOWN_MAX]; /* cgroup directories; never forgotten, so that a late one is found too */
static unsigned known_count;

static void add(struct lines *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct lines *l, const char *fmt, ...)
{
	va_list args;

	if (l->count == l->capacity) {
		l->capacity = l->capacity ? l->capacity * 2 : 64;
		l->items = reallocarray(l->items, l->capacity, sizeof(*l->items));
		if (!l->items)
			abort();
	}
	va_start(args, fmt);
	if (vasprintf(&l->items[l->count], fmt, args) < 0)
		abort();
	va_end(args);
	l->count++;
}

static void add_descriptors(struct lines *l)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char target[300];
		ssize_t n;

		if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(dir))
			continue;
		n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		add(l, "descriptor %s is %s", e->d_name, target);
	}
	if (dir)
		closedir(dir);
}

/* Reads "Name:\tvalue" fields; 0 or -1 if the process is gone. */
static int read_status(const char *pid, char *name, long *parent, unsigned *uid)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	*parent = -1;
	*uid = UINT32_MAX;
	strcpy(name, "?");
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "Name: %63s", name);
		sscanf(line, "PPid: %ld", parent);
		sscanf(line, "Uid: %u", uid);
	}
	fclose(f);
	return 0;
}

static bool in_our_user_namespace(const char *pid)
{
	char path[64];
	struct stat ours, theirs;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/user", pid);
	if (stat(path, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0)
		return true; /* gone, or none of our business */
	return ours.st_ino == theirs.st_ino;
}

static void add_processes(struct lines *l, uint64_t uid_base, uint64_t uid_count)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char name[64];
		long parent;
		unsigned uid;

		if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
		    read_status(e->d_name, name, &parent, &uid) < 0)
			continue;
		if (parent == getpid())
			add(l, "child %s (%s)", e->d_name, name);
		else if (uid >= uid_base && uid < uid_base + uid_count)
			add(l, "process %s (%s) with our uid %u", e->d_name, name, uid);
		else if (geteuid() != 0 && uid == geteuid() && !in_our_user_namespace(e->d_name))
			add(l, "process %s (%s) in a user namespace below ours", e->d_name, name);
	}
	if (dir)
		closedir(dir);
}

static void add_mounts(struct lines *l, const char *state_dir)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0)
		if (strstr(line, state_dir) || strstr(line, " codeexec ")) {
			line[strcspn(line, "\n")] = '\0';
			add(l, "mount %s", line);
		}
	free(line);
	if (f)
		fclose(f);
}

static void add_cgroups(struct lines *l, const char *path, int depth)
{
	DIR *dir = depth < 8 ? opendir(path) : NULL;
	struct dirent *e;

	if (!dir)
		return;
	add(l, "cgroup %s", path);
	while ((e = readdir(dir))) {
		char below[4096];

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		add_cgroups(l, below, depth + 1);
	}
	closedir(dir);
}

/* A lease file stays, by design: what counts is whether it is still locked. */
static void add_lease(struct lines *l, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		add(l, "lease %s is held", path);
	if (fd >= 0)
		close(fd);
}

static void add_state(struct lines *l, const char *path, unsigned flags, int depth)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char below[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		if (depth == 1 && !strcmp(path + strlen(path) - 5, "/uids")) {
			if (flags & SNAPSHOT_LEASES)
				add_lease(l, below);
			continue;
		}
		/* Made once and kept. */
		if (depth > 0 || (strcmp(e->d_name, "uids") != 0 && strcmp(e->d_name, "roots") != 0))
			add(l, "state %s", below);
		if (e->d_type == DT_DIR)
			add_state(l, below, flags, depth + 1);
	}
	if (dir)
		closedir(dir);
}

void snapshot_learn(const char *state_dir)
{
	DIR *dir = opendir(state_dir);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char path[4096], line[4096];
		size_t n = strlen(e->d_name);
		FILE *f;

		if (n < 6 || strcmp(e->d_name + n - 6, ".owner") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", state_dir, e->d_name);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f)) {
			bool there = false;

			line[strcspn(line, "\n")] = '\0';
			for (unsigned i = 0; i < known_count; i++)
				there = there || !strcmp(known[i], line);
			if (!there && known_count < KNOWN_MAX)
				known[known_count++] = strdup(line);
		}
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
}

unsigned snapshot_known(void)
{
	return known_count;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *snapshot_take(const char *state_dir, uint64_t uid_base, uint64_t uid_count, unsigned flags)
{
	struct lines l = {NULL, 0, 0};
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	add_descriptors(&l); /* before anything here opens one */
	add_processes(&l, uid_base, uid_count);
	add_mounts(&l, state_dir);
	for (unsigned i = 0; i < known_count; i++)
		add_cgroups(&l, known[i], 0);
	add_state(&l, state_dir, flags, 0);
	qsort(l.items, l.count, sizeof(*l.items), compare_lines);
	out = open_memstream(&text, &size);
	for (size_t i = 0; i < l.count; i++) {
		fprintf(out, "%s\n", l.items[i]);
		free(l.items[i]);
	}
	fclose(out);
	free(l.items);
	return text;
}

static bool has_line(const char *text, const char *line, size_t size)
{
	for (const char *p = text; *p; p = strchr(p, '\n') + 1)
		if (strcspn(p, "\n") == size && !memcmp(p, line, size))
			return true;
	return false;
}

static void print_missing(const char *what, const char *from, const char *in)
{
	for (const char *p = from; *p; p = strchr(p, '\n') + 1) {
		size_t n = strcspn(p, "\n");

		if (!has_line(in, p, n))
			fprintf(stderr, "  %s: %.*s\n", what, (int)n, p);
	}
}

bool snapshot_equal(const char *before, const char *after)
{
	if (!strcmp(before, after))
		return true;
	print_missing("gone", before, after);
	print_missing("left", after, before);
	return false;
}

long snapshot_rss_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}
