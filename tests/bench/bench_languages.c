/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Languages that are compiled: from source to output, the first time, beside the same tools' bare command lines, the two in turn; and
 * what a source costs that was compiled before. One JSON object per row on stdout, as bench_all's.
 *
 *   bench_languages --executors DIR --plugins DIR --supervisor PATH [--runtimes DIR] [--rounds N] [--row NAME]...
 *
 * It wants what `codeexec prebuild` made. */
#include "bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX 16
#define AGAIN_GOAL_US 5000
#define CACHE_BYTES (UINT64_C(64) << 20)

struct options {
	const char *executors, *plugins, *supervisor, *runtimes;
	const char *rows[ROWS_MAX];
	size_t row_count;
	unsigned rounds;
};

struct row {
	const char *name, *language, *file, *code;
	const char *build; /* what somebody types, in an empty directory with the file; its output must be ours */
	const char *run;
	double goal; /* 0: none is set */
};

/* Tools that npm brought lie under $R. */
static const struct row rows[] = {
	{ "C++ with <iostream>", "cpp", "main.cpp", "#include <iostream>\nint main() { std::cout << \"hello\\n\"; }\n",
	  "g++ -std=gnu++20 -O2 -o main main.cpp", "./main", 0.5 },
	{ "C", "c", "main.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); }\n", "gcc -std=gnu17 -O2 -o main main.c", "./main", 0 },
	/* with nothing of an earlier build, as the first in a container */
	{ "Go", "go", "main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n",
	  "GOCACHE=$PWD/cache GOPATH=$PWD/path GOTOOLCHAIN=local GO111MODULE=auto CGO_ENABLED=0 go build -trimpath -o main main.go", "./main", 0.1 },
	{ "Rust", "rust", "main.rs", "fn main() { println!(\"hello\"); }\n", "rustc --edition 2021 -O -o main main.rs", "./main", 0 },
	{ "Java", "java", "Main.java", "public class Main { public static void main(String[] a) { System.out.println(\"hello\"); } }\n",
	  "javac -d . Main.java", "java -cp . Main", 0.6 },
	{ "TypeScript", "typescript", "main.ts", "const word: string = 'hello';\nconsole.log(word);\n",
	  "$R/node_modules/@typescript/typescript-linux-x64/lib/tsc --ignoreConfig --target es2022 --module commonjs --skipLibCheck "
	  "--types node --typeRoots $R/node_modules/@types main.ts",
	  "node main.js", 0.5 },
};

static const char *runtimes = "/usr/local/lib/codeexec/runtimes";

static int shell(const char *directory, const char *line)
{
	char command[2048];
	const char *argv[] = { "/bin/sh", "-euc", command, NULL };

	snprintf(command, sizeof(command), "R=%s; cd %s && %s", runtimes, directory, line);
	return bench_spawn(argv);
}

static int write_source(const char *directory, const struct row *row)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, row->file);
	f = fopen(path, "we");
	if (!f)
		return -1;
	return fputs(row->code, f) < 0 || fclose(f) ? -1 : 0;
}

static ce_sandbox *open_sandbox(const struct options *o, uint64_t cache)
{
	const char *executors[] = { o->executors, NULL }, *plugins[] = { o->plugins, NULL };
	ce_sandbox_options options = ce_sandbox_options_init();
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;

	options.executor_dirs = executors;
	options.plugin_dirs = plugins;
	options.supervisor_path = o->supervisor;
	options.runtimes_dir = o->runtimes;
	options.cache_bytes = cache;
	if (ce_sandbox_create(&options, &sandbox, &error)) {
		fprintf(stderr, "no sandbox here: %s\n", ce_error_message(error));
		ce_error_free(error);
	}
	return sandbox;
}

static int execute(ce_sandbox *sandbox, const struct row *row)
{
	ce_request request = ce_request_init();
	ce_result *result = NULL;
	ce_error *error = NULL;
	const void *text;
	size_t size = 0;
	int r = -1;

	request.language = row->language;
	request.code = row->code;
	request.code_size = strlen(row->code);
	if (ce_execute(sandbox, &request, &result, &error)) {
		fprintf(stderr, "%s: %s\n", row->name, ce_error_message(error));
		ce_error_free(error);
		return -1;
	}
	text = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);
	if (ce_result_outcome(result) == CE_OUTCOME_SUCCESS && size == 6 && !memcmp(text, "hello\n", 6))
		r = 0;
	else
		fprintf(stderr, "%s: %s: %s\n", row->name, ce_result_status(result), ce_result_message(result));
	ce_result_free(result);
	return r;
}

static void put_first(const struct row *row, unsigned rounds, const struct bench_summary *bare, const struct bench_summary *ours)
{
	printf("{\"row\":\"%s\",\"unit\":\"us\",\"rounds\":%u,\"goal\":%.3f,\"ratio\":%.4f,", row->name, rounds, row->goal,
	       ours->median / bare->median);
	if (row->goal > 0)
		printf("\"ok\":%s,", ours->median <= row->goal * bare->median ? "true" : "false");
}

static void put_again(const struct row *row, unsigned rounds, const struct bench_summary *bare, const struct bench_summary *ours)
{
	double added = ours->median - bare->median;

	printf("{\"row\":\"%s, again\",\"unit\":\"added\",\"rounds\":%u,\"goal_us\":%d,\"added_us\":%.1f,\"ok\":%s,", row->name, rounds,
	       AGAIN_GOAL_US, added, added <= AGAIN_GOAL_US ? "true" : "false");
}

/* In turn with the bare tools; `again`: it was compiled before, and what is added to the run counts. */
static int measure(const struct options *o, const struct row *row, const char *directory, bool again)
{
	double *bare = calloc(o->rounds, sizeof(*bare)), *ours = calloc(o->rounds, sizeof(*ours));
	ce_sandbox *sandbox = open_sandbox(o, again ? CACHE_BYTES : 0);
	int r = bare && ours && sandbox && !execute(sandbox, row) && !execute(sandbox, row) ? 0 : -1;

	for (unsigned i = 0; !r && i < o->rounds; i++) {
		double begin;

		if (!again)
			r = shell(directory, "rm -rf -- *") || write_source(directory, row);
		begin = bench_clock_us();
		r = r || (!again && shell(directory, row->build)) || shell(directory, row->run);
		bare[i] = bench_clock_us() - begin;
		begin = bench_clock_us();
		r = r || execute(sandbox, row);
		ours[i] = bench_clock_us() - begin;
	}
	if (!r) {
		struct bench_summary b = bench_summarise(bare, o->rounds), w = bench_summarise(ours, o->rounds);

		(again ? put_again : put_first)(row, o->rounds, &b, &w);
		bench_put_summary("bare", &b);
		putchar(',');
		bench_put_summary("ours", &w);
		puts("}");
		fflush(stdout);
	}
	ce_sandbox_destroy(sandbox);
	free(bare);
	free(ours);
	return r ? -1 : 0;
}

static bool is_here(const struct options *o, const struct row *row)
{
	ce_sandbox *sandbox = open_sandbox(o, 0);
	const ce_executor *executor = NULL;
	bool here = sandbox && !ce_sandbox_find_executor(sandbox, row->language, &executor, NULL) && ce_executor_available(executor);

	ce_sandbox_destroy(sandbox);
	return here;
}

static void run_row(const struct options *o, const struct row *row)
{
	char directory[] = "/tmp/codeexec-bench-XXXXXX";

	if (!bench_wanted(o->rows, o->row_count, row->name))
		return;
	if (!mkdtemp(directory)) {
		bench_skip(row->name, "no directory");
		return;
	}
	if (!is_here(o, row))
		bench_skip(row->name, "the language is not here");
	else if (write_source(directory, row) || shell(directory, row->build))
		bench_skip(row->name, "the bare compiler does not run");
	else if (measure(o, row, directory, false) || measure(o, row, directory, true))
		bench_skip(row->name, "an execution failed");
	shell(directory, "rm -rf \"$PWD\"");
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "executors", required_argument, NULL, 'e' },	{ "plugins", required_argument, NULL, 'p' },
		{ "supervisor", required_argument, NULL, 's' }, { "runtimes", required_argument, NULL, 'R' },
		{ "rounds", required_argument, NULL, 'n' },	{ "row", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'e': o->executors = optarg; break;
		case 'p': o->plugins = optarg; break;
		case 's': o->supervisor = optarg; break;
		case 'R': o->runtimes = optarg; break;
		case 'n': o->rounds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'r':
			if (o->row_count < ROWS_MAX)
				o->rows[o->row_count++] = optarg;
			break;
		default: return -1;
		}
	}
	return optind == argc && o->executors && o->plugins && o->rounds ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct options o = { .rounds = 20 };

	if (parse(argc, argv, &o)) {
		fputs("bench_languages: see the head of its source for what it needs\n", stderr);
		return 2;
	}
	/* The tools and the environment that cells have, not what somebody put before them. */
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	if (o.runtimes)
		runtimes = o.runtimes;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&o, &rows[i]);
	return 0;
}
