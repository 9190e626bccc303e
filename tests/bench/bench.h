/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the benchmarks share: the ways to run a command, and the sums over their times. */
#ifndef CE_TESTS_BENCH_H
#define CE_TESTS_BENCH_H

#include <codeexec/codeexec.h>
#include <stdbool.h>

#define BENCH_WAYS 3
#define BENCH_WORKLOADS 2
#define BENCH_THREAD_COUNTS 3

enum bench_way { BENCH_BARE, BENCH_OURS, BENCH_BWRAP };

struct bench_workload {
	const char *name;     /* as the table shows it */
	const char *language; /* executor of tests/bench/executors */
	const char *argv[8];  /* the same command for the other ways */
};

struct bench_context {
	const char *executors, *plugins, *supervisor;
	unsigned rounds;
	double seconds; /* of each throughput measurement */
	bool json, check, steps;
	ce_sandbox *sandbox;
};

struct bench_summary {
	double min, median, p95, mean; /* microseconds */
};

extern const struct bench_workload bench_workloads[BENCH_WORKLOADS];
extern const char *const bench_way_names[BENCH_WAYS];
extern const unsigned bench_thread_counts[BENCH_THREAD_COUNTS];

/* ways.c: runs one command to its end; 0, or -1 with a line on stderr. Any thread. */
int bench_run(const struct bench_context *context, enum bench_way way, const struct bench_workload *workload);
/* A reason why this way cannot be measured here, or NULL. */
const char *bench_missing(const struct bench_context *context, enum bench_way way,
			  const struct bench_workload *workload);

/* ways.c: a spawn, its output to /dev/null, and the wait for its end; argv[0] is looked for in PATH. 0 or -1. */
int bench_spawn(const char *const *argv);

/* http.c: a connection to a port of this machine, or -1; one request on it: 0 if its answer was a success. */
int bench_http_open(unsigned port);
int bench_http_post(int fd, const char *path, const char *json);

/* steps.c: where the time of `rounds` executions goes, by the library's own trace. 0 or -1. */
int bench_print_steps(const struct bench_context *context, const struct bench_workload *workload);

/* rows.c: is it among those that were asked for? (All are if none is.) A row that could not be measured; a part of one. */
bool bench_wanted(const char *const *names, size_t count, const char *name);
void bench_skip(const char *name, const char *why);
void bench_put_summary(const char *name, const struct bench_summary *s);

/* statistics.c */
double bench_clock_us(void);
void bench_pause(unsigned ms);
/* Sorts the samples. */
struct bench_summary bench_summarise(double *samples, unsigned count);
/* Executions per second with that many threads, or -1. */
double bench_throughput(const struct bench_context *context, enum bench_way way,
			const struct bench_workload *workload, unsigned threads);

#endif
