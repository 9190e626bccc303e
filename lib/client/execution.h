/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One execution as the library sees it: pipes that it made, a socket to the supervisor, an epoll descriptor over them all. */
#ifndef CE_CLIENT_EXECUTION_H
#define CE_CLIENT_EXECUTION_H

#include "cache/cache.h"
#include "client/client.h"
#include "client/input.h"
#include "client/result.h"

#define CE_EXECUTION_STREAMS 4 /* stdout and stderr of each stage */

#define CE_ABOUT_SOCKET 100 /* what epoll gives back; a number below CE_EXECUTION_STREAMS is a stream */

struct ce_stream {
	int fd; /* read end; owned; -1: ended */
	ce_stage stage;
	int number; /* CE_STREAM_* */
};

struct ce_event {
	int type;
	int status;
	ce_stage stage;
	int stream;
	const void *data; /* borrowed, for the callback only */
	size_t size;
	ce_usage usage;
};

/* Used by one thread at a time, except the socket, on which any thread may send a cancellation. */
struct ce_execution {
	struct ce_client *client;	    /* borrowed: the sandbox outlives its executions */
	const struct ce_executor *executor; /* borrowed */
	size_t runtime;
	char id[33];
	int epoll;  /* owned */
	int socket; /* owned; stays open until destroy, so that cancel never meets another's descriptor */
	struct ce_stream streams[CE_EXECUTION_STREAMS];
	struct ce_input input;
	struct ce_cache *cache;		 /* borrowed; of what follows */
	struct ce_cache_entry *compiled; /* lent by it: what runs instead of being compiled; or NULL */
	struct ce_cache_ticket *ticket;	 /* owned: to keep what is compiled now; or NULL */
	int artifacts_fd;		 /* owned: that */
	bool kill_on_output_limit, output_limit_sent;
	bool finished, taken, cancelled;
	char lost[128]; /* what of the program's could not be taken, and why; empty: nothing */
	uint64_t generation; /* which supervisor has it */
	uint64_t heard_us; /* when something last came, or the silence was last looked into */
	unsigned silences; /* in a row in which the supervisor was seen stopped */
	struct ce_finished probe; /* the last message, for ce_probe */
	ce_error *failure;   /* owned; what take_result gives instead of a result */
	ce_result *result;   /* owned until taken */
	ce_event_fn on_event;
	void *user_data;
};

struct ce_execution_setup {
	struct ce_client *client;
	const struct ce_executor *executor;
	size_t runtime;
	const void *plan;
	size_t plan_size;
	size_t stage_count;
	ce_stage last_stage;
	const void *input;
	size_t input_size;
	bool interactive;
	struct ce_cache *cache; /* what follows goes to the execution, if there is one */
	struct ce_cache_entry *compiled;
	struct ce_cache_ticket *ticket;
	bool kill_on_output_limit;
	uint64_t output_bytes[2]; /* by stage - 1 */
	ce_event_fn on_event;
	void *user_data;
};

int ce__execution_create(const struct ce_execution_setup *setup, ce_execution **out, ce_error **error);
/* Waits up to timeout_ms (-1: some seconds) for something to do and does it. 1: finished, 0: not yet, or a CE_ERR_*. */
int ce__execution_step(ce_execution *execution, int timeout_ms, ce_error **error);

/* For what an execution is made of. 0 or -errno; `about` is what epoll gives back. */
int ce__execution_watch(const ce_execution *execution, int fd, uint32_t events, uint32_t about);
void ce__execution_emit(ce_execution *execution, const struct ce_event *event);
/* The program of the run stage said something: first comes what is left of its compile stage. */
void ce__execution_enter_run(ce_execution *execution);
/* A result without something that the program made is no success. The first loss tells. */
void ce__execution_lose(ce_execution *execution, const char *what, int os_error);
#endif
