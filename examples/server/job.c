/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "http.h"
#include "job_events.h"
#include "log.h"
#include "prepare.h"
#include "request_limits.h"
#include "result.h"
#include "server.h"
#include "stream.h"

#define INPUT_PENDING_MAX ((size_t)1 << 20)

static void start_execution(struct job *job);

/* ---- the list of all jobs ---- */

static void link_job(struct jobs *jobs, struct job *job)
{
	job->older = jobs->newest;
	if (jobs->newest)
		jobs->newest->newer = job;
	else
		jobs->oldest = job;
	jobs->newest = job;
	jobs->count++;
}

static void forget(struct jobs *jobs, struct job *job)
{
	*(job->newer ? &job->newer->older : &jobs->newest) = job->older;
	*(job->older ? &job->older->newer : &jobs->oldest) = job->newer;
	jobs->count--;
	jobs->finished--;
	jobs->kept_bytes -= job->kept_bytes;
	events_free(&job->events);
	buffer_free(&job->result);
	buffer_free(&job->results);
	buffer_free(&job->compiled);
	buffer_free(&job->early_input);
	request_free(&job->request);
	free(job->error);
	free(job);
}

static void forget_old(struct server *server, uint64_t now_us)
{
	struct jobs *jobs = &server->jobs;
	struct job *job = jobs->oldest;

	while (job) {
		struct job *next = job->newer;
		bool old =
		    job->state == JOB_FINISHED && now_us - job->finished_us > server->config.keep_ms * 1000;
		bool crowded = jobs->finished > server->config.keep_results ||
			       jobs->kept_bytes > server->config.keep_bytes;

		if (job->state == JOB_FINISHED && !job->waiter && !job->streams && (old || crowded))
			forget(jobs, job);
		else if (!crowded && job->state == JOB_FINISHED && !old)
			break;
		job = next;
	}
}

struct job *jobs_find(struct server *server, const char *id, const char *owner)
{
	for (struct job *job = server->jobs.newest; job; job = job->older)
		if (!strcmp(job->id, id))
			return strcmp(job->owner, owner) ? NULL : job;
	return NULL;
}

/* ---- the end ---- */

static void count_end(struct job *job)
{
	struct metrics *m = &job->server->metrics;

	metrics_observe(m, STAGE_TOTAL, job->finished_us - job->created_us);
	metrics_remember(m, job->wall_us, job->finished_us - job->created_us);
}

static void log_end_of(const struct job *job)
{
	struct buffer line = {0};

	if (!job->server->config.log_requests || job->waiter)
		return; /* the request's own line tells it */
	log_begin(&line, "info", "execution");
	buffer_printf(&line,
		      ",\"execution_id\":\"%s\",\"language\":\"%s\",\"status\":\"%s\",\"trace_id\":\"%s\"",
		      job->id, job->language, job->status, job->trace);
	buffer_printf(&line, ",\"wall_us\":%" PRIu64 ",\"queue_us\":%" PRIu64, job->wall_us,
		      (job->started_us ? job->started_us : job->finished_us) - job->created_us);
	log_end(&line);
}

/* `result` is there, and so is the status. */
static void complete(struct job *job)
{
	struct server *server = job->server;

	job->finished_us = clock_us();
	if (job->client && job->state == JOB_QUEUED)
		admission_withdraw(&server->admission, job);
	else if (job->client)
		admission_leave(&server->admission, job);
	job->state = JOB_FINISHED;
	server->jobs.finished++;
	server->buffered_bytes -= job->request.body_bytes;
	request_free(&job->request);
	buffer_free(&job->early_input);
	ce_program_free(job->program);
	job->program = NULL;
	engine_release(job->engine);
	job->engine = NULL;
	if (!job->timed_out_in_queue)
		count_end(job);
	log_end_of(job);
	if (job->live) {
		job_publish(job, "finished", job->result.data ? job->result.data : "{}", job->result.size);
		streams_wake(job);
	}
	if (job->waiter)
		exchange_job_finished(job->waiter, job);
	if (!job->detached) {
		buffer_free(&job->result);
	}
	job->kept_bytes = job->result.capacity + job->events.bytes;
	server->jobs.kept_bytes += job->kept_bytes;
	forget_old(server, job->finished_us);
}

static struct result_frame frame_of(const struct job *job)
{
	uint64_t started = job->started_us ? job->started_us : clock_us();

	return (struct result_frame){job->id, job->language, (started - job->created_us) / 1000,
				     job->request.always_base64};
}

/* Ends a job that has no result of the library's. */
static void complete_without_result(struct job *job, const char *status, const struct api_error *error)
{
	struct result_frame frame = frame_of(job);
	const char *message = error ? error->message : "cancelled before it started";

	snprintf(job->status, sizeof(job->status), "%s", status);
	job->exit_code = -1;
	job->http_status = error ? error->status : 200;
	if (error && (job->error = malloc(sizeof(*error))))
		*job->error = *error;
	buffer_free(&job->result);
	result_write_never_ran(&job->result, &frame, status, message, error);
	metrics_count(&job->server->metrics, job->language, status);
	complete(job);
}

static void error_from_library(struct api_error *out, ce_error *error)
{
	static const struct {
		int code;
		unsigned status;
		const char *name, *field;
	} known[] = {
	    {CE_ERR_INVALID, 400, "invalid_request", NULL},
	    {CE_ERR_TOO_NEW, 400, "invalid_request", NULL},
	    {CE_ERR_NOT_FOUND, 400, "unknown_language", "language"},
	    {CE_ERR_UNAVAILABLE, 400, "language_unavailable", "language"},
	    {CE_ERR_BUSY, 503, "queue_timeout", NULL},
	};
	const char *message = error ? ce_error_message(error) : "no memory left";

	api_error_set(out, 500, "system_error", NULL, "%s", message);
	for (size_t i = 0; error && i < COUNT_OF(known); i++)
		if (known[i].code == ce_error_code(error))
			api_error_set(out, known[i].status, known[i].name, known[i].field, "%s", message);
	request_limits_translate(out);
	ce_error_free(error);
}

/* A batch answers once for all. */
static void complete_batch(struct job *job)
{
	struct buffer out = {0};

	buffer_printf(&out,
		      "{\"id\":\"%s\",\"status\":\"%s\",\"queue_ms\":%" PRIu64
		      ",\"stopped\":%s,\"compile\":%s,\"results\":[",
		      job->id, job->status, frame_of(job).queue_ms, job->batch_stopped ? "true" : "false",
		      job->compiled.data ? job->compiled.data : "null");
	buffer_add(&out, job->results.data ? job->results.data : "", job->results.size);
	buffer_text(&out, "]}");
	buffer_free(&job->results);
	job->result = out;
	job->http_status = 200;
	complete(job);
}

static void add_batch_result(struct job *job, const ce_result *result)
{
	struct result_frame frame = frame_of(job);

	if (!job->results.size || !strcmp(job->status, "success"))
		snprintf(job->status, sizeof(job->status), "%s", ce_result_status(result));
	if (job->results.size)
		buffer_text(&job->results, ",");
	result_write(&job->results, &frame, result);
}

static void take_batch_result(struct job *job, const ce_result *result)
{
	bool good = ce_result_outcome(result) == CE_OUTCOME_SUCCESS;
	bool last = job->next_input == job->request.input_count;

	add_batch_result(job, result);
	job->batch_stopped = !last && (job->cancelled || (!good && job->request.stop_on_failure));
	if (job->batch_stopped || last)
		complete_batch(job);
	else
		start_execution(job);
}

static void take_result(struct job *job, ce_result *result)
{
	struct metrics *m = &job->server->metrics;
	struct result_frame frame = frame_of(job);

	job->wall_us += ce_result_wall_time_us(result, CE_STAGE_RUN);
	if (ce_result_memory_peak_bytes(result, CE_STAGE_RUN) > job->memory_bytes)
		job->memory_bytes = ce_result_memory_peak_bytes(result, CE_STAGE_RUN);
	job->exit_code = ce_result_exit_code(result);
	metrics_count(m, ce_result_language(result), ce_result_status(result));
	if (ce_result_has_stage(result, CE_STAGE_COMPILE) && !result_was_cached(result))
		metrics_observe(m, STAGE_COMPILE, ce_result_wall_time_us(result, CE_STAGE_COMPILE));
	if (ce_result_has_stage(result, CE_STAGE_RUN))
		metrics_observe(m, STAGE_RUN, ce_result_wall_time_us(result, CE_STAGE_RUN));
	if (job->form == FORM_BATCH) {
		take_batch_result(job, result);
	} else {
		snprintf(job->status, sizeof(job->status), "%s", ce_result_status(result));
		job->http_status = ce_result_outcome(result) == CE_OUTCOME_SYSTEM_ERROR ? 500 : 200;
		result_write(&job->result, &frame, result);
		complete(job);
	}
	ce_result_free(result);
}

/* ---- running ---- */

static void finish_execution(struct job *job, int state, ce_error *error)
{
	ce_result *result = NULL;

	loop_remove(job->server->loop, &job->watch);
	if (job->live)
		job_flush_tails(job);
	if (state > 0)
		state = ce_execution_take_result(job->execution, &result, &error);
	ce_execution_destroy(job->execution);
	job->execution = NULL;
	if (result) {
		take_result(job, result);
	} else {
		struct api_error failure;

		error_from_library(&failure, error);
		complete_without_result(job, "system_error", &failure);
	}
}

static void on_ready(struct watch *watch, uint32_t events)
{
	struct job *job = watch->data;
	struct server *server = job->server;
	ce_error *error = NULL;
	int state = ce_execution_dispatch(job->execution, &error);

	(void)events;
	if (job->live)
		streams_wake(job);
	if (!state)
		return;
	finish_execution(job, state, error);
	jobs_start(server);
}

static void feed_early(struct job *job)
{
	if (job->early_input.size)
		ce_execution_write(job->execution, job->early_input.data, job->early_input.size, NULL);
	buffer_free(&job->early_input);
	if (job->input_closed)
		ce_execution_close_input(job->execution, NULL);
}

/* The compiler is done. What does not compile is the one result of all inputs. */
static void on_prepared(struct job *job, struct prepared *prepared)
{
	struct api_error failure;

	if (prepared->compiled) {
		result_write_compile(&job->compiled, prepared->compiled, job->request.always_base64);
		metrics_observe(&job->server->metrics, STAGE_COMPILE,
				ce_result_wall_time_us(prepared->compiled, CE_STAGE_COMPILE));
	}
	job->program = prepared->program;
	if (job->cancelled) {
		ce_error_free(prepared->error);
		complete_without_result(job, "cancelled", NULL);
	} else if (job->program) {
		ce_error_free(prepared->error);
		job->request.request.program = job->program;
		job->request.request.language = NULL;
		job->request.request.code = NULL;
		job->request.request.code_size = 0;
		job->request.request.file_count = 0;
		start_execution(job);
	} else if (prepared->compiled) {
		add_batch_result(job, prepared->compiled);
		metrics_count(&job->server->metrics, job->language, job->status);
		job->batch_stopped = job->request.input_count > 1;
		complete_batch(job);
	} else {
		error_from_library(&failure, prepared->error);
		complete_without_result(job, "system_error", &failure);
	}
	ce_result_free(prepared->compiled);
}

static void start_job(struct job *job)
{
	struct api_error failure;

	if (job->form != FORM_BATCH || !job->compiles) {
		start_execution(job);
		return;
	}
	job->state = JOB_COMPILING;
	if (prepare_start(job, on_prepared)) {
		api_error_set(&failure, 500, "system_error", NULL, "cannot start a thread");
		complete_without_result(job, "system_error", &failure);
	}
}

static void start_execution(struct job *job)
{
	ce_request *request = &job->request.request;
	ce_error *error = NULL;
	struct api_error failure;

	if (job->form == FORM_BATCH) {
		request->input = job->request.inputs[job->next_input].data;
		request->input_size = job->request.inputs[job->next_input].size;
		job->next_input++;
	}
	if (ce_execution_start(job->engine->sandbox, request, job_on_event, job, &job->execution, &error)) {
		error_from_library(&failure, error);
		complete_without_result(job, "system_error", &failure);
		return;
	}
	if (job->cancelled)
		ce_execution_cancel(job->execution);
	if (request->flags & CE_REQUEST_INTERACTIVE)
		feed_early(job);
	if (loop_add(job->server->loop, &job->watch, ce_execution_fd(job->execution), EPOLLIN, on_ready,
		     job)) {
		ce_execution_destroy(job->execution);
		job->execution = NULL;
		api_error_set(&failure, 500, "system_error", NULL, "cannot watch the execution");
		complete_without_result(job, "system_error", &failure);
	}
}

void jobs_start(struct server *server)
{
	struct job *job;

	/* A job that ends at its start frees a slot: the loop below sees it, nobody starts one within. */
	if (server->jobs.pumping)
		return;
	server->jobs.pumping = true;
	while ((job = admission_next(&server->admission))) {
		job->state = JOB_STARTING;
		job->started_us = clock_us();
		metrics_observe(&server->metrics, STAGE_QUEUE, job->started_us - job->created_us);
		start_job(job);
	}
	server->jobs.pumping = false;
}

static int check_language(struct job *job, struct api_error *error)
{
	const ce_executor *executor = NULL;
	ce_error *failure = NULL;

	if (ce_sandbox_find_executor(job->engine->sandbox, job->request.request.language, &executor,
				     &failure)) {
		error_from_library(error, failure);
		return -1;
	}
	snprintf(job->language, sizeof(job->language), "%s", ce_executor_name(executor));
	job->compiles = ce_executor_has_compile_stage(executor);
	if (ce_executor_available(executor))
		return 0;
	return api_error_set(error, 400, "language_unavailable", "language", "%s: %s", job->language,
			     ce_executor_unavailable_reason(executor));
}

int job_create(struct server *server, struct run_request *request, const struct job_setup *setup,
	       struct job **out, struct api_error *error)
{
	struct job *job = calloc(1, sizeof(*job));
	int r = -1;

	if (!job) {
		request_free(request);
		return api_error_set(error, 500, "no_memory", NULL, "no memory left");
	}
	job->server = server;
	job->request = *request;
	memset(request, 0, sizeof(*request));
	job->request.request.limits = &job->request.limits; /* they have moved */
	job->request.request.compile_limits = &job->request.compile_limits;
	job->form = setup->form;
	job->live = setup->live;
	job->detached = setup->detached;
	job->exit_code = -1;
	job->events.limit = (size_t)server->config.event_buffer;
	job->created_us = clock_us();
	job->created_at = clock_wall();
	snprintf(job->owner, sizeof(job->owner), "%s", setup->owner);
	snprintf(job->tenant, sizeof(job->tenant), "%s", setup->client);
	snprintf(job->trace, sizeof(job->trace), "%s", setup->trace);
	/* Without keys the address: what one client compiled is not kept for another. */
	job->request.request.tenant = job->tenant;
	job->engine = engine_use(server->engine);
	if (random_hex(job->id, 16))
		api_error_set(error, 500, "system_error", NULL, "no random bytes to be had");
	else if (!check_language(job, error) &&
		 !admission_enqueue(&server->admission, job, setup->client, setup->concurrency))
		api_error_set(error, 429, "queue_full", NULL,
			      "%zu executions run and %zu wait: try again later", server->admission.running,
			      server->admission.queued);
	else if (job->client)
		r = 0;
	if (r) {
		engine_release(job->engine);
		request_free(&job->request);
		free(job);
		return -1;
	}
	server->buffered_bytes += job->request.body_bytes;
	link_job(&server->jobs, job);
	if (job->live)
		job_publish_status(job, "queued");
	*out = job;
	return 0;
}

/* ---- steering ---- */

void job_cancel(struct job *job)
{
	if (job->state == JOB_FINISHED)
		return;
	job->cancelled = true;
	if (job->execution)
		ce_execution_cancel(job->execution);
	else if (job->state == JOB_QUEUED)
		complete_without_result(job, "cancelled", NULL);
}

int job_feed(struct job *job, const void *data, size_t size, bool close, struct api_error *error)
{
	size_t pending;

	if (job->state == JOB_FINISHED)
		return api_error_set(error, 409, "finished", NULL, "the execution has ended");
	if (!(job->request.request.flags & CE_REQUEST_INTERACTIVE))
		return api_error_set(
		    error, 409, "not_interactive", NULL,
		    "its standard input was given with the request (start it with \"interactive\": true)");
	if (job->input_closed && size)
		return api_error_set(error, 409, "input_closed", NULL,
				     "its standard input was closed before");
	pending = job->execution ? ce_execution_pending_input(job->execution) : job->early_input.size;
	if (pending && pending + size > INPUT_PENDING_MAX)
		return api_error_set(error, 429, "input_pending", NULL,
				     "the program has not read %zu bytes yet: try again later", pending);
	job->input_closed |= close;
	if (!job->execution) {
		buffer_add(&job->early_input, data, size);
		return job->early_input.failed
			   ? api_error_set(error, 500, "no_memory", NULL, "no memory left")
			   : 0;
	}
	if (size)
		ce_execution_write(job->execution, data, size, NULL);
	if (close)
		ce_execution_close_input(job->execution, NULL);
	return 0;
}

void jobs_tick(struct server *server, uint64_t now_us)
{
	uint64_t patience = server->config.queue_timeout_ms * 1000;
	struct job *next;

	for (struct job *job = server->jobs.oldest; job; job = next) {
		struct api_error error;

		next = job->newer;
		if (job->streams)
			streams_tick(job, now_us);
		if (job->state != JOB_QUEUED || now_us - job->created_us < patience)
			continue;
		api_error_set(&error, 503, "queue_timeout", NULL, "no slot became free in %" PRIu64 " ms",
			      patience / 1000);
		job->timed_out_in_queue = true;
		server->metrics.rejected[REJECT_QUEUE_TIMEOUT]++;
		complete_without_result(job, "system_error", &error);
		next = server->jobs.oldest; /* others may have been forgotten */
	}
	forget_old(server, now_us);
}

void jobs_cancel_all(struct server *server)
{
	struct job *older;

	for (struct job *job = server->jobs.newest; job; job = older) {
		older = job->older;
		if (job->state == JOB_FINISHED)
			continue;
		job_cancel(job);
		older = job->state == JOB_FINISHED ? server->jobs.newest : older;
	}
}

void jobs_free(struct server *server)
{
	while (server->jobs.newest)
		forget(&server->jobs, server->jobs.newest);
}

unsigned jobs_retry_after(const struct server *server)
{
	uint64_t mean = metrics_mean_us(&server->metrics), waiting = server->admission.queued + 1;
	uint64_t seconds = mean * waiting / server->admission.max_running / 1000000 + 1;

	return seconds > 60 ? 60 : (unsigned)seconds;
}
