/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a zygote's children get of its memory before they need it. A page that is copied while the program runs, because it is
 * written to, costs several times as much as one of many that are asked for while the child waits; and so does, under many a
 * hypervisor, each page that is met for the first time. Which ones will be wanted a rehearsal tells: a child with an empty
 * program. */
#include "park/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RANGES_MAX 1024
#define REHEARSAL_MS 500
#define GAP_PAGES 2 /* between two ranges that become one */
#define PAGES_AT_ONCE 16
#define PAGES_A_CALL 256
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
/* Of an entry of /proc/PID/pagemap, see Documentation/admin-guide/mm/pagemap.rst */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_OF_FILE (UINT64_C(1) << 61)
#define PAGE_EXCLUSIVE (UINT64_C(1) << 56)

struct range {
	char *begin;
	size_t size;
	uint64_t writable; /* else code */
};

static struct range noted[RANGES_MAX], written[RANGES_MAX];
static size_t noted_count, written_count;
static bool rehearsed;

bool ce__memory_note(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], modes[8];
	uintptr_t begin, end;

	noted_count = 0;
	while (maps && noted_count < RANGES_MAX && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &begin, &end, modes) != 3 || modes[0] != 'r' || modes[3] != 'p' ||
		    (modes[1] != 'w' && modes[2] != 'x'))
			continue;
		/* What cannot be read to its end, beyond a file's, is left alone. */
		if (madvise((void *)begin, end - begin, MADV_POPULATE_READ) == 0)
			noted[noted_count++] = (struct range){ (char *)begin, end - begin, modes[1] == 'w' };
	}
	if (maps)
		fclose(maps);
	return noted_count > 0;
}

/* ---- the rehearsal ---- */

static int tell_to = -1;

static void tell_range(const struct range *r)
{
	if (r->size && write(tell_to, r, sizeof(*r)) != (ssize_t)sizeof(*r))
		_exit(0); /* without the end, nothing of it counts */
}

/* Of what can be written to: the pages that nobody else has, so that they were written to. Of the rest: those that were met. */
static void tell_wanted(int pagemap, const struct range *r, size_t page)
{
	const uint64_t mask = r->writable ? PAGE_PRESENT | PAGE_OF_FILE | PAGE_EXCLUSIVE : PAGE_PRESENT;
	const uint64_t wanted = r->writable ? PAGE_PRESENT | PAGE_EXCLUSIVE : PAGE_PRESENT;
	struct range run = { .writable = r->writable };
	uint64_t entries[256];

	for (size_t at = 0; at < r->size;) {
		ssize_t n = pread(pagemap, entries, sizeof(entries), (off_t)(((uintptr_t)r->begin + at) / page * sizeof(*entries)));

		if (n < (ssize_t)sizeof(*entries))
			_exit(0);
		for (size_t i = 0; i < (size_t)n / sizeof(*entries) && at < r->size; i++, at += page) {
			char *here = r->begin + at;

			if ((entries[i] & mask) != wanted)
				continue;
			if (run.size && (size_t)(here - run.begin) > run.size + GAP_PAGES * page) {
				tell_range(&run);
				run.size = 0;
			}
			if (!run.size)
				run.begin = here;
			run.size = (size_t)(here - run.begin) + page;
		}
	}
	tell_range(&run);
}

static void tell_and_end(void)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct range end = { 0 };

	for (size_t i = 0; pagemap >= 0 && i < noted_count; i++)
		tell_wanted(pagemap, &noted[i], page);
	_exit(pagemap >= 0 && write(tell_to, &end, sizeof(end)) == (ssize_t)sizeof(end) ? 0 : 1);
}

void ce__memory_tell_at_exit(int fd)
{
	const struct range me = { .size = (size_t)getpid() };

	tell_to = fd;
	if (write(fd, &me, sizeof(me)) != (ssize_t)sizeof(me) || atexit(tell_and_end))
		_exit(0);
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool read_range(int fd, int64_t until, struct range *r)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int64_t left;
	int n;

	do {
		left = until - milliseconds();
		n = left > 0 ? poll(&ready, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	/* Each is written in one piece. */
	return n > 0 && read(fd, r, sizeof(*r)) == (ssize_t)sizeof(*r);
}

/* All was told. What can be written to stays to be met: most of it is shared, and has not been looked at. */
static void adopt(struct range *met, size_t count)
{
	for (size_t i = 0; i < noted_count && count < RANGES_MAX; i++)
		if (noted[i].writable)
			met[count++] = noted[i];
	memcpy(noted, met, count * sizeof(*met));
	noted_count = count;
	rehearsed = true;
}

void ce__memory_learn(int fd)
{
	static struct range met[RANGES_MAX];
	int64_t until = milliseconds() + REHEARSAL_MS;
	size_t met_count = 0;
	struct range r;
	pid_t child;

	written_count = 0;
	if (!read_range(fd, until, &r))
		return;
	child = (pid_t)r.size;
	while (read_range(fd, until, &r) && written_count < RANGES_MAX && met_count < RANGES_MAX) {
		if (!r.size) {
			adopt(met, met_count);
			return;
		}
		if (r.writable)
			written[written_count++] = r;
		else
			met[met_count++] = r;
	}
	kill(child, SIGKILL);
}

/* ---- in a child that waits ---- */

/* Best effort: where it fails, or before Linux 5.14, pages come as they are met. */
void ce__memory_copy_ahead(bool urgent)
{
	const struct range *all = rehearsed ? written : noted;
	size_t count = rehearsed ? written_count : noted_count;

	if (urgent && !rehearsed)
		return; /* most of it would be for nothing */
	for (size_t i = 0; i < count; i++)
		if (all[i].writable)
			madvise(all[i].begin, all[i].size, MADV_POPULATE_WRITE);
}

bool ce__memory_meet(int channel)
{
	static size_t range, at; /* where the last call ended */
	struct pollfd word = { .fd = channel, .events = POLLIN };
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t met = 0;

	while (range < noted_count && met < PAGES_A_CALL) {
		const struct range *r = &noted[range];
		size_t size = r->size - at < PAGES_AT_ONCE * page ? r->size - at : PAGES_AT_ONCE * page;

		if (poll(&word, 1, 0) != 0)
			return false;
		/* It was noted in the zygote: what is not there any more says so here. */
		if (madvise(r->begin + at, size, MADV_POPULATE_READ) == 0)
			for (size_t i = 0; i < size; i += page)
				(void)*(const volatile char *)(r->begin + at + i);
		met += PAGES_AT_ONCE;
		at += size;
		if (at >= r->size) {
			range++;
			at = 0;
		}
	}
	return met > 0;
}
