/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The library's end of the supervisor: starts it, hands it plans, starts another one when it died. */
#ifndef CE_CLIENT_CLIENT_H
#define CE_CLIENT_CLIENT_H

#include <pthread.h>

#include "error/error.h"
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
	struct ce_ready ready;
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
 * name of the limits backend. Starts the supervisor anew, once, if it is gone. */
int ce__client_start(struct ce_client *client, const struct ce_client_start *start, int *socket, char *backend,
		     ce_error **error);
/* An execution saw its socket end without a last word: the supervisor died. Removes what it left. */
void ce__client_lost(struct ce_client *client);

#endif
