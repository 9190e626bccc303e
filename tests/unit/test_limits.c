/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The limits room against real cgroups, of whichever version this machine has: what a cell may use and how it ends. */
#include "limits_cells.h"

/* ---- what runs in cells ---- */

static int touch_and_report(int fd)
{
	char *shared = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED || touch_memory(8) != 0)
		return 98;
	memset(shared, 1, 4 << 20);
	if (write(fd, "x", 1) != 1)
		return 97;
	pause();
	return 0;
}

static int fork_for_ever(int fd)
{
	if (write(fd, "x", 1) != 1)
		return 97;
	for (;;)
		fork();
	return 0;
}

static int burn_in_a_tree(int ms)
{
	for (int i = 0; i < 2; i++) {
		if (fork() == 0) {
			burn_cpu((uint64_t)ms);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

/* ---- limits ---- */

static void memory_limit_kills_and_is_counted(void **state)
{
	struct ce_limits_cell cell;
	struct ce_cell_usage usage;
	int status;

	(void)state;
	need_backend();
	open_cell(32 * MIB, 4, &cell);
	assert_int_equal(sample(&cell, true).oom_kills, 0);
	status = wait_for(start_in(&cell, touch_memory, 100));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	usage = sample(&cell, true);
	assert_true(usage.oom_kills > 0);
	assert_true(usage.memory_hits > 0);
	if (usage.memory_peak_bytes)
		assert_in_range(usage.memory_peak_bytes, 31 * MIB, 32 * MIB);
	assert_int_equal(close_retrying(&cell), 0);
}

static void memory_below_the_limit_is_no_hit(void **state)
{
	struct ce_limits_cell cell;
	struct ce_cell_usage usage;

	(void)state;
	need_backend();
	open_cell(64 * MIB, 4, &cell);
	assert_int_equal(wait_for(start_in(&cell, touch_memory, 16)), 0);
	usage = sample(&cell, true);
	assert_int_equal(usage.oom_kills, 0);
	assert_int_equal(usage.memory_hits, 0);
	assert_int_equal(usage.task_hits, 0);
	if (usage.memory_peak_bytes)
		assert_in_range(usage.memory_peak_bytes, 16 * MIB, 24 * MIB);
	assert_int_equal(close_retrying(&cell), 0);
}

static void task_limit_refuses_forks_and_is_counted(void **state)
{
	struct ce_limits_cell cell;
	int gate[2], status;
	struct ce_cell_usage usage;

	(void)state;
	need_backend();
	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	open_cell(64 * MIB, 4, &cell);
	/* The child stands for init, which does not count: so four more. It closes no pipe end, and they
	 * wait. */
	status = wait_for(start_in(&cell, fork_until_refused, gate[0]));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 4);
	usage = sample(&cell, true);
	assert_int_equal(usage.tasks, 4);
	assert_true(usage.task_hits > 0);
	if (usage.tasks_peak)
		assert_int_equal(usage.tasks_peak, 5);
	assert_int_equal(ce__limits_cell_close(fx.backend, &cell), -EBUSY);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	reap_all();
	assert_int_equal(close_retrying(&cell), 0);
	close(gate[0]);
	close(gate[1]);
}

static void kill_ends_a_tree_that_forks_all_the_time(void **state)
{
	struct ce_limits_cell cell;
	int ready[2];
	char c;

	(void)state;
	need_backend();
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	open_cell(64 * MIB, 60, &cell);
	start_in(&cell, fork_for_ever, ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	while (sample(&cell, false).tasks < 20)
		usleep(1000);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	/* Returns only when there is none left: one that went on forking would hang this. */
	reap_all();
	assert_int_equal(sample(&cell, false).tasks, 0);
	assert_int_equal(close_retrying(&cell), 0);
	close(ready[0]);
	close(ready[1]);
}

static void kill_of_an_empty_cell_is_fine(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_backend();
	open_cell(64 * MIB, 4, &cell);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	/* and does not leave it frozen. On v2 some kernels (6.12) kill whatever is cloned into a group that was ever killed: such
	 * a one is not used again. */
	if (strcmp(fx.backend->ops->name, "cgroup-v2") != 0)
		assert_int_equal(wait_for(start_in(&cell, touch_memory, 1)), 0);
	assert_int_equal(close_retrying(&cell), 0);
	assert_int_equal(ce__limits_cell_close(fx.backend, &cell), 0);
}

static void cpu_time_of_the_whole_tree_is_counted(void **state)
{
	struct ce_limits_cell cell;
	struct ce_limits_info info;
	uint64_t cpu;

	(void)state;
	need_backend();
	ce__limits_info(fx.backend, &info);
	if (!(info.protections & CE_PROTECTION_CPU_LIMIT))
		skip();
	open_cell(64 * MIB, 4, &cell);
	assert_int_equal(wait_for(start_in(&cell, burn_in_a_tree, 60)), 0);
	cpu = sample(&cell, false).cpu_us;
	assert_in_range(cpu, 110000, 1000000);
	assert_int_equal(close_retrying(&cell), 0);
}

static void memory_is_split_by_kind(void **state)
{
	struct ce_limits_cell cell;
	struct ce_cell_usage usage;
	int ready[2];
	char c;

	(void)state;
	need_backend();
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	open_cell(64 * MIB, 4, &cell);
	start_in(&cell, touch_and_report, ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	usage = sample(&cell, true);
	assert_int_equal(usage.tasks, 1);
	assert_in_range(usage.anon_bytes, 8 * MIB, 12 * MIB);
	assert_in_range(usage.shmem_bytes, 4 * MIB, 5 * MIB);
	assert_in_range(usage.file_bytes, 0, 4 * MIB);
	assert_in_range(usage.memory_bytes, 12 * MIB, 20 * MIB);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	reap_all();
	assert_int_equal(close_retrying(&cell), 0);
	close(ready[0]);
	close(ready[1]);
}

static void cells_do_not_see_each_other(void **state)
{
	struct ce_limits_cell first, second;

	(void)state;
	need_backend();
	open_cell(32 * MIB, 4, &first);
	open_cell(64 * MIB, 4, &second);
	wait_for(start_in(&first, touch_memory, 100));
	assert_int_equal(wait_for(start_in(&second, touch_memory, 40)), 0);
	assert_true(sample(&first, true).oom_kills > 0);
	assert_int_equal(sample(&second, true).oom_kills, 0);
	assert_int_equal(close_retrying(&first), 0);
	assert_int_equal(close_retrying(&second), 0);
}

static void limits_of_zero_are_refused(void **state)
{
	const struct ce_cell_limits none = {.memory_bytes = 0, .processes = 1},
				    no_tasks = {.memory_bytes = MIB};
	struct ce_limits_cell cell;
	struct ce_failure failure;

	(void)state;
	need_backend();
	assert_int_equal(ce__limits_cell_open(fx.backend, &none, &cell, &failure), CE_ERR_INVALID);
	assert_int_equal(ce__limits_cell_open(fx.backend, &no_tasks, &cell, &failure), CE_ERR_INVALID);
}

static void limits_can_be_none(void **state)
{
	struct ce_limits_cell cell;

	(void)state;
	need_backend();
	open_cell(UINT64_MAX, UINT64_MAX, &cell);
	assert_int_equal(wait_for(start_in(&cell, touch_memory, 8)), 0);
	assert_int_equal(close_retrying(&cell), 0);
}

/* ---- clean-up ---- */

static void close_leaves_no_directory(void **state)
{
	char *directories[CE_HIERARCHIES_MAX] = {0};
	size_t count = 0;

	(void)state;
	need_backend();
	for (; ce__limits_directory(fx.backend, count); count++) {
		directories[count] = strdup(ce__limits_directory(fx.backend, count));
		assert_int_equal(access(directories[count], F_OK), 0);
	}
	assert_true(count > 0);
	ce__limits_close(fx.backend);
	fx.backend = NULL;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(access(directories[i], F_OK), -1);
		free(directories[i]);
	}
}

static void sweep_kills_and_removes_what_was_left(void **state)
{
	struct ce_limits_cell cell;
	const char *directory;
	int status;
	pid_t pid;

	(void)state;
	need_backend();
	open_cell(64 * MIB, 4, &cell);
	pid = start_waiting(&cell);
	for (size_t i = 0; (directory = ce__limits_directory(fx.backend, i)) != NULL; i++) {
		int r = ce__limits_sweep(directory);

		/* Not reaped yet, it may have kept its directory. */
		if (i == 0) {
			status = wait_for(pid);
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), SIGKILL);
		}
		if (r == -EBUSY)
			r = ce__limits_sweep(directory);
		assert_int_equal(r, 0);
		assert_int_equal(access(directory, F_OK), -1);
		assert_int_equal(ce__limits_sweep(directory), 0);
	}
	assert_int_equal(ce__limits_cell_close(fx.backend, &cell), 0);
}

static void sweep_wakes_what_was_left_frozen(void **state)
{
	struct ce_limits_cell cell;
	const char *directory;
	char path[4200];
	pid_t pid;

	(void)state;
	need_backend();
	directory = ce__limits_directory(fx.backend, 0);
	snprintf(path, sizeof(path), "%s/freezer.state", directory);
	if (access(path, F_OK) < 0)
		skip(); /* cgroup v2, or v1 without freezer: nothing is ever frozen */
	open_cell(64 * MIB, 4, &cell);
	pid = start_waiting(&cell);
	assert_int_equal(ce__io_write_file(AT_FDCWD, path, "FROZEN"), 0);
	for (size_t i = 0; (directory = ce__limits_directory(fx.backend, i)) != NULL; i++)
		assert_int_equal(ce__limits_sweep(directory), 0);
	assert_true(WIFSIGNALED(wait_for(pid)));
	assert_int_equal(ce__limits_cell_close(fx.backend, &cell), 0);
}

/* Also where v2 has no controllers: a hybrid machine. */
static void sweep_kills_a_nested_tree_on_v2(void **state)
{
	struct ce_limits_cell cell = {.clone_cgroup_fd = -1};
	char path[4200], inner[4300];
	struct ce_hierarchies found;
	int made;
	pid_t pid;

	(void)state;
	assert_int_equal(ce__discover_run(&found), 0);
	snprintf(path, sizeof(path), "%s/%s-nested", found.v2.own ? found.v2.own : "/nowhere", fx.instance);
	ce__discover_finish(&found);
	made = mkdir(path, 0755);
	if (made < 0)
		need_backend();
	if (made < 0)
		skip(); /* v1 only, or v2 is not ours */
	snprintf(inner, sizeof(inner), "%s/e1", path);
	assert_int_equal(mkdir(inner, 0755), 0);
	cell.clone_cgroup_fd = open(inner, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(cell.clone_cgroup_fd >= 0);
	pid = start_waiting(&cell);
	close(cell.clone_cgroup_fd);
	ce__limits_sweep(path);
	assert_int_equal(WTERMSIG(wait_for(pid)), SIGKILL);
	assert_int_equal(ce__limits_sweep(path), 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void sweep_refuses_paths_that_are_not_ours(void **state)
{
	char temporary[] = "/tmp/codeexec-sweep-XXXXXX", path[256];

	(void)state;
	assert_non_null(mkdtemp(temporary));
	assert_int_equal(ce__limits_sweep(temporary), -EINVAL);
	assert_int_equal(access(temporary, F_OK), 0);
	snprintf(path, sizeof(path), "/sys/../%s", temporary);
	assert_int_equal(ce__limits_sweep(path), -EINVAL);
	rmdir(temporary);
	assert_int_equal(ce__limits_sweep("codeexec-relative"), -EINVAL);
	assert_int_equal(ce__limits_sweep(""), -EINVAL);
	assert_int_equal(ce__limits_sweep("/"), -EINVAL);
	assert_int_equal(ce__limits_sweep("/sys/fs/cgroup/other"), -EINVAL);
	assert_int_equal(ce__limits_sweep("/sys/fs/cgroup/codeexec-x/.."), -EINVAL);
	assert_int_equal(ce__limits_sweep("/sys/fs/cgroup/codeexec-x/"), -EINVAL);
	assert_int_equal(ce__limits_sweep("/sys/fs/cgroup/" CE_LIMITS_HOST_LEAF), -EINVAL);
	assert_int_equal(ce__limits_sweep("/nowhere/codeexec-x"), 0);
}

/* ---- without cgroups ---- */

static int burn_then_wait(int fd)
{
	if (fork() == 0) {
		burn_cpu(60);
		if (write(fd, "x", 1) != 1)
			_exit(97);
		wait_for_ever(-1);
	}
	return wait_for_ever(fd);
}

static void sampling_sees_the_tree(void **state)
{
	static struct ce_pid_tree by_lists, by_parents;
	struct ce_limits_cell cell = {.clone_cgroup_fd = -1};
	struct ce_cell_usage usage;
	int ready[2];
	char text[2];
	pid_t pid;

	(void)state;
	tear_down(NULL);
	fx.backend = calloc(1, sizeof(*fx.backend));
	assert_int_equal(ce__rlimits_open(fx.backend, "a test"), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	open_cell(64 * MIB, 4, &cell);
	assert_int_equal(sample(&cell, true).tasks, 0);
	pid = start_in(&cell, burn_then_wait, ready[1]);
	assert_int_equal(ce__io_read_full(ready[0], text, 2), 2);
	usage = sample(&cell, true);
	assert_int_equal(usage.tasks, 2);
	assert_in_range(usage.cpu_us, 30000, 1000000);
	assert_true(usage.memory_bytes > 0);
	assert_true(usage.anon_bytes <= usage.memory_bytes);
	assert_int_equal(ce__rlimits_tree(pid, false, &by_parents), 2);
	if (access("/proc/thread-self/children", R_OK) == 0) {
		assert_int_equal(ce__rlimits_tree(pid, true, &by_lists), 2);
		assert_memory_equal(by_lists.pids, by_parents.pids, 2 * sizeof(pid_t));
	}
	kill(by_parents.pids[1], SIGKILL);
	kill(pid, SIGKILL);
	reap_all();
	/* What was once seen is not forgotten. */
	assert_true(sample(&cell, false).cpu_us >= usage.cpu_us);
	assert_int_equal(ce__limits_cell_kill(fx.backend, &cell), 0);
	assert_int_equal(ce__limits_cell_close(fx.backend, &cell), 0);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LIMITS_TEST(memory_limit_kills_and_is_counted),
	    LIMITS_TEST(memory_below_the_limit_is_no_hit),
	    LIMITS_TEST(task_limit_refuses_forks_and_is_counted),
	    LIMITS_TEST(kill_ends_a_tree_that_forks_all_the_time),
	    LIMITS_TEST(kill_of_an_empty_cell_is_fine),
	    LIMITS_TEST(cpu_time_of_the_whole_tree_is_counted),
	    LIMITS_TEST(memory_is_split_by_kind),
	    LIMITS_TEST(cells_do_not_see_each_other),
	    LIMITS_TEST(limits_of_zero_are_refused),
	    LIMITS_TEST(limits_can_be_none),
	    LIMITS_TEST(close_leaves_no_directory),
	    LIMITS_TEST(sweep_kills_and_removes_what_was_left),
	    LIMITS_TEST(sweep_wakes_what_was_left_frozen),
	    LIMITS_TEST(sweep_kills_a_nested_tree_on_v2),
	    LIMITS_TEST(sweep_refuses_paths_that_are_not_ours),
	    LIMITS_TEST(sampling_sees_the_tree),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
