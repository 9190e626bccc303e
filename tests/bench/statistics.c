/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Clocks, sums, and how many executions several threads get done. */
#include "bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

const unsigned bench_thread_counts[BENCH_THREAD_COUNTS] = { 1, 2, 8 };

double bench_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

void bench_pause(unsigned ms)
{
	nanosleep(&(struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 }, NULL);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct bench_summary bench_summarise(double *samples, unsigned count)
{
	struct bench_summary sum = { 0 };

	if (count == 0)
		return sum;
	qsort(samples, count, sizeof(*samples), compare);
	for (unsigned i = 0; i < count; i++)
		sum.mean += samples[i] / count;
	sum.min = samples[0];
	sum.median = (samples[(count - 1) / 2] + samples[count / 2]) / 2;
	sum.p95 = samples[(unsigned)((double)(count - 1) * 0.95)];
	return sum;
}

struct worker {
	const struct bench_context *context;
	enum bench_way way;
	const struct bench_workload *workload;
	double until_us;
	unsigned done;
	bool failed;
};

static void *work(void *argument)
{
	struct worker *w = argument;

	while (!w->failed && bench_clock_us() < w->until_us) {
		w->failed = bench_run(w->context, w->way, w->workload) != 0;
		w->done += !w->failed;
	}
	return NULL;
}

double bench_throughput(const struct bench_context *context, enum bench_way way,
			const struct bench_workload *workload, unsigned threads)
{
	struct worker workers[16] = { 0 };
	pthread_t ids[16];
	double begin = bench_clock_us(), done = 0;
	unsigned started = 0;
	bool failed = false;

	for (; started < threads && started < 16; started++) {
		workers[started] = (struct worker){ .context = context, .way = way, .workload = workload,
						    .until_us = begin + context->seconds * 1e6 };
		if (pthread_create(&ids[started], NULL, work, &workers[started])) {
			failed = true;
			break;
		}
	}
	for (unsigned i = 0; i < started; i++) {
		pthread_join(ids[i], NULL);
		failed = failed || workers[i].failed;
		done += workers[i].done;
	}
	/* Until the last one is done: what was begun in time is finished and counted. */
	return failed ? -1 : done / ((bench_clock_us() - begin) / 1e6);
}
