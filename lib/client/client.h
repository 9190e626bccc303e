/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The library's end of the supervisor: starts it, hands it plans, starts another one when it died. */
#ifndef CE_CLIENT_CLIENT_H
#define CE_CLIENT_CLIENT_H

/* How long a supervisor may be silent when an answer is due. A busy one answers within milliseconds, one that somebody
 * stopped never does; the longest it takes by itself is to sweep what several dead ones left. */
#define CE_PATIENCE_MS 10000
#define CE_PATIENCE_START_MS 60000

#include <pthread.h>

#include "error/error.h"
#include "monitor/counters.h"
#include "monitor/message.h"

/* Any thread; what changes after creation is under the lock. */
struct ce_client {
	char *path; /* of the supervisor; owned */
	struct ce_hello hello;
	const struct ce_log *log; /* borrowed */
	pthread_mutex_t lock;
	pid_t pid;	/* the supervisor's, 0: none */
	int pidfd;	/* owned */
	int control;	/* owned */
	bool deaf; /* it did not take what it was sent for all of the patience */
	struct ce_ready ready;
	int counters_fd; /* owned; goes to each supervisor */
	struct ce_counters *counters; /* owned */
	uint64_t restarts;
};

/* Starts the supervisor and waits until it is ready. On failure nothing is left. */
int ce__client_open(struct ce_client *client, const char *path, const struct ce_hello *hello, const struct ce_log *log,
		    ce_error **error);
/* Ends it and waits until it is gone; sweeps what it left if it had died. */
void ce__client_close(struct ce_client *client);

struct ce_client_start {
	const void *plan; /* borrowed */
	size_t plan_size;
	size_t stage_count;
	int stdio[5]; /* run: stdin, stdout, stderr; compile: stdout, stderr; borrowed */
	int compiled_fd; /* what was compiled before; borrowed; -1: nothing */
};

/* Hands over one execution; *socket is its end of the conversation, `backend` (CE_BACKEND_NAME_BYTES) gets the
 * name of the limits backend, *generation which supervisor it was. Starts it anew, once, if it is gone. */
int ce__client_start(struct ce_client *client, const struct ce_client_start *start, int *socket, char *backend,
		     uint64_t *generation, ce_error **error);
/* Is the one that was started `generation` stopped (SIGSTOP), or gone? Then nothing can be expected of it. */
bool ce__client_is_stopped(struct ce_client *client, uint64_t generation);
/* It does not answer: kills it, removes what it left. Its executions see their sockets end. The next one starts another. */
void ce__client_give_up(struct ce_client *client, uint64_t generation);
/* An execution of the one that was started `generation` saw its socket end without a last word. True: that one died; removes what
 * it left. */
bool ce__client_lost(struct ce_client *client, uint64_t generation);

#endif
