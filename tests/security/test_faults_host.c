/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Calls of the library in its host's process that fail: allocations, and everything else that it asks libc for, one at a time
 * (helpers/failcall.c makes them fail). Each time: an error, or a system_error, or a success that is right in every detail; no
 * hang, no crash, no descriptor and no memory lost, nothing left behind; and the next execution works. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../helpers/failcall.h"
#include "verdict.h"
#include "world.h"

#define HANG_MS 20000
#define BUDGET_US 15000000u /* of each sweep in the ordinary run; beyond it only every n-th call fails */
#define VERDICT_FD 3
#define BLOCKS_KEPT 16 /* what libc and libseccomp keep for good when they are used for the first time */
#define RANDOM_RUNS 1000
#define RANDOM_ODDS 400

static const struct program program = { "bash", "echo hello; printf data > out.txt" };
static struct world world;
static struct failcall *control;
static char control_path[96], preload[256], environment[3][320], self[PATH_MAX];

/* ---- the host: a process of its own, since what is preloaded comes with an execve ---- */

static size_t count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* Whether it was met by what has been done so far. */
static bool was_hit(void)
{
	return control->hits > 0;
}

/* From now on nothing fails any more, unless more than one call does. */
static bool is_over(void)
{
	return was_hit() && !control->odds;
}

/* A language that is missing, and the sandbox says why: as with a manifest that is broken. What the host was short of, or its disk, makes
 * the creation fail instead. */
static bool lacks_language(const ce_sandbox *sandbox)
{
	const ce_executor *executor = NULL;

	return ce_sandbox_load_error_count(sandbox) > 0 ||
	       ce_sandbox_find_executor((ce_sandbox *)(uintptr_t)sandbox, program.language, &executor, NULL) ||
	       !ce_executor_available(executor);
}

/* Not memory: the loader of plugins does not say what it was short of. */
static bool is_the_hosts(int error)
{
	return error == EMFILE || error == ENFILE || error == EAGAIN || error == EINTR || error == EIO;
}

static ce_sandbox *open_sandbox(struct verdict *v)
{
	ce_sandbox_options options = world_options(&world);
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;

	options.max_concurrent = 2;
	if (ce_sandbox_create(&options, &sandbox, &error) == 0)
		return sandbox;
	if (was_hit())
		verdict_error(v, "creation", error);
	else
		verdict_set(v, 1, "creation, though nothing has failed: %s", ce_error_message(error));
	ce_error_free(error);
	return NULL;
}

static void use(struct verdict *v)
{
	ce_sandbox *sandbox = open_sandbox(v);

	if (sandbox && lacks_language(sandbox) && was_hit()) {
		verdict_set(v, !control->odds && is_the_hosts((int)control->failed_with), "creation: success, without its language");
		ce_sandbox_destroy(sandbox);
		sandbox = NULL;
	}
	if (!sandbox && was_hit())
		sandbox = open_sandbox(v);
	if (!sandbox) {
		verdict_set(v, !control->odds, "no second creation: %s", v->text);
		return;
	}
	verdict_execute(v, sandbox, &program, "execution", is_over());
	verdict_execute(v, sandbox, &program, "the second execution", is_over());
	verdict_execute(v, sandbox, &program, "the next execution", is_over());
	ce_sandbox_destroy(sandbox);
	verdict_set(v, 0, "success");
}

static int host(const char *directory, const char *uid_base)
{
	struct verdict v = { 0 };
	size_t before, after;
	int fd = open(getenv("FAILCALL"), O_RDWR | O_CLOEXEC);

	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (control == MAP_FAILED)
		return 1;
	verdict_wanted = strtoull(getenv("WANTED"), NULL, 10);
	snprintf(world.state_dir, sizeof(world.state_dir), "%s/state", directory);
	snprintf(world.supervisor, sizeof(world.supervisor), "%s/supervisor", directory);
	world.uid_base = strtoull(uid_base, NULL, 10);
	world.executor_dirs[0] = getenv("CODEEXEC_EXECUTORS_DIR");
	world.plugin_dirs[0] = getenv("CODEEXEC_PLUGIN_DIR");
	before = count_descriptors();
	control->live = 0;
	control->armed = 1;
	use(&v);
	control->armed = 0;
	after = count_descriptors();
	if (after != before)
		verdict_set(&v, 1, "%zu descriptors are open, there were %zu; %s", after, before, v.text);
	if (control->live > BLOCKS_KEPT)
		verdict_set(&v, 1, "%lld blocks of memory are lost; %s", (long long)control->live, v.text);
	return write(VERDICT_FD, &v, sizeof(v)) == (ssize_t)sizeof(v) ? 0 : 1;
}

/* ---- the test ---- */

static pid_t start_host(int verdict_fd)
{
	char uid_base[32], *argv[] = { self, (char *)(uintptr_t)"--host", world.directory, uid_base, NULL };
	char *envp[] = { environment[0], environment[1], environment[2], preload, control_path, NULL, NULL };
	char wanted[48];
	pid_t pid;

	snprintf(uid_base, sizeof(uid_base), "%llu", (unsigned long long)world.uid_base);
	snprintf(wanted, sizeof(wanted), "WANTED=%llu", (unsigned long long)verdict_wanted);
	envp[5] = wanted;
	pid = fork();
	if (pid == 0) {
		if (verdict_fd == VERDICT_FD)
			fcntl(verdict_fd, F_SETFD, 0);
		else
			dup2(verdict_fd, VERDICT_FD);
		execve(self, argv, envp);
		_exit(127);
	}
	return pid;
}

/* False: it was killed for it. */
static bool ends_in_time(pid_t pid)
{
	struct pollfd end = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	bool in_time = poll(&end, 1, HANG_MS) > 0;

	if (!in_time)
		pidfd_send_signal(end.fd, SIGKILL, NULL, 0);
	close(end.fd);
	return in_time;
}

static bool run_trial(struct verdict *v)
{
	pid_t supervisors[FAILCALL_SPAWNED_MAX], pid;
	int fds[2], status = 0;
	bool in_time;
	size_t n;

	memset(v, 0, sizeof(*v));
	control->owner = control->count = control->hits = control->spawned_count = 0;
	control->armed = 0;
	control->name[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	pid = start_host(fds[1]);
	close(fds[1]);
	in_time = ends_in_time(pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!in_time)
		verdict_set(v, 1, "hangs for %d ms", HANG_MS);
	else if (read(fds[0], v, sizeof(*v)) != (ssize_t)sizeof(*v))
		verdict_set(v, 1, "the host process died: status %#x", (unsigned)status);
	close(fds[0]);
	n = control->spawned_count < FAILCALL_SPAWNED_MAX ? control->spawned_count : FAILCALL_SPAWNED_MAX;
	for (size_t i = 0; i < n; i++)
		supervisors[i] = (pid_t)control->spawned[i];
	if (!world_is_clean(&world, supervisors, n, true))
		v->bad = 1;
	return !v->bad;
}

static void tell_bad(const char *what, uint64_t n, const struct verdict *v)
{
	tap_diag("%s, %s %llu: %s with %s, of%s: %s", v->bad ? "BAD" : "call", what, (unsigned long long)n, control->name,
		 strerrorname_np((int)control->failed_with), control->trace, v->text);
}

static void sweep(const char *title, uint64_t what, uint64_t error, bool all)
{
	uint64_t calls, cost, start, stride = 1, offset = 0, bad = 0, tried = 0;
	struct verdict v;

	control->what = what;
	control->error = error;
	control->nth = control->odds = 0;
	start = now_us();
	if (!tap_ok(run_trial(&v) && control->count > 0, "%s: without a failure all is well", title)) {
		tap_diag("%llu calls; %s", (unsigned long long)control->count, v.text);
		return;
	}
	cost = now_us() - start;
	calls = control->count;
	verdict_wanted = v.protections;
	if (!all && cost * calls > BUDGET_US) {
		stride = cost * calls / BUDGET_US + 1;
		offset = random_below(stride);
	}
	tap_diag("%s: every %llu. of %llu calls from %llu on, about %llu ms each", title, (unsigned long long)stride,
		 (unsigned long long)calls, (unsigned long long)offset + 1, (unsigned long long)cost / 1000);
	for (uint64_t n = 1 + offset; n <= calls; n += stride, tried++) {
		bool ok;

		control->nth = n;
		ok = run_trial(&v);
		bad += !ok;
		if (!ok || getenv("CE_TEST_VERBOSE"))
			tell_bad(title, n, &v);
	}
	tap_ok(bad == 0, "%s: %llu calls that fail lose nothing and leave nothing", title, (unsigned long long)tried);
}

/* Several in one run, wherever chance has them. Then nothing has to succeed, but nothing may be wrong, lost or left. */
static void at_random(unsigned runs)
{
	uint64_t bad = 0;
	struct verdict v;

	control->what = FAILCALL_ALL;
	control->error = control->nth = 0;
	control->odds = RANDOM_ODDS;
	for (unsigned i = 0; i < runs; i++) {
		bool ok;

		control->seed = 1 + random_below(UINT64_MAX - 1);
		ok = run_trial(&v);
		bad += !ok;
		if (!ok)
			tell_bad("random run", i, &v);
	}
	tap_ok(bad == 0, "%u runs with failures by chance lose nothing and leave nothing", runs);
}

static void prepare(const char *object)
{
	int fd;

	world_open(&world, NULL);
	if (!realpath("/proc/self/exe", self))
		abort();
	snprintf(environment[0], sizeof(environment[0]), "CODEEXEC_EXECUTORS_DIR=%s/bash", getenv("CODEEXEC_EXECUTORS_DIR"));
	snprintf(environment[1], sizeof(environment[1]), "CODEEXEC_PLUGIN_DIR=%s", getenv("CODEEXEC_PLUGIN_DIR"));
	snprintf(environment[2], sizeof(environment[2]), "PATH=/usr/bin:/bin");
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", object);
	snprintf(control_path, sizeof(control_path), "FAILCALL=%s/control", world.directory);
	fd = open(control_path + strlen("FAILCALL="), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*control)) < 0)
		abort();
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (control == MAP_FAILED)
		abort();
}

int main(int argc, char **argv)
{
	static const int errnos[] = { ENOMEM, EMFILE, ENFILE, ENOSPC, EAGAIN, EINTR, EIO };
	bool all = argc > 2 && strcmp(argv[2], "--long") == 0;

	if (argc == 4 && strcmp(argv[1], "--host") == 0)
		return host(argv[2], argv[3]);
	if (argc < 2) {
		fprintf(stderr, "usage: %s FAILCALL-OBJECT [--long]\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	prepare(argv[1]);
	random_begin();
	sweep("allocations", FAILCALL_MEMORY, 0, all);
	sweep("other calls", FAILCALL_OTHERS, 0, all);
	for (size_t i = 0; all && i < sizeof(errnos) / sizeof(errnos[0]); i++)
		sweep(strerrorname_np(errnos[i]), FAILCALL_OTHERS, (uint64_t)errnos[i], true);
	if (all)
		at_random(RANDOM_RUNS);
	world_close(&world);
	return tap_done();
}
