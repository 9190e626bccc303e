/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What does it cost to have many executions at once? So many sleeping programs are started by one thread, and when all of them
 * run, the memory of supervisor, inits and this process is read (PSS: what is shared is divided by those who share it), once
 * more after they were cancelled. None may be lost.
 *
 *   bench_many --executors DIR --plugins DIR --supervisor PATH [--count N] [--check]
 *
 * --check: less than 1 MiB of our own memory each. */
#include "bench.h"

#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXIT_SKIPPED 77
#define PATIENCE_US 120e6
#define FDS_EACH 8

struct one {
	ce_execution *execution;
	bool runs;
};

static struct options {
	const char *executors, *plugins, *supervisor;
	unsigned count;
	bool check;
} options = { .count = 1000 };

static int parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "executors", required_argument, NULL, 'e' }, { "plugins", required_argument, NULL, 'p' },
		{ "supervisor", required_argument, NULL, 's' }, { "count", required_argument, NULL, 'n' },
		{ "check", no_argument, NULL, 'c' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'e')
			options.executors = optarg;
		else if (c == 'p')
			options.plugins = optarg;
		else if (c == 's')
			options.supervisor = optarg;
		else if (c == 'n')
			options.count = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'c')
			options.check = true;
		else
			return -1;
	}
	return options.executors && options.plugins && options.supervisor && options.count ? 0 : -1;
}

static ce_sandbox *open_sandbox(void)
{
	const char *executor_dirs[] = { options.executors, NULL }, *plugin_dirs[] = { options.plugins, NULL };
	ce_sandbox_options o = ce_sandbox_options_init();
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;

	limits.wall_time_ms = CE_UNLIMITED;
	o.limits = &limits;
	o.executor_dirs = executor_dirs;
	o.plugin_dirs = plugin_dirs;
	o.supervisor_path = options.supervisor;
	o.max_concurrent = options.count;
	if (ce_sandbox_create(&o, &sandbox, &error) < 0) {
		fprintf(stderr, "bench_many: %s\n", ce_error_message(error));
		ce_error_free(error);
	}
	return sandbox;
}

static void on_event(ce_execution *execution, const ce_event *event, void *data)
{
	struct one *one = data;

	(void)execution;
	if (ce_event_type(event) == CE_EVENT_STATUS && ce_event_status(event) == CE_STATUS_RUNNING)
		one->runs = true;
}

static long pss_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	while (f && kib < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "Pss: %ld kB", &kib);
	if (f)
		fclose(f);
	return kib < 0 ? 0 : kib;
}

/* Processes whose parent is `parent`; their PSS in *sum. */
static unsigned children(pid_t parent, pid_t *first, long *sum)
{
	char path[96], text[1 << 16], *save = NULL;
	unsigned count = 0;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	*sum = 0;
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);

		if (pid <= 0)
			continue;
		if (count++ == 0)
			*first = pid;
		*sum += pss_kib(pid);
	}
	return count;
}

static unsigned start_all(ce_sandbox *sandbox, struct one *all)
{
	for (unsigned i = 0; i < options.count; i++) {
		ce_request request = ce_request_init();
		ce_error *error = NULL;

		request.language = "sleep";
		request.code = "";
		if (ce_execution_start(sandbox, &request, on_event, &all[i], &all[i].execution, &error) < 0) {
			fprintf(stderr, "bench_many: the %uth: %s\n", i + 1, ce_error_message(error));
			ce_error_free(error);
			return i;
		}
	}
	return options.count;
}

static unsigned await_running(struct one *all, unsigned count)
{
	double end = bench_clock_us() + PATIENCE_US;
	unsigned running = 0;

	for (unsigned i = 0; i < count; i++) {
		struct pollfd p = { .fd = ce_execution_fd(all[i].execution), .events = POLLIN };

		while (!all[i].runs && bench_clock_us() < end && ce_execution_dispatch(all[i].execution, NULL) == 0 && !all[i].runs)
			poll(&p, 1, 1000);
		running += all[i].runs;
	}
	return running;
}

static unsigned cancel_all(struct one *all, unsigned count)
{
	unsigned cancelled = 0;

	for (unsigned i = 0; i < count; i++)
		ce_execution_cancel(all[i].execution);
	for (unsigned i = 0; i < count; i++) {
		ce_result *result = NULL;

		if (ce_execution_wait(all[i].execution, (int64_t)(PATIENCE_US / 1e3), NULL) == 0 &&
		    ce_execution_take_result(all[i].execution, &result, NULL) == 0)
			cancelled += ce_result_outcome(result) == CE_OUTCOME_CANCELLED;
		ce_result_free(result);
		ce_execution_destroy(all[i].execution);
	}
	return cancelled;
}

/* 0 if all of them ran and ended as they should, and cost what they may. */
static int measure(ce_sandbox *sandbox, struct one *all)
{
	long before = pss_kib(getpid()), inits = 0, idle = 0, unused;
	pid_t supervisor = 0, some = 0;
	unsigned started, running, cells, cancelled;
	double begin = bench_clock_us(), up, down, each;

	children(getpid(), &supervisor, &unused);
	idle = pss_kib(supervisor);
	started = start_all(sandbox, all);
	running = await_running(all, started);
	up = bench_clock_us() - begin;
	cells = children(supervisor, &some, &inits);
	printf("%u executions asked for, %u running after %.2f s, %u inits\n", options.count, running, up / 1e6, cells);
	long busy = pss_kib(supervisor), host = pss_kib(getpid());
	begin = bench_clock_us();
	cancelled = cancel_all(all, started);
	down = bench_clock_us() - begin;
	each = (double)(busy - idle + inits + host - before) / (double)options.count;
	printf("PSS in KiB for each: supervisor %.1f, init %.1f, host %.1f, together %.1f\n",
	       (double)(busy - idle) / options.count, (double)inits / options.count, (double)(host - before) / options.count, each);
	printf("supervisor %ld KiB before, %ld with all, %ld after; %u cancelled in %.2f s\n", idle, busy, pss_kib(supervisor),
	       cancelled, down / 1e6);
	if (running < options.count || cancelled < options.count || cells < options.count) {
		puts("short: some were lost");
		return 1;
	}
	puts(each < 1024 ? "ok: less than 1 MiB each" : "short: 1 MiB each or more");
	return options.check && each >= 1024 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	ce_sandbox *sandbox;
	struct one *all;
	int r = EXIT_SKIPPED;

	if (parse(argc, argv)) {
		fputs("usage: bench_many --executors DIR --plugins DIR --supervisor PATH [--count N] [--check]\n", stderr);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < (rlim_t)options.count * FDS_EACH + 64) {
		fprintf(stderr, "bench_many: RLIMIT_NOFILE is %llu\n", (unsigned long long)limit.rlim_cur);
		return r;
	}
	all = calloc(options.count, sizeof(*all));
	sandbox = all ? open_sandbox() : NULL;
	if (sandbox)
		r = measure(sandbox, all);
	ce_sandbox_destroy(sandbox);
	free(all);
	return r;
}
