/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * When each step of an execution was done, for whoever asked for it (CE_REQUEST_TRACE). Marks are made where they are named, in
 * the supervisor; those of the cell's steps come with init's record. Nothing is kept or sent otherwise. */
#include "monitor/supervisor.h"

#include <stdio.h>
#include <string.h>

struct ce_trace {
	struct ce_trace_message message;
};

static void add(struct ce_trace_message *m, const char *name, uint64_t at_us)
{
	struct ce_trace_point *p = &m->points[m->count];

	if (m->count == CE_TRACE_POINTS_MAX || at_us == 0)
		return;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->at_us = at_us;
	m->count++;
}

void ce__trace_mark_at(struct ce_job *job, const char *name, uint64_t at_us)
{
	if (!job->plan || !(job->plan->flags & CE_PLAN_TRACE))
		return;
	if (!job->trace) {
		job->trace = calloc(1, sizeof(*job->trace));
		if (!job->trace)
			return;
		job->trace->message.type = CE_MSG_TRACE;
	}
	add(&job->trace->message, name, at_us);
}

void ce__trace_mark(struct ce_job *job, const char *name)
{
	if (job->plan && (job->plan->flags & CE_PLAN_TRACE))
		ce__trace_mark_at(job, name, ce__clock_us());
}

static void add_steps(struct ce_job *job, const struct ce_cell_step *steps, const uint64_t *done_us)
{
	char name[32];

	for (size_t i = 0; i < CE_CELL_STEPS_MAX && steps[i].name; i++) {
		snprintf(name, sizeof(name), "cell: %s", steps[i].name);
		ce__trace_mark_at(job, name, done_us[i]);
	}
}

void ce__trace_steps(struct ce_job *job, const struct ce_cell_record *record)
{
	if (!job->plan || !(job->plan->flags & CE_PLAN_TRACE))
		return;
	add_steps(job, ce__cell_init_steps, record->done_us[CE_TABLE_INIT]);
	add_steps(job, ce__cell_begin_steps, record->done_us[CE_TABLE_BEGIN]);
	add_steps(job, ce__cell_file_steps, record->done_us[CE_TABLE_FILES]);
	add_steps(job, ce__cell_program_steps, record->done_us[CE_TABLE_PROGRAM]);
	ce__trace_mark_at(job, "cell: execve", record->clock_us);
}

void ce__trace_send(struct ce_job *job)
{
	if (!job->trace)
		return;
	job->trace->message.stage = job->plan->stages[job->stage].stage;
	/* Best effort: an account of the way, not of the result. */
	ce__job_send(job, &job->trace->message, sizeof(job->trace->message), NULL, 0);
	ce__trace_free(job);
}

void ce__trace_free(struct ce_job *job)
{
	free(job->trace);
	job->trace = NULL;
}
