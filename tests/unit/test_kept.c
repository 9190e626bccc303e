/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroups that serve one cell after the other: nothing of a cell may be seen by the next one. One test for each thing that
 * could go over. */
#include "limits_cells.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#define PATIENCE_US 10000000

/* ---- helpers ---- */

static void need_keeping(void)
{
	need_backend();
	if (!fx.backend->keeps) {
		print_message("skipped: this kernel cannot set memory.peak back (cgroup v2 before Linux 6.12)\n");
		skip();
	}
}

static bool is_empty(struct ce_limits_cell *cell)
{
	return sample(cell, true).tasks == 0;
}

/* As the supervisor does it: the last sample is of an empty cell. */
static void give_back(struct ce_limits_cell *cell)
{
	uint64_t end = ce__clock_us() + PATIENCE_US;

	while (!is_empty(cell) && ce__clock_us() < end)
		usleep(500);
	assert_int_equal(close_retrying(cell), 0);
}

/* Opens cells until one has cgroups that served before: what is still wet is passed over. */
static void open_kept(uint64_t memory, uint64_t processes, struct ce_limits_cell *cell)
{
	uint64_t end = ce__clock_us() + PATIENCE_US;

	for (;;) {
		/* On a busy machine the kernel takes longer to free what has ended than it is waited for elsewhere. */
		fx.backend->kept.since_us[fx.backend->kept.first] = ce__clock_us();
		open_cell(memory, processes, cell);
		if (cell->uses > 1)
			return;
		/* without a sample: it is removed */
		assert_int_equal(close_retrying(cell), 0);
		assert_true(ce__clock_us() < end);
		assert_true(fx.backend->kept.count > 0);
		usleep(1000);
	}
}

static int do_nothing(int argument)
{
	return argument;
}

static void run_once(struct ce_limits_cell *cell, int (*body)(int), int argument)
{
	assert_int_equal(wait_for(start_in(cell, body, argument)), 0);
}

static int fill(int fd)
{
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return 98;
	memset(p, 1, 1 << 20);
	return 0;
}

static int write_48_mib(int fd)
{
	static char block[1 << 20];

	for (int i = 0; i < 48; i++)
		if (ce__io_write_full(fd, block, sizeof(block)) < 0)
			return 97;
	return 0;
}

/* 0 if there may be one more task, and no second. */
static int fork_once_too_often(int argument)
{
	pid_t pids[2];

	(void)argument;
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(wait_for_ever(-1));
	}
	for (int i = 0; i < 2; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return pids[0] > 0 && pids[1] < 0 ? 0 : 95;
}

/* They outlive it. */
static int fork_two(int argument)
{
	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			_exit(wait_for_ever(-1));
	return argument;
}

static int burn_200_ms(int argument)
{
	burn_cpu(200);
	return argument;
}

/* ---- what is kept ---- */

static void an_empty_cell_serves_again(void **state)
{
	struct ce_limits_cell cell;
	int directory;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 4, &cell);
	directory = cell.attach_count ? cell.attach_fds[0] : cell.clone_cgroup_fd;
	run_once(&cell, do_nothing, 0);
	give_back(&cell);
	assert_null(cell.state);
	assert_int_equal(fx.backend->kept.count, 1);
	open_kept(64 * MIB, 4, &cell);
	assert_int_equal(cell.uses, 2);
	assert_int_equal(cell.attach_count ? cell.attach_fds[0] : cell.clone_cgroup_fd, directory);
	run_once(&cell, touch_memory, 4);
	give_back(&cell);
}

static void fresh_means_that_nothing_is_kept(void **state)
{
	struct ce_limits_config config = {.instance = fx.instance, .flags = CE_LIMITS_MOVE_HOST, .host_pid = getpid(), .fresh = true};
	struct ce_failure failure = {0};
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	tear_down(NULL);
	assert_int_equal(ce__limits_open(&config, &fx.backend, &failure), 0);
	for (int i = 0; i < 3; i++) {
		open_cell(64 * MIB, 4, &cell);
		assert_int_equal(cell.uses, 1);
		run_once(&cell, do_nothing, 0);
		give_back(&cell);
		assert_int_equal(fx.backend->kept.count, 0);
	}
}

static void cgroups_are_retired_after_some_uses(void **state)
{
	struct ce_limits_cell cell;
	unsigned most = 0;

	(void)state;
	need_keeping();
	for (int i = 0; i < 600; i++) {
		open_cell(64 * MIB, 4, &cell);
		if (cell.uses > most)
			most = cell.uses;
		give_back(&cell);
	}
	assert_int_equal(most, 256);
}

static void no_more_are_kept_than_there_is_room_for(void **state)
{
	struct ce_limits_cell cells[CE_KEPT_MAX + 3];

	(void)state;
	need_keeping();
	for (size_t i = 0; i < CE_ARRAY_SIZE(cells); i++)
		open_cell(64 * MIB, 4, &cells[i]);
	for (size_t i = 0; i < CE_ARRAY_SIZE(cells); i++)
		give_back(&cells[i]);
	assert_int_equal(fx.backend->kept.count, fx.backend->kept.most);
	assert_int_equal(fx.backend->open_cells, 0);
	/* One at a time needs fewer. */
	for (int i = 0; i < 64 * CE_KEPT_MAX; i++) {
		open_cell(64 * MIB, 4, &cells[0]);
		give_back(&cells[0]);
	}
	assert_true(fx.backend->kept.count <= 2);
}

/* ---- what could go over to the next ---- */

static void memory_left_behind_keeps_a_cell_from_being_lent(void **state)
{
	CE_CLEANUP_FD int memory = memfd_create("left behind", MFD_CLOEXEC);
	uint64_t end = ce__clock_us() + PATIENCE_US;
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	assert_int_equal(ftruncate(memory, 1 << 20), 0);
	open_cell(64 * MIB, 4, &cell);
	run_once(&cell, fill, memory);
	assert_in_range(sample(&cell, true).shmem_bytes, MIB, 2 * MIB);
	give_back(&cell);
	assert_int_equal(fx.backend->kept.count, 1);
	/* Passed over at first, then given up. */
	while (fx.backend->kept.count > 0 && ce__clock_us() < end) {
		open_cell(64 * MIB, 4, &cell);
		assert_int_equal(cell.uses, 1);
		assert_int_equal(close_retrying(&cell), 0);
		usleep(1000);
	}
	assert_int_equal(fx.backend->kept.count, 0);
}

static void memory_that_was_freed_does_not(void **state)
{
	CE_CLEANUP_FD int memory = memfd_create("freed", MFD_CLOEXEC);
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	assert_int_equal(ftruncate(memory, 1 << 20), 0);
	open_cell(64 * MIB, 4, &cell);
	run_once(&cell, fill, memory);
	give_back(&cell);
	ce__base_close(&memory);
	open_kept(64 * MIB, 4, &cell);
	assert_int_equal(sample(&cell, true).shmem_bytes, 0);
	give_back(&cell);
}

static void the_memory_peak_begins_anew(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 4, &cell);
	run_once(&cell, touch_memory, 40);
	assert_in_range(sample(&cell, true).memory_peak_bytes, 40 * MIB, 48 * MIB);
	give_back(&cell);
	open_kept(64 * MIB, 4, &cell);
	run_once(&cell, touch_memory, 4);
	assert_in_range(sample(&cell, true).memory_peak_bytes, 4 * MIB, 12 * MIB);
	give_back(&cell);
}

static void cpu_time_begins_anew(void **state)
{
	struct ce_limits_cell cell;
	struct ce_limits_info info;

	(void)state;
	need_keeping();
	ce__limits_info(fx.backend, &info);
	if (!(info.protections & CE_PROTECTION_CPU_LIMIT))
		skip();
	open_cell(64 * MIB, 4, &cell);
	run_once(&cell, burn_200_ms, 0);
	assert_true(sample(&cell, false).cpu_us >= 190000);
	give_back(&cell);
	open_kept(64 * MIB, 4, &cell);
	run_once(&cell, do_nothing, 0);
	assert_true(sample(&cell, false).cpu_us < 100000);
	give_back(&cell);
}

static void memory_hits_begin_anew(void **state)
{
	char path[] = "./codeexec-kept-XXXXXX";
	CE_CLEANUP_FD int file = mkostemp(path, O_CLOEXEC);
	struct ce_limits_cell cell;
	struct statfs fs;

	(void)state;
	assert_true(file >= 0);
	unlink(path);
	need_keeping();
	assert_int_equal(fstatfs(file, &fs), 0);
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC) {
		print_message("skipped: needs a directory on a disk, whose cache can be given up\n");
		skip();
	}
	/* Page cache of more than the limit: it is hit, and nobody dies. */
	open_cell(16 * MIB, 4, &cell);
	run_once(&cell, write_48_mib, file);
	assert_true(sample(&cell, true).memory_hits > 0);
	assert_int_equal(ftruncate(file, 0), 0);
	give_back(&cell);
	open_kept(16 * MIB, 4, &cell);
	run_once(&cell, do_nothing, 0);
	assert_int_equal(sample(&cell, true).memory_hits, 0);
	give_back(&cell);
}

static void refused_forks_begin_anew(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 1, &cell);
	run_once(&cell, fork_once_too_often, 0);
	assert_true(sample(&cell, true).task_hits > 0);
	give_back(&cell);
	open_kept(64 * MIB, 1, &cell);
	run_once(&cell, do_nothing, 0);
	assert_int_equal(sample(&cell, true).task_hits, 0);
	give_back(&cell);
}

static void limits_are_those_of_the_present_cell(void **state)
{
	struct ce_limits_cell cell;
	int status;

	(void)state;
	need_keeping();
	open_cell(32 * MIB, 1, &cell);
	run_once(&cell, do_nothing, 0);
	give_back(&cell);
	/* higher */
	open_kept(96 * MIB, 1, &cell);
	run_once(&cell, touch_memory, 64);
	assert_int_equal(sample(&cell, true).oom_kills, 0);
	give_back(&cell);
	/* lower again */
	open_kept(32 * MIB, 1, &cell);
	run_once(&cell, fork_once_too_often, 0);
	give_back(&cell);
	/* more tasks */
	open_kept(32 * MIB, 3, &cell);
	status = wait_for(start_in(&cell, fork_once_too_often, 0));
	assert_int_equal(WEXITSTATUS(status), 95);
	status = wait_for(start_in(&cell, touch_memory, 64));
	assert_true(WIFSIGNALED(status));
	give_back(&cell);
}

static void a_peak_of_tasks_cannot_be_set_back_so_the_cell_goes(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 8, &cell);
	run_once(&cell, fork_two, 0);
	if (sample(&cell, true).tasks_peak == 0)
		skip(); /* before Linux 6.11 the kernel keeps none */
	assert_int_equal(sample(&cell, true).tasks_peak, 3);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	cell.odd = false; /* for this test it was the peak alone */
	reap_all();
	give_back(&cell);
	assert_int_equal(fx.backend->kept.count, 0);
}

static void a_cell_in_which_memory_ran_out_is_not_kept(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	open_cell(32 * MIB, 4, &cell);
	assert_true(WIFSIGNALED(wait_for(start_in(&cell, touch_memory, 100))));
	assert_true(sample(&cell, true).oom_kills > 0);
	give_back(&cell);
	assert_int_equal(fx.backend->kept.count, 0);
	open_cell(32 * MIB, 4, &cell);
	assert_int_equal(sample(&cell, true).oom_kills, 0);
	give_back(&cell);
}

/* v1 kills by freezing: nobody shall have to find out whether all of it was undone. */
static void a_cell_that_was_killed_is_not_kept(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 4, &cell);
	start_waiting(&cell);
	assert_int_equal(sample(&cell, true).tasks, 1);
	assert_int_equal(ce__limits_cell_close(fx.backend, &cell), -EBUSY);
	assert_int_equal(fx.backend->kept.count, 0);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	reap_all();
	give_back(&cell);
	assert_int_equal(fx.backend->kept.count, 0);
}

static void a_cell_that_nobody_looked_at_is_not_kept(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 4, &cell);
	run_once(&cell, do_nothing, 0);
	assert_int_equal(close_retrying(&cell), 0);
	assert_int_equal(fx.backend->kept.count, 0);
}

/* The supervisor takes it while init ends. */
static void the_last_sample_may_have_seen_a_task(void **state)
{
	struct ce_limits_cell cell;
	pid_t pid;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 4, &cell);
	pid = start_waiting(&cell);
	assert_int_equal(sample(&cell, true).tasks, 1);
	kill(pid, SIGKILL);
	wait_for(pid);
	while (sample(&cell, false).tasks > 0)
		usleep(500);
	assert_int_equal(ce__limits_cell_close(fx.backend, &cell), 0);
	assert_int_equal(fx.backend->kept.count, 1);
}

/* A task that came in afterwards, however it did. */
static void a_cell_with_a_task_is_not_lent(void **state)
{
	struct ce_limits_cell cell, copy;
	pid_t pid;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 4, &cell);
	copy = cell;
	give_back(&cell);
	assert_int_equal(fx.backend->kept.count, 1);
	pid = start_waiting(&copy);
	open_cell(64 * MIB, 4, &cell);
	assert_int_equal(cell.uses, 1);
	kill(pid, SIGKILL);
	wait_for(pid);
	give_back(&cell);
}

static void all_of_a_cell_dies_of_memory_when_it_is_lent_again(void **state)
{
	struct ce_limits_cell cell;
	pid_t other;

	(void)state;
	need_keeping();
	if (strcmp(fx.backend->ops->name, "cgroup-v2") != 0)
		skip(); /* v1 has no such thing: the supervisor looks */
	open_cell(64 * MIB, 4, &cell);
	run_once(&cell, do_nothing, 0);
	give_back(&cell);
	open_kept(32 * MIB, 4, &cell);
	other = start_waiting(&cell);
	assert_true(WIFSIGNALED(wait_for(start_in(&cell, touch_memory, 100))));
	assert_true(WIFSIGNALED(wait_for(other)));
	give_back(&cell);
}

/* ---- clean-up ---- */

static void kept_cgroups_are_removed_at_the_end(void **state)
{
	char *directories[CE_HIERARCHIES_MAX] = {0};
	struct ce_limits_cell cells[3];
	size_t count = 0;

	(void)state;
	need_keeping();
	for (size_t i = 0; i < 3; i++)
		open_cell(64 * MIB, 4, &cells[i]);
	for (size_t i = 0; i < 3; i++)
		give_back(&cells[i]);
	assert_int_equal(fx.backend->kept.count, 3);
	for (; ce__limits_directory(fx.backend, count); count++)
		directories[count] = strdup(ce__limits_directory(fx.backend, count));
	assert_int_equal(ce__limits_close(fx.backend), 0);
	fx.backend = NULL;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(access(directories[i], F_OK), -1);
		free(directories[i]);
	}
}

static void kept_cgroups_of_a_dead_supervisor_are_swept(void **state)
{
	struct ce_limits_cell cell;
	const char *directory;

	(void)state;
	need_keeping();
	open_cell(64 * MIB, 4, &cell);
	run_once(&cell, do_nothing, 0);
	give_back(&cell);
	assert_int_equal(fx.backend->kept.count, 1);
	for (size_t i = 0; (directory = ce__limits_directory(fx.backend, i)) != NULL; i++) {
		assert_int_equal(ce__limits_sweep(directory), 0);
		assert_int_equal(access(directory, F_OK), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LIMITS_TEST(an_empty_cell_serves_again),
	    LIMITS_TEST(fresh_means_that_nothing_is_kept),
	    LIMITS_TEST(cgroups_are_retired_after_some_uses),
	    LIMITS_TEST(no_more_are_kept_than_there_is_room_for),
	    LIMITS_TEST(memory_left_behind_keeps_a_cell_from_being_lent),
	    LIMITS_TEST(memory_that_was_freed_does_not),
	    LIMITS_TEST(the_memory_peak_begins_anew),
	    LIMITS_TEST(cpu_time_begins_anew),
	    LIMITS_TEST(memory_hits_begin_anew),
	    LIMITS_TEST(refused_forks_begin_anew),
	    LIMITS_TEST(limits_are_those_of_the_present_cell),
	    LIMITS_TEST(a_peak_of_tasks_cannot_be_set_back_so_the_cell_goes),
	    LIMITS_TEST(a_cell_in_which_memory_ran_out_is_not_kept),
	    LIMITS_TEST(a_cell_that_was_killed_is_not_kept),
	    LIMITS_TEST(a_cell_that_nobody_looked_at_is_not_kept),
	    LIMITS_TEST(the_last_sample_may_have_seen_a_task),
	    LIMITS_TEST(a_cell_with_a_task_is_not_lent),
	    LIMITS_TEST(all_of_a_cell_dies_of_memory_when_it_is_lent_again),
	    LIMITS_TEST(kept_cgroups_are_removed_at_the_end),
	    LIMITS_TEST(kept_cgroups_of_a_dead_supervisor_are_swept),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
