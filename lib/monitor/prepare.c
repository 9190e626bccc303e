/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a stage's cell is made of before it is cloned: ids, cgroup, work tmpfs, a clone of the root, pipes. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define PROCESSES_MOST 4194303 /* PID_MAX_LIMIT, less init, is the most that pids.max takes */
#define PARK_NUMBER 200	       /* the descriptor by which a process that is started ahead hears of its request */

/* What can be had before clone; every resource lands in the job, whose end releases it. */
static int prepare_ids(struct ce_supervisor *s, struct ce_job *job, struct ce_failure *failure)
{
	struct ce_slot *slot = job->slot;

	if (s->rootless) {
		slot->init_uid = slot->program_uid = s->host_uid;
	} else if (job->plan->disable & CE_PROTECTION_OWN_UID) {
		slot->init_uid = (uid_t)s->hello.uid_base;
		slot->program_uid = slot->init_uid + 1;
	} else if (!slot->leased) {
		return ce__state_lease(s, slot, failure);
	}
	return 0;
}

static int prepare_limits(struct ce_supervisor *s, struct ce_job *job, struct ce_failure *failure)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];
	struct ce_cell_limits limits = {
		.memory_bytes = job->plan->disable & CE_PROTECTION_MEMORY_LIMIT ? INT64_MAX / 2 : stage->memory_bytes,
		.processes = job->plan->disable & CE_PROTECTION_TASK_LIMIT ? PROCESSES_MOST : stage->processes,
	};
	int r = ce__limits_cell_open(s->limits, &limits, &job->limits, failure);

	job->limits_open = r == 0;
	return r;
}

static int prepare_mounts(struct ce_supervisor *s, struct ce_job *job, struct ce_failure *failure)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];
	bool writable = (job->plan->disable & CE_PROTECTION_READ_ONLY_ROOT) != 0;
	/* uids of tmpfs are those of our own user namespace */
	uid_t owner = s->rootless ? 0 : job->slot->init_uid;
	struct ce_root root = { .fd = -1 };
	int r;

	job->work_fd = ce__root_make_work(stage->disk_bytes, stage->disk_inodes + 4, owner);
	if (job->work_fd < 0) {
		r = -job->work_fd;
		job->work_fd = -1;
		return ce__failure_set(failure, CE_ERR_OS, r, "work", "cannot create the work tmpfs");
	}
	r = ce__roots_find(s->roots, job->plan, stage, writable, &root, failure);
	job->setup.root_fd = root.fd;
	job->setup.root_device = root.device;
	return r;
}

static int prepare_pipes(struct ce_job *job, struct ce_failure *failure)
{
	int report[2], lifeline[2];

	if (pipe2(report, O_CLOEXEC) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "pipe", "cannot create the report pipe");
	job->report_fd = report[0];
	job->setup.report_fd = report[1];
	if (fcntl(report[0], F_SETFL, O_NONBLOCK) < 0 || pipe2(lifeline, O_CLOEXEC) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "pipe", "cannot create the lifeline");
	job->setup.lifeline_fd = lifeline[0];
	job->lifeline_fd = lifeline[1];
	return 0;
}

/* So that the program may open /dev/stdout and the like anew. */
int ce__prepare_streams(const struct ce_supervisor *s, const struct ce_job *job, uid_t owner, struct ce_failure *failure)
{
	for (size_t i = 0; i < 3 && !s->rootless; i++) {
		int fd = job->stdio[job->stage][i];
		struct stat st;

		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && fchown(fd, owner, owner) < 0)
			return ce__failure_set(failure, CE_ERR_OS, errno, "pipe", "cannot give the program its streams");
	}
	return 0;
}

/* A process that is started ahead: it gets a socket, and learns of it and of the object to preload by two variables at
 * the end of its environment, which the object removes. */
static int prepare_park(struct ce_job *job, struct ce_failure *failure)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];
	struct ce_cell_setup *setup = &job->setup;
	size_t count = stage->env.count;
	char **env;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "park", "cannot create a socket pair");
	job->park_fd = pair[0];
	setup->park_fd = pair[1];
	/* The only other descriptor that the program's side of the cell still needs then. */
	setup->park_number = setup->report_fd == PARK_NUMBER ? PARK_NUMBER + 1 : PARK_NUMBER;
	env = realloc(setup->env, (count + 3) * sizeof(*env));
	if (!env)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "park", "out of memory");
	setup->env = env;
	snprintf(job->park_variable, sizeof(job->park_variable), "CODEEXEC_PARK=%d:%s%s%s:%s", setup->park_number,
		 stage->flags & CE_PLAN_STAGE_SECOND_READ ? "r" : "", stage->flags & CE_PLAN_STAGE_FAST_EXIT ? "f" : "",
		 job->is_zygote ? "z" : "",
		 ce__plan_text(job->plan, stage->trigger));
	env[count] = job->preload_variable;
	snprintf(job->preload_variable, sizeof(job->preload_variable), "LD_PRELOAD=%s", CE_PLAN_PARK_OBJECT);
	env[count + 1] = job->park_variable;
	env[count + 2] = NULL;
	return 0;
}

/* A cell that is made ahead: what will be its program waits at a socket. */
static int prepare_spare(struct ce_job *job, struct ce_failure *failure)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "spare", "cannot create a socket pair");
	job->spare_fd = pair[0];
	job->setup.spare_fd = pair[1];
	return 0;
}

int ce__prepare_stage(struct ce_supervisor *s, struct ce_job *job, struct ce_failure *failure)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];
	struct ce_cell_setup *setup = &job->setup;
	int r;

	*setup = (struct ce_cell_setup){
		.plan = job->plan,
		.stage = stage,
		.argv = ce__plan_vector(job->plan, stage->argv),
		.env = ce__plan_vector(job->plan, stage->env),
		.disable = job->plan->disable,
		.tolerate = job->plan->tolerate,
		.landlock_abi = s->landlock_abi,
		.last_capability = s->last_capability,
		.rootless = s->rootless,
		.rlimits_only = s->limits_info.protections == 0,
		.lifeline_fd = -1,
		.report_fd = -1,
		.proc_fd = s->proc_fd,
		.home_fd = s->home_fd,
		.root_fd = -1,
		.artifacts_fd = job->artifacts_fd,
		.compiled_fd = job->compiled_fd,
		.lease_fd = -1,
		.park_fd = -1,
		.spare_fd = -1,
		.clone_cgroup_fd = -1,
		.parent_user_fd = -1,
		.parent_pid_fd = -1,
	};
	memcpy(setup->host_namespaces, s->host_namespaces, sizeof(setup->host_namespaces));
	memcpy(setup->stdio, job->stdio[job->stage], sizeof(setup->stdio));
	if (!setup->argv || !setup->env)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "prepare", "out of memory");
	r = prepare_ids(s, job, failure);
	if (!r)
		r = prepare_limits(s, job, failure);
	ce__trace_mark(job, "limits");
	if (!r)
		r = prepare_mounts(s, job, failure);
	ce__trace_mark(job, "mounts");
	if (!r)
		r = prepare_pipes(job, failure);
	if (r)
		return r;
	setup->init_uid = job->slot->init_uid;
	setup->program_uid = job->slot->program_uid;
	setup->lease_fd = job->slot->lease_fd;
	setup->work_fd = job->work_fd;
	setup->clone_cgroup_fd = job->limits.clone_cgroup_fd;
	setup->attach_count = job->limits.attach_count;
	memcpy(setup->attach_fds, job->limits.attach_fds, sizeof(setup->attach_fds));
	r = ce__prepare_streams(s, job, setup->program_uid, failure);
	ce__zygote_prepare(s, job);
	if (!r && job->spare)
		r = prepare_spare(job, failure);
	return r || !job->shape ? r : prepare_park(job, failure);
}
