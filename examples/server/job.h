/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One execution (or one batch of them) from its request to the end of the server's memory of it. Main thread.
 */
#ifndef SERVER_JOB_H
#define SERVER_JOB_H

#include <codeexec/codeexec.h>

#include "admission.h"
#include "engine.h"
#include "events.h"
#include "loop.h"
#include "request.h"

struct server;
struct exchange;
struct stream;

enum job_state { JOB_QUEUED, JOB_STARTING, JOB_COMPILING, JOB_RUNNING, JOB_FINISHED };

struct job {
	struct server *server;
	char id[33];
	char owner[CLIENT_NAME_BYTES]; /* name of the API key; "" without keys */
	char tenant[CLIENT_NAME_BYTES]; /* the client: API key, or address */
	char trace[33];
	enum request_form form;
	enum job_state state;
	bool compiles; /* its language has a compile stage */
	bool live;     /* has events */
	bool detached; /* its result is kept for GET */
	bool cancelled, timed_out_in_queue;
	struct run_request request;
	char language[64]; /* name of the executor */
	double created_at;
	uint64_t created_us, started_us, finished_us;

	struct client *client;     /* of admission */
	struct job *queue_next;    /* of admission */
	struct job *newer, *older; /* all jobs, by age */

	struct engine *engine;   /* used */
	ce_execution *execution; /* owned */
	struct watch watch;
	struct buffer early_input; /* fed before it ran */
	bool input_closed;

	struct events events;
	char tails[2][2][4]; /* unfinished characters by stage and stream */
	size_t tail_sizes[2][2];
	struct stream *streams;  /* readers of the events */
	struct exchange *waiter; /* who waits for the result */

	bool has_usage;
	ce_usage usage;
	char status[24];
	int exit_code;
	uint64_t wall_us, memory_bytes;
	unsigned http_status;
	struct api_error *error; /* why there is no result of the library's; owned */
	struct buffer result;    /* JSON */
	size_t kept_bytes;       /* counted in jobs.kept_bytes */

	ce_program
	    *program; /* batch of a compiled language; owned, and freed before the engine is released */
	struct buffer compiled; /* batch: JSON of the compile stage, or empty */
	size_t next_input;      /* batch */
	struct buffer results;
	bool batch_stopped;
};

struct jobs {
	struct job *newest, *oldest;
	size_t count, finished;
	size_t kept_bytes;
	bool pumping;
};

struct job_setup {
	enum request_form form;
	bool live, detached;
	const char *owner, *client, *trace;
	uint64_t concurrency; /* of the client; 0: any */
};

/* Takes the request over, checks the language and queues the job; jobs_start starts it. 0, or -1 with
 * `error`; on failure the request is freed. */
int job_create(struct server *server, struct run_request *request, const struct job_setup *setup,
	       struct job **out, struct api_error *error);
/* Starts what may start now. A job may have ended when this returns, but not been forgotten if somebody waits
 * for it or reads its events. */
void jobs_start(struct server *server);
struct job *jobs_find(struct server *server, const char *id, const char *owner);
void job_cancel(struct job *job);
/* 0, or -1 with `error`. */
int job_feed(struct job *job, const void *data, size_t size, bool close, struct api_error *error);
/* Time-outs in the queue and forgetting. */
void jobs_tick(struct server *server, uint64_t now_us);
void jobs_cancel_all(struct server *server);
/* After all have ended. */
void jobs_free(struct server *server);

const char *job_status(const struct job *job);
/* An item of GET /executions, with `result` if asked for and kept. */
void job_write(const struct job *job, bool with_result, struct buffer *out);
/* Seconds after which a queue as long as now may have room. */
unsigned jobs_retry_after(const struct server *server);

#endif
