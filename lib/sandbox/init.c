/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * pid 1 of a cell: sets it up, starts the program as its vfork child, reaps, reports, and by ending takes everything
 * else in the pid namespace with it. It never execs and drops its capabilities once the program runs. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define STACK_BYTES ((size_t)64 * 1024)

/* Runs in the vfork child: shares init's memory, has its own credentials, descriptors and limits. */
static void program(struct ce_cell *cell)
{
	const struct ce_cell_setup *setup = cell->setup;

	if (setup->zygote ? ce__cell_run_steps(cell, ce__cell_zygote_steps, CE_TABLE_PROGRAM) :
	    ce__cell_run_steps(cell, ce__cell_begin_steps, CE_TABLE_BEGIN) ||
		    ce__cell_run_steps(cell, ce__cell_file_steps, CE_TABLE_FILES) ||
		    ce__cell_run_steps(cell, ce__cell_program_steps, CE_TABLE_PROGRAM)) {
		ce__cell_report(cell, CE_RECORD_FAILED);
		_exit(127);
	}
	if (setup->plan->flags & CE_PLAN_PROBE) {
		ce__cell_report(cell, CE_RECORD_PROBED);
		_exit(0);
	}
	if (ce__cell_report(cell, CE_RECORD_STARTED))
		_exit(127); /* the supervisor takes an end without a start for what it is */
	execve(setup->argv[0], setup->argv, setup->env);
	cell->record.os_error = errno;
	ce__cell_copy_text(cell->record.step, sizeof(cell->record.step), "execve");
	ce__cell_copy_text(cell->record.path, sizeof(cell->record.path), setup->argv[0]);
	ce__cell_report(cell, CE_RECORD_FAILED);
	_exit(127);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capset, &head, data) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

static uint64_t microseconds(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_usec;
}

/* `empty`: whoever else lives in this pid namespace is init's child or the child of one. All orphans become init's. */
static void report_exit(struct ce_cell *cell, int status, bool empty)
{
	struct ce_cell_record *r = &cell->record;
	struct rusage u;

	/* All children that were waited for: the program, what it waited for, and orphans that init reaped. */
	memset(&u, 0, sizeof(u));
	getrusage(RUSAGE_CHILDREN, &u);
	r->status = status;
	r->empty = empty;
	r->user_us = microseconds(u.ru_utime);
	r->system_us = microseconds(u.ru_stime);
	r->max_rss_bytes = (uint64_t)u.ru_maxrss * 1024u;
	r->minor_faults = (uint64_t)u.ru_minflt;
	r->major_faults = (uint64_t)u.ru_majflt;
	r->voluntary_switches = (uint64_t)u.ru_nvcsw;
	r->involuntary_switches = (uint64_t)u.ru_nivcsw;
	r->blocks_read = (uint64_t)u.ru_inblock;
	r->blocks_written = (uint64_t)u.ru_oublock;
	ce__cell_report(cell, CE_RECORD_EXITED);
	close(cell->setup->report_fd); /* wakes the supervisor, which waits for the end of what is told */
}

static pid_t wait_for_any(int *status)
{
	pid_t r;

	do
		r = waitpid(-1, status, WNOHANG);
	while (r < 0 && errno == EINTR);
	return r;
}

/* Reaps until the program itself is gone. The lifeline ends when the supervisor does. */
static void reap(struct ce_cell *cell, pid_t pid, int signal_fd)
{
	struct pollfd fds[2] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = cell->setup->lifeline_fd, .events = POLLIN },
	};

	for (;;) {
		struct signalfd_siginfo info;
		int status;
		pid_t r;

		while ((r = wait_for_any(&status)) > 0) {
			if (r != pid)
				continue;
			do
				r = wait_for_any(NULL);
			while (r > 0);
			report_exit(cell, status, r < 0 && errno == ECHILD);
			_exit(0);
		}
		/* Nobody must wait for one that cannot reap; but who adopts has no child until there is one. */
		if (r < 0 && !(errno == ECHILD && cell->setup->adopt))
			_exit(errno == ECHILD ? 0 : 1);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		if (fds[1].revents)
			_exit(1);
		if (fds[0].revents && read(signal_fd, &info, sizeof(info)) < 0 && errno != EINTR)
			_exit(1);
	}
}

static int run_program(void *context)
{
	program(context);
	return 127;
}

/* Like vfork, but init sleeps as everybody does, where a wait for vfork counts as load of the machine; and it sees its lifeline. The child
 * shares our memory until its execve or its end, which closes the pipe: until then we touch nothing. */
static pid_t start_waiting_program(struct ce_cell *cell)
{
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	struct pollfd fds[2] = { { .fd = -1 }, { .fd = cell->setup->lifeline_fd } };
	int ends[2], held, ready;
	pid_t pid;

	if (stack == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	/* Out of the way of the program's streams, which would close it before its time. */
	held = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
	close(ends[1]);
	if (held < 0)
		return -1;
	pid = clone(run_program, stack + STACK_BYTES, CLONE_VM | SIGCHLD, cell);
	close(held);
	fds[0].fd = ends[0];
	do
		ready = pid > 0 ? poll(fds, 2, -1) : 0;
	while (ready < 0 && errno == EINTR);
	if (ready < 0 || fds[1].revents)
		_exit(1);
	close(ends[0]);
	return pid;
}

/* Ours, of no table. */
static _Noreturn void end_with(struct ce_cell *cell, const char *step)
{
	cell->record.os_error = errno;
	ce__cell_copy_text(cell->record.step, sizeof(cell->record.step), step);
	ce__cell_report(cell, CE_RECORD_FAILED);
	_exit(1);
}

static pid_t start_program(struct ce_cell *cell)
{
	pid_t pid;

	if (cell->setup->spare_fd >= 0) {
		pid = start_waiting_program(cell);
	} else {
		pid = vfork();
		if (pid == 0)
			program(cell);
	}
	if (pid < 0)
		end_with(cell, "fork");
	return pid;
}

/* What only the program's process needed. Of a cell that was made ahead it came to that one, and is not ours. */
static void close_program_fds(const struct ce_cell_setup *setup)
{
	int fds[] = { setup->stdio[0], setup->stdio[1], setup->stdio[2], setup->artifacts_fd, setup->compiled_fd };

	if (setup->spare_fd >= 0) {
		close(setup->spare_fd);
		return;
	}
	for (size_t i = 0; i < CE_ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void ce__cell_main(const struct ce_cell_setup *setup)
{
	struct ce_cell cell;
	sigset_t all, none, child;
	int signal_fd;
	pid_t pid;

	memset(&cell, 0, sizeof(cell));
	cell.setup = setup;
	/* The vfork child shares this memory: no signal handler may ever run in it, and there is none. */
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		end_with(&cell, "signals"); /* nobody would be told of the program's end */
	sigemptyset(&none);
	cell.program_mask = &none;
	if (ce__cell_run_steps(&cell, ce__cell_init_steps, CE_TABLE_INIT)) {
		ce__cell_report(&cell, CE_RECORD_FAILED);
		_exit(1);
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		end_with(&cell, "signalfd");
	if (setup->adopt) {
		/* The number that the first one here gets: the zygote sees to it. */
		pid = CE_CELL_PROGRAM_PID;
		if (ce__cell_report(&cell, CE_RECORD_ADOPTING))
			_exit(1);
	} else {
		pid = start_program(&cell);
	}
	if (drop_capabilities())
		end_with(&cell, "init-capabilities"); /* and the program with us */
	close_program_fds(setup);
	if (setup->park_fd >= 0)
		close(setup->park_fd); /* so that the supervisor sees when the program is gone */
	reap(&cell, pid, signal_fd);
	_exit(1);
}
