/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "monitor/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "limits/limits.h"

#define OWNER_TRIES 50
#define OWNER_PAUSE_NS 10000000 /* half a second in all */

/* True when every directory named in it is gone. */
static bool sweep_named(int fd)
{
	char text[16384];
	ssize_t n = ce__io_read_full(fd, text, sizeof(text) - 1);
	bool clean = true;
	char *save = NULL;

	if (n < 0)
		return false;
	text[n] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		int r = ce__limits_sweep(line);

		if (r && r != -ENOENT)
			clean = false;
	}
	return clean;
}

static void sweep_file(int dirfd, const char *name)
{
	CE_CLEANUP_FD int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st, now;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return; /* its owner lives */
	/* Another sweeper may have removed it while we waited for the lock. */
	if (fstatat(dirfd, name, &now, AT_SYMLINK_NOFOLLOW) < 0 || now.st_ino != st.st_ino)
		return;
	if (sweep_named(fd))
		unlinkat(dirfd, name, 0);
}

void ce__sweep_all(const char *state_dir)
{
	DIR *dir = opendir(state_dir);
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		size_t length = strlen(e->d_name);

		if (!strncmp(e->d_name, "codeexec-", 9) && length > 6 && !strcmp(e->d_name + length - 6, ".owner"))
			sweep_file(dirfd(dir), e->d_name);
	}
	closedir(dir);
}

void ce__sweep_owner(const char *path)
{
	CE_CLEANUP_FREE char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;
	CE_CLEANUP_FD int fd = -1;

	if (!slash)
		return;
	*slash = '\0';
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* An init that was cloned a moment before its end holds the lock until it has closed what it inherited, and what is in
	 * a cgroup may be dying still. */
	for (int i = 0; fd >= 0 && i < OWNER_TRIES; i++) {
		sweep_file(fd, slash + 1);
		if (faccessat(fd, slash + 1, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return;
		nanosleep(&(struct timespec){ 0, OWNER_PAUSE_NS }, NULL);
	}
}
