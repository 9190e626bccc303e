/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Brings back the files that a request asked for, out of the tmpfs of a cell that is empty, as records in a sealed memfd. */
#include "monitor/supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "sandbox/collect.h"

#define SCAN_MAX_DEPTH 8
#define SCAN_MAX_ENTRIES 4096
#define RECORDS_MAX 4096

struct bundle {
	int memfd;
	uint64_t left; /* bytes that may still come */
	size_t records;
	bool all; /* plain files only, and each of them whole, or nothing */
};

static int pad(int fd, uint64_t size)
{
	static const char zeros[8];

	return size % 8 ? ce__io_write_full(fd, zeros, 8 - size % 8) : 0;
}

static int copy(int out, int in, uint64_t size)
{
	while (size > 0) {
		ssize_t n = sendfile(out, in, NULL, size);

		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		size -= (uint64_t)n;
	}
	return 0;
}

static int write_head(int out, const struct ce_file_record *record, const char *path)
{
	int r = ce__io_write_full(out, record, sizeof(*record));

	if (!r)
		r = ce__io_write_full(out, path, record->name_size);
	return r ? r : pad(out, record->name_size);
}

static int add_file(void *context, const struct ce_found *found)
{
	struct bundle *b = context;
	struct ce_file_record record = { .name_size = strlen(found->path) };
	const char *skipped = found->skipped;
	uint64_t size = skipped ? 0 : (uint64_t)found->st.st_size;
	off_t start;
	int r;

	if (b->all && skipped)
		return -found->os_error; /* what is no plain file the run stage does not get either */
	if (b->records++ >= RECORDS_MAX || (b->all && size > b->left))
		return -E2BIG;
	start = lseek(b->memfd, 0, SEEK_CUR);
	if (start < 0)
		return -errno;
	if (size > b->left)
		skipped = "over the size cap of all outputs together";
	if (skipped) {
		record.flags = CE_OUTPUT_FILE_SKIPPED;
		snprintf(record.reason, sizeof(record.reason), "%s", skipped);
	} else {
		record.data_size = size;
		record.flags = found->st.st_mode & 0111 ? CE_OUTPUT_FILE_EXECUTABLE : 0;
		record.mode = found->st.st_mode & 0777;
		b->left -= record.data_size;
	}
	r = write_head(b->memfd, &record, found->path);
	if (r || !record.data_size)
		return r;
	if (copy(b->memfd, found->fd, record.data_size) == 0)
		return pad(b->memfd, record.data_size);
	if (b->all)
		return -EIO;
	/* Half a file is none. */
	record.flags = CE_OUTPUT_FILE_SKIPPED;
	record.data_size = 0;
	snprintf(record.reason, sizeof(record.reason), "could not be read");
	if (ftruncate(b->memfd, start) < 0 || lseek(b->memfd, start, SEEK_SET) < 0)
		return -errno;
	return write_head(b->memfd, &record, found->path);
}

/* Collects what the patterns find and seals it. 0, -E2BIG if the list ended early, or -errno. */
static int fill(const struct ce_job *job, struct ce_plan_strings patterns, struct bundle *bundle)
{
	const char *pattern = ce__plan_at(job->plan, patterns.bytes);
	CE_CLEANUP_FD int work = openat(job->work_fd, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	size_t entries_left = CE_COLLECT_MAX_ENTRIES; /* for all patterns: everybody else waits for this */
	int r = 0;

	bundle->memfd = memfd_create("outputs", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (work < 0 || bundle->memfd < 0)
		return -errno;
	for (uint64_t i = 0; i < patterns.count && !r; i++) {
		r = ce__collect_within(work, pattern, &entries_left, add_file, bundle);
		pattern += strlen(pattern) + 1;
	}
	if (fcntl(bundle->memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0 && !r)
		r = -errno;
	return r;
}

int ce__outputs_send(struct ce_job *job)
{
	struct ce_stage_message message = { .type = CE_MSG_FILES };
	struct bundle bundle = { .memfd = -1, .left = job->plan->outputs_max_bytes };
	int r;

	/* No stage that was set up is without its tmpfs; one that was not has nothing to bring back. */
	if (!job->plan->outputs.count || job->socket < 0 || job->work_fd < 0 || !job->started.kind)
		return 0;
	r = fill(job, job->plan->outputs, &bundle);
	/* E2BIG is of the program's making: the list ends there. */
	if (!r || r == -E2BIG)
		r = ce__job_send(job, &message, sizeof(message), &bundle.memfd, 1);
	ce__base_close(&bundle.memfd);
	return r == -EPIPE ? 0 : r;
}

void ce__outputs_send_artifacts(struct ce_job *job)
{
	struct ce_stage_message message = { .type = CE_MSG_ARTIFACTS };
	struct bundle bundle = { .memfd = -1, .left = job->plan->keep_max_bytes, .all = true };

	if (job->socket < 0 || job->work_fd < 0 || !job->started.kind)
		return;
	if (fill(job, job->plan->stages[job->stage].artifacts, &bundle) == 0)
		ce__job_send(job, &message, sizeof(message), &bundle.memfd, 1);
	ce__base_close(&bundle.memfd);
}

struct scan {
	uint64_t limit;
	size_t entries_left;
};

static bool scan_directory(int parent, const char *name, struct scan *scan, unsigned depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct dirent *e;
	bool found = false;
	DIR *dir;

	if (fd < 0)
		return false;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return false;
	}
	while (!found && scan->entries_left > 0 && (e = readdir(dir))) {
		struct stat st;

		scan->entries_left--;
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			found = (uint64_t)st.st_size == scan->limit;
		else if (S_ISDIR(st.st_mode) && depth < SCAN_MAX_DEPTH)
			found = scan_directory(fd, e->d_name, scan, depth + 1);
	}
	closedir(dir);
	return found;
}

uint64_t ce__outputs_file_at_limit(int work_fd, uint64_t limit)
{
	struct scan scan = { limit, SCAN_MAX_ENTRIES };

	if (work_fd < 0)
		return 0;
	return scan_directory(work_fd, ".", &scan, 0) ? CE_LIMIT_FILE_SIZE : 0;
}
