/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sandbox/collect.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

struct walk {
	ce_collect_fn fn;
	void *context;
	size_t *entries_left; /* the caller's */
	size_t length;	      /* of path */
	char path[4096];
};

/* What getdents64 fills in. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static int open_beneath(int dirfd, const char *name, uint64_t flags)
{
	struct open_how how = {
		/* openat2 refuses what O_PATH would ignore */
		.flags = flags | O_CLOEXEC | O_NOFOLLOW | (flags & O_PATH ? 0 : O_RDONLY | O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	int fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

static bool has_wildcard(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (strchr("*?[\\", text[i]))
			return true;
	return false;
}

static int skip(struct walk *w, struct ce_found *found, const char *why, int os_error)
{
	found->skipped = why;
	found->os_error = os_error;
	return w->fn(w->context, found);
}

static int give_file(struct walk *w, int dirfd, const char *name)
{
	struct ce_found found = { .path = w->path, .fd = -1 };
	CE_CLEANUP_FD int fd = -1;
	CE_CLEANUP_FD int look = open_beneath(dirfd, name, O_PATH);

	if (look == -ENOENT || look == -ENOTDIR)
		return 0;
	if (look < 0)
		return skip(w, &found, "could not be looked at", -look);
	if (fstat(look, &found.st) < 0)
		return -errno;
	/* Opening a FIFO or a device has effects: what it is comes first. The cell is empty, so it stays what it is. */
	if (!S_ISREG(found.st.st_mode))
		return skip(w, &found, S_ISLNK(found.st.st_mode) ? "a symbolic link" :
			    S_ISDIR(found.st.st_mode) ? "a directory" : "not a regular file", 0);
	fd = open_beneath(dirfd, name, 0);
	if (fd < 0)
		return skip(w, &found, "could not be opened", -fd);
	if (fstat(fd, &found.st) < 0)
		return -errno;
	if (!S_ISREG(found.st.st_mode))
		return skip(w, &found, "not a regular file", 0);
	found.fd = fd;
	return w->fn(w->context, &found);
}

/* What a program can make of a name that is to lead to a directory. */
static bool leads_nowhere(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ELOOP || error == -EXDEV || error == -EACCES;
}

static int walk_level(struct walk *w, int dirfd, const char *pattern, unsigned depth);

/* One component matched: go down or give the file. */
static int descend(struct walk *w, int dirfd, const char *name, const char *rest, unsigned depth)
{
	size_t before = w->length, size = strlen(name);
	CE_CLEANUP_FD int child = -1;
	int r = 0;

	if (before + 1 + size + 1 > sizeof(w->path))
		return 0;
	if (before)
		w->path[w->length++] = '/';
	memcpy(w->path + w->length, name, size + 1);
	w->length += size;
	if (!rest) {
		r = give_file(w, dirfd, name);
	} else {
		child = open_beneath(dirfd, name, O_DIRECTORY);
		r = child >= 0 ? walk_level(w, child, rest, depth + 1) : leads_nowhere(child) ? 0 : child;
	}
	w->length = before;
	w->path[before] = '\0';
	return r;
}

static int walk_directory(struct walk *w, int dirfd, const char *component, const char *rest, unsigned depth)
{
	_Alignas(8) char buffer[4096];

	if (lseek(dirfd, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		long n = syscall(SYS_getdents64, dirfd, buffer, sizeof(buffer));

		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(buffer + at);
			int r;

			at += e->length;
			if (*w->entries_left == 0)
				return -E2BIG;
			--*w->entries_left;
			if (!strcmp(e->name, ".") || !strcmp(e->name, "..") ||
			    fnmatch(component, e->name, FNM_PERIOD) != 0)
				continue;
			r = descend(w, dirfd, e->name, rest, depth);
			if (r)
				return r;
		}
	}
}

static int walk_level(struct walk *w, int dirfd, const char *pattern, unsigned depth)
{
	const char *slash = strchr(pattern, '/');
	size_t size = slash ? (size_t)(slash - pattern) : strlen(pattern);
	CE_CLEANUP_FD int listing = -1;
	char component[256];

	if (depth >= CE_COLLECT_MAX_DEPTH || size >= sizeof(component) || size == 0)
		return 0;
	memcpy(component, pattern, size);
	component[size] = '\0';
	if (!has_wildcard(component, size))
		return descend(w, dirfd, component, slash ? slash + 1 : NULL, depth);
	listing = open_beneath(dirfd, ".", O_DIRECTORY);
	if (listing < 0)
		return listing == -EACCES ? 0 : listing;
	return walk_directory(w, listing, component, slash ? slash + 1 : NULL, depth);
}

int ce__collect_within(int root_fd, const char *pattern, size_t *entries_left, ce_collect_fn fn, void *context)
{
	struct walk w = { .fn = fn, .context = context, .entries_left = entries_left };

	/* A name without wildcards lists nothing, but is not free either. */
	if (*entries_left == 0)
		return -E2BIG;
	--*entries_left;
	return walk_level(&w, root_fd, pattern, 0);
}

int ce__collect(int root_fd, const char *pattern, ce_collect_fn fn, void *context)
{
	size_t entries_left = CE_COLLECT_MAX_ENTRIES;

	return ce__collect_within(root_fd, pattern, &entries_left, fn, context);
}
