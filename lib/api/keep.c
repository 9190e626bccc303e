/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "api/keep.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void ce__keep_remove(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int ce__keep_begin(const char *final, char **out, ce_error **error)
{
	CE_CLEANUP_FREE char *fresh = ce__base_asprintf("%s.XXXXXX", final);
	CE_CLEANUP_FREE char *parent = strndup(final, (size_t)(strrchr(final, '/') - final));
	int r;

	if (!fresh || !parent)
		return ce__error_no_memory(error);
	r = ce__io_make_dirs(parent, 0755);
	if (r)
		return ce__error_set(error, CE_ERR_OS, -r, "mkdir", "%s", parent);
	if (!mkdtemp(fresh))
		return ce__error_set(error, CE_ERR_OS, errno, "mkdtemp", "%s", fresh);
	*out = ce__steal_pointer(&fresh);
	return 0;
}

int ce__keep_file(const char *directory, const char *name, const void *data, size_t size, bool executable, ce_error **error)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s", directory, name);
	CE_CLEANUP_FD int fd = -1;
	int r = 0;

	if (!path)
		return ce__error_no_memory(error);
	/* Each directory by itself: the umask may be anything, and cells have another uid. */
	for (char *slash = strchr(path + strlen(directory) + 1, '/'); !r && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) == 0 ? chmod(path, 0755) < 0 : errno != EEXIST)
			r = -errno;
		*slash = '/';
	}
	if (!r) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		r = fd < 0 ? -errno : ce__io_write_full(fd, data, size);
	}
	if (!r && fchmod(fd, executable ? 0755 : 0644) < 0)
		r = -errno;
	return r ? ce__error_set(error, CE_ERR_OS, -r, "write", "%s", path) : 0;
}

int ce__keep_commit(const char *fresh, const char *final, ce_error **error)
{
	CE_CLEANUP_FREE char *old = ce__base_asprintf("%s.old.XXXXXX", final);
	int r = 0;

	if (!old)
		return ce__error_no_memory(error);
	if (chmod(fresh, 0755) < 0)
		return ce__error_set(error, CE_ERR_OS, errno, "chmod", "%s", fresh);
	if (!mkdtemp(old) || (rename(final, old) < 0 && errno != ENOENT) || rename(fresh, final) < 0)
		r = ce__error_set(error, CE_ERR_OS, errno, "rename", "%s", final);
	ce__keep_remove(old);
	return r;
}
