/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "job_events.h"

#include <inttypes.h>
#include <string.h>

#include "result.h"

void job_publish(struct job *job, const char *name, const char *data, size_t size)
{
	events_add(&job->events, name, data, size);
}

void job_publish_status(struct job *job, const char *status)
{
	char data[64];
	int n = snprintf(data, sizeof(data), "{\"status\":\"%s\"}", status);

	job_publish(job, "status", data, (size_t)n);
}

/* Output may be read before the word that its stage has begun: then that is told first, and once. */
static void enter(struct job *job, enum job_state state)
{
	if (state == JOB_RUNNING && job->compiles && !job->program)
		enter(job, JOB_COMPILING);
	if (job->state >= state)
		return;
	job->state = state;
	if (job->live)
		job_publish_status(job, job_status(job));
}

static void publish_text(struct job *job, ce_stage stage, int stream, const void *text, size_t size)
{
	struct buffer data = {0};

	buffer_printf(&data, "{\"stage\":\"%s\",\"data\":", ce_stage_name(stage));
	buffer_json_string(&data, text, size);
	buffer_text(&data, "}");
	if (!data.failed)
		job_publish(job, stream == CE_STREAM_STDOUT ? "stdout" : "stderr", data.data, data.size);
	buffer_free(&data);
}

/* Holds back what is no whole character yet, and puts it in front of what comes next. */
static void take_output(struct job *job, const ce_event *event)
{
	ce_stage stage = ce_event_stage(event);
	size_t size = 0, tail, *held;
	int stream = 0;
	const void *data = ce_event_output(event, &stream, &size);
	struct buffer text = {0};
	char *kept;

	if (stage < CE_STAGE_COMPILE || stage > CE_STAGE_RUN || stream < CE_STREAM_STDOUT ||
	    stream > CE_STREAM_STDERR)
		return;
	enter(job, stage == CE_STAGE_COMPILE ? JOB_COMPILING : JOB_RUNNING);
	kept = job->tails[stage - 1][stream - 1];
	held = &job->tail_sizes[stage - 1][stream - 1];
	buffer_add(&text, kept, *held);
	buffer_add(&text, data, size);
	*held = 0;
	if (text.failed) {
		buffer_free(&text);
		return;
	}
	tail = utf8_incomplete_tail(text.data, text.size);
	memcpy(kept, text.data + text.size - tail, tail);
	*held = tail;
	if (text.size > tail)
		publish_text(job, stage, stream, text.data, text.size - tail);
	buffer_free(&text);
}

void job_flush_tails(struct job *job)
{
	for (int stage = CE_STAGE_COMPILE; stage <= CE_STAGE_RUN; stage++)
		for (int stream = CE_STREAM_STDOUT; stream <= CE_STREAM_STDERR; stream++) {
			size_t *held = &job->tail_sizes[stage - 1][stream - 1];

			if (*held)
				publish_text(job, (ce_stage)stage, stream, job->tails[stage - 1][stream - 1],
					     *held);
			*held = 0;
		}
}

static void put_usage(struct buffer *out, const ce_usage *usage)
{
	buffer_printf(out,
		      "\"wall_time_us\":%" PRIu64 ",\"cpu_time_us\":%" PRIu64 ",\"memory_bytes\":%" PRIu64
		      ",\"tasks\":%" PRIu64 ",\"read_bytes\":%" PRIu64 ",\"write_bytes\":%" PRIu64 "}",
		      usage->wall_time_us, usage->cpu_time_us, usage->memory_bytes, usage->tasks,
		      usage->read_bytes, usage->write_bytes);
}

static void take_usage(struct job *job, const ce_event *event)
{
	struct buffer data = {0};

	job->usage = (ce_usage){.size = sizeof(job->usage)};
	job->has_usage = !ce_event_usage(event, &job->usage);
	if (!job->live || !job->has_usage)
		return;
	buffer_printf(&data, "{\"stage\":\"%s\",", ce_stage_name(ce_event_stage(event)));
	put_usage(&data, &job->usage);
	if (!data.failed)
		job_publish(job, "usage", data.data, data.size);
	buffer_free(&data);
}

void job_on_event(ce_execution *execution, const ce_event *event, void *user_data)
{
	struct job *job = user_data;

	(void)execution;
	switch (ce_event_type(event)) {
	case CE_EVENT_STATUS:
		if (ce_event_status(event) == CE_STATUS_COMPILING)
			enter(job, JOB_COMPILING);
		else if (ce_event_status(event) == CE_STATUS_RUNNING)
			enter(job, JOB_RUNNING);
		break;
	case CE_EVENT_OUTPUT:
		if (job->live)
			take_output(job, event);
		break;
	case CE_EVENT_USAGE:
		take_usage(job, event);
		break;
	default:
		break;
	}
}

const char *job_status(const struct job *job)
{
	static const char *const names[] = {"queued", "running", "compiling", "running"};

	return job->state == JOB_FINISHED ? job->status : names[job->state];
}

/* Milliseconds since 1970, measured from the creation by a clock that nobody sets; null while it has not
 * come. */
static void put_moment(struct buffer *out, const char *name, const struct job *job, uint64_t at_us)
{
	double milliseconds = job->created_at * 1000 + (double)(at_us - job->created_us) / 1000;

	if (at_us)
		buffer_printf(out, ",\"%s\":%.0f", name, milliseconds);
	else
		buffer_printf(out, ",\"%s\":null", name);
}

void job_write(const struct job *job, bool with_result, struct buffer *out)
{
	bool finished = job->state == JOB_FINISHED;
	uint64_t now = finished ? job->finished_us : clock_us(),
		 started = job->started_us ? job->started_us : now;

	buffer_printf(out,
		      "{\"id\":\"%s\",\"language\":\"%s\",\"status\":\"%s\",\"finished\":%s,\"kind\":\"%s\"",
		      job->id, job->language, job_status(job), finished ? "true" : "false",
		      job->form == FORM_BATCH ? "batch" : "single");
	put_moment(out, "created_at", job, job->created_us);
	put_moment(out, "started_at", job, job->started_us);
	put_moment(out, "finished_at", job, job->finished_us);
	buffer_printf(out, ",\"queue_ms\":%" PRIu64 ",\"elapsed_us\":%" PRIu64,
		      (started - job->created_us) / 1000, now - started);
	if (job->has_usage) {
		buffer_text(out, ",\"usage\":{");
		put_usage(out, &job->usage);
	} else {
		buffer_text(out, ",\"usage\":null");
	}
	if (finished) {
		buffer_printf(out, ",\"execution_time\":%" PRIu64 ",\"memory_usage\":%" PRIu64,
			      job->wall_us / 1000, (job->memory_bytes + 1023) / 1024);
		if (job->exit_code < 0)
			buffer_text(out, ",\"exit_code\":null");
		else
			buffer_printf(out, ",\"exit_code\":%d", job->exit_code);
	}
	if (with_result) {
		buffer_text(out, ",\"result\":");
		buffer_text(out, finished && job->result.data ? job->result.data : "null");
	}
	buffer_text(out, "}");
}
