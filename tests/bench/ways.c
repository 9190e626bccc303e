/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The ways to run a command that are compared. All three wait for the end and check that it was a success. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

const struct bench_workload bench_workloads[BENCH_WORKLOADS] = {
	{ "true", "true", { "/bin/true", NULL } },
	{ "python3 -c pass", "pass", { "/usr/bin/python3", "-c", "pass", NULL } },
};

const char *const bench_way_names[BENCH_WAYS] = { "bare spawn", "codeexec", "bwrap" };

/* Namespaces and mounts like those of a cell; bwrap has neither limits nor, here, a filter of system calls. */
static const char *const bwrap_words[] = {
	"/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv",
	"--setenv", "PATH", "/usr/bin:/bin",
	"--ro-bind", "/usr", "/usr",
	"--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
	"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/work", "--chdir", "/work",
};

#define WORDS_MAX (sizeof(bwrap_words) / sizeof(bwrap_words[0]) + 8)

int bench_spawn(const char *const *argv)
{
	static char *const env[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	int status = 0, r;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, env);
	posix_spawn_file_actions_destroy(&actions);
	if (r) {
		fprintf(stderr, "%s: cannot spawn: error %d\n", argv[0], r);
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "%s: wait status %#x\n", argv[0], (unsigned)status);
		return -1;
	}
	return 0;
}

static int run_bwrap(const struct bench_workload *workload)
{
	const char *argv[WORDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < sizeof(bwrap_words) / sizeof(bwrap_words[0]); i++)
		argv[count++] = bwrap_words[i];
	for (const char *const *word = workload->argv; *word; word++)
		argv[count++] = *word;
	argv[count] = NULL;
	return bench_spawn(argv);
}

static int run_ours(ce_sandbox *sandbox, const struct bench_workload *workload)
{
	ce_request request = ce_request_init();
	ce_result *result = NULL;
	ce_error *error = NULL;
	int r;

	request.language = workload->language;
	request.code = "";
	r = ce_execute(sandbox, &request, &result, &error);
	if (r) {
		fprintf(stderr, "ce_execute: %s\n", ce_error_message(error));
		ce_error_free(error);
		return -1;
	}
	if (ce_result_outcome(result) != CE_OUTCOME_SUCCESS) {
		fprintf(stderr, "ce_execute: %s: %s\n", ce_result_status(result), ce_result_message(result));
		r = -1;
	}
	ce_result_free(result);
	return r;
}

int bench_run(const struct bench_context *context, enum bench_way way, const struct bench_workload *workload)
{
	switch (way) {
	case BENCH_BARE:
		return bench_spawn(workload->argv);
	case BENCH_OURS:
		return run_ours(context->sandbox, workload);
	default:
		return run_bwrap(workload);
	}
}

const char *bench_missing(const struct bench_context *context, enum bench_way way,
			  const struct bench_workload *workload)
{
	if (access(workload->argv[0], X_OK) < 0)
		return "the program is not installed";
	if (way == BENCH_BWRAP && access(bwrap_words[0], X_OK) < 0)
		return "bwrap is not installed (package bubblewrap)";
	/* Also warms what is warmed once: page cache, our prepared root, the filter. */
	if (bench_run(context, way, workload))
		return "it does not run here";
	return NULL;
}
