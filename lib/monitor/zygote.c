/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Zygotes: interpreters that were started once and fork. Each lives in a cell of its own, with capabilities over its own user
 * namespace, in which those of its children's cells are made. Such a cell is like any other but that its init waits for the
 * program to be born into it. A zygote outlives its children: its pid namespace is above theirs. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "monitor/shape.h"

/* What a zygote's child needs; without one of them it is started like any other. */
#define NEEDED                                                                                                                    \
	(CE_PROTECTION_USER_NS | CE_PROTECTION_PID_NS | CE_PROTECTION_MOUNT_NS | CE_PROTECTION_PRIVATE_PROC |                      \
	 CE_PROTECTION_NO_CAPABILITIES)

bool ce__zygote_wanted(const struct ce_shape *shape)
{
	return (shape->plan->stages[0].flags & CE_PLAN_STAGE_FORK) && !shape->no_fork && !(shape->plan->disable & NEEDED);
}

struct ce_job *ce__zygote_find(const struct ce_supervisor *s, const struct ce_shape *shape)
{
	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->shape == shape && job->is_zygote && !job->retired && job->state != CE_JOB_DYING && job->state != CE_JOB_CLEANING &&
		    job->state != CE_JOB_DONE)
			return job;
	return NULL;
}

static int open_namespace(const struct ce_supervisor *s, const struct ce_job *job, size_t i)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/ns/%s", (int)job->pid, strrchr(ce__cell_namespaces[i].path, '/') + 1);
	return openat(s->proc_fd, path, O_RDONLY | O_CLOEXEC);
}

static int make_plan_fd(struct ce_shape *shape)
{
	CE_CLEANUP_FD int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ce__io_write_full(fd, shape->plan, shape->plan_size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -EIO;
	shape->plan_fd = ce__steal_fd(&fd);
	return 0;
}

static size_t namespace_index(uint64_t flag)
{
	size_t i = 0;

	while (ce__cell_namespaces[i].clone_flag != flag)
		i++;
	return i;
}

void ce__zygote_give_up(struct ce_supervisor *s, struct ce_shape *shape)
{
	struct ce_job *zygote = ce__zygote_find(s, shape);

	shape->no_fork = true;
	if (zygote)
		ce__zygote_retire(zygote);
}

/* It stands at its program. */
void ce__zygote_ready(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_cell_usage usage;

	job->user_fd = open_namespace(s, job, namespace_index(CLONE_NEWUSER));
	job->pid_fd = open_namespace(s, job, namespace_index(CLONE_NEWPID));
	if (job->before.obstacle || job->user_fd < 0 || job->pid_fd < 0 ||
	    (job->shape->plan_fd < 0 && make_plan_fd(job->shape))) {
		job->shape->no_fork = true; /* started ahead for one execution each, then */
		ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
		return;
	}
	job->state = CE_JOB_ZYGOTE;
	if (ce__limits_cell_sample(s->limits, &job->limits, CE_SAMPLE_NOW, &usage) == 0)
		job->zygote_bytes = usage.memory_bytes;
	ce__watch_begin(s, job);
}

/* What the setup of the two kinds has beyond the usual. */
void ce__zygote_prepare(const struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_cell_setup *setup = &job->setup;

	setup->zygote = job->is_zygote;
	if (job->is_zygote && !s->rootless) {
		setup->map_base = (uid_t)s->hello.uid_base;
		setup->map_count = (uid_t)s->hello.uid_count;
	}
	if (!job->zygote)
		return;
	setup->adopt = true;
	setup->parent_user_fd = job->zygote->user_fd;
	setup->parent_pid_fd = job->zygote->pid_fd;
	setup->parent_init_uid = s->rootless ? CE_CELL_UID : setup->init_uid;
	setup->parent_program_uid = s->rootless ? CE_CELL_UID : setup->program_uid;
}

/* What the child writes itself into: v1's, or v2's, which *procs becomes (owned; -1: there is none). 0 or -errno: without them it would
 * be under its zygote's limits. */
static int open_cgroups(const struct ce_job *job, int *fds, size_t *count, int *procs)
{
	for (size_t i = 0; i < job->limits.attach_count; i++)
		fds[(*count)++] = job->limits.attach_fds[i];
	if (job->limits.clone_cgroup_fd < 0)
		return 0;
	*procs = openat(job->limits.clone_cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (*procs < 0)
		return -errno;
	fds[(*count)++] = *procs;
	return 0;
}

static int send_order(struct ce_supervisor *s, struct ce_job *job)
{
	const struct ce_cell_setup *setup = &job->setup;
	struct ce_park_order order = {
		.disable = setup->disable,
		.tolerate = setup->tolerate,
		.landlock_abi = setup->landlock_abi,
		.last_capability = setup->last_capability,
		.protections = job->started.protections,
		.rootless = setup->rootless,
		.rlimits_only = setup->rlimits_only,
		.plan_size = job->shape->plan_size,
		/* where the zygote has its own, and its children look for theirs */
		.park_number = (uint64_t)job->zygote->setup.park_number,
		.urgent = job->taker != NULL,
	};
	int fds[CE_PARK_ORDER_FDS] = { job->shape->plan_fd, setup->report_fd, setup->park_fd,
				       setup->stdio[0],	    setup->stdio[1],  setup->stdio[2] };
	size_t count = CE_PARK_ORDER_FIXED_FDS, first;
	CE_CLEANUP_FD int procs = -1;
	int r = open_cgroups(job, fds, &count, &procs);

	order.attach_count = count - CE_PARK_ORDER_FIXED_FDS;
	memcpy(order.host_namespaces, setup->host_namespaces, sizeof(order.host_namespaces));
	first = count;
	for (size_t i = 0; i < CE_CELL_NAMESPACES && !r; i++) {
		if (!(job->started.protections & ce__cell_namespaces[i].protection))
			continue;
		fds[count] = open_namespace(s, job, i);
		r = fds[count] < 0 ? -errno : 0;
		order.namespaces |= UINT64_C(1) << i;
		count += !r;
	}
	if (!r)
		r = ce__message_send_flags(job->zygote->park_fd, &order, sizeof(order), NULL, 0, fds, count, MSG_DONTWAIT);
	while (count > first)
		ce__base_close(&fds[--count]);
	return r;
}

/* Its cell is ready: now the child is made. */
void ce__zygote_fork(struct ce_supervisor *s, struct ce_job *job)
{
	int r = job->zygote && job->zygote->state == CE_JOB_ZYGOTE ? send_order(s, job) : -ESRCH;

	ce__stage_release(job);
	ce__limits_cell_attached(s->limits, &job->limits);
	if (r) {
		/* One that has ended meanwhile is no reason: there will be another. */
		if (r != -ESRCH)
			ce__zygote_give_up(s, job->shape);
		ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
	}
}

void ce__zygote_retire(struct ce_job *zygote)
{
	zygote->retired = true;
	zygote->deadline_us = UINT64_MAX;
}

/* When a cell is begun for its child: others may be begun before that one is forked. */
void ce__zygote_count_use(struct ce_job *zygote)
{
	if (++zygote->children >= zygote->plan->stages[0].warm_max_uses)
		ce__zygote_retire(zygote);
}

void ce__zygote_age_out(struct ce_supervisor *s, struct ce_job *zygote)
{
	ce__zygote_retire(zygote);
	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->nest == zygote && job->state == CE_JOB_PARKED && !job->taker)
			ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
}

static bool has_cells_below(const struct ce_supervisor *s, const struct ce_job *zygote)
{
	for (const struct ce_job *job = s->jobs; job; job = job->next)
		if (job->nest == zygote)
			return true;
	return false;
}

void ce__zygote_end_retired(struct ce_supervisor *s)
{
	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->retired && job->pidfd >= 0 && job->state != CE_JOB_DYING && !has_cells_below(s, job))
			ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
}

void ce__zygote_failed(struct ce_supervisor *s, struct ce_job *zygote)
{
	/* Those who wait for it go the other way; those who run below it go on. */
	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->zygote == zygote && job->state == CE_JOB_SETUP && job->started.kind && job->pidfd >= 0)
			ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
	ce__zygote_retire(zygote);
	ce__park_failed(s, zygote);
}

void ce__zygote_barren(struct ce_supervisor *s, struct ce_job *zygote)
{
	for (struct ce_job *job = s->jobs; job; job = job->next) {
		if (job->nest == zygote)
			job->nest = NULL;
		if (job->zygote != zygote)
			continue;
		job->zygote = NULL;
		if (job->state == CE_JOB_SETUP && job->pidfd >= 0)
			ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
	}
}
