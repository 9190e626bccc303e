/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What does a cold execution cost over the bare spawn of the same command, and what does bwrap's? All ways take turns in one
 * run, so that whatever else the machine does hits all of them alike.
 *
 *   bench_cold --executors DIR --plugins DIR --supervisor PATH [--rounds N] [--seconds S] [--json] [--check] [--steps] */
#include "bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#define EXIT_SKIPPED 77

struct measured {
	struct bench_summary times[BENCH_WAYS];
	double per_second[BENCH_WAYS][BENCH_THREAD_COUNTS];
};

static double overhead(const struct measured *m, enum bench_way way)
{
	return m->times[way].median - m->times[BENCH_BARE].median;
}

/* The same of the quickest runs, which a busy machine disturbs least. */
static double least_overhead(const struct measured *m, enum bench_way way)
{
	return m->times[way].min - m->times[BENCH_BARE].min;
}

static int measure(const struct bench_context *c, const struct bench_workload *workload, struct measured *out)
{
	double *samples = calloc((size_t)c->rounds * BENCH_WAYS, sizeof(*samples));

	if (!samples)
		return -1;
	for (unsigned i = 0; i < c->rounds; i++) {
		for (unsigned way = 0; way < BENCH_WAYS; way++) {
			double begin = bench_clock_us();

			if (bench_run(c, (enum bench_way)way, workload)) {
				free(samples);
				return -1;
			}
			samples[way * c->rounds + i] = bench_clock_us() - begin;
		}
	}
	for (unsigned way = 0; way < BENCH_WAYS; way++)
		out->times[way] = bench_summarise(samples + way * c->rounds, c->rounds);
	free(samples);
	for (unsigned i = 0; i < BENCH_THREAD_COUNTS; i++)
		for (unsigned way = 0; way < BENCH_WAYS; way++)
			out->per_second[way][i] =
				bench_throughput(c, (enum bench_way)way, workload, bench_thread_counts[i]);
	return 0;
}

static void print_table(const struct bench_workload *workload, const struct measured *m)
{
	printf("\n%-18s %9s %9s %9s %9s %9s  %8s", workload->name, "min us", "median", "p95", "over bare", "x bare", "1/s x1");
	for (unsigned i = 1; i < BENCH_THREAD_COUNTS; i++)
		printf("   x%u", bench_thread_counts[i]);
	putchar('\n');
	for (unsigned way = 0; way < BENCH_WAYS; way++) {
		const struct bench_summary *t = &m->times[way];

		printf("  %-16s %9.0f %9.0f %9.0f %9.0f %9.2f  %8.0f", bench_way_names[way], t->min, t->median, t->p95,
		       overhead(m, (enum bench_way)way), t->median / m->times[BENCH_BARE].median,
		       m->per_second[way][0]);
		for (unsigned i = 1; i < BENCH_THREAD_COUNTS; i++)
			printf(" %4.0f", m->per_second[way][i]);
		putchar('\n');
	}
	printf("  overhead, codeexec / bwrap: %.2f of the medians, %.2f of the minima\n",
	       overhead(m, BENCH_OURS) / overhead(m, BENCH_BWRAP),
	       least_overhead(m, BENCH_OURS) / least_overhead(m, BENCH_BWRAP));
}

static void print_json(const struct measured *m, unsigned rounds)
{
	printf("{\"unit\":\"microseconds\",\"rounds\":%u,\"workloads\":[", rounds);
	for (unsigned k = 0; k < BENCH_WORKLOADS; k++) {
		printf("%s{\"name\":\"%s\",\"overhead_ratio\":%.3f,\"least_overhead_ratio\":%.3f,\"ways\":[", k ? "," : "", bench_workloads[k].name,
		       overhead(&m[k], BENCH_OURS) / overhead(&m[k], BENCH_BWRAP),
		       least_overhead(&m[k], BENCH_OURS) / least_overhead(&m[k], BENCH_BWRAP));
		for (unsigned way = 0; way < BENCH_WAYS; way++) {
			const struct bench_summary *t = &m[k].times[way];

			printf("%s{\"name\":\"%s\",\"min\":%.1f,\"median\":%.1f,\"p95\":%.1f,\"mean\":%.1f,"
			       "\"overhead\":%.1f,\"per_second\":{",
			       way ? "," : "", bench_way_names[way], t->min, t->median, t->p95, t->mean,
			       overhead(&m[k], (enum bench_way)way));
			for (unsigned i = 0; i < BENCH_THREAD_COUNTS; i++)
				printf("%s\"%u\":%.1f", i ? "," : "", bench_thread_counts[i], m[k].per_second[way][i]);
			printf("}}");
		}
		printf("]}");
	}
	printf("]}\n");
}

static int parse(int argc, char **argv, struct bench_context *c)
{
	static const struct option options[] = {
		{ "executors", required_argument, NULL, 'e' }, { "plugins", required_argument, NULL, 'p' },
		{ "supervisor", required_argument, NULL, 's' }, { "rounds", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },	{ "json", no_argument, NULL, 'j' },
		{ "check", no_argument, NULL, 'c' },		{ "steps", no_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'e': c->executors = optarg; break;
		case 'p': c->plugins = optarg; break;
		case 's': c->supervisor = optarg; break;
		case 'n': c->rounds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': c->seconds = strtod(optarg, NULL); break;
		case 'j': c->json = true; break;
		case 'c': c->check = true; break;
		case 'l': c->steps = true; break;
		default: return -1;
		}
	}
	if (optind == argc && c->executors && c->plugins && c->rounds > 0 && c->seconds > 0)
		return 0;
	fputs("bench_cold: needs --executors, --plugins and a positive number of rounds and seconds\n", stderr);
	return -1;
}

static int open_sandbox(struct bench_context *c)
{
	const char *executors[] = { c->executors, NULL }, *plugins[] = { c->plugins, NULL };
	ce_sandbox_options options = ce_sandbox_options_init();
	ce_error *error = NULL;

	options.executor_dirs = executors;
	options.plugin_dirs = plugins;
	options.supervisor_path = c->supervisor;
	if (ce_sandbox_create(&options, &c->sandbox, &error)) {
		printf("skipped: no sandbox here: %s\n", ce_error_message(error));
		ce_error_free(error);
		return -1;
	}
	return 0;
}

static int run(const struct bench_context *c)
{
	struct measured measured[BENCH_WORKLOADS];
	struct utsname system;
	int missed = 0;

	for (unsigned k = 0; k < BENCH_WORKLOADS; k++) {
		for (unsigned way = 0; way < BENCH_WAYS; way++) {
			const char *reason = bench_missing(c, (enum bench_way)way, &bench_workloads[k]);

			if (reason) {
				printf("skipped: %s, %s: %s\n", bench_workloads[k].name, bench_way_names[way], reason);
				return EXIT_SKIPPED;
			}
		}
	}
	for (unsigned k = 0; k < BENCH_WORKLOADS; k++)
		if (measure(c, &bench_workloads[k], &measured[k]))
			return 1;
	for (unsigned k = 0; c->steps && k < BENCH_WORKLOADS; k++)
		if (bench_print_steps(c, &bench_workloads[k]))
			return 1;
	if (c->json) {
		print_json(measured, c->rounds);
	} else {
		uname(&system);
		printf("Linux %s, %ld processors; %u rounds, the ways in turn; times in microseconds\n", system.release,
		       sysconf(_SC_NPROCESSORS_ONLN), c->rounds);
		for (unsigned k = 0; k < BENCH_WORKLOADS; k++)
			print_table(&bench_workloads[k], &measured[k]);
	}
	for (unsigned k = 0; c->check && k < BENCH_WORKLOADS; k++) {
		if (overhead(&measured[k], BENCH_OURS) * 2 <= overhead(&measured[k], BENCH_BWRAP))
			continue;
		fprintf(stderr, "%s: our overhead is more than half of bwrap's\n", bench_workloads[k].name);
		missed = 1;
	}
	return missed;
}

int main(int argc, char **argv)
{
	struct bench_context context = { .rounds = 200, .seconds = 2 };
	int r;

	if (parse(argc, argv, &context))
		return 2;
	if (open_sandbox(&context))
		return EXIT_SKIPPED;
	r = run(&context);
	ce_sandbox_destroy(context.sandbox);
	return r;
}
