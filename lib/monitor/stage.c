/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One stage of an execution: its cell is launched, watched, reaped and removed. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "monitor/shape.h"

#define SHORT_US 50000 /* of a program */
#define CLEAN_RETRY_US 5000
#define CLEAN_PATIENCE_US 1000000

static const struct ce_plan_stage *stage_of(const struct ce_job *job)
{
	return &job->plan->stages[job->stage];
}

static void fail(struct ce_supervisor *s, struct ce_job *job, const struct ce_failure *failure)
{
	struct ce_finished finished = { .type = CE_MSG_FINISHED, .failure = *failure };

	ce__park_lost(s, job, failure);
	ce__spare_lost(job);
	ce__job_finish(s, job, &finished);
}

void ce__stage_move_cell(struct ce_supervisor *s, struct ce_job *job, struct ce_job *from)
{
	job->slot->busy = false;
	job->slot = from->slot;
	from->slot = NULL;
	job->limits = from->limits;
	job->limits_open = from->limits_open;
	from->limits_open = false;
	memset(&from->limits, 0, sizeof(from->limits));
	job->pid = from->pid;
	job->pidfd = ce__steal_fd(&from->pidfd);
	job->report_fd = ce__steal_fd(&from->report_fd);
	job->lifeline_fd = ce__steal_fd(&from->lifeline_fd);
	job->work_fd = ce__steal_fd(&from->work_fd);
	ce__supervisor_watch_instead(s, job->pidfd, &job->pidfd_source);
	from->state = CE_JOB_DONE;
}

void ce__stage_release(struct ce_job *job)
{
	ce__base_close(&job->setup.report_fd);
	ce__base_close(&job->setup.lifeline_fd);
	ce__base_close(&job->setup.park_fd);
	ce__base_close(&job->setup.spare_fd);
	free(job->setup.argv);
	free(job->setup.env);
	job->setup.argv = job->setup.env = NULL;
	for (size_t i = 0; i < 3; i++)
		ce__base_close(&job->stdio[job->stage][i]);
	job->setup.artifacts_fd = job->setup.compiled_fd = -1;
	ce__base_close(&job->artifacts_fd);
	ce__base_close(&job->compiled_fd);
	ce__base_close(&job->plan_fd);
}

/* Forgets a cell that is gone. True if nothing of it is left. */
static bool remove_cell(struct ce_supervisor *s, struct ce_job *job)
{
	if (job->limits_open && ce__limits_cell_close(s->limits, &job->limits) == -EBUSY)
		return false;
	job->limits_open = false;
	return true;
}

static void clean_later(struct ce_job *job)
{
	job->state = CE_JOB_CLEANING;
	job->check_us = 0;
	job->clean_until_us = ce__clock_us() + CLEAN_PATIENCE_US;
}

static int launch(struct ce_supervisor *s, struct ce_job *job, struct ce_failure *failure)
{
	/* Who joins a cell from a zygote has capabilities over nothing but what was made below that. */
	int r = job->setup.adopt ? 0 : ce__network_enter(s, job->plan, &job->setup.network_ready);
	bool lost = false;

	if (r)
		return ce__failure_set(failure, CE_ERR_OS, -r, "network", "cannot return to the host's network namespace");
	r = ce__launch_cell(&job->setup, &job->pid, &job->pidfd, &lost, failure);
	if (lost) {
		/* Where we are there is no way to go on. Nobody is told before those who come next can see that nobody listens. */
		s->stopping = true;
		ce__supervisor_drop_fd(s, &s->control);
	}
	if (job->setup.network_ready)
		ce__network_leave(s);
	return r;
}

/* Who wants no events need not hear that the program runs: then neither do we, and are woken once instead of twice. */
static int watch_report(struct ce_supervisor *s, struct ce_job *job)
{
	job->quiet = !ce__job_is_ahead(job) && job->plan->usage_interval_us == 0;
	return job->quiet ? ce__supervisor_watch_end(s, job->report_fd, &job->report_source) :
			    ce__supervisor_watch_fd(s, job->report_fd, &job->report_source);
}

void ce__stage_start(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_failure failure = { 0 };
	int r;

	memset(&job->started, 0, sizeof(job->started));
	memset(&job->ended, 0, sizeof(job->ended));
	memset(&job->usage, 0, sizeof(job->usage));
	job->limits_hit = job->tasks_peak = job->rss_peak = 0;
	job->killed_for = 0;
	job->state = CE_JOB_SETUP;
	if (!job->cold && ce__park_take(s, job))
		return;
	ce__trace_mark(job, "admitted");
	if (ce__spare_take(s, job))
		return;
	r = ce__prepare_stage(s, job, &failure);
	ce__trace_mark(job, "prepared");
	if (!r) {
		if (madvise(job->plan, job->plan_size, MADV_DOFORK) < 0)
			r = ce__failure_set(&failure, CE_ERR_OS, errno, "plan", "cannot show the plan to its cell");
		if (!r)
			r = launch(s, job, &failure);
		ce__trace_mark(job, "cloned");
		if (madvise(job->plan, job->plan_size, MADV_DONTFORK) < 0 && !r)
			r = ce__failure_set(&failure, CE_ERR_OS, errno, "plan", "cannot hide the plan from other cells");
	}
	if (!r && job->setup.adopt)
		ce__base_close(&job->setup.lifeline_fd); /* the rest goes to the zygote */
	else
		ce__stage_release(job);
	if (!r && (ce__supervisor_watch_fd(s, job->pidfd, &job->pidfd_source) ||
		   watch_report(s, job) ||
		   (job->park_fd >= 0 && ce__supervisor_watch_fd(s, job->park_fd, &job->park_source))))
		r = ce__failure_set(&failure, CE_ERR_OS, errno, "watch", "cannot watch the cell");
	/* Killed from outside already: its end, which comes next, says so. */
	if (!r && write(job->lifeline_fd, "g", 1) != 1 && errno != EPIPE)
		r = ce__failure_set(&failure, CE_ERR_OS, errno, "lifeline", "cannot start init");
	if (r) {
		if (job->pidfd >= 0) {
			siginfo_t info;

			pidfd_send_signal(job->pidfd, SIGKILL, NULL, 0);
			while (waitid(P_PIDFD, (id_t)job->pidfd, &info, WEXITED) < 0 && errno == EINTR)
				;
			ce__supervisor_drop_fd(s, &job->pidfd);
			ce__supervisor_drop_fd(s, &job->report_fd);
		}
		ce__base_close(&job->work_fd);
		if (!remove_cell(s, job))
			clean_later(job);
		fail(s, job, &failure);
		return;
	}
	ce__limits_cell_started(s->limits, &job->limits, job->pid);
	if (!job->setup.adopt)
		ce__limits_cell_attached(s->limits, &job->limits);
	s->busy_us = ce__clock_us();
	ce__trace_mark(job, "launched");
	ce__watch_begin(s, job);
}

void ce__stage_kill(struct ce_supervisor *s, struct ce_job *job, ce_outcome reason, uint64_t limit)
{
	/* It may have come to its program, or to its end, since we last looked. */
	if (job->state == CE_JOB_SETUP && job->quiet)
		ce__stage_on_report(s, job);
	job->limits_hit |= limit;
	if (job->state == CE_JOB_DYING || job->state == CE_JOB_ENDING || job->state == CE_JOB_CLEANING || job->state == CE_JOB_DONE)
		return;
	job->killed_for = reason;
	job->state = CE_JOB_DYING;
	/* The kernel kills all of its pid namespace before init is gone. Where it refuses, init ends by itself. */
	if (pidfd_send_signal(job->pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		ce__base_close(&job->lifeline_fd);
}

/* A step of set-up failed: an error of ours, unless the program itself could not be executed. */
static bool finish_failed_setup(struct ce_supervisor *s, struct ce_job *job)
{
	const struct ce_cell_record *e = &job->ended;
	struct ce_failure failure;

	if (e->kind != CE_RECORD_FAILED || job->killed_for)
		return false;
	if (!strcmp(e->step, "execve") && e->path[0] != '/' && e->os_error != EMFILE && e->os_error != ENFILE)
		return false; /* what the user brought or compiled is no program: outcome.c tells */
	if (ce__outcome_files_do_not_fit(job))
		return false;
	ce__failure_set(&failure, CE_ERR_OS, (int)e->os_error, e->step, "cannot set up the cell: %s%s%s", e->step,
			e->path[0] ? " " : "", e->path);
	fail(s, job, &failure);
	return true;
}

static void finish_probe(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_finished finished = { .type = CE_MSG_FINISHED };

	for (size_t i = 0; i < CE_PROTECTION_COUNT; i++) {
		finished.probe_errno[i] = job->ended.missing[i];
		if (!((job->ended.protections | s->limits_info.protections) & UINT64_C(1) << i))
			finished.probe_missing |= UINT64_C(1) << i;
	}
	ce__job_finish(s, job, &finished);
}

static void finish_stage(struct ce_supervisor *s, struct ce_job *job, const struct ce_cell_usage *usage, bool clean)
{
	struct ce_finished finished = { .type = CE_MSG_FINISHED };
	struct ce_stage_end end;
	bool last = job->stage + 1 == job->plan->stage_count, over;
	int r = 0;

	ce__outcome_decide(s, job, usage, &end);
	if (last)
		r = ce__outputs_send(job);
	if (r)
		ce__failure_set(&finished.failure, CE_ERR_OS, -r, "outputs", "cannot bring back the files that were asked for");
	if (!last && end.outcome == CE_OUTCOME_SUCCESS && (job->plan->flags & CE_PLAN_KEEP))
		ce__outputs_send_artifacts(job);
	if (!last && end.outcome == CE_OUTCOME_SUCCESS)
		job->artifacts_fd = ce__steal_fd(&job->work_fd);
	ce__base_close(&job->work_fd);
	ce__trace_mark(job, "outcome");
	ce__trace_send(job);
	over = last || end.outcome != CE_OUTCOME_SUCCESS;
	end.last = over && !finished.failure.code; /* whoever waits is woken once, not twice */
	r = ce__job_send(job, &end, sizeof(end), NULL, 0);
	if (r && r != -EPIPE && !finished.failure.code)
		ce__failure_set(&finished.failure, CE_ERR_OS, -r, "report", "the account of a stage is lost");
	if (over || job->socket < 0 || finished.failure.code) {
		ce__job_finish(s, job, end.last && !finished.failure.code ? NULL : &finished);
		return;
	}
	job->stage++;
	job->resume = !clean; /* else the next stage would share its uid with what is still dying */
	if (clean)
		ce__stage_start(s, job);
}

/* What was used, at the end. The split would cost a short program more of its time than it is worth. */
static void sample_all(struct ce_supervisor *s, struct ce_job *job, struct ce_cell_usage *usage)
{
	bool was_short = ce__clock_us() - job->started.clock_us < SHORT_US;

	memset(usage, 0, sizeof(*usage));
	if (ce__watch_sample(s, job, was_short ? CE_SAMPLE_COUNTERS : CE_SAMPLE_SPLIT, usage) < 0)
		*usage = job->usage;
}

/* Nothing runs any more but init, which does nothing but end: that takes the kernel as long as a short program, so the result goes
 * out before. The slot stays taken until init is reaped. */
static bool may_finish_early(const struct ce_job *job)
{
	return job->state == CE_JOB_RUNNING && !ce__job_is_ahead(job) && job->ended.kind == CE_RECORD_EXITED && job->ended.empty &&
	       job->stage + 1 == job->plan->stage_count;
}

static void finish_early(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_cell_usage usage;

	ce__trace_mark_at(job, "cell: ended", job->ended.clock_us);
	ce__trace_mark(job, "told");
	sample_all(s, job, &usage);
	ce__trace_mark(job, "counters");
	job->state = CE_JOB_ENDING;
	finish_stage(s, job, &usage, true);
}

/* What finish_early left. */
static void end_early(struct ce_supervisor *s, struct ce_job *job)
{
	if (remove_cell(s, job)) {
		job->state = CE_JOB_DONE;
		return;
	}
	ce__limits_cell_kill(s->limits, &job->limits);
	clean_later(job);
}

void ce__stage_tell_started(struct ce_job *job)
{
	struct ce_stage_message message = { .type = CE_MSG_STAGE_STARTED,
					    .stage = stage_of(job)->stage,
					    .usage = { .size = sizeof(message.usage) } };

	if (job->plan->usage_interval_us)
		ce__job_send(job, &message, sizeof(message), NULL, 0);
}

void ce__stage_on_report(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_cell_record record;
	ssize_t n;

	if (job->report_fd < 0)
		return;
	while ((n = read(job->report_fd, &record, sizeof(record))) > 0) {
		/* The program cannot reach this pipe, but a broken init could write anything: it spoils its own result only. */
		if (n != (ssize_t)sizeof(record))
			continue;
		record.step[sizeof(record.step) - 1] = '\0';
		record.path[sizeof(record.path) - 1] = '\0';
		if (record.kind == CE_RECORD_ADOPTING && job->state == CE_JOB_SETUP && job->setup.adopt &&
		    !job->started.kind) {
			job->started = record;
			ce__zygote_fork(s, job);
		} else if (record.kind == CE_RECORD_WAITING && job->state == CE_JOB_SETUP && job->spare) {
			ce__spare_ready(job);
		} else if (record.kind == CE_RECORD_STARTED && job->state == CE_JOB_SETUP &&
			   (job->started.protections & ~record.protections)) {
			/* It is not where its cell is: nothing is handed to it. */
			ce__zygote_give_up(s, job->shape);
			ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
		} else if (record.kind == CE_RECORD_STARTED && job->state == CE_JOB_SETUP) {
			job->started = record;
			ce__trace_steps(job, &record);
			job->state = job->shape ? CE_JOB_PARKING : CE_JOB_RUNNING;
			/* What comes after this is read once it is all there: no reason to wake up for it twice. */
			if (!job->quiet)
				ce__supervisor_watch_end_only(s, job->report_fd, &job->report_source);
			ce__watch_begin(s, job);
			ce__stage_tell_started(job);
		} else if (record.kind == CE_RECORD_EXITED || record.kind == CE_RECORD_PROBED) {
			if (!job->ended.kind) /* FAILED and PROBED are followed by the end of that child */
				job->ended = record;
		} else if (record.kind == CE_RECORD_FAILED) {
			job->ended = record;
		}
	}
	if (n == 0)
		ce__supervisor_drop_fd(s, &job->report_fd);
	if (may_finish_early(job))
		finish_early(s, job);
}

void ce__stage_on_exit(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_cell_usage usage;
	siginfo_t info;
	bool clean;

	memset(&info, 0, sizeof(info));
	if (job->pidfd < 0 || waitid(P_PIDFD, (id_t)job->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
		return;
	ce__supervisor_drop_fd(s, &job->pidfd);
	ce__stage_on_report(s, job);
	ce__trace_mark_at(job, "cell: ended", job->ended.clock_us);
	ce__trace_mark(job, "reaped");
	if (job->state == CE_JOB_ENDING) {
		end_early(s, job);
		return;
	}
	ce__supervisor_drop_fd(s, &job->report_fd);
	ce__base_close(&job->lifeline_fd);
	sample_all(s, job, &usage);
	ce__trace_mark(job, "counters");
	clean = remove_cell(s, job);
	ce__trace_mark(job, "limits-closed");
	if (!clean) {
		ce__limits_cell_kill(s->limits, &job->limits);
		clean = remove_cell(s, job);
	}
	if (!clean)
		clean_later(job);
	if (ce__job_is_ahead(job)) {
		ce__park_lost(s, job, NULL);
		ce__spare_lost(job);
		if (clean)
			job->state = CE_JOB_DONE;
		return;
	}
	if (finish_failed_setup(s, job))
		return;
	if (job->ended.kind == CE_RECORD_PROBED)
		finish_probe(s, job);
	else
		finish_stage(s, job, &usage, clean);
}

/* Called from the clocks while a job is CE_JOB_CLEANING. */
void ce__stage_clean(struct ce_supervisor *s, struct ce_job *job)
{
	bool clean = remove_cell(s, job), resume = job->resume;

	if (!clean && ce__clock_us() < job->clean_until_us) {
		ce__limits_cell_kill(s->limits, &job->limits);
		job->check_us = ce__clock_us() + CLEAN_RETRY_US;
		return;
	}
	job->resume = false;
	if (clean && resume && job->socket >= 0) {
		ce__stage_start(s, job);
		return;
	}
	if (!clean && resume) {
		struct ce_finished finished = { .type = CE_MSG_FINISHED };

		ce__failure_set(&finished.failure, CE_ERR_OS, EBUSY, "clean-up", "the compile stage's cgroup cannot be removed");
		ce__job_finish(s, job, &finished);
	}
	if (!clean)
		job->slot = NULL; /* never given away again: its uid may still have a process */
	job->state = CE_JOB_DONE;
}
