/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Who runs when: a bounded number at once, the rest waits first come first served per client, and the clients
 * take turns. A client is an API key, or an address where there are no keys. */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "util.h"

#define CLIENT_NAME_BYTES 64

struct job;

struct client {
	char name[CLIENT_NAME_BYTES];
	uint64_t concurrency; /* 0: any */
	size_t running, queued;
	struct job *first, *last; /* of its queue; borrowed */
	struct client *next;      /* in the ring */
};

/* Zeroed, with the limits set, is empty. */
struct admission {
	size_t max_running, queue_limit;
	size_t running, queued;
	struct client *turn; /* whose turn is next; a ring; owned */
};

/* Puts the job into its client's queue. False: the queue is full (which it is not while a slot is free), or
 * there is no memory. */
bool admission_enqueue(struct admission *admission, struct job *job, const char *client,
		       uint64_t concurrency);
/* Takes the job that is to run next and counts it as running; NULL: none may. */
struct job *admission_next(struct admission *admission);
/* The job left the queue by itself. */
void admission_withdraw(struct admission *admission, struct job *job);
/* The job has ended. */
void admission_leave(struct admission *admission, struct job *job);

#endif
