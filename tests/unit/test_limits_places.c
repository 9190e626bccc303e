/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The limits room: where its cgroups are, who may have them, and what becomes of an opening that fails. */
#include "limits_cells.h"

#define NOBODY 65534

static void open_that_fails_halfway_leaves_nothing(void **state)
{
	CE_CLEANUP_FREE char *directories[CE_HIERARCHIES_MAX] = {0};
	struct ce_failure failure = {0};
	struct ce_limits_backend *backend = NULL;
	size_t count = 0;

	(void)state;
	need_backend();
	for (; ce__limits_directory(fx.backend, count); count++)
		directories[count] = strdup(ce__limits_directory(fx.backend, count));
	ce__limits_close(fx.backend);
	fx.backend = NULL;
	/* The name is taken in one place: memory's on v1, the only one on v2. */
	assert_int_equal(mkdir(directories[count - 1], 0755), 0);
	assert_int_equal(open_backend(fx.instance, CE_LIMITS_MOVE_HOST, &backend, &failure),
			 CE_ERR_UNSUPPORTED);
	assert_null(backend);
	assert_int_equal(rmdir(directories[count - 1]), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(access(directories[i], F_OK), -1);
		if (i > 0)
			free(directories[i]);
	}
}

#define SUPERVISORS 4

static int supervise_for_a_moment(pid_t host, int number)
{
	const struct ce_cell_limits limits = {.memory_bytes = 64 * MIB, .processes = 4};
	struct ce_limits_backend *backend = NULL;
	struct ce_failure failure = {0};
	struct ce_limits_cell cell;
	char instance[96];
	struct ce_limits_config config = {
	    .instance = instance, .flags = CE_LIMITS_MOVE_HOST, .host_pid = host};

	snprintf(instance, sizeof(instance), "%s-%d", fx.instance, number);
	if (ce__limits_open(&config, &backend, &failure) < 0 ||
	    ce__limits_cell_open(backend, &limits, &cell, &failure) < 0) {
		fprintf(stderr, "%s\n", failure.message);
		return 1;
	}
	if (ce__limits_cell_close(backend, &cell) < 0)
		return 2;
	ce__limits_close(backend);
	return 0;
}

static void supervisors_of_one_host_come_and_go_together(void **state)
{
	char before[4096], after[4096];
	pid_t pids[SUPERVISORS];

	(void)state;
	need_backend();
	tear_down(NULL);
	assert_true(ce__io_read_file(AT_FDCWD, "/proc/self/cgroup", before, sizeof(before)) > 0);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < SUPERVISORS; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				_exit(supervise_for_a_moment(getppid(), i));
		}
		for (int i = 0; i < SUPERVISORS; i++)
			assert_int_equal(wait_for(pids[i]), 0);
	}
	/* The last one has put everything back. */
	assert_true(ce__io_read_file(AT_FDCWD, "/proc/self/cgroup", after, sizeof(after)) > 0);
	assert_string_equal(before, after);
}

static void bad_names_and_places_are_refused(void **state)
{
	static const char *const bad[] = {"", "other", "codeexec-a/b", CE_LIMITS_HOST_LEAF, NULL};
	struct ce_limits_backend *backend = NULL;
	struct ce_failure failure = {0};
	struct ce_limits_config config = {.instance = "codeexec-test-bad", .cgroup = "/tmp"};

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(bad); i++)
		assert_int_equal(open_backend(bad[i], 0, &backend, &failure), CE_ERR_INVALID);
	assert_int_equal(ce__limits_open(&config, &backend, &failure), CE_ERR_INVALID);
	assert_non_null(strstr(failure.message, "/tmp"));
	config.cgroup = "/sys/fs/cgroup/codeexec-does-not-exist";
	assert_int_equal(ce__limits_open(&config, &backend, &failure), CE_ERR_INVALID);
	assert_int_equal(failure.os_error, ENOENT);
}

/* ---- an ordinary user ---- */

/* Children report through their exit status: cmocka belongs to the parent. */
static int run_as_nobody(int (*body)(const char *instance))
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(90);
		_exit(body(fx.instance));
	}
	return WEXITSTATUS(wait_for(pid));
}

static int fall_back(const char *instance)
{
	struct ce_limits_backend *backend = NULL;
	struct ce_failure failure = {0};
	struct ce_limits_info info;

	if (open_backend(instance, 0, &backend, &failure) != CE_ERR_UNSUPPORTED)
		return 1;
	if (!strstr(failure.message, "systemd-run --user --scope -p Delegate=yes -- COMMAND") ||
	    !strstr(failure.message, "--allow-weaker"))
		return 2;
	if (open_backend(instance, CE_LIMITS_ALLOW_WEAKER, &backend, &failure) != 0)
		return 3;
	ce__limits_info(backend, &info);
	if (strcmp(info.name, "rlimits") != 0 || info.protections != 0 || !strstr(info.detail, "v2: "))
		return 4;
	if (ce__limits_directory(backend, 0))
		return 5;
	ce__limits_close(backend);
	return 0;
}

static void weaker_limits_need_permission(void **state)
{
	(void)state;
	need_backend();
	if (geteuid() != 0)
		skip();
	tear_down(NULL);
	assert_int_equal(run_as_nobody(fall_back), 0);
}

static int work_in_delegated(const char *instance)
{
	struct ce_failure failure = {0};
	struct ce_limits_cell cell;
	struct ce_cell_usage usage;
	struct ce_limits_info info;
	const struct ce_cell_limits limits = {.memory_bytes = 32 * MIB, .processes = 4};
	pid_t pid;

	if (open_backend(instance, CE_LIMITS_MOVE_HOST, &fx.backend, &failure) < 0) {
		fprintf(stderr, "%s\n", failure.message);
		return 1;
	}
	ce__limits_info(fx.backend, &info);
	if (strcmp(info.name, "rlimits") == 0)
		return 2;
	if (ce__limits_cell_open(fx.backend, &limits, &cell, &failure) < 0) {
		fprintf(stderr, "%s\n", failure.message);
		return 3;
	}
	pid = start_in(&cell, touch_memory, 100);
	if (waitpid(pid, NULL, 0) != pid || ce__limits_cell_sample(fx.backend, &cell, CE_SAMPLE_SPLIT, &usage) < 0)
		return 4;
	if (usage.oom_kills == 0)
		return 5;
	if (close_retrying(&cell) != 0)
		return 6;
	ce__limits_close(fx.backend);
	return 0;
}

/* Where cpuset is mounted with the others, a new group has no processors until it is given some. */
static void copy_cpuset(const char *directory)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char path[4200], text[4096];

	for (size_t i = 0; i < CE_ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/../%s", directory, files[i]);
		if (ce__io_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		ce__io_write_file(AT_FDCWD, path, text);
	}
}

static void give_to_nobody(const char *directory)
{
	static const char *const files[] = {"", "/cgroup.procs", "/tasks", "/cgroup.subtree_control",
					    "/cgroup.threads"};
	char path[4200];

	assert_int_equal(mkdir(directory, 0755), 0);
	for (size_t i = 0; i < CE_ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s%s", directory, files[i]);
		if (chown(path, NOBODY, NOBODY) < 0)
			assert_int_equal(errno, ENOENT);
	}
	copy_cpuset(directory);
}

static int enter_and_work(char *const *directories, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[4200];

		snprintf(path, sizeof(path), "%s/cgroup.procs", directories[i]);
		if (ce__io_write_file_u64(AT_FDCWD, path, (uint64_t)getpid()) < 0)
			return 80;
	}
	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 90;
	return work_in_delegated(fx.instance);
}

static void a_user_works_in_a_delegated_cgroup(void **state)
{
	char *directories[CE_HIERARCHIES_MAX] = {0};
	size_t count = 0;
	int status;
	pid_t pid;

	(void)state;
	need_backend();
	if (geteuid() != 0)
		skip();
	for (; ce__limits_directory(fx.backend, count); count++) {
		directories[count] = ce__base_asprintf("%s-user", ce__limits_directory(fx.backend, count));
		give_to_nobody(directories[count]);
	}
	pid = fork();
	if (pid == 0)
		_exit(enter_and_work(directories, count));
	status = wait_for(pid);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ce__limits_sweep(directories[i]), 0);
		free(directories[i]);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LIMITS_TEST(open_that_fails_halfway_leaves_nothing),
	    LIMITS_TEST(supervisors_of_one_host_come_and_go_together),
	    LIMITS_TEST(bad_names_and_places_are_refused),
	    LIMITS_TEST(weaker_limits_need_permission),
	    LIMITS_TEST(a_user_works_in_a_delegated_cgroup),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
