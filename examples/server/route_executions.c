/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The routes that start, show and steer executions. */
#include "routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "stream.h"

static bool refuse_unready(struct exchange *x)
{
	if (server_is_ready(x->server))
		return false;
	x->server->metrics.rejected[x->server->draining ? REJECT_DRAINING : REJECT_STARTING]++;
	x->close = x->server->draining;
	exchange_fail(x, 503, x->server->draining ? "draining" : "starting", NULL, "%s",
		      x->server->draining ? "the server stops" : "the server starts");
	return true;
}

static bool refuse_rate(struct exchange *x, uint64_t count)
{
	struct key *key = *x->key_name ? keys_by_name(&x->server->keys, x->key_name) : NULL;

	if (!key || key_take(key, count, clock_us(), &x->retry_after))
		return false;
	x->server->metrics.rejected[REJECT_RATE]++;
	exchange_fail(x, 429, "rate_limit", NULL, "this key may start %llu executions per minute",
		      (unsigned long long)key->rate);
	return true;
}

static void log_code(const struct exchange *x, const struct job *job)
{
	struct buffer line = {0};

	if (!x->server->config.log_code || !job->request.code.data)
		return;
	log_begin(&line, "info", "code");
	buffer_printf(&line, ",\"execution_id\":\"%s\",\"code\":", job->id);
	buffer_json_string(&line, job->request.code.data, job->request.code.size);
	log_end(&line);
}

/* Reads the request and queues it. NULL: answered with an error. */
static struct job *create(struct exchange *x, enum request_form form, bool live, bool detached)
{
	struct job_setup setup = {.form = form,
				  .live = live,
				  .detached = detached,
				  .owner = x->key_name,
				  .client = exchange_client(x),
				  .trace = x->trace,
				  .concurrency = x->key_concurrency};
	struct run_request request;
	struct api_error error;
	struct job *job = NULL;

	if (refuse_unready(x))
		return NULL;
	if (request_read(x->body.data, x->body.size, form, &x->server->config, &request, &error)) {
		request_free(&request);
		exchange_reply_error(x, &error);
		return NULL;
	}
	request.body_bytes = x->body.size;
	if (refuse_rate(x, form == FORM_BATCH ? request.input_count : 1)) {
		request_free(&request);
		return NULL;
	}
	if (job_create(x->server, &request, &setup, &job, &error)) {
		if (error.status == 429)
			x->server->metrics.rejected[REJECT_QUEUE_FULL]++;
		exchange_reply_error(x, &error);
		return NULL;
	}
	memcpy(x->job_id, job->id, sizeof(x->job_id));
	log_code(x, job);
	/* The texts are the job's now. */
	x->server->buffered_bytes -= x->body.size;
	buffer_free(&x->body);
	return job;
}

static void wait_for(struct exchange *x, struct job *job)
{
	job->waiter = x;
	x->job = job;
	jobs_start(x->server);
}

void route_execute(struct exchange *x)
{
	const char *stream = exchange_query(x, "stream");
	bool live = stream && strcmp(stream, "0") != 0;
	struct job *job = create(x, FORM_EXECUTE, live, false);

	if (!job)
		return;
	if (!live) {
		wait_for(x, job);
		return;
	}
	if (stream_open(x, job, 0, true)) {
		job_cancel(job);
		exchange_fail(x, 500, "no_memory", NULL, "no memory left");
	}
	jobs_start(x->server);
}

void route_batch(struct exchange *x)
{
	struct job *job = create(x, FORM_BATCH, false, false);

	if (job)
		wait_for(x, job);
}

void route_start(struct exchange *x)
{
	struct job *job = create(x, FORM_ASYNC, true, true);
	struct buffer json = {0};
	char location[64];

	if (!job)
		return;
	/* While it has a waiter nobody forgets it; one that ends at its start answers by itself, with the
	 * reason. */
	wait_for(x, job);
	if (!x->job)
		return;
	job->waiter = NULL;
	x->job = NULL;
	snprintf(location, sizeof(location), "/executions/%s", job->id);
	buffer_printf(&json,
		      "{\"id\":\"%s\",\"status\":\"%s\",\"url\":\"%s\",\"events_url\":\"%s/events\"}\n",
		      job->id, job_status(job), location, location);
	exchange_reply_buffer(x, 202, &json);
	exchange_add_header(x, "Location", location);
}

void route_list(struct exchange *x)
{
	struct metrics_now now = server_now(x->server);
	struct buffer json = {0};
	bool first = true;

	buffer_text(&json, "{\"executions\":[");
	for (const struct job *job = x->server->jobs.newest; job; job = job->older) {
		if (strcmp(job->owner, x->key_name) != 0)
			continue;
		buffer_text(&json, first ? "" : ",");
		job_write(job, false, &json);
		first = false;
	}
	buffer_text(&json, "],\"summary\":");
	metrics_write_summary(&x->server->metrics, &now, &json);
	buffer_text(&json, "}\n");
	exchange_reply_buffer(x, 200, &json);
}

/* NULL: answered with 404. A key's executions are nobody else's. */
static struct job *find(struct exchange *x)
{
	struct job *job = jobs_find(x->server, x->id, x->key_name);

	if (!job)
		exchange_fail(x, 404, "unknown_execution", NULL,
			      "there is no execution of that id (any more)");
	else
		memcpy(x->job_id, job->id, sizeof(x->job_id));
	return job;
}

void route_show(struct exchange *x)
{
	const struct job *job = find(x);
	struct buffer json = {0};

	if (!job)
		return;
	job_write(job, true, &json);
	exchange_reply_buffer(x, 200, &json);
}

static bool read_number(const char *text, uint64_t *out)
{
	*out = 0;
	if (!text || !*text)
		return true;
	errno = 0;
	*out = strtoull(text, NULL, 10);
	return strspn(text, "0123456789") == strlen(text) && !errno && *out < UINT64_MAX / 2;
}

void route_events(struct exchange *x)
{
	const char *last = exchange_header(x, "Last-Event-ID");
	struct job *job = find(x);
	uint64_t number;

	if (!job)
		return;
	if (!job->live)
		exchange_fail(x, 409, "no_events", NULL, "only POST /executions and ?stream=1 have events");
	else if (!read_number(last ? last : exchange_query(x, "last_event_id"), &number))
		exchange_fail(x, 400, "invalid_request", "Last-Event-ID", "Last-Event-ID must be a number");
	else if (stream_open(x, job, number, false))
		exchange_fail(x, 500, "no_memory", NULL, "no memory left");
}

void route_stdin(struct exchange *x)
{
	const char *close = exchange_query(x, "close");
	struct job *job = find(x);
	struct buffer json = {0};
	struct api_error error;

	if (!job)
		return;
	if (job_feed(job, x->body.data, x->body.size, close && strcmp(close, "0") != 0, &error)) {
		exchange_reply_error(x, &error);
		return;
	}
	buffer_printf(&json, "{\"id\":\"%s\",\"accepted\":%zu,\"closed\":%s}\n", job->id, x->body.size,
		      job->input_closed ? "true" : "false");
	exchange_reply_buffer(x, 200, &json);
}

void route_cancel(struct exchange *x)
{
	struct job *job = find(x);
	struct buffer json = {0};
	unsigned status;

	if (!job)
		return;
	status = job->state == JOB_FINISHED ? 200 : 202;
	if (status == 200) {
		job_write(job, false, &json);
	} else {
		buffer_printf(&json, "{\"id\":\"%s\",\"status\":\"cancelling\"}\n", job->id);
		job_cancel(job);
		jobs_start(x->server);
	}
	exchange_reply_buffer(x, status, &json);
}
