/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A cell shows the host's /usr under its own name, so a program is looked for on the host, where the cell
 * would look. What must not happen is to find /usr/local/bin/node, a symbolic link to /opt, and to learn only
 * in the cell that there is no /opt. */
#include "executor/program.h"

#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

static bool is_inside(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return strncmp(path, directory, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Is this host path in what the cell shows? */
static bool is_shown(const char *path, const struct ce_manifest_mount *mounts, size_t mount_count)
{
	/* The short ones are the usual links into /usr; update-alternatives keeps its links in /etc. */
	static const char *const standard[] = {
	    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives",
	};

	for (size_t i = 0; i < CE_ARRAY_SIZE(standard); i++)
		if (is_inside(path, standard[i]))
			return true;
	for (size_t i = 0; i < mount_count; i++)
		if (is_inside(path, mounts[i].source))
			return true;
	return false;
}

/* The host's name of a path in the cell; NULL: no memory. */
static char *to_host(const char *path, const struct ce_manifest_mount *mounts, size_t mount_count)
{
	for (size_t i = 0; i < mount_count; i++)
		if (is_inside(path, mounts[i].target))
			return ce__base_asprintf("%s%s", mounts[i].source, path + strlen(mounts[i].target));
	return strdup(path);
}

/* Follows the links of the last part by hand: each stop must be shown, or the cell cannot follow. */
static bool links_are_shown(const char *path, const struct ce_manifest_mount *mounts, size_t mount_count)
{
	char current[PATH_MAX], target[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(current))
		return false;
	memcpy(current, path, length + 1);
	for (int i = 0; i < LINKS_MAX; i++) {
		size_t directory;
		ssize_t n;

		if (!is_shown(current, mounts, mount_count))
			return false;
		n = readlink(current, target, sizeof(target) - 1);
		if (n < 0)
			return true;
		target[n] = '\0';
		directory = target[0] == '/' ? 0 : (size_t)(strrchr(current, '/') - current) + 1;
		if (directory + (size_t)n >= sizeof(current))
			return false;
		memcpy(current + directory, target, (size_t)n + 1);
	}
	return false;
}

/* After a failed call: what is not there, or might be were there memory to look. */
static int not_found(void)
{
	return errno == ENOMEM ? -ENOMEM : -ENOENT;
}

static int check_candidate(const char *path, const struct ce_manifest_mount *mounts, size_t mount_count,
			   bool is_program, char **real)
{
	CE_CLEANUP_FREE char *host = to_host(path, mounts, mount_count);
	CE_CLEANUP_FREE char *resolved = NULL;
	struct stat st;
	int r;

	if (!host)
		return -ENOMEM;
	if (stat(host, &st) < 0)
		return not_found();
	if (is_program && (!S_ISREG(st.st_mode) || !(st.st_mode & 0111)))
		return -EACCES;
	resolved = realpath(host, NULL);
	if (!resolved)
		return not_found();
	r = is_shown(resolved, mounts, mount_count) && links_are_shown(host, mounts, mount_count) ? 0
												  : -EXDEV;
	if (real)
		*real = ce__steal_pointer(&resolved);
	return r;
}

/* Like the shell: a file that cannot be executed does not end the search. */
static int search(const char *name, const struct ce_manifest_mount *mounts, size_t mount_count, char **path,
		  char **real)
{
	int best = -ENOENT;

	for (const char *p = CE_PROGRAM_PATH; p;) {
		int length = (int)strcspn(p, ":");
		CE_CLEANUP_FREE char *candidate = ce__base_asprintf("%.*s/%s", length, p, name);
		CE_CLEANUP_FREE char *where = NULL;
		int r;

		if (!candidate)
			return -ENOMEM;
		r = check_candidate(candidate, mounts, mount_count, true, &where);
		if (r == -ENOMEM)
			return r;
		if (r == 0) {
			*path = ce__steal_pointer(&candidate);
			return 0;
		}
		if (best == -ENOENT && r != -ENOENT) {
			best = r;
			if (real && !*real)
				*real = ce__steal_pointer(&where);
		}
		p = p[length] ? p + length + 1 : NULL;
	}
	return best;
}

int ce__program_find(const char *name, const struct ce_manifest_mount *mounts, size_t mount_count,
		     char **path, char **real)
{
	int r;

	*path = NULL;
	if (real)
		*real = NULL;
	if (!name[0] || (name[0] != '/' && strchr(name, '/')))
		return -ENOENT;
	if (name[0] != '/')
		return search(name, mounts, mount_count, path, real);
	r = check_candidate(name, mounts, mount_count, true, real);
	if (r == 0) {
		*path = strdup(name);
		if (!*path)
			r = -ENOMEM;
	}
	return r;
}

/* 0 if any of what a glob stands for is there: compilers have their version in a directory's name. */
static int find_by_glob(const char *pattern, const struct ce_manifest_mount *mounts, size_t mount_count)
{
	CE_CLEANUP_FREE char *host = to_host(pattern, mounts, mount_count);
	glob_t found = {0};
	int r = GLOB_NOSPACE;

	if (host)
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): only with GLOB_TILDE */
		r = glob(host, GLOB_NOSORT, NULL, &found);
	r = r == GLOB_NOSPACE ? -ENOMEM : -ENOENT;
	for (size_t i = 0; i < found.gl_pathc && r == -ENOENT; i++)
		if (is_shown(found.gl_pathv[i], mounts, mount_count) &&
		    links_are_shown(found.gl_pathv[i], mounts, mount_count))
			r = 0;
	globfree(&found);
	return r;
}

int ce__program_find_file(const char *path, const struct ce_manifest_mount *mounts, size_t mount_count)
{
	if (path[0] != '/')
		return -ENOENT;
	return strpbrk(path, "*?[") ? find_by_glob(path, mounts, mount_count) :
				      check_candidate(path, mounts, mount_count, false, NULL);
}

void ce__program_identify(const char *name, const struct ce_manifest_mount *mounts, size_t mount_count,
			  struct ce_program_identity *out)
{
	CE_CLEANUP_FREE char *path = NULL;
	CE_CLEANUP_FREE char *host = NULL;
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (ce__program_find(name, mounts, mount_count, &path, NULL) == 0)
		host = to_host(path, mounts, mount_count);
	if (!host || stat(host, &st) < 0)
		return;
	out->device = st.st_dev;
	out->inode = st.st_ino;
	out->size = (uint64_t)st.st_size;
	out->changed_ns = (uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec;
}
