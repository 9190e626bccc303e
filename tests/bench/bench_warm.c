/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What does an execution cost whose interpreter was started ahead? Beside the bare spawn of the same interpreter with the same
 * program, and beside the same execution started when it is asked for, in turn within one run. A pause between two rounds
 * leaves the time in which the next interpreter is started, as a server between two requests would.
 *
 *   bench_warm --executors DIR --plugins DIR --supervisor PATH [--rounds N] [--pause MS] */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define EXIT_SKIPPED 77

extern char **environ;

enum way { BARE, COLD, WARM, WAYS };

static const struct workload {
	const char *language, *code;
	const char *argv[4];
	double goal; /* of the issue that asked for it: warm at most so many times the bare spawn */
} workloads[] = {
	{ "python", "print('hello')", { "python3", "-c", "print('hello')" }, 0.15 },
	{ "bash", "echo hello", { "bash", "-c", "echo hello" }, 0.8 },
	{ "javascript", "console.log('hello')", { "node", "-e", "console.log('hello')" }, 0.4 },
};

struct options {
	const char *executors, *plugins, *supervisor;
	unsigned rounds, pause_ms;
};

static int spawn_bare(const struct workload *w)
{
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, w->argv[0], &actions, NULL, (char **)(uintptr_t)w->argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status ? -1 : 0;
}

static int execute(ce_sandbox *sandbox, const struct workload *w, bool *warm)
{
	ce_request request = ce_request_init();
	ce_account account = { .size = sizeof(account) };
	ce_result *result = NULL;
	ce_error *error = NULL;
	int r;

	request.language = w->language;
	request.code = w->code;
	request.code_size = strlen(w->code);
	if (ce_execute(sandbox, &request, &result, &error)) {
		fprintf(stderr, "%s: %s\n", w->language, ce_error_message(error));
		ce_error_free(error);
		return -1;
	}
	r = ce_result_outcome(result) == CE_OUTCOME_SUCCESS ? 0 : -1;
	ce_result_account(result, CE_STAGE_RUN, &account);
	*warm = (account.flags & CE_ACCOUNT_WARM) != 0;
	ce_result_free(result);
	return r;
}

static ce_sandbox *open_sandbox(const struct options *o, uint64_t warm_memory)
{
	const char *executors[] = { o->executors, NULL }, *plugins[] = { o->plugins, NULL };
	ce_sandbox_options options = ce_sandbox_options_init();
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;

	options.executor_dirs = executors;
	options.plugin_dirs = plugins;
	options.supervisor_path = o->supervisor;
	options.warm_memory_bytes = warm_memory;
	if (ce_sandbox_create(&options, &sandbox, &error)) {
		printf("skipped: no sandbox here: %s\n", ce_error_message(error));
		ce_error_free(error);
	}
	return sandbox;
}

static void show(const char *name, const struct bench_summary *s, double bare)
{
	printf("  %-12s %9.0f %9.0f %9.0f %9.2f\n", name, s->min, s->median, s->p95, s->median / bare);
}

static int measure(const struct options *o, const struct workload *w, ce_sandbox *cold, ce_sandbox *warm)
{
	const char *languages[] = { w->language, NULL };
	double *samples = calloc((size_t)o->rounds * WAYS, sizeof(*samples));
	struct bench_summary s[WAYS];
	unsigned hits = 0;
	int r = 0;

	if (!samples)
		return -1;
	if (ce_sandbox_prewarm(warm, languages, NULL)) {
		printf("\n%s: skipped, it is not here or cannot be started ahead\n", w->language);
		free(samples);
		return 0;
	}
	for (unsigned i = 0; !r && i < o->rounds; i++) {
		double t[WAYS + 1];
		bool was_warm = false, ignored;

		t[0] = bench_clock_us();
		r = spawn_bare(w);
		t[1] = bench_clock_us();
		r = r ? r : execute(cold, w, &ignored);
		t[2] = bench_clock_us();
		nanosleep(&(struct timespec){ 0, (long)o->pause_ms * 1000000 }, NULL);
		t[3] = bench_clock_us();
		r = r ? r : execute(warm, w, &was_warm);
		samples[BARE * o->rounds + i] = t[1] - t[0];
		samples[COLD * o->rounds + i] = t[2] - t[1];
		/* one that was not ready in time is a cold one: counted as what it cost */
		samples[WARM * o->rounds + i] = bench_clock_us() - t[3];
		hits += was_warm;
	}
	for (unsigned way = 0; way < WAYS; way++)
		s[way] = bench_summarise(samples + way * o->rounds, o->rounds);
	free(samples);
	if (r)
		return r;
	printf("\n%-14s %9s %9s %9s %9s\n", w->language, "min us", "median", "p95", "x bare");
	show("bare spawn", &s[BARE], s[BARE].median);
	show("cold", &s[COLD], s[BARE].median);
	show("warm", &s[WARM], s[BARE].median);
	printf("  %u of %u found one ready; goal <= %.2f x bare: %s\n", hits, o->rounds, w->goal,
	       s[WARM].median <= w->goal * s[BARE].median ? "ok" : "short");
	return 0;
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "executors", required_argument, NULL, 'e' }, { "plugins", required_argument, NULL, 'p' },
		{ "supervisor", required_argument, NULL, 's' }, { "rounds", required_argument, NULL, 'n' },
		{ "pause", required_argument, NULL, 't' },	{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'e': o->executors = optarg; break;
		case 'p': o->plugins = optarg; break;
		case 's': o->supervisor = optarg; break;
		case 'n': o->rounds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': o->pause_ms = (unsigned)strtoul(optarg, NULL, 10); break;
		default: return -1;
		}
	}
	if (optind == argc && o->executors && o->plugins && o->rounds > 0 && o->pause_ms < 1000)
		return 0;
	fputs("bench_warm: needs --executors, --plugins, a positive number of rounds and a pause of less than 1000 ms\n", stderr);
	return -1;
}

int main(int argc, char **argv)
{
	struct options o = { .rounds = 200, .pause_ms = 50 };
	ce_sandbox *cold, *warm;
	int r = 0;

	if (parse(argc, argv, &o))
		return 2;
	/* The interpreters and the environment that cells have, not what somebody put before them. */
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	cold = open_sandbox(&o, 0);
	warm = cold ? open_sandbox(&o, UINT64_C(256) << 20) : NULL;
	if (!warm) {
		ce_sandbox_destroy(cold);
		return EXIT_SKIPPED;
	}
	printf("%u rounds, the ways in turn, %u ms before each warm one; times in microseconds\n", o.rounds, o.pause_ms);
	for (unsigned i = 0; !r && i < sizeof(workloads) / sizeof(*workloads); i++)
		r = measure(&o, &workloads[i], cold, warm);
	ce_sandbox_destroy(warm);
	ce_sandbox_destroy(cold);
	return r ? 1 : 0;
}
