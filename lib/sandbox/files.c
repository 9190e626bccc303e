/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Puts the request's files and the compile stage's artifacts into the work directory. Done inside the cell, by the process that
 * will be the program while it still is the cell's root: what it writes is charged to the cell and bounded by its tmpfs. For a process
 * that was started ahead the supervisor does it, with small files only. The program is not running yet, so nothing races. */
#include "sandbox/cell.h"
#include "sandbox/collect.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

/* Makes what lies above `name`, giving it to the program. */
static int make_parents(int work, const char *name, uid_t owner)
{
	char part[4096];
	size_t length = strnlen(name, sizeof(part));

	if (length == sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, name, length + 1);
	for (size_t i = 1; i < length; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		if (mkdirat(work, part, 0755) == 0) {
			if (fchownat(work, part, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
				return -errno;
		} else if (errno != EEXIST) {
			return -errno;
		}
		part[i] = '/';
	}
	return 0;
}

static int create(int work, const char *name, mode_t mode, uid_t owner)
{
	int r = make_parents(work, name, owner);
	CE_CLEANUP_FD int fd = -1;

	if (r)
		return r;
	fd = openat(work, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fchown(fd, owner, owner) < 0 || fchmod(fd, mode) < 0)
		return -errno;
	return ce__steal_fd(&fd);
}

static int open_work(void)
{
	int fd = open("/work", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

int ce__files_put(int work, const struct ce_plan *plan, uid_t owner, const char **path)
{
	const struct ce_plan_file *files = ce__plan_at(plan, plan->files);

	for (uint64_t i = 0; i < plan->file_count; i++) {
		CE_CLEANUP_FD int fd = -1;
		int r;

		*path = ce__plan_text(plan, files[i].name);
		fd = create(work, *path, files[i].executable ? 0755 : 0644, owner);
		if (fd < 0)
			return fd;
		r = ce__io_write_full(fd, ce__plan_at(plan, files[i].data), files[i].data.size);
		if (r)
			return r;
	}
	return 0;
}

int ce__files_write(struct ce_cell *cell, const char **path)
{
	CE_CLEANUP_FD int work = open_work();

	*path = "/work";
	return work < 0 ? work : ce__files_put(work, cell->setup->plan, CE_CELL_UID, path);
}

static int copy_bytes(int out, int in, off_t *from, off_t left)
{
	while (left > 0) {
		ssize_t n = sendfile(out, in, from, (size_t)left);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		left -= n;
	}
	return 0;
}

/* A file of the request keeps its own bytes, whatever the compile stage did to its copy: even if it made it a directory. */
static bool is_the_requests(int error)
{
	return error == -EEXIST || error == -ENOTDIR;
}

static int copy_one(void *context, const struct ce_found *found)
{
	int work = *(const int *)context;
	CE_CLEANUP_FD int out = -1;

	if (found->skipped)
		return -found->os_error; /* an artifact that is no plain file is none */
	out = create(work, found->path, 0644 | (found->st.st_mode & 0111), CE_CELL_UID);
	if (out < 0)
		return is_the_requests(out) ? 0 : out;
	return copy_bytes(out, found->fd, NULL, found->st.st_size);
}

/* The memfd can change no more, but what is in it came out of a compile cell. */
static int unpack_one(int work, int fd, off_t *at, off_t size)
{
	struct ce_file_record record;
	CE_CLEANUP_FD int out = -1;
	char name[4096];
	uint64_t left = (uint64_t)(size - *at);

	if (left < sizeof(record) || pread(fd, &record, sizeof(record), *at) != (ssize_t)sizeof(record))
		return -EBADMSG;
	*at += (off_t)sizeof(record);
	left -= sizeof(record);
	if (record.name_size >= sizeof(name) || record.name_size > left || record.data_size > left ||
	    CE_PADDED(record.name_size) + CE_PADDED(record.data_size) > left ||
	    pread(fd, name, record.name_size, *at) != (ssize_t)record.name_size)
		return -EBADMSG;
	name[record.name_size] = '\0';
	if (!ce__plan_name_ok(name, record.name_size))
		return -EBADMSG;
	*at += (off_t)CE_PADDED(record.name_size);
	out = create(work, name, 0644 | (record.mode & 0111), CE_CELL_UID);
	if (out >= 0) {
		off_t from = *at;
		int r = copy_bytes(out, fd, &from, (off_t)record.data_size);

		if (r)
			return r;
	} else if (!is_the_requests(out)) {
		return out;
	}
	*at += (off_t)CE_PADDED(record.data_size);
	return 0;
}

int ce__files_unpack(int work, int fd)
{
	struct stat st;
	off_t at = 0;
	int r = fstat(fd, &st) < 0 ? -errno : 0;

	while (!r && at < st.st_size)
		r = unpack_one(work, fd, &at, st.st_size);
	return r;
}

int ce__files_copy_artifacts(struct ce_cell *cell, const char **path)
{
	const struct ce_cell_setup *setup = cell->setup;
	struct ce_plan_strings patterns = setup->plan->stages[0].artifacts;
	const char *pattern = ce__plan_at(setup->plan, patterns.bytes);
	CE_CLEANUP_FD int work = -1, from = -1;

	if (setup->artifacts_fd < 0 && setup->compiled_fd < 0)
		return 0;
	*path = "/work";
	work = open_work();
	if (work < 0)
		return work;
	if (setup->compiled_fd >= 0)
		return ce__files_unpack(work, setup->compiled_fd);
	from = openat(setup->artifacts_fd, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (from < 0)
		return -errno;
	for (uint64_t i = 0; i < patterns.count; i++) {
		int r;

		*path = pattern;
		r = ce__collect(from, pattern, copy_one, &work);
		if (r)
			return r;
		pattern += strlen(pattern) + 1;
	}
	return 0;
}

const struct ce_cell_step ce__cell_file_steps[] = {
	/* one that is made ahead: until here nothing is anybody's */
	{ "await", 0, false, ce__await_word },
	{ "files", 0, false, ce__files_write },
	{ "artifacts", 0, false, ce__files_copy_artifacts },
	{ NULL, 0, false, NULL },
};
