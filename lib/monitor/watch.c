/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The clocks: wall deadlines, CPU budgets, queue timeouts, usage samples. One pass over the jobs; the loop sleeps until the
 * nearest of them is due. */
#include "monitor/supervisor.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#define SETUP_PATIENCE_US 30000000
#define RLIMITS_INTERVAL_US 20000  /* without cgroups, samples are the limits */
#define COUNTER_INTERVAL_US 200000 /* cgroup v1 has no oom.group: somebody must look */
#define CPU_INTERVAL_MIN_US 2000
#define UNREAD_MAX 65536
#define SAMPLE_SHARE_US 1000
#define QUIET_US 2000
#define YOUNG_US 50000 /* may be over soon */
#define LOOK_US 5000 /* what has not ended by then is looked at: its clocks want to know when it began */

/* With many at once each is looked at more rarely: a sample costs some 50 us of the one thread. */
static uint64_t at_least(const struct ce_supervisor *s, uint64_t interval_us)
{
	uint64_t least = (uint64_t)s->job_count * SAMPLE_SHARE_US;

	return interval_us > least ? interval_us : least;
}

static uint64_t usage_interval(const struct ce_supervisor *s)
{
	if (s->limits_info.protections == 0)
		return at_least(s, RLIMITS_INTERVAL_US);
	return strcmp(s->limits_info.name, "cgroup-v1") ? UINT64_MAX : at_least(s, COUNTER_INTERVAL_US);
}

/* The earliest moment at which all processors together could have used up what is left. */
static uint64_t next_cpu_check(const struct ce_supervisor *s, const struct ce_job *job, uint64_t now)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];
	uint64_t left;

	if (stage->cpu_time_us == UINT64_MAX || (job->plan->disable & CE_PROTECTION_CPU_LIMIT))
		return UINT64_MAX;
	left = stage->cpu_time_us > job->usage.cpu_us ? stage->cpu_time_us - job->usage.cpu_us : 0;
	left /= s->processors;
	return now + (left < CPU_INTERVAL_MIN_US ? CPU_INTERVAL_MIN_US : left);
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int ce__watch_sample(struct ce_supervisor *s, struct ce_job *job, enum ce_sample depth, struct ce_cell_usage *usage)
{
	int r = ce__limits_cell_sample(s->limits, &job->limits, depth, usage);

	if (!r)
		usage->cpu_us -= least(usage->cpu_us, job->cpu_before_us);
	return r;
}

void ce__watch_begin(struct ce_supervisor *s, struct ce_job *job)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];
	uint64_t now = ce__clock_us();

	job->usage_due_us = UINT64_MAX;
	if (job->state == CE_JOB_SETUP || job->state == CE_JOB_PARKING || job->state == CE_JOB_PARKED ||
	    job->state == CE_JOB_ZYGOTE) {
		bool ready = job->state == CE_JOB_PARKED || job->state == CE_JOB_ZYGOTE;

		job->deadline_us = add(now, ready ? stage->warm_max_age_us : SETUP_PATIENCE_US);
		job->check_us = job->state == CE_JOB_SETUP && job->quiet ? now + least(LOOK_US, stage->wall_time_us) : UINT64_MAX;
		return;
	}
	job->started_us = job->started.clock_us;
	job->deadline_us = add(job->started_us, stage->wall_time_us);
	job->check_us = least(next_cpu_check(s, job, now), add(now, usage_interval(s)));
	if (job->plan->usage_interval_us)
		job->usage_due_us = now + at_least(s, job->plan->usage_interval_us);
}

static uint64_t due(const struct ce_job *job)
{
	switch (job->state) {
	case CE_JOB_QUEUED:
		return job->plan && job->plan->queue_timeout_us ? job->queued_us + job->plan->queue_timeout_us : UINT64_MAX;
	case CE_JOB_SETUP:
	case CE_JOB_PARKING:
	case CE_JOB_PARKED:
	case CE_JOB_ZYGOTE:
	case CE_JOB_SPARE:
	case CE_JOB_RUNNING:
		return least(job->deadline_us, least(job->check_us, job->usage_due_us));
	case CE_JOB_CLEANING:
		return job->check_us;
	default:
		return UINT64_MAX;
	}
}

static uint64_t quiet_from(const struct ce_supervisor *s)
{
	uint64_t from = s->busy_us + QUIET_US;

	for (const struct ce_job *job = s->jobs; job; job = job->next) {
		if (ce__job_is_awaited(job))
			return UINT64_MAX;
		if (job->state == CE_JOB_RUNNING && job->started_us + YOUNG_US > from)
			from = job->started_us + YOUNG_US;
	}
	return from;
}

static int milliseconds_until(uint64_t then)
{
	uint64_t now = ce__clock_us(), wait;

	if (then == UINT64_MAX)
		return -1;
	if (then <= now)
		return 0;
	wait = (then - now + 999) / 1000;
	return wait > 3600000 ? 3600000 : (int)wait;
}

bool ce__watch_quiet(const struct ce_supervisor *s)
{
	return ce__clock_us() >= quiet_from(s);
}

int ce__watch_quiet_due(const struct ce_supervisor *s, int due)
{
	int wait = milliseconds_until(quiet_from(s));

	return due < 0 || (wait >= 0 && wait < due) ? wait : due;
}

int ce__watch_due(struct ce_supervisor *s)
{
	uint64_t first = UINT64_MAX;

	for (struct ce_job *job = s->jobs; job; job = job->next)
		first = least(first, due(job));
	return milliseconds_until(first);
}

static void send_usage(struct ce_job *job, uint64_t now)
{
	struct ce_stage_message message = {
		.type = CE_MSG_USAGE,
		.stage = job->plan->stages[job->stage].stage,
		.usage = {
			.size = sizeof(message.usage),
			.wall_time_us = now - job->started_us,
			.cpu_time_us = job->usage.cpu_us,
			.memory_bytes = job->usage.memory_bytes,
			.tasks = job->usage.tasks,
			.read_bytes = job->usage.read_bytes,
			.write_bytes = job->usage.write_bytes,
		},
	};
	int unread = 0;

	/* A caller that does not read must not fill the socket: what comes last has to fit. */
	if (job->socket < 0 || (ioctl(job->socket, SIOCOUTQ, &unread) == 0 && unread > UNREAD_MAX))
		return;
	ce__job_send(job, &message, sizeof(message), NULL, 0);
}

static void sample(struct ce_supervisor *s, struct ce_job *job, uint64_t now)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];
	struct ce_cell_usage usage;

	/* A file that cannot be read must neither keep the loop busy nor the limits from being watched. */
	job->check_us = now + COUNTER_INTERVAL_US;
	memset(&usage, 0, sizeof(usage));
	if (ce__watch_sample(s, job, CE_SAMPLE_SPLIT, &usage) < 0) {
		memset(&usage, 0, sizeof(usage));
		if (ce__watch_sample(s, job, CE_SAMPLE_NOW, &usage) < 0)
			return;
	}
	if (usage.cpu_us < job->usage.cpu_us)
		usage.cpu_us = job->usage.cpu_us; /* rlimits: a process that was reaped elsewhere */
	job->usage = usage;
	if (usage.tasks > job->tasks_peak)
		job->tasks_peak = usage.tasks;
	if (s->limits_info.protections == 0 && usage.memory_bytes > job->rss_peak)
		job->rss_peak = usage.memory_bytes;
	if (stage->cpu_time_us != UINT64_MAX && usage.cpu_us >= stage->cpu_time_us &&
	    !(job->plan->disable & CE_PROTECTION_CPU_LIMIT))
		ce__stage_kill(s, job, CE_OUTCOME_TIMEOUT, CE_LIMIT_CPU_TIME);
	else if (usage.oom_kills && job->state == CE_JOB_RUNNING)
		ce__stage_kill(s, job, CE_OUTCOME_MEMORY_LIMIT, CE_LIMIT_MEMORY);
	else if (s->limits_info.protections == 0 && usage.memory_bytes > stage->memory_bytes)
		ce__stage_kill(s, job, CE_OUTCOME_MEMORY_LIMIT, CE_LIMIT_MEMORY);
	job->check_us = least(next_cpu_check(s, job, now), add(now, usage_interval(s)));
}

static void run_one(struct ce_supervisor *s, struct ce_job *job, uint64_t now)
{
	if (job->state == CE_JOB_QUEUED) {
		struct ce_finished finished = { .type = CE_MSG_FINISHED };

		ce__failure_set(&finished.failure, CE_ERR_BUSY, 0, "queue",
				"all executions are busy and the queue timeout has passed");
		ce__job_finish(s, job, &finished);
		return;
	}
	if (job->state == CE_JOB_CLEANING) {
		ce__stage_clean(s, job);
		return;
	}
	if (now >= job->deadline_us) {
		if (job->state == CE_JOB_ZYGOTE)
			ce__zygote_age_out(s, job);
		else if (job->state != CE_JOB_RUNNING)
			ce__stage_kill(s, job, CE_OUTCOME_SYSTEM_ERROR, 0);
		else
			ce__stage_kill(s, job, CE_OUTCOME_TIMEOUT, CE_LIMIT_WALL_TIME);
		return;
	}
	if (job->state == CE_JOB_SETUP) {
		job->check_us = now + QUIET_US;
		ce__stage_on_report(s, job);
		return;
	}
	if (now >= job->check_us || now >= job->usage_due_us)
		sample(s, job, now);
	if (now >= job->usage_due_us && job->state == CE_JOB_RUNNING) {
		send_usage(job, now);
		job->usage_due_us = now + at_least(s, job->plan->usage_interval_us);
	}
}

void ce__watch_run(struct ce_supervisor *s)
{
	uint64_t now = ce__clock_us();

	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (due(job) <= now)
			run_one(s, job, now);
}
