/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * kill -9 of the host, its supervisor, an init or a program, at any moment, under load: within a second
 * nothing is left, and whoever survives tells the truth. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "host.h"

#define ROUNDS 40
#define ROUNDS_LONG 600
#define DELAY_MAX_US 40000

static const char *const victim_names[VICTIM_COUNT] = {"host", "supervisor", "init", "program",
						       "host and supervisor"};

/* Moments are letters of the host; the delay after them finds what lies between. */
static const struct moment {
	char letter;
	unsigned n;
	const char *name;
} moments[] = {
    {'s', 1, "created"}, {'q', 1, "queued"},      {'q', 4, "all queued"},    {'c', 1, "compiling"},
    {'r', 1, "running"}, {'r', 2, "two running"}, {'r', 3, "three running"}, {'o', 1, "output"},
};

static int open_victim(const struct world *w, const struct host *h, pid_t supervisor, enum victim victim,
		       pid_t *pid)
{
	/* A pidfd first, then the look: what is found is then what is killed. */
	if (victim == VICTIM_HOST) {
		*pid = h->pid;
	} else if (victim == VICTIM_SUPERVISOR) {
		*pid = supervisor;
	} else {
		*pid = process_child(w, supervisor, false);
		if (victim == VICTIM_PROGRAM && *pid > 0)
			*pid = process_child(w, *pid, false);
	}
	return *pid > 0 ? pidfd_open(*pid, 0) : -1;
}

static bool strike(const struct world *w, const struct host *h, pid_t supervisor, enum victim victim)
{
	pid_t pid;
	int fd = open_victim(w, h, supervisor, victim, &pid);
	bool hit = fd >= 0 && pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0;

	if (fd >= 0)
		close(fd);
	return hit;
}

/* Another sandbox in the same state directory sweeps what two dead ones left. */
static bool next_start_works(const struct world *w)
{
	ce_sandbox_options options = world_options(w);
	ce_request request = ce_request_init();
	ce_sandbox *sandbox = NULL;
	ce_result *result = NULL;
	ce_error *error = NULL;
	bool ok = false;

	request.language = "bash";
	request.code = "echo hello";
	request.code_size = strlen(request.code);
	if (!ce_sandbox_create(&options, &sandbox, &error) && !ce_execute(sandbox, &request, &result, &error))
		ok = ce_result_outcome(result) == CE_OUTCOME_SUCCESS;
	if (!ok)
		tap_diag("the next start: %s", error ? ce_error_message(error) : "no success");
	ce_error_free(error);
	ce_result_free(result);
	ce_sandbox_destroy(sandbox);
	return ok;
}

static bool one_round(const struct world *w, enum victim victim, const struct moment *m, uint64_t delay_us)
{
	bool survives = victim != VICTIM_HOST && victim != VICTIM_BOTH, ok = true, hit;
	struct host h;
	pid_t supervisor;
	int status;

	host_start(&h, w, victim);
	if (!host_await(&h, m->letter, m->n)) {
		tap_diag("the host never came to \"%s\"", m->name);
		ok = false;
	}
	supervisor = process_child(w, h.pid, true);
	pause_us(delay_us);
	if (victim == VICTIM_BOTH) {
		enum victim first = random_below(2) ? VICTIM_HOST : VICTIM_SUPERVISOR;

		hit = strike(w, &h, supervisor, first);
		hit =
		    strike(w, &h, supervisor, first == VICTIM_HOST ? VICTIM_SUPERVISOR : VICTIM_HOST) || hit;
	} else {
		hit = strike(w, &h, supervisor, victim);
	}
	if (!hit && survives) {
		/* Too early or too late for it: then the host ends as hosts do that forget everything. */
		close(h.command);
		h.command = -1;
	} else if (survives) {
		host_command(&h, 'k');
	}
	if (!survives)
		ok = world_is_clean(w, &supervisor, 1, victim == VICTIM_HOST) && ok;
	status = host_end(&h);
	ok = status == (survives ? 0 : -1) && ok;
	if (victim == VICTIM_BOTH)
		ok = next_start_works(w) && ok;
	return world_is_clean(w, &supervisor, 1, true) && ok;
}

static void test_random_moments(const struct world *w, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		enum victim victim = (enum victim)(i % VICTIM_COUNT);
		const struct moment *m = &moments[random_below(sizeof(moments) / sizeof(moments[0]))];
		uint64_t delay = random_below(DELAY_MAX_US);

		/* Half of them close behind the event, where the races are. */
		if (random_below(2))
			delay %= 1500;
		tap_ok(one_round(w, victim, m, delay), "kill -9 of the %s %u us after \"%s\" leaves nothing",
		       victim_names[victim], (unsigned)delay, m->name);
	}
}

static void test_stopped_supervisor(const struct world *w, bool resume)
{
	struct host h;
	pid_t supervisor;
	bool ok;
	int fd;

	host_start(&h, w, VICTIM_HOST);
	ok = host_await(&h, 'o', 2);
	supervisor = process_child(w, h.pid, true);
	fd = pidfd_open(supervisor, 0);
	ok = fd >= 0 && pidfd_send_signal(fd, SIGSTOP, NULL, 0) == 0 && ok;
	ok = strike(w, &h, supervisor, VICTIM_HOST) && ok;
	ok = host_end(&h) == -1 && ok;
	pidfd_send_signal(fd, resume ? SIGCONT : SIGKILL, NULL, 0);
	ok = world_is_clean(w, &supervisor, 1, resume) && ok;
	if (!resume)
		ok = next_start_works(w) && world_is_clean(w, &supervisor, 1, true) && ok;
	close(fd);
	tap_ok(ok, "host dies while its supervisor is stopped: nothing is left once it is %s",
	       resume ? "continued" : "killed");
}

static void test_fork_holds_descriptors(const struct world *w)
{
	struct host h;
	pid_t supervisor;
	bool ok;

	host_start(&h, w, VICTIM_HOST);
	ok = host_await(&h, 'o', 2);
	supervisor = process_child(w, h.pid, true);
	host_command(&h, 'f');
	ok = host_await(&h, 'f', 1) && ok;
	ok = strike(w, &h, supervisor, VICTIM_HOST) && ok;
	/* The fork lives and holds every socket and pipe end of the host. */
	ok = world_is_clean(w, &supervisor, 1, true) && ok;
	tap_ok(ok, "a fork of the host that holds all sockets does not keep executions alive");
	host_end(&h);
}

int main(int argc, char **argv)
{
	bool all = (argc > 1 && strcmp(argv[1], "--long") == 0) || getenv("CE_TESTS_LONG");
	struct world w;

	signal(SIGPIPE, SIG_IGN);
	world_open(&w, NULL);
	random_begin();
	test_stopped_supervisor(&w, true);
	test_stopped_supervisor(&w, false);
	test_fork_holds_descriptors(&w);
	test_random_moments(&w, all ? ROUNDS_LONG : ROUNDS);
	world_close(&w);
	return tap_done();
}
