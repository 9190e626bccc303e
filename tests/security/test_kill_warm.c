/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * kill -9 of what is started ahead, at any moment: zygotes, their inits, children that wait, parked
 * interpreters, and now and then the supervisor. Whoever asked gets the truth, and the next one its program. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "world.h"

#define ROUNDS 80
#define ROUNDS_LONG 1000
#define DELAY_MAX_US 8000
#define SUPERVISOR_EVERY 16
#define PATIENCE_MS 20000
#define PROCESSES_MAX 128

static const struct {
	const char *language, *code;
} programs[] = {
    {"python", "import os\nprint('hello', os.getpid())"},
    {"bash", "echo hello $$"},
};

#define LANGUAGES (sizeof(programs) / sizeof(programs[0]))

static ce_request request_for(size_t language)
{
	ce_request request = ce_request_init();

	request.language = programs[language].language;
	request.code = programs[language].code;
	request.code_size = strlen(request.code);
	return request;
}

static pid_t parent_of(pid_t pid)
{
	char path[64];
	int parent = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*d (%*[^)]) %*c %d", &parent) != 1)
		parent = -1;
	if (f)
		fclose(f);
	return parent;
}

/* Returns once it has ended. NULL: nobody was there. With a zygote its init ends, and with that all that lies below: whoever is given one
 * of those meanwhile is told so, and is not the next one. */
static const char *strike(const struct world *w, pid_t supervisor, bool at_supervisor)
{
	pid_t pids[PROCESSES_MAX];
	size_t count = world_processes(w, pids, PROCESSES_MAX);
	pid_t pid = at_supervisor || !count ? supervisor : pids[random_below(count < PROCESSES_MAX ? count : PROCESSES_MAX)];
	/* A pidfd first, then the look: what is found is then what is killed. */
	int fd = pid == supervisor && !at_supervisor ? -1 : pidfd_open(pid, 0);
	pid_t parent = fd >= 0 && !at_supervisor ? parent_of(pid) : -1;
	int init = parent > 1 && parent != supervisor && process_is_ours(w, parent) ? pidfd_open(parent, 0) : -1;
	const char *who = NULL;

	if (fd >= 0)
		who = at_supervisor ? "supervisor" : process_is_ours(w, pid) ? "init" : "program";
	if (who && pidfd_send_signal(fd, SIGKILL, NULL, 0))
		who = NULL;
	if (who)
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PATIENCE_MS);
	if (who && init >= 0)
		poll(&(struct pollfd){.fd = init, .events = POLLIN}, 1, PATIENCE_MS);
	if (fd >= 0)
		close(fd);
	if (init >= 0)
		close(init);
	return who;
}

static bool says_hello(const ce_result *result)
{
	size_t size = 0;
	const char *out = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);

	return size == 8 && !memcmp(out, "hello 2\n", 8);
}

/* Success is success; anything else is laid at the door of whoever killed. */
static bool is_honest(const ce_result *result)
{
	switch (ce_result_outcome(result)) {
	case CE_OUTCOME_SUCCESS:
		return says_hello(result);
	case CE_OUTCOME_SYSTEM_ERROR:
	case CE_OUTCOME_CANCELLED:
		return true;
	default:
		return ce_result_outcome(result) == CE_OUTCOME_ERROR && ce_result_signal(result) == SIGKILL;
	}
}

static bool complain(const char *what, ce_error *error)
{
	tap_diag("%s: %s", what, error ? ce_error_message(error) : "no error");
	ce_error_free(error);
	return false;
}

static bool struck_execution_is_honest(const struct world *w, ce_sandbox *sandbox, size_t language, uint64_t delay_us,
				       pid_t supervisor, bool at_supervisor, const char **victim)
{
	ce_request request = request_for(language);
	ce_execution *execution = NULL;
	ce_result *result = NULL;
	ce_error *error = NULL;
	bool ok;

	*victim = NULL;
	if (ce_execution_start(sandbox, &request, NULL, NULL, &execution, &error))
		return complain("no start", error);
	pause_us(delay_us);
	*victim = strike(w, supervisor, at_supervisor);
	ok = ce_execution_wait(execution, PATIENCE_MS, &error) == 0;
	if (!ok)
		complain("an execution does not end", error);
	else if (ce_execution_take_result(execution, &result, &error)) {
		/* A start that failed because of it: an error, not a wrong result. */
		ok = *victim != NULL;
		if (!ok)
			tap_diag("no result: %s", ce_error_message(error));
		ce_error_free(error);
	} else {
		ok = is_honest(result);
		if (!ok)
			tap_diag("%s, signal %d: %s", ce_result_status(result), ce_result_signal(result), ce_result_message(result));
	}
	ce_result_free(result);
	ce_execution_destroy(execution);
	return ok;
}

static bool next_one_works(ce_sandbox *sandbox, size_t language)
{
	ce_request request = request_for(language);
	ce_result *result = NULL;
	ce_error *error = NULL;
	bool ok;

	if (ce_execute(sandbox, &request, &result, &error))
		return complain("the next one", error);
	ok = ce_result_outcome(result) == CE_OUTCOME_SUCCESS && says_hello(result);
	if (!ok)
		tap_diag("the next one: %s: %s", ce_result_status(result), ce_result_message(result));
	ce_result_free(result);
	return ok;
}

static void test_rounds(const struct world *w, ce_sandbox *sandbox, unsigned rounds, pid_t *supervisors, size_t *count)
{
	for (unsigned i = 0; i < rounds; i++) {
		bool at_supervisor = i % SUPERVISOR_EVERY == SUPERVISOR_EVERY - 1;
		uint64_t delay = random_below(random_below(2) ? 600 : DELAY_MAX_US);
		pid_t supervisor = process_child(w, getpid(), true);
		const char *victim;
		bool ok;

		ok = struck_execution_is_honest(w, sandbox, i % LANGUAGES, delay, supervisor, at_supervisor, &victim);
		ok = next_one_works(sandbox, i % LANGUAGES) && ok;
		tap_ok(ok, "kill -9 of %s %u us after the start of %s: honest, and the next one works", victim ? victim : "nobody",
		       (unsigned)delay, programs[i % LANGUAGES].language);
		if (*count == 0 || supervisors[*count - 1] != supervisor)
			supervisors[(*count)++] = supervisor;
	}
}

int main(int argc, char **argv)
{
	bool all = (argc > 1 && strcmp(argv[1], "--long") == 0) || getenv("CE_TESTS_LONG");
	const char *languages[LANGUAGES + 1] = {NULL};
	pid_t supervisors[ROUNDS_LONG + 1];
	ce_sandbox_options options;
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;
	size_t count = 0;
	struct world w;

	signal(SIGPIPE, SIG_IGN);
	world_open(&w, NULL);
	random_begin();
	options = world_options(&w);
	options.warm_memory_bytes = UINT64_C(256) << 20;
	for (size_t i = 0; i < LANGUAGES; i++)
		languages[i] = programs[i].language;
	if (!tap_ok(!ce_sandbox_create(&options, &sandbox, &error) &&
			!ce_sandbox_prewarm(sandbox, languages, &error),
		    "interpreters wait"))
		complain("prewarm", error);
	else
		test_rounds(&w, sandbox, all ? ROUNDS_LONG : ROUNDS, supervisors, &count);
	ce_sandbox_destroy(sandbox);
	tap_ok(world_is_clean(&w, supervisors, count, true), "nothing is left of %zu supervisors", count);
	world_close(&w);
	return tap_done();
}
