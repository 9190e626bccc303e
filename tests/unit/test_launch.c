/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A launch under namespaces that somebody else lives in: the cell's become their children, init stays the caller's child, and who
 * has capabilities there has them over the cell. As root with ids of its own, as an ordinary user with one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "plan/build.h"
#include "sandbox/cell.h"

#define UID_INIT 2199000000u
#define UID_PROGRAM 2199000001u

static struct fixture {
	char directory[64];
	bool root;
	struct ce_roots *roots;
	int proc_fd, home_fd;
	struct ce_plan *plan;
	size_t plan_size;
} fx;

/* Somebody who lives in a user and a pid namespace of his own until he is told to go. */
struct resident {
	pid_t pid;
	int go;
	int user_fd, pid_fd;
};

static void write_file(const char *format, pid_t pid, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), format, (int)pid);
	assert_int_equal(ce__io_write_file(AT_FDCWD, path, text), 0);
}

static int open_namespace(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void move_in(struct resident *r)
{
	char map[64], byte;
	int go[2], there[2], status;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(there, O_CLOEXEC), 0);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		close(go[1]);
		if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
			_exit(99);
		r->pid = fork(); /* pid 1 there */
		if (r->pid == 0)
			_exit(write(there[1], "u", 1) == 1 && read(go[0], &byte, 1) == 0 ? 0 : 97);
		_exit(waitpid(r->pid, &status, 0) == r->pid && WIFEXITED(status) ? WEXITSTATUS(status) : 98);
	}
	close(go[0]);
	close(there[1]);
	r->go = go[1];
	assert_int_equal(read(there[0], &byte, 1), 1);
	close(there[0]);
	if (fx.root) {
		snprintf(map, sizeof(map), "0 %u 1\n1000 %u 1\n", UID_INIT, UID_PROGRAM);
	} else {
		write_file("/proc/%d/setgroups", r->pid, "deny");
		snprintf(map, sizeof(map), "1000 0 1\n");
	}
	write_file("/proc/%d/uid_map", r->pid, map);
	write_file("/proc/%d/gid_map", r->pid, map);
	r->user_fd = open_namespace(r->pid, "user");
	r->pid_fd = open_namespace(r->pid, "pid_for_children");
}

static void move_out(struct resident *r)
{
	int status = 0;

	close(r->go);
	close(r->user_fd);
	close(r->pid_fd);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

struct cell {
	struct ce_cell_setup setup;
	int report, lifeline, pidfd;
	pid_t pid;
};

static void prepare(struct cell *c, const struct resident *r)
{
	struct ce_failure failure = { 0 };
	struct ce_root root;
	int report[2], lifeline[2];

	memset(c, 0, sizeof(*c));
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	assert_int_equal(pipe2(lifeline, O_CLOEXEC), 0);
	c->report = report[0];
	c->lifeline = lifeline[1];
	c->setup = (struct ce_cell_setup){
		.plan = fx.plan,
		.stage = fx.plan->stages,
		.proc_fd = fx.proc_fd,
		.home_fd = fx.home_fd,
		.disable = CE_PROTECTION_SECCOMP,
		.tolerate = CE_PROTECTION_LANDLOCK | CE_PROTECTION_LANDLOCK_SCOPE,
		.landlock_abi = ce__landlock_abi(),
		.last_capability = 40,
		.rootless = !fx.root,
		.init_uid = UID_INIT,
		.program_uid = UID_PROGRAM,
		.parent_user_fd = r->user_fd,
		.parent_pid_fd = r->pid_fd,
		.parent_init_uid = fx.root ? 0 : 1000,
		.parent_program_uid = 1000,
		.lifeline_fd = lifeline[0],
		.report_fd = report[1],
		.artifacts_fd = -1,
		.compiled_fd = -1,
		.lease_fd = -1,
		.park_fd = -1,
		.spare_fd = -1,
		.clone_cgroup_fd = -1,
	};
	for (int i = 0; i < 3; i++)
		c->setup.stdio[i] = fcntl(open("/dev/null", O_RDWR | O_CLOEXEC), F_DUPFD_CLOEXEC, 3);
	c->setup.work_fd = ce__root_make_work(1 << 20, 64, fx.root ? UID_INIT : 0);
	assert_true(c->setup.work_fd >= 0);
	if (ce__roots_find(fx.roots, fx.plan, fx.plan->stages, false, &root, &failure))
		fail_msg("%s", failure.message);
	c->setup.root_fd = root.fd;
	c->setup.root_device = root.device;
}

static void launch(struct cell *c)
{
	struct ce_failure failure = { 0 };
	bool lost;

	if (ce__launch_cell(&c->setup, &c->pid, &c->pidfd, &lost, &failure))
		fail_msg("%s: %s: %s", failure.step, failure.message, strerror((int)failure.os_error));
}

static struct ce_cell_record let_it_run(struct cell *c)
{
	struct ce_cell_record record;
	siginfo_t info;

	memset(&record, 0, sizeof(record));
	close(c->setup.report_fd);
	assert_int_equal(write(c->lifeline, "g", 1), 1);
	assert_int_equal(read(c->report, &record, sizeof(record)), (ssize_t)sizeof(record));
	assert_int_equal(waitid(P_PID, (id_t)c->pid, &info, WEXITED), 0);
	return record;
}

static void forget(struct cell *c)
{
	close(c->report);
	close(c->lifeline);
	close(c->pidfd);
	close(c->setup.lifeline_fd);
	close(c->setup.work_fd);
	for (int i = 0; i < 3; i++)
		close(c->setup.stdio[i]);
}

static ino_t inode(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

/* Has somebody with all capabilities in the resident's namespace also those over the cell's? He joins it. */
static bool resident_may_join(const struct resident *r, int user_fd, int mount_fd)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(setns(r->user_fd, CLONE_NEWUSER) == 0 && setns(user_fd, CLONE_NEWUSER) == 0 &&
				      setns(mount_fd, CLONE_NEWNS) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void cells_namespaces_are_children_of_those_given(void **state)
{
	struct resident r;
	struct cell c;
	struct ce_cell_record record;
	int user, mount, pid, parent, parent_pid;

	(void)state;
	move_in(&r);
	prepare(&c, &r);
	launch(&c);
	user = open_namespace(c.pid, "user");
	mount = open_namespace(c.pid, "mnt");
	pid = open_namespace(c.pid, "pid");
	parent = ioctl(user, NS_GET_PARENT);
	parent_pid = ioctl(pid, NS_GET_PARENT);
	assert_true(parent >= 0 && parent_pid >= 0);
	assert_int_equal(inode(parent_pid), inode(r.pid_fd));
	assert_int_equal(inode(parent), inode(r.user_fd));
	assert_int_not_equal(inode(user), inode(r.user_fd));
	assert_true(resident_may_join(&r, user, mount));
	record = let_it_run(&c);
	if (record.kind != CE_RECORD_PROBED)
		fail_msg("%s: %s: %s", record.step, record.path, strerror((int)record.os_error));
	assert_true(record.protections & CE_PROTECTION_USER_NS);
	assert_true(record.protections & CE_PROTECTION_PID_NS);
	assert_true(record.protections & CE_PROTECTION_NO_CAPABILITIES);
	if (fx.root)
		assert_true(record.protections & CE_PROTECTION_OWN_UID);
	close(user), close(mount), close(pid), close(parent), close(parent_pid);
	forget(&c);
	move_out(&r);
}

static void caller_stays_where_it_was_and_what_it_was(void **state)
{
	struct resident r;
	struct cell c;
	int before = open_namespace(getpid(), "user"), after;
	int mount = open_namespace(getpid(), "mnt"), mount_after;

	(void)state;
	move_in(&r);
	prepare(&c, &r);
	launch(&c);
	after = open_namespace(getpid(), "user");
	mount_after = open_namespace(getpid(), "mnt");
	assert_int_equal(inode(before), inode(after));
	assert_int_equal(inode(mount), inode(mount_after));
	assert_int_equal(geteuid(), 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	let_it_run(&c);
	close(before), close(after), close(mount), close(mount_after);
	forget(&c);
	move_out(&r);
}

static void ids_that_the_parent_does_not_have_are_refused(void **state)
{
	struct ce_failure failure = { 0 };
	struct resident r;
	struct cell c;
	bool lost = true;

	(void)state;
	move_in(&r);
	prepare(&c, &r);
	c.setup.parent_init_uid = c.setup.parent_program_uid = 77;
	assert_int_equal(ce__launch_cell(&c.setup, &c.pid, &c.pidfd, &lost, &failure), CE_ERR_OS);
	assert_string_equal(failure.step, fx.root ? "parent-ids" : "id-map");
	assert_false(lost);
	assert_int_equal(c.pid, -1);
	assert_int_equal(c.pidfd, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* the resident, and nobody else, is our child */
	close(c.setup.report_fd);
	forget(&c);
	move_out(&r);
}

static void build_plan(void)
{
	static struct ce_root_table root;
	struct ce_build_inputs inputs = { .root = &root, .stage_count = 1, .flags = CE_PLAN_PROBE };
	ce_limits limits = ce_limits_init();
	void *block = NULL;

	ce__root_table_init(&root);
	limits.wall_time_ms = limits.cpu_time_ms = 1000;
	limits.memory_bytes = limits.disk_bytes = limits.file_size_bytes = limits.stack_bytes = 1 << 20;
	limits.disk_inodes = limits.processes = limits.open_files = 32;
	inputs.stages[0] = (struct ce_build_stage){ .stage = CE_STAGE_RUN, .limits = &limits };
	assert_int_equal(ce__build_plan(&inputs, &block, &fx.plan_size, NULL), 0);
	fx.plan = block;
}

static int set_up(void **state)
{
	struct ce_failure failure = { 0 };
	char map[64];
	uid_t uid = geteuid();

	(void)state;
	fx.root = uid == 0;
	if (unshare(CLONE_NEWNS | (fx.root ? 0 : CLONE_NEWUSER)) < 0)
		return -1;
	if (!fx.root) {
		write_file("/proc/%d/setgroups", getpid(), "deny");
		snprintf(map, sizeof(map), "0 %u 1\n", (unsigned)uid);
		write_file("/proc/%d/uid_map", getpid(), map);
		write_file("/proc/%d/gid_map", getpid(), map);
	}
	strcpy(fx.directory, "/tmp/launch-XXXXXX");
	if (!mkdtemp(fx.directory) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	fx.proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fx.home_fd = open_namespace(getpid(), "mnt");
	if (ce__roots_open(fx.directory, fx.proc_fd, &fx.roots, &failure)) {
		print_error("%s\n", failure.message);
		return -1;
	}
	build_plan();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(fx.proc_fd);
	close(fx.home_fd);
	ce__roots_close(fx.roots);
	free(fx.plan);
	return rmdir(fx.directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_namespaces_are_children_of_those_given),
		cmocka_unit_test(caller_stays_where_it_was_and_what_it_was),
		cmocka_unit_test(ids_that_the_parent_does_not_have_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
