/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Counters and histograms, and the last executions for percentiles. Main thread only. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <codeexec/codeexec.h>

#include "util.h"

#define METRICS_BUCKETS 14
#define METRICS_RECENT 512
#define METRICS_SECONDS 16
#define METRICS_PAIRS 1024 /* languages x statuses; what comes after is counted as "other" */

enum metrics_stage { STAGE_QUEUE, STAGE_COMPILE, STAGE_RUN, STAGE_TOTAL, STAGE_COUNT };
enum metrics_reject {
	REJECT_QUEUE_FULL,
	REJECT_RATE,
	REJECT_DRAINING,
	REJECT_STARTING,
	REJECT_QUEUE_TIMEOUT,
	REJECT_BODY,
	REJECT_AUTH,
	REJECT_COUNT
};

struct histogram {
	uint64_t buckets[METRICS_BUCKETS + 1]; /* not cumulative; the last is +Inf */
	uint64_t sum_us, count;
};

struct metrics {
	struct {
		char language[48], status[24];
		uint64_t count;
	} pairs[METRICS_PAIRS];
	size_t pair_count;
	struct histogram stages[STAGE_COUNT];
	uint64_t rejected[REJECT_COUNT];
	uint64_t responses[6]; /* by hundreds */
	uint64_t bytes_in, bytes_out;
	uint64_t finished;
	uint32_t recent_run_us[METRICS_RECENT], recent_total_us[METRICS_RECENT];
	uint64_t per_second[METRICS_SECONDS], second[METRICS_SECONDS];
	uint64_t started_us;
};

/* Values of this moment that others know. */
struct metrics_now {
	size_t running, queued, max_running, queue_limit, connections, remembered;
	uint64_t supervisor_restarts;
	ce_cache_usage cache;
	ce_warm_usage warm;
	bool ready;
};

void metrics_count(struct metrics *metrics, const char *language, const char *status);
void metrics_observe(struct metrics *metrics, enum metrics_stage stage, uint64_t us);
/* For percentiles and throughput. */
void metrics_remember(struct metrics *metrics, uint64_t run_us, uint64_t total_us);
uint64_t metrics_rejected_total(const struct metrics *metrics);
/* Mean time in the run and compile stages, microseconds; 0 without any. */
uint64_t metrics_mean_us(const struct metrics *metrics);

void metrics_write(const struct metrics *metrics, const struct metrics_now *now, struct buffer *out);
/* The object `summary` of GET /executions. */
void metrics_write_summary(const struct metrics *metrics, const struct metrics_now *now, struct buffer *out);

#endif
