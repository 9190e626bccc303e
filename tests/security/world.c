/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* ---- TAP ---- */

static unsigned tap_count, tap_failed;

void tap_plan_skip(const char *reason)
{
	const char *must = getenv("CE_TESTS_MUST_RUN");

	if (must && *must == '1') {
		printf("1..1\nnot ok 1 - must run: %s\n", reason);
		exit(1);
	}
	printf("1..0 # SKIP %s\n", reason);
	exit(0);
}

bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list args;

	printf("%sok %u - ", ok ? "" : "not ", ++tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	tap_failed += !ok;
	return ok;
}

void tap_diag(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

/* ---- time and chance ---- */

static uint64_t random_state;

uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void pause_us(uint64_t us)
{
	struct itimerspec t = {.it_value = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	uint64_t n;

	if (us && fd >= 0 && timerfd_settime(fd, 0, &t, NULL) == 0)
		while (read(fd, &n, sizeof(n)) < 0 && errno == EINTR)
			;
	if (fd >= 0)
		close(fd);
}

uint64_t random_begin(void)
{
	const char *seed = getenv("CE_TEST_SEED");

	random_state = seed ? strtoull(seed, NULL, 10) : now_us() % 1000000007u;
	tap_diag("seed %llu (CE_TEST_SEED repeats it)", (unsigned long long)random_state);
	random_state = random_state * 2862933555777941757u + 3037000493u;
	return random_state;
}

uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return n ? random_state % n : 0;
}

/* ---- the place ---- */

static const char *need(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value)
		tap_plan_skip(
		    "CODEEXEC_SUPERVISOR, CODEEXEC_EXECUTORS_DIR and CODEEXEC_PLUGIN_DIR must be set");
	return value;
}

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	struct stat st;

	if (in < 0 || out < 0 || fstat(in, &st) < 0) {
		tap_diag("cannot copy %s to %s: %s", from, to, strerror(errno));
		exit(1);
	}
	while (st.st_size > 0) {
		ssize_t n = sendfile(out, in, NULL, (size_t)st.st_size);

		if (n <= 0)
			exit(1);
		st.st_size -= n;
	}
	close(in);
	close(out);
}

/* The supervisor looks for it beside itself. */
static void copy_park_object(const struct world *w)
{
	const char *supervisor = need("CODEEXEC_SUPERVISOR"), *slash = strrchr(supervisor, '/');
	char from[4096], to[96];

	snprintf(from, sizeof(from), "%.*s/codeexec-park.so", slash ? (int)(slash - supervisor) : 1,
		 slash ? supervisor : ".");
	snprintf(to, sizeof(to), "%s/codeexec-park.so", w->directory);
	if (access(from, R_OK) == 0)
		copy_file(from, to);
}

void world_open(struct world *w, const char *wrapper)
{
	char copy[96];

	memset(w, 0, sizeof(*w));
	w->executor_dirs[0] = need("CODEEXEC_EXECUTORS_DIR");
	w->plugin_dirs[0] = need("CODEEXEC_PLUGIN_DIR");
	need("CODEEXEC_SUPERVISOR");
	if (geteuid() != 0)
		tap_plan_skip("only root can tell whose processes are left");
	strcpy(w->directory, "/tmp/ce-security-XXXXXX");
	if (!mkdtemp(w->directory)) {
		tap_diag("no directory: %s", strerror(errno));
		exit(1);
	}
	chmod(w->directory, 0755);
	snprintf(w->state_dir, sizeof(w->state_dir), "%s/state", w->directory);
	snprintf(w->supervisor, sizeof(w->supervisor), "%s/supervisor", w->directory);
	copy_file(need("CODEEXEC_SUPERVISOR"), w->supervisor);
	copy_park_object(w);
	if (wrapper) {
		snprintf(copy, sizeof(copy), "%s/wrapper", w->directory);
		copy_file(wrapper, copy);
	}
	w->uid_base = 2200000000u + (uint64_t)getpid() % 1000000u * WORLD_UIDS;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path) < 0 ? 0 : 0;
}

void world_close(struct world *w)
{
	if (w->directory[0])
		nftw(w->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

ce_sandbox_options world_options(const struct world *w)
{
	ce_sandbox_options o = ce_sandbox_options_init();

	o.executor_dirs = w->executor_dirs;
	o.plugin_dirs = w->plugin_dirs;
	o.supervisor_path = w->supervisor;
	o.state_dir = w->state_dir;
	o.uid_base = w->uid_base;
	o.uid_count = WORLD_UIDS;
	return o;
}
