/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Server-sent events of a job as the body of an answer, at the reader's pace. */
#ifndef SERVER_STREAM_H
#define SERVER_STREAM_H

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct job;

/* Answers the exchange with the job's events after number `last`. `cancels`: the job ends with the
 * connection. */
int stream_open(struct exchange *exchange, struct job *job, uint64_t last, bool cancels);
/* There is something new for the readers of the job. */
void streams_wake(struct job *job);
/* The connection's other end is gone; `over`: libmicrohttpd is done with the connection too. */
void stream_abort(struct exchange *exchange, bool over);
/* A sign of life for readers who heard nothing for a while. */
void streams_tick(struct job *job, uint64_t now_us);

#endif
