/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What a job tells while it runs, and how it describes itself. */
#ifndef SERVER_JOB_EVENTS_H
#define SERVER_JOB_EVENTS_H

#include "job.h"

/* ce_event_fn; `user_data` is the job. */
void job_on_event(ce_execution *execution, const ce_event *event, void *user_data);
void job_publish(struct job *job, const char *name, const char *data, size_t size);
void job_publish_status(struct job *job, const char *status);
/* What is left of characters that never got complete. */
void job_flush_tails(struct job *job);

#endif
