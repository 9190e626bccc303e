/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Every row of the table of goals, each in one run beside the bare spawn of the same program: the two take turns. One JSON object per
 * row on stdout; scripts/benchmark.py makes the page and the chart of it.
 *
 *   bench_all --executors DIR --bench-executors DIR --plugins DIR --supervisor PATH [--rounds N] [--seconds S] [--http PORT]
 *             [--peer "NAME=COMMAND LINE"]... [--row NAME]... */
#include "bench.h"

#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROWS_MAX 32
#define C_HELLO "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"
#define BARE_C "/tmp/codeexec-bench-hello"

struct options {
	const char *executors, *bench_executors, *plugins, *supervisor;
	const char *peers[ROWS_MAX], *rows[ROWS_MAX];
	size_t peer_count, row_count;
	unsigned rounds, http_port;
	double seconds;
};

/* One row whose goal is a time: at most so many times the bare spawn. */
struct row {
	const char *name, *language, *code;
	const char *bare[4];
	double goal;
	bool warm, cached;
	unsigned pause_ms; /* before each, bare or ours: in it the next is made ahead, as between two requests of a server */
};

static const struct row rows[] = {
	{ "true, cold", "true", "", { "/bin/true" }, 2.0, false, false, 5 },
	{ "python hello, cold", "python", "print('hello')", { "/usr/bin/python3", "-c", "print('hello')" }, 1.10, false, false, 5 },
	{ "python hello, warm", "python", "print('hello')", { "/usr/bin/python3", "-c", "print('hello')" }, 0.15, true, false, 30 },
	{ "ruby hello, warm", "ruby", "puts 'hello'", { "ruby", "-e", "puts 'hello'" }, 0.12, true, false, 80 },
	{ "php hello, warm", "php", "<?php echo \"hello\\n\";", { "php", "-r", "echo \"hello\\n\";" }, 0.35, true, false, 40 },
	{ "perl hello, warm", "perl", "print \"hello\\n\";", { "perl", "-e", "print \"hello\\n\";" }, 0.7, true, false, 15 },
	{ "bash hello, warm", "bash", "echo hello", { "bash", "-c", "echo hello" }, 0.8, true, false, 15 },
	{ "lua hello, warm", "lua", "print('hello')", { "lua", "-e", "print('hello')" }, 1.0, true, false, 15 },
	{ "node hello, parked", "javascript", "console.log('hello')", { "node", "-e", "console.log('hello')" }, 0.40, true, false, 60 },
	{ "C hello, compiled before", "c", C_HELLO, { BARE_C }, 2.5, false, true, 5 },
	/* No time to make anything ahead: what a queue of them sees. No goal. */
	{ "true, one after the other", "true", "", { "/bin/true" }, 0, false, false, 0 },
};

static ce_sandbox *open_sandbox(const struct options *o, uint64_t warm, uint64_t cache)
{
	const char *executors[] = { o->executors, o->bench_executors, NULL }, *plugins[] = { o->plugins, NULL };
	ce_sandbox_options options = ce_sandbox_options_init();
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;

	options.executor_dirs = executors;
	options.plugin_dirs = plugins;
	options.supervisor_path = o->supervisor;
	options.warm_memory_bytes = warm;
	options.cache_bytes = cache;
	if (ce_sandbox_create(&options, &sandbox, &error)) {
		fprintf(stderr, "no sandbox here: %s\n", ce_error_message(error));
		ce_error_free(error);
	}
	return sandbox;
}

/* 0, or -1. *spared: nothing had to be started or compiled for it. */
static int execute(ce_sandbox *sandbox, const struct row *row, bool *spared)
{
	ce_request request = ce_request_init();
	ce_account run = { .size = sizeof(run) }, compile = { .size = sizeof(compile) };
	ce_result *result = NULL;
	ce_error *error = NULL;
	int r;

	request.language = row->language;
	request.code = row->code;
	request.code_size = strlen(row->code);
	if (ce_execute(sandbox, &request, &result, &error)) {
		fprintf(stderr, "%s: %s\n", row->name, ce_error_message(error));
		ce_error_free(error);
		return -1;
	}
	ce_result_account(result, CE_STAGE_RUN, &run);
	ce_result_account(result, CE_STAGE_COMPILE, &compile);
	*spared = ((run.flags & CE_ACCOUNT_WARM) | (compile.flags & CE_ACCOUNT_CACHED)) != 0;
	r = ce_result_outcome(result) == CE_OUTCOME_SUCCESS ? 0 : -1;
	ce_result_free(result);
	return r;
}

static void put_ratio_row(const char *name, double *bare, double *ours, unsigned n, double goal, unsigned spared)
{
	struct bench_summary b = bench_summarise(bare, n), w = bench_summarise(ours, n);

	printf("{\"row\":\"%s\",\"unit\":\"us\",\"rounds\":%u,\"goal\":%.3f,\"ratio\":%.4f,\"least_ratio\":%.4f,\"spared\":%u,", name, n, goal,
	       w.median / b.median, w.min / b.min, spared);
	bench_put_summary("bare", &b);
	putchar(',');
	bench_put_summary("ours", &w);
	printf(",\"ok\":%s}\n", goal == 0 ? "null" : w.median <= goal * b.median ? "true" : "false");
	fflush(stdout);
}

static int measure(const struct options *o, const struct row *row, ce_sandbox *sandbox)
{
	double *bare = calloc(o->rounds, sizeof(*bare)), *ours = calloc(o->rounds, sizeof(*ours));
	unsigned spared = 0;
	int r = bare && ours ? 0 : -1;

	for (unsigned i = 0; !r && i < o->rounds; i++) {
		double begin;
		bool was_spared = false;

		bench_pause(row->pause_ms);
		begin = bench_clock_us();
		r = bench_spawn(row->bare);
		bare[i] = bench_clock_us() - begin;
		bench_pause(row->pause_ms);
		begin = bench_clock_us();
		r = r ? r : execute(sandbox, row, &was_spared);
		ours[i] = bench_clock_us() - begin; /* one that was not ready is counted as what it cost */
		spared += was_spared;
	}
	if (!r)
		put_ratio_row(row->name, bare, ours, o->rounds, row->goal, spared);
	free(bare);
	free(ours);
	return r;
}

static void run_row(const struct options *o, const struct row *row)
{
	const char *languages[] = { row->language, NULL };
	const ce_executor *executor = NULL;
	ce_sandbox *sandbox;
	bool ignored;

	if (!bench_wanted(o->rows, o->row_count, row->name))
		return;
	sandbox = open_sandbox(o, row->warm ? UINT64_C(256) << 20 : 0, row->cached ? UINT64_C(64) << 20 : 0);
	if (!sandbox)
		bench_skip(row->name, "no sandbox here");
	else if (ce_sandbox_find_executor(sandbox, row->language, &executor, NULL) || !ce_executor_available(executor))
		bench_skip(row->name, "the language is not here");
	else if (bench_spawn(row->bare))
		bench_skip(row->name, "the bare program does not run");
	else if (row->warm && ce_sandbox_prewarm(sandbox, languages, NULL))
		bench_skip(row->name, "it cannot be started ahead");
	else if (execute(sandbox, row, &ignored) || execute(sandbox, row, &ignored) || measure(o, row, sandbox))
		bench_skip(row->name, "an execution failed");
	ce_sandbox_destroy(sandbox);
}

/* ---- executions per second ---- */

struct crowd {
	const struct row *row;
	ce_sandbox *sandbox; /* NULL: over HTTP, or bare if there is no port */
	unsigned port;
	double until_us;
	unsigned done;
	bool failed;
};

static const char post[] = "{\"language\":\"python\",\"code\":\"print('hello')\"}";

static void *join_crowd(void *argument)
{
	struct crowd *c = argument;
	int fd = c->port ? bench_http_open(c->port) : -1;
	bool ignored;

	while (!c->failed && bench_clock_us() < c->until_us) {
		int r = c->sandbox ? execute(c->sandbox, c->row, &ignored) :
			c->port ? bench_http_post(fd, "/execute", post) : bench_spawn(c->row->bare);

		c->failed = r != 0;
		c->done += r == 0;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static double per_second(const struct row *row, ce_sandbox *sandbox, unsigned port, unsigned threads, double seconds)
{
	struct crowd crowd[16];
	pthread_t ids[16];
	double begin = bench_clock_us(), done = 0;
	bool failed = false;

	for (unsigned i = 0; i < threads; i++) {
		crowd[i] = (struct crowd){ row, sandbox, port, begin + seconds * 1e6, 0, false };
		if (pthread_create(&ids[i], NULL, join_crowd, &crowd[i]))
			exit(1);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		failed = failed || crowd[i].failed;
		done += crowd[i].done;
	}
	return failed ? -1 : done / ((bench_clock_us() - begin) / 1e6);
}

static void put_rate_row(const char *name, double bare, double ours, double goal)
{
	if (ours < 0 || bare <= 0) {
		bench_skip(name, "an execution failed");
		return;
	}
	printf("{\"row\":\"%s\",\"unit\":\"1/s\",\"goal\":%.3f,\"ratio\":%.4f,\"bare_rate\":%.1f,\"our_rate\":%.1f,\"ok\":%s}\n", name, goal,
	       ours / bare, bare, ours, ours >= goal * bare ? "true" : "false");
	fflush(stdout);
}

static void run_sustained(const struct options *o)
{
	static const char name[] = "python hello, 2 threads, warm, sustained";
	static const char *const languages[] = { "python", NULL };
	const struct row *row = &rows[2];
	ce_sandbox *sandbox;

	if (!bench_wanted(o->rows, o->row_count, name))
		return;
	sandbox = open_sandbox(o, UINT64_C(256) << 20, 0);
	if (!sandbox || ce_sandbox_prewarm(sandbox, languages, NULL)) {
		bench_skip(name, "it cannot be started ahead");
	} else {
		double bare = per_second(row, NULL, 0, 2, o->seconds / 3);

		put_rate_row(name, bare, per_second(row, sandbox, 0, 2, o->seconds), 4);
	}
	ce_sandbox_destroy(sandbox);
}

static void run_http(const struct options *o)
{
	static const char one[] = "POST /execute python hello, 1 client", eight[] = "POST /execute python hello, 8 clients";
	double *bare = calloc(o->rounds, sizeof(*bare)), *ours = calloc(o->rounds, sizeof(*ours));
	int fd = o->http_port ? bench_http_open(o->http_port) : -1, r = 0;

	if (fd < 0 || !bare || !ours || bench_http_post(fd, "/execute", post)) {
		bench_skip(one, "no server");
		bench_skip(eight, "no server");
	} else {
		for (unsigned i = 0; !r && i < o->rounds; i++) {
			double begin;

			bench_pause(rows[2].pause_ms);
			begin = bench_clock_us();
			r = bench_spawn(rows[2].bare);
			bare[i] = bench_clock_us() - begin;
			bench_pause(rows[2].pause_ms);
			begin = bench_clock_us();
			r = r ? r : bench_http_post(fd, "/execute", post);
			ours[i] = bench_clock_us() - begin;
		}
		if (r)
			bench_skip(one, "a request failed");
		else
			put_ratio_row(one, bare, ours, o->rounds, 0.30, 0);
		put_rate_row(eight, per_second(&rows[2], NULL, 0, 2, o->seconds / 3),
			     per_second(&rows[2], NULL, o->http_port, 8, o->seconds / 2), 3);
	}
	if (fd >= 0)
		close(fd);
	free(bare);
	free(ours);
}

/* ---- what an idle supervisor takes ---- */

static bool read_number(long pid, const char *file, const char *format, unsigned long *a, unsigned long *b)
{
	char path[64], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, format, a, b) >= 1;
	if (f)
		fclose(f);
	return found;
}

/* The one child of this process. */
static long find_child(void)
{
	char path[64];
	long pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	if (f && fscanf(f, "%ld", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

static void run_idle(const struct options *o)
{
	static const char name[] = "idle supervisor", stat_format[] = "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu";
	unsigned long user = 0, system = 0, user_later = 0, system_later = 0, rss = 0;
	ce_sandbox *sandbox;
	bool ignored;
	long pid;

	if (!bench_wanted(o->rows, o->row_count, name))
		return;
	sandbox = open_sandbox(o, 0, 0);
	pid = sandbox && !execute(sandbox, &rows[0], &ignored) ? find_child() : 0;
	bench_pause(200);
	if (pid && read_number(pid, "stat", stat_format, &user, &system)) {
		bench_pause(5000);
		read_number(pid, "stat", stat_format, &user_later, &system_later);
		read_number(pid, "status", "VmRSS: %lu", &rss, &rss);
		printf("{\"row\":\"%s\",\"unit\":\"idle\",\"ticks\":%lu,\"seconds\":5,\"rss_kib\":%lu,\"ok\":%s}\n", name,
		       user_later + system_later - user - system, rss,
		       user_later + system_later == user + system && rss && rss <= 3072 ? "true" : "false");
	} else {
		bench_skip(name, "it was not found");
	}
	ce_sandbox_destroy(sandbox);
}

/* ---- others ---- */

static void run_peer(const struct options *o, const char *peer)
{
	const char *const bare[] = { "/bin/true", NULL };
	char *copy = strdup(peer), *line = copy ? strchr(copy, '=') : NULL, *save = NULL;
	unsigned n = o->rounds < 60 ? o->rounds : 60;
	const char *argv[64] = { NULL };
	double samples[60], others[60];
	size_t count = 0;
	int r = 0;

	if (!line)
		exit(2);
	*line++ = '\0';
	for (char *p = strtok_r(line, " ", &save); p && count < 63; p = strtok_r(NULL, " ", &save))
		argv[count++] = p;
	if (!count || bench_spawn(argv)) {
		bench_skip(copy, "it does not run here");
	} else {
		struct bench_summary b, s;

		for (unsigned i = 0; !r && i < n; i++) {
			double begin;

			bench_pause(rows[0].pause_ms); /* as with `true` of ours */
			begin = bench_clock_us();
			r = bench_spawn(bare);
			others[i] = bench_clock_us() - begin;
			bench_pause(rows[0].pause_ms);
			begin = bench_clock_us();
			r = r ? r : bench_spawn(argv);
			samples[i] = bench_clock_us() - begin;
		}
		b = bench_summarise(others, n);
		s = bench_summarise(samples, n);
		printf("{\"row\":\"%s\",\"unit\":\"peer\",\"rounds\":%u,\"ratio\":%.3f,", copy, n, s.median / b.median);
		bench_put_summary("bare", &b);
		putchar(',');
		bench_put_summary("ours", &s);
		puts("}");
	}
	free(copy);
	fflush(stdout);
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "executors", required_argument, NULL, 'e' }, { "bench-executors", required_argument, NULL, 'b' },
		{ "plugins", required_argument, NULL, 'p' },   { "supervisor", required_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'n' },    { "seconds", required_argument, NULL, 't' },
		{ "http", required_argument, NULL, 'h' },      { "peer", required_argument, NULL, 'o' },
		{ "row", required_argument, NULL, 'r' },       { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'e': o->executors = optarg; break;
		case 'b': o->bench_executors = optarg; break;
		case 'p': o->plugins = optarg; break;
		case 's': o->supervisor = optarg; break;
		case 'n': o->rounds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 't': o->seconds = strtod(optarg, NULL); break;
		case 'h': o->http_port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'o':
			if (o->peer_count < ROWS_MAX)
				o->peers[o->peer_count++] = optarg;
			break;
		case 'r':
			if (o->row_count < ROWS_MAX)
				o->rows[o->row_count++] = optarg;
			break;
		default: return -1;
		}
	}
	return optind == argc && o->executors && o->bench_executors && o->plugins && o->rounds && o->seconds > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct options o = { .rounds = 200, .seconds = 30 };
	const char *const cc[] = { "sh", "-c", "printf '#include <stdio.h>\\nint main(void) { puts(\"hello\"); return 0; }\\n' | "
				   "gcc -std=gnu17 -O2 -x c -o " BARE_C " -", NULL };

	if (parse(argc, argv, &o)) {
		fputs("bench_all: see the head of its source for what it needs\n", stderr);
		return 2;
	}
	/* The interpreters and the environment that cells have, not what somebody put before them. */
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	bench_spawn(cc);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&o, &rows[i]);
	run_sustained(&o);
	if (!o.row_count || o.http_port)
		run_http(&o);
	run_idle(&o);
	for (size_t i = 0; i < o.peer_count; i++)
		run_peer(&o, o.peers[i]);
	unlink(BARE_C);
	return 0;
}
