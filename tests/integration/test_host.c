/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Hosts of every kind: each test plays an unusual host program in a child process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "snapshot.h"

/* In the child: exits with a number that says what went wrong, 0 for success. */
#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			_exit(100 + __LINE__ % 100);                                                         \
	} while (0)

static bool says(ce_sandbox *sandbox, const char *code, const char *text)
{
	ce_request request = fixture_request("bash", code);
	ce_result *result = NULL;
	bool right = ce_execute(sandbox, &request, &result, NULL) == 0 &&
		     ce_result_outcome(result) == CE_OUTCOME_SUCCESS && !strcmp(stdout_of(result), text);

	ce_result_free(result);
	return right;
}

static ce_sandbox *create(void)
{
	ce_sandbox_options o = fixture_options();
	ce_sandbox *sandbox = NULL;

	if (ce_sandbox_create(&o, &sandbox, NULL))
		return NULL;
	snapshot_learn(fixture_state_dir());
	return sandbox;
}

/* Runs `host` in a child: the fixture's own state stays as it is. */
static void in_a_host(void (*host)(void))
{
	int status = 0;
	pid_t pid;

	/* On cgroup v2 its host moves to a leaf, where the child begins then: no process is left above. */
	fixture_sandbox();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		host();
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	if (status)
		fail_msg("the host ended with %s %d (line ..%02d)", WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			 WEXITSTATUS(status) % 100);
}

static void several_runs(void)
{
	ce_sandbox *sandbox = create();

	CHECK(sandbox);
	for (int i = 0; i < 5; i++)
		CHECK(says(sandbox, "echo x; sleep 0 | cat; (exit 3); echo $?", "x\n3\n"));
	ce_sandbox_destroy(sandbox);
}

static void ignoring_sigchld(void)
{
	signal(SIGCHLD, SIG_IGN);
	several_runs();
}

static void a_host_may_ignore_sigchld(void **state)
{
	(void)state;
	in_a_host(ignoring_sigchld);
}

static atomic_bool enough;

static void *reap_everything(void *unused)
{
	while (!atomic_load(&enough))
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			sched_yield();
	return unused;
}

static void reaping_everything(void)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, reap_everything, NULL) == 0);
	several_runs();
	several_runs();
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
}

static void a_host_may_wait_for_any_child(void **state)
{
	(void)state;
	in_a_host(reaping_everything);
}

/* The child has copies of all our descriptors, the supervisor's socket among them. */
static void forking_without_exec(void)
{
	ce_sandbox *sandbox = create();
	struct timespec begin, end;
	int go[2];
	pid_t pid;
	char byte;

	CHECK(sandbox && pipe2(go, O_CLOEXEC) == 0);
	CHECK(says(sandbox, "echo before", "before\n"));
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 0 ? 0 : 1); /* lives until we end */
	}
	CHECK(says(sandbox, "echo beside", "beside\n"));
	/* The child holds all of it open: this must not wait for its end, nor for a time to pass. */
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ce_sandbox_destroy(sandbox);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK(end.tv_sec - begin.tv_sec < 5);
	sandbox = create();
	CHECK(sandbox && says(sandbox, "echo after", "after\n"));
	ce_sandbox_destroy(sandbox);
	close(go[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static void a_host_may_fork_a_child_that_lives_on(void **state)
{
	(void)state;
	in_a_host(forking_without_exec);
}

/* While an execution runs: its end must not wait for the fork. */
static void forking_while_it_runs(void)
{
	ce_request request = fixture_request("bash", "cat; echo end");
	ce_sandbox *sandbox = create();
	ce_execution *execution = NULL;
	ce_result *result = NULL;
	int go[2];
	char byte;
	pid_t pid;

	CHECK(sandbox && pipe2(go, O_CLOEXEC) == 0);
	request.flags = CE_REQUEST_INTERACTIVE;
	CHECK(ce_execution_start(sandbox, &request, NULL, NULL, &execution, NULL) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 0 ? 0 : 1);
	}
	CHECK(ce_execution_write(execution, "in\n", 3, NULL) == 0);
	/* The fork holds the input's write end, too: the program's end of input is for the host to bear. */
	CHECK(ce_execution_wait(execution, 2000, NULL) == CE_ERR_TIMEOUT);
	ce_execution_cancel(execution);
	CHECK(ce_execution_wait(execution, 30000, NULL) == 0);
	CHECK(ce_execution_take_result(execution, &result, NULL) == 0);
	CHECK(ce_result_outcome(result) == CE_OUTCOME_CANCELLED && !strcmp(stdout_of(result), "in\n"));
	ce_result_free(result);
	ce_execution_destroy(execution);
	ce_sandbox_destroy(sandbox);
	close(go[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static void an_execution_ends_although_a_fork_holds_its_pipes(void **state)
{
	(void)state;
	in_a_host(forking_while_it_runs);
}

static void without_standard_streams(void)
{
	ce_sandbox *sandbox;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	sandbox = create();
	CHECK(sandbox);
	CHECK(says(sandbox, "cat; echo out; echo err >&2", "out\n"));
	ce_sandbox_destroy(sandbox);
	for (int fd = 0; fd < 3; fd++)
		CHECK(fcntl(fd, F_GETFD) < 0); /* nor are they used for something else afterwards */
}

static void a_host_may_have_closed_its_streams(void **state)
{
	(void)state;
	in_a_host(without_standard_streams);
}

static void with_sigpipe_default(void)
{
	size_t size = 10 * 1000 * 1000;
	ce_request request = fixture_request("bash", "read -n 1 x; exec <&-; echo $x");
	char *input = malloc(size);
	ce_sandbox *sandbox = create();

	CHECK(sandbox && input);
	memset(input, 'i', size);
	signal(SIGPIPE, SIG_DFL);
	request.input = input;
	request.input_size = size;
	for (int i = 0; i < 5; i++) {
		ce_result *result = NULL;

		CHECK(ce_execute(sandbox, &request, &result, NULL) == 0);
		CHECK(!strcmp(stdout_of(result), "i\n"));
		ce_result_free(result);
	}
	free(input);
	ce_sandbox_destroy(sandbox);
}

static void a_host_is_not_killed_by_sigpipe(void **state)
{
	(void)state;
	in_a_host(with_sigpipe_default);
}

/* What a library must not change, as one struct to compare. */
struct surroundings {
	sigset_t mask;
	sighandler_t handlers[NSIG];
	int flags[NSIG];
	struct rlimit limits[RLIM_NLIMITS];
	char directory[4096];
	mode_t umask;
	int priority;
	char **environment;
	size_t environment_count;
};

static void look_around(struct surroundings *s)
{
	memset(s, 0, sizeof(*s));
	pthread_sigmask(SIG_BLOCK, NULL, &s->mask);
	for (int i = 1; i < NSIG; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) == 0) {
			s->handlers[i] = action.sa_handler;
			s->flags[i] = action.sa_flags;
		}
	}
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &s->limits[i]);
	if (!getcwd(s->directory, sizeof(s->directory)))
		s->directory[0] = '\0';
	s->umask = umask(0);
	umask(s->umask);
	s->priority = getpriority(PRIO_PROCESS, 0);
	s->environment = environ;
	for (char **p = environ; *p; p++)
		s->environment_count++;
}

static void on_signal(int number)
{
	(void)number;
}

static void with_odd_surroundings(void)
{
	static struct surroundings before, after;
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigset_t blocked;
	ce_sandbox *sandbox;

	sigfillset(&blocked);
	sigdelset(&blocked, SIGALRM);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
	umask(0777);
	CHECK(chdir("/proc/self") == 0 || chdir("/") == 0);
	look_around(&before);
	sandbox = create();
	CHECK(sandbox);
	/* and the cell begins with none of it */
	CHECK(says(sandbox,
		   "umask; pwd; ulimit -c; grep -E 'Sig(Blk|Ign)' /proc/self/status; touch f; [ -r f ] && "
		   "echo readable",
		   "0022\n/work\n0\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nreadable\n"));
	ce_sandbox_destroy(sandbox);
	look_around(&after);
	CHECK(memcmp(&before.mask, &after.mask, sizeof(before.mask)) == 0);
	CHECK(memcmp(before.handlers, after.handlers, sizeof(before.handlers)) == 0);
	CHECK(memcmp(before.flags, after.flags, sizeof(before.flags)) == 0);
	CHECK(memcmp(before.limits, after.limits, sizeof(before.limits)) == 0);
	CHECK(strcmp(before.directory, after.directory) == 0);
	CHECK(before.umask == after.umask && before.priority == after.priority);
	CHECK(before.environment == after.environment && before.environment_count == after.environment_count);
}

static void a_hosts_surroundings_are_left_alone(void **state)
{
	(void)state;
	in_a_host(with_odd_surroundings);
}

static void with_a_secret_environment(void)
{
	ce_sandbox *sandbox;

	setenv("LD_PRELOAD_SECRET", "leaked", 1);
	setenv("BASH_ENV", "/etc/passwd", 1);
	setenv("LD_LIBRARY_PATH_SECRET", "/nonexistent", 1);
	sandbox = create();
	CHECK(sandbox);
	CHECK(says(sandbox, "env | grep -c -E 'SECRET|BASH_ENV|CE_'; true", "0\n"));
	CHECK(says(sandbox, "cat /proc/1/environ 2>/dev/null | wc -c", "0\n"));
	ce_sandbox_destroy(sandbox);
}

static void a_hosts_environment_stays_outside(void **state)
{
	(void)state;
	in_a_host(with_a_secret_environment);
}

static void with_many_descriptors(void)
{
	ce_sandbox *sandbox;

	/* inheritable ones, of a host that knows nothing of CLOEXEC */
	for (int i = 0; i < 200; i++)
		CHECK(dup(0) >= 0);
	sandbox = create();
	CHECK(sandbox);
	CHECK(says(sandbox,
		   "cd /proc/self/fd; for f in *; do [ -e $f ] && [ $f -lt 200 ] && echo $f; done; true",
		   "0\n1\n2\n"));
	ce_sandbox_destroy(sandbox);
}

static void a_hosts_descriptors_stay_outside(void **state)
{
	(void)state;
	in_a_host(with_many_descriptors);
}

static void *start_in_thread(void *out)
{
	*(ce_sandbox **)out = create();
	return NULL;
}

static void creating_in_a_thread_that_ends(void)
{
	ce_sandbox *sandbox = NULL;
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, start_in_thread, &sandbox) == 0);
	pthread_join(thread, NULL);
	CHECK(sandbox && says(sandbox, "echo alive", "alive\n"));
	ce_sandbox_destroy(sandbox);
}

static void a_sandbox_outlives_the_thread_that_made_it(void **state)
{
	(void)state;
	in_a_host(creating_in_a_thread_that_ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_host_may_ignore_sigchld),
	    TEST(a_host_may_wait_for_any_child),
	    TEST(a_host_may_fork_a_child_that_lives_on),
	    TEST(an_execution_ends_although_a_fork_holds_its_pipes),
	    TEST(a_host_may_have_closed_its_streams),
	    TEST(a_host_is_not_killed_by_sigpipe),
	    TEST(a_hosts_surroundings_are_left_alone),
	    TEST(a_hosts_environment_stays_outside),
	    TEST(a_hosts_descriptors_stay_outside),
	    TEST(a_sandbox_outlives_the_thread_that_made_it),
	};

	return fixture_main("host", tests);
}
