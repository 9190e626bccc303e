/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The state directory. An owner file names the cgroup directories of one supervisor and is flock'ed while it lives: a file
 * that can be locked belongs to a dead one, and only then is what it names removed, never by name alone. Lease files do
 * the same for host uids. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "monitor/sweep.h"

static int check_directory(const char *path, struct ce_failure *failure)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "state", "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
		return ce__failure_set(failure, CE_ERR_OS, 0, "state",
				       "%s must be a directory that only this user can write; remove it or set state_dir", path);
	return 0;
}

static int default_directory(struct ce_supervisor *s)
{
	if (s->hello.state_dir[0])
		snprintf(s->state_dir, sizeof(s->state_dir), "%s", s->hello.state_dir);
	else if (s->host_uid == 0)
		snprintf(s->state_dir, sizeof(s->state_dir), "/run/codeexec");
	else
		snprintf(s->state_dir, sizeof(s->state_dir), "/tmp/codeexec-%u", (unsigned)s->host_uid);
	return 0;
}

/* Locks a fresh file before it gets its name, so that no sweeper ever sees it unlocked. */
static int create_owner_file(struct ce_supervisor *s)
{
	char draft[384];
	int fd;

	snprintf(draft, sizeof(draft), "%s/%s.new", s->state_dir, s->instance);
	snprintf(s->owner_path, sizeof(s->owner_path), "%s/%s.owner", s->state_dir, s->instance);
	fd = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || rename(draft, s->owner_path) < 0) {
		int saved = errno;

		close(fd);
		unlink(draft);
		return -saved;
	}
	s->owner_fd = fd;
	return 0;
}

int ce__state_open(struct ce_supervisor *s, struct ce_failure *failure)
{
	char random[17], path[340];
	int r;

	default_directory(s);
	r = ce__io_make_dirs(s->state_dir, 0755);
	if (r)
		return ce__failure_set(failure, CE_ERR_OS, -r, "state", "cannot create %s", s->state_dir);
	r = check_directory(s->state_dir, failure);
	if (r)
		return r;
	snprintf(path, sizeof(path), "%s/uids", s->state_dir);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return ce__failure_set(failure, CE_ERR_OS, errno, "state", "cannot create %s", path);
	snprintf(path, sizeof(path), "%s/roots", s->state_dir);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return ce__failure_set(failure, CE_ERR_OS, errno, "state", "cannot create %s", path);
	ce__sweep_all(s->state_dir);
	r = ce__base_random_hex(random, 8);
	if (!r) {
		snprintf(s->instance, sizeof(s->instance), "codeexec-%d-%s", (int)getpid(), random);
		r = create_owner_file(s);
	}
	if (r)
		return ce__failure_set(failure, CE_ERR_OS, -r, "state", "cannot create %s", s->owner_path);
	return 0;
}

int ce__state_announce(void *context, const char *directory)
{
	struct ce_supervisor *s = context;
	CE_CLEANUP_FREE char *line = ce__base_asprintf("%s\n", directory);
	int r = line ? ce__io_write_full(s->owner_fd, line, strlen(line)) : -ENOMEM;

	if (!r)
		s->announced_bytes += strlen(line);
	return r;
}

int ce__state_record(struct ce_supervisor *s, struct ce_failure *failure)
{
	CE_CLEANUP_FREE char *text = malloc(s->announced_bytes + 1);
	size_t at = 0;
	const char *directory;

	if (!text)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "state", "out of memory");
	for (size_t i = 0; (directory = ce__limits_directory(s->limits, i)); i++) {
		size_t size = strlen(directory) + 1;

		if (at + size > s->announced_bytes)
			return ce__failure_set(failure, CE_ERR_OS, EINVAL, "state", "%s was not announced", directory);
		memcpy(text + at, directory, size - 1);
		text[at + size - 1] = '\n';
		at += size;
	}
	/* One write over the whole: at no moment does a line lack. What was announced and then not made leaves empty lines. */
	memset(text + at, '\n', s->announced_bytes - at);
	if (s->announced_bytes && pwrite(s->owner_fd, text, s->announced_bytes, 0) != (ssize_t)s->announced_bytes)
		return ce__failure_set(failure, CE_ERR_OS, errno, "state", "cannot write %s", s->owner_path);
	return 0;
}

void ce__state_close(struct ce_supervisor *s, bool keep)
{
	if (s->owner_fd >= 0 && !keep)
		unlink(s->owner_path);
	ce__base_close(&s->owner_fd);
}

int ce__state_lease(struct ce_supervisor *s, struct ce_slot *slot, struct ce_failure *failure)
{
	uint64_t pairs = s->hello.uid_count / 2;

	/* Where the last search ended: before that are our own, and those that another supervisor has. */
	for (uint64_t i = 0; i < pairs; i++) {
		CE_CLEANUP_FD int fd = -1;
		char path[384];
		uid_t first = (uid_t)(s->hello.uid_base + 2 * s->next_lease);

		s->next_lease = (s->next_lease + 1) % pairs;
		snprintf(path, sizeof(path), "%s/uids/%u", s->state_dir, (unsigned)first);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return ce__failure_set(failure, CE_ERR_OS, errno, "lease", "cannot open %s", path);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			continue;
		slot->init_uid = first;
		slot->program_uid = first + 1;
		slot->lease_fd = ce__steal_fd(&fd);
		slot->leased = true;
		return 0;
	}
	return ce__failure_set(failure, CE_ERR_OS, EAGAIN, "lease",
			       "all %llu host uids from %llu on are in use; widen uid_count",
			       (unsigned long long)s->hello.uid_count, (unsigned long long)s->hello.uid_base);
}
