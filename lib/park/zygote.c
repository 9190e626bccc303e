/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A zygote: forks children into cells that the supervisor has made. A child's father has to be a member of the cell's pid
 * namespace for the cell's init to inherit it: so a first child, which shares our memory and lives for one call, is cloned there
 * and forks. The second one joins the rest of the cell and takes the steps that every program takes, by the same code, before
 * it sees a byte of a request. */
#include "park/inside.h"
#include "park/park.h"
#include "sandbox/cell.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define FATHER_PID 300 /* anything but the program's; what is given out next does not depend on it */
#define RSEQ_BYTES 32

/* ---- may it be forked? ---- */

static bool has_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	unsigned count = 0;

	if (!tasks)
		return true;
	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count != 3; /* with . and .. */
}

static bool shares_memory(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], modes[8];
	bool shares = !maps;

	while (maps && !shares && fgets(line, sizeof(line), maps))
		shares = sscanf(line, "%*s %7s", modes) == 1 && modes[1] == 'w' && modes[3] == 's';
	if (maps)
		fclose(maps);
	return shares;
}

static bool has_files(int channel)
{
	DIR *fds = opendir("/proc/self/fd");
	struct dirent *entry;
	bool has = !fds;

	while (fds && !has && (entry = readdir(fds))) {
		long fd = strtol(entry->d_name, NULL, 10);

		has = fd > 2 && fd != channel && fd != dirfd(fds);
	}
	if (fds)
		closedir(fds);
	return has;
}

unsigned ce__zygote_obstacle(int channel)
{
	return has_threads() ? CE_PARK_THREADS :
	       has_files(channel) ? CE_PARK_DESCRIPTORS :
	       shares_memory() ? CE_PARK_SHARED : CE_PARK_NO_OBSTACLE;
}

/* ---- orders ---- */

struct order {
	struct ce_park_order head;
	int fds[CE_PARK_ORDER_FDS];
	size_t fd_count;
};

static void close_fds(struct order *order)
{
	for (size_t i = 0; i < order->fd_count; i++)
		close(order->fds[i]);
	order->fd_count = 0;
}

static bool is_whole(const struct order *order)
{
	return order->head.attach_count <= CE_CELL_ATTACH && order->head.namespaces < UINT64_C(1) << CE_CELL_NAMESPACES &&
	       order->head.park_number > 2 && order->head.park_number < 1 << 20 && order->head.plan_size >= sizeof(struct ce_plan) &&
	       order->fd_count == CE_PARK_ORDER_FIXED_FDS + order->head.attach_count +
					 (size_t)__builtin_popcountll(order->head.namespaces);
}

/* Ends with the supervisor. */
static void receive(int channel, struct order *order)
{
	ssize_t n;

	order->fd_count = CE_PARK_ORDER_FDS;
	n = ce__message_receive(channel, &order->head, sizeof(order->head), order->fds, &order->fd_count, 0);
	if (n != (ssize_t)sizeof(order->head) || !is_whole(order))
		_exit(127);
}

/* ---- in the child ---- */

static void map_plan(const struct order *order, struct ce_cell_setup *setup)
{
	void *plan = mmap(NULL, order->head.plan_size, PROT_READ, MAP_PRIVATE, order->fds[0], 0);

	if (plan == MAP_FAILED)
		_exit(127);
	setup->plan = plan;
	setup->stage = &setup->plan->stages[0];
}

static void fill(const struct order *order, struct ce_cell_setup *setup)
{
	const struct ce_park_order *head = &order->head;
	size_t next = CE_PARK_ORDER_FIXED_FDS;

	*setup = (struct ce_cell_setup){
		.disable = head->disable,
		.tolerate = head->tolerate,
		.landlock_abi = head->landlock_abi,
		.last_capability = head->last_capability,
		.rootless = head->rootless,
		.rlimits_only = head->rlimits_only,
		.forked = true,
		.report_fd = order->fds[1],
		.park_fd = order->fds[2],
		.park_number = (int)head->park_number,
		.spare_fd = -1,
		.stdio = { order->fds[3], order->fds[4], order->fds[5] },
		.attach_count = head->attach_count,
	};
	memcpy(setup->host_namespaces, head->host_namespaces, sizeof(setup->host_namespaces));
	for (size_t i = 0; i < head->attach_count; i++)
		setup->attach_fds[i] = order->fds[next++];
	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++)
		setup->join_fds[i] = head->namespaces & UINT64_C(1) << i ? order->fds[next++] : -1;
	map_plan(order, setup);
}

/* The kernel's idea of where we tell on which processor we run went with the father, who shared the zygote's memory. */
static void register_rseq(void)
{
#if defined(__x86_64__) && __has_include(<sys/rseq.h>)
	if (__rseq_size)
		syscall(SYS_rseq, (char *)pthread_self() + __rseq_offset, RSEQ_BYTES, 0, RSEQ_SIG);
#endif
}

static void become_program_of_cell(struct order *order)
{
	struct ce_cell_setup setup;
	struct ce_cell cell;

	fill(order, &setup);
	memset(&cell, 0, sizeof(cell));
	cell.setup = &setup;
	/* What init saw, but for what we look at ourselves. */
	cell.protections = order->head.protections;
	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++)
		cell.protections &= ~ce__cell_namespaces[i].protection;
	if (getpid() != CE_CELL_PROGRAM_PID) {
		cell.record.os_error = ESRCH;
		ce__cell_copy_text(cell.record.step, sizeof(cell.record.step), "pid");
		ce__cell_report(&cell, CE_RECORD_FAILED);
		_exit(127);
	}
	register_rseq();
	/* The father shares the zygote's memory: the program must not meet it. Then init is our parent. */
	while (getppid() != 1)
		sched_yield();
	if (ce__cell_run_steps(&cell, ce__cell_join_steps, CE_TABLE_INIT) ||
	    ce__cell_run_steps(&cell, ce__cell_begin_steps, CE_TABLE_BEGIN) ||
	    ce__cell_run_steps(&cell, ce__cell_program_steps, CE_TABLE_PROGRAM)) {
		ce__cell_report(&cell, CE_RECORD_FAILED);
		_exit(127);
	}
	munmap((void *)(uintptr_t)setup.plan, order->head.plan_size);
	if (ce__cell_report(&cell, CE_RECORD_STARTED))
		_exit(127);
	close(setup.report_fd);
	fcntl(setup.park_number, F_SETFD, FD_CLOEXEC);
	ce__memory_copy_ahead(order->head.urgent);
	memset(order, 0, sizeof(*order));
}

/* ---- in the zygote ---- */

/* Where it is known how, the father shares our memory and we wait for it: nothing is copied twice. It must not return from the
 * function that this is part of: its stack is ours. */
static inline __attribute__((always_inline)) long clone_father(struct clone_args *args)
{
#ifdef __x86_64__
	long result = SYS_clone3;

	args->flags |= CLONE_VM | CLONE_VFORK;
	__asm__ volatile("syscall" : "+a"(result) : "D"(args), "S"(sizeof(*args)) : "rcx", "r11", "memory");
	return result;
#else
	long result = syscall(SYS_clone3, args, sizeof(*args));

	return result < 0 ? -errno : result;
#endif
}

/* 0 in the child; else the father's end. -1: into our own pid namespace. */
static __attribute__((noinline)) long fork_into(int pid_namespace)
{
	pid_t number = FATHER_PID;
	struct clone_args args = { 0 };
	int status = 0;
	long father;

	if (pid_namespace >= 0) {
		if (setns(pid_namespace, CLONE_NEWPID) < 0)
			return -errno;
		args.set_tid = (uintptr_t)&number;
		args.set_tid_size = 1;
	}
	father = clone_father(&args);
	if (father == 0) {
		pid_t child = fork();

		if (child == 0)
			return 0;
		_exit(child < 0 ? errno : 0);
	}
	if (father < 0)
		return father;
	while (waitpid((pid_t)father, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? father : -(WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD);
}

static int pid_namespace_of(const struct order *order)
{
	size_t next = CE_PARK_ORDER_FIXED_FDS + order->head.attach_count;

	for (size_t i = 0; i < CE_CELL_NAMESPACES; i++) {
		if (!(order->head.namespaces & UINT64_C(1) << i))
			continue;
		if (ce__cell_namespaces[i].clone_flag == CLONE_NEWPID)
			return order->fds[next];
		next++;
	}
	return -1;
}

/* An interpreter that reads on, or prints, shall not wait for anybody. */
static bool take_empty_streams(void)
{
	int null = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	bool taken = null >= 0;

	for (int i = 0; i < 3 && taken; i++)
		taken = dup2(null, i) == i;
	close(null);
	return taken;
}

bool ce__zygote_rehearse(int channel, const char *program)
{
	int ends[2], file;

	if (ce__zygote_obstacle(channel) || !ce__memory_note())
		return false;
	/* By its number: the object's own open() waits for the program. */
	file = (int)syscall(SYS_openat, AT_FDCWD, program, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return false;
	close(file);
	if (pipe2(ends, O_CLOEXEC) == 0) {
		if (fork_into(-1) == 0) {
			register_rseq();
			close(ends[0]);
			if (!take_empty_streams())
				_exit(0);
			ce__memory_tell_at_exit(ends[1]);
			return true;
		}
		close(ends[1]);
		ce__memory_learn(ends[0]);
		close(ends[0]);
	}
	unlink(program);
	return false;
}

void ce__zygote_serve(int channel)
{
	static struct order order;

	for (;;) {
		long r;

		receive(channel, &order);
		r = fork_into(pid_namespace_of(&order));
		if (r == 0) {
			become_program_of_cell(&order);
			return;
		}
		close_fds(&order);
		if (r < 0) {
			uint64_t error = (uint64_t)-r;

			if (send(channel, &error, sizeof(error), MSG_NOSIGNAL) != (ssize_t)sizeof(error))
				_exit(127);
		}
	}
}
