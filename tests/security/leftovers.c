/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Looks for what is left of a world: processes, cgroups, owner files, mounts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

#define PIDS_MAX 256
#define REAPER_MS 20000
#ifdef __SANITIZE_ADDRESS__
#define SLOWER 8 /* the sanitizer looks for leaks when a process ends */
#else
#define SLOWER 1
#endif

static size_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* State and parent stand behind the name, which may contain anything. */
static bool read_stat(pid_t pid, char *state, pid_t *parent)
{
	char path[64], text[512], *p;
	int ppid = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_text(path, text, sizeof(text)) || !(p = strrchr(text, ')')) ||
	    sscanf(p + 1, " %c %d", state, &ppid) != 2)
		return false;
	*parent = (pid_t)ppid;
	return true;
}

pid_t process_parent(pid_t pid)
{
	pid_t parent = 0;
	char state;

	return read_stat(pid, &state, &parent) ? parent : 0;
}

bool process_is_ours(const struct world *w, pid_t pid)
{
	char path[64], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strncmp(target, w->directory, strlen(w->directory)) == 0;
}

/* One that is ending has no executable any more, but may still hold its locks and namespaces. Whose it is
 * cannot be told; others' are waited for as well, which takes no time. */
static bool is_ending(pid_t pid)
{
	char path[64], name[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (readlink(path, name, sizeof(name)) >= 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return read_text(path, name, sizeof(name)) &&
	       (!strcmp(name, "codeexec-super\n") || !strcmp(name, "supervisor\n"));
}

static bool has_our_uid(const struct world *w, pid_t pid)
{
	struct stat st;
	char path[64], text[4096], *line;
	unsigned long uid = 0;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (!read_text(path, text, sizeof(text)) || !(line = strstr(text, "\nUid:")))
		return false;
	uid = strtoul(line + 5, NULL, 10);
	return uid >= w->uid_base && uid < w->uid_base + WORLD_UIDS;
}

/* Calls `take` for every process until it returns true. */
static pid_t find_process(bool (*take)(pid_t pid, void *context), void *context)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	pid_t found = -1;

	while (dir && found < 0 && (e = readdir(dir))) {
		pid_t pid = (pid_t)atoi(e->d_name);

		if (pid > 0 && take(pid, context))
			found = pid;
	}
	if (dir)
		closedir(dir);
	return found;
}

struct search {
	const struct world *w;
	pid_t *pids, parent;
	size_t max, count;
	bool ours;
};

static bool collect(pid_t pid, void *context)
{
	struct search *s = context;
	pid_t parent;
	char state;

	/* A zombie is no process any more; it belongs to whoever has not waited for it. */
	if (pid == getpid() || !read_stat(pid, &state, &parent) || state == 'Z' || state == 'X')
		return false;
	if (!process_is_ours(s->w, pid) && !has_our_uid(s->w, pid) && !is_ending(pid))
		return false;
	if (s->count < s->max)
		s->pids[s->count] = pid;
	s->count++;
	return false;
}

size_t world_processes(const struct world *w, pid_t *pids, size_t max)
{
	struct search s = {.w = w, .pids = pids, .max = max};

	find_process(collect, &s);
	return s.count;
}

static bool is_child(pid_t pid, void *context)
{
	struct search *s = context;
	pid_t parent;
	char state;

	return read_stat(pid, &state, &parent) && parent == s->parent && state != 'Z' &&
	       (!s->ours || process_is_ours(s->w, pid)) && (s->count == 0 || s->count-- == 0);
}

pid_t process_child(const struct world *w, pid_t parent, bool ours)
{
	struct search s = {.w = w, .parent = parent, .ours = ours};

	return find_process(is_child, &s);
}

static void describe(pid_t pid, int after_ms)
{
	pid_t parent = 0, grandparent;
	char path[64], name[64], state = '?', parent_state = '?';

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	read_text(path, name, sizeof(name));
	name[strcspn(name, "\n")] = '\0';
	read_stat(pid, &state, &parent);
	read_stat(parent, &parent_state, &grandparent);
	tap_diag("left after %d ms: process %d (%s) %c, child of %d %c", after_ms, (int)pid, name, state,
		 (int)parent, parent_state);
}

/* A zygote's init, dead, whose supervisor is gone: it ends when pid 1 has reaped the inits below it, each of which is a zombie.
 * Pid 1 may take its time, and nobody else can do it. */
static bool waits_for_pid1(const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n && i < PIDS_MAX; i++)
		if (!is_ending(pids[i]) || process_parent(pids[i]) != 1)
			return false;
	return n > 0;
}

bool world_wait_empty(const struct world *w, int timeout_ms)
{
	bool extended = false;
	uint64_t end = now_us() + (uint64_t)timeout_ms * 1000u;
	pid_t pids[PIDS_MAX];
	size_t n;

	while ((n = world_processes(w, pids, PIDS_MAX)) > 0) {
		int64_t left = (int64_t)(end - now_us()) / 1000;
		struct pollfd p = {.fd = pidfd_open(pids[0], 0), .events = POLLIN};

		if (p.fd < 0)
			continue; /* gone meanwhile */
		if (left > 0)
			poll(&p, 1, (int)left);
		close(p.fd);
		if (left <= 0 && !extended && waits_for_pid1(pids, n)) {
			extended = true;
			end += REAPER_MS * 1000u;
		} else if (left <= 0) {
			break;
		}
	}
	for (size_t i = 0; i < n && i < PIDS_MAX; i++)
		describe(pids[i], timeout_ms);
	return n == 0;
}

size_t world_owner_files(const struct world *w)
{
	DIR *dir = opendir(w->state_dir);
	struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir)))
		if (strncmp(e->d_name, "codeexec-", 9) == 0) {
			tap_diag("state file %s", e->d_name);
			n++;
		}
	if (dir)
		closedir(dir);
	return n;
}

/* This test program's namespace: what the supervisor mounts must never be seen in it. */
size_t world_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "/ce-security-") || strstr(line, " codeexec ")) {
			tap_diag("mount: %s", line);
			n++;
		}
	if (f)
		fclose(f);
	return n;
}

static size_t count_cgroups(const char *path, const char *prefix, int depth)
{
	DIR *dir = depth < 12 ? opendir(path) : NULL;
	struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir))) {
		char child[4096];

		if (e->d_type != DT_DIR || e->d_name[0] == '.' ||
		    snprintf(child, sizeof(child), "%s/%s", path, e->d_name) >= (int)sizeof(child))
			continue;
		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0) {
			tap_diag("cgroup %s", child);
			n++;
		} else {
			n += count_cgroups(child, prefix, depth + 1);
		}
	}
	if (dir)
		closedir(dir);
	return n;
}

size_t world_cgroups(pid_t supervisor)
{
	char prefix[40], line[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t n = 0;

	snprintf(prefix, sizeof(prefix), "codeexec-%d-", (int)supervisor);
	while (f && fgets(line, sizeof(line), f)) {
		char place[2048];

		if (strstr(line, " - cgroup") && sscanf(line, "%*s %*s %*s %*s %2047s", place) == 1)
			n += count_cgroups(place, prefix, 0);
	}
	if (f)
		fclose(f);
	return n;
}

bool world_is_clean(const struct world *w, const pid_t *supervisors, size_t count, bool swept)
{
	const char *patience = getenv("CE_TEST_PATIENCE"); /* emulated processors are slow */
	int factor = patience ? atoi(patience) : 1;
	bool clean = world_wait_empty(w, SLOWER * GONE_WITHIN_MS * (factor > 0 && factor <= 20 ? factor : 1));

	if (!swept)
		return clean;
	for (size_t i = 0; i < count; i++)
		if (supervisors[i] > 0)
			clean = world_cgroups(supervisors[i]) == 0 && clean;
	clean = world_owner_files(w) == 0 && clean;
	return world_mounts() == 0 && clean;
}
