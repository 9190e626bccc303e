/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cells of the limits room without a sandbox around them, for its two tests. */
#ifndef CE_TESTS_LIMITS_CELLS_H
#define CE_TESTS_LIMITS_CELLS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "limits/limits_internal.h"

#define MIB (UINT64_C(1) << 20)

struct fixture {
	struct ce_limits_backend *backend;
	char instance[64];
};

static struct fixture fx;

/* ---- helpers ---- */

static inline void name_instance(char *out, size_t size)
{
	char random[9];

	assert_int_equal(ce__base_random_hex(random, 4), 0);
	snprintf(out, size, "codeexec-test-%d-%s", (int)getpid(), random);
}

static inline int open_backend(const char *instance, unsigned flags, struct ce_limits_backend **out,
			struct ce_failure *failure)
{
	const struct ce_limits_config config = {.instance = instance, .flags = flags, .host_pid = getpid()};

	return ce__limits_open(&config, out, failure);
}

static inline int set_up(void **state)
{
	struct ce_failure failure = {0};

	(void)state;
	memset(&fx, 0, sizeof(fx));
	name_instance(fx.instance, sizeof(fx.instance));
	if (open_backend(fx.instance, CE_LIMITS_MOVE_HOST, &fx.backend, &failure) < 0)
		print_message("%s\n", failure.message);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	ce__limits_close(fx.backend);
	fx.backend = NULL;
	return 0;
}

/* Returns only with a backend; otherwise skips, or fails where tests must run. */
static inline void need_backend(void)
{
	const char *must = getenv("CE_TESTS_MUST_RUN");

	if (fx.backend)
		return;
	if (must && strcmp(must, "1") == 0)
		fail_msg("there is no cgroup to be used, and CE_TESTS_MUST_RUN=1");
	print_message("skipped: there is no cgroup to be used\n");
	skip();
}

static inline void open_cell(uint64_t memory, uint64_t processes, struct ce_limits_cell *cell)
{
	const struct ce_cell_limits limits = {.memory_bytes = memory, .processes = processes};
	struct ce_failure failure = {0};

	if (ce__limits_cell_open(fx.backend, &limits, cell, &failure) < 0)
		fail_msg("%s", failure.message);
}

/* Forks into the cell as the supervisor does, and runs `body` there. */
static inline pid_t start_in(struct ce_limits_cell *cell, int (*body)(int), int argument)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	long pid;

	if (cell->clone_cgroup_fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cell->clone_cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	assert_true(pid >= 0);
	if (pid == 0) {
		for (size_t i = 0; i < cell->attach_count; i++)
			if (write(cell->attach_fds[i], "0", 1) != 1)
				_exit(99);
		_exit(body(argument));
	}
	if (cell->state)
		ce__limits_cell_started(fx.backend, cell, (pid_t)pid);
	return (pid_t)pid;
}

static inline int wait_for(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static inline struct ce_cell_usage sample(struct ce_limits_cell *cell, bool full)
{
	struct ce_cell_usage usage;

	assert_int_equal(ce__limits_cell_sample(fx.backend, cell, full ? CE_SAMPLE_SPLIT : CE_SAMPLE_NOW, &usage), 0);
	return usage;
}

/* Orphans of a cell come to us, as they come to init in a real one. */
static inline void reap_all(void)
{
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static inline int close_retrying(struct ce_limits_cell *cell)
{
	uint64_t end = ce__clock_us() + 2000000;
	int r;

	while ((r = ce__limits_cell_close(fx.backend, cell)) == -EBUSY && ce__clock_us() < end)
		usleep(1000);
	return r;
}

static inline void burn_cpu(uint64_t ms)
{
	struct timespec now;

	do {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 < ms);
}

static inline int touch_memory(int mib)
{
	size_t size = (size_t)mib << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 98;
	memset(p, 1, size);
	return 0;
}

static inline int fork_until_refused(int fd)
{
	int count = 0;

	for (;;) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0) {
			char c;

			/* until the last writer is gone */
			_exit(read(fd, &c, 1) == 0 ? 0 : 1);
		}
		if (++count > 64)
			break;
	}
	return errno == EAGAIN ? count : 99;
}

/* Says that it is there (that it is attached), if it is to. */
static inline int wait_for_ever(int fd)
{
	if (fd >= 0 && write(fd, "x", 1) != 1)
		return 97;
	for (;;)
		pause();
	return 0;
}

static inline pid_t start_waiting(struct ce_limits_cell *cell)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = start_in(cell, wait_for_ever, ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

#define LIMITS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
