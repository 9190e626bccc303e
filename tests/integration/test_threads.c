/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Many executions, one after the other and at once, and that they leave nothing: counts and memory are as
 * before. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>

#include "fixture.h"
#include "snapshot.h"

#define THREADS 8
#define EACH 100
#define IN_A_ROW 1000
/* What allocators keep; a leak of 4 KiB per execution would be twice this. */
#define RSS_GROWTH_KIB 2048

/* Threads must not use cmocka's assertions: they jump. The first complaint is kept here. */
struct worker {
	pthread_t thread;
	ce_sandbox *sandbox;
	int number, rounds;
	char complaint[300];
};

static void complain(struct worker *w, const char *what, const char *detail)
{
	if (!w->complaint[0])
		snprintf(w->complaint, sizeof(w->complaint), "thread %d: %s: %s", w->number, what,
			 detail ? detail : "");
}

static void one_round(struct worker *w, int round)
{
	ce_request request = fixture_request("bash", "read line; echo \"$1 $line\" > f; cat f");
	char number[32], input[32], wanted[80];
	const char *args[2] = {number, NULL};
	ce_result *result = NULL;
	ce_error *error = NULL;

	snprintf(number, sizeof(number), "%d/%d", w->number, round);
	snprintf(input, sizeof(input), "in-%d-%d\n", w->number, round);
	snprintf(wanted, sizeof(wanted), "%s in-%d-%d\n", number, w->number, round);
	request.args = args;
	request.input = input;
	request.input_size = strlen(input);
	if (ce_execute(w->sandbox, &request, &result, &error))
		complain(w, "ce_execute", error ? ce_error_message(error) : NULL);
	else if (ce_result_outcome(result) != CE_OUTCOME_SUCCESS)
		complain(w, ce_result_status(result), ce_result_message(result));
	else if (strcmp(stdout_of(result), wanted) != 0)
		complain(w, "stdout", stdout_of(result));
	ce_error_free(error);
	ce_result_free(result);
}

static void *work(void *argument)
{
	struct worker *w = argument;

	for (int i = 0; i < w->rounds && !w->complaint[0]; i++)
		one_round(w, i);
	return NULL;
}

/* `sandboxes` are shared out among the threads in turn. */
static void run_threads(ce_sandbox **sandboxes, size_t count, int rounds)
{
	struct worker workers[THREADS] = {0};

	for (int i = 0; i < THREADS; i++) {
		workers[i].number = i;
		workers[i].rounds = rounds;
		workers[i].sandbox = sandboxes[(size_t)i % count];
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (int i = 0; i < THREADS; i++)
		if (workers[i].complaint[0])
			fail_msg("%s", workers[i].complaint);
}

/* A result may be out while the kernel still takes the last init apart: that is waited for. */
static char *look(void)
{
	time_t until = time(NULL) + 10;
	char *seen = snapshot_take(fixture_state_dir(), fixture_uid_base(), fixture_uid_count(), 0);

	while (strstr(seen, "with our uid") && time(NULL) < until) {
		free(seen);
		seen = snapshot_take(fixture_state_dir(), fixture_uid_base(), fixture_uid_count(), 0);
	}
	return seen;
}

#define AT_ONCE_MOST 10 /* max_concurrent */
#define HIERARCHIES_MOST 4
#define WAITING_MOST (2 * 4) /* processes in four cells that are made ahead */

static bool is_kept_cgroup(const char *line, const char *end)
{
	const char *name = memrchr(line, '/', (size_t)(end - line));

	return !strncmp(line, "cgroup ", 7) && name && name[1] == 'e' && strspn(name + 2, "0123456789") > 0 &&
	       name + 2 + strspn(name + 2, "0123456789") == end;
}

static bool is_in_waiting_cell(const char *line, const char *end)
{
	const char *name = memmem(line, (size_t)(end - line), "(codeexec-super)", 16);

	return !strncmp(line, "process ", 8) && name;
}

/* Takes lines out of what was seen; how many there were. */
static size_t leave_out(char *seen, bool (*which)(const char *line, const char *end))
{
	size_t count = 0;
	char *to = seen;

	for (char *line = seen; *line;) {
		char *end = strchrnul(line, '\n');
		size_t size = (size_t)(end - line) + (*end == '\n');

		if (which(line, end))
			count++;
		else
			to = (char *)memmove(to, line, size) + size;
		line += size;
	}
	*to = '\0';
	return count;
}

/* The sandbox is alive in both looks: so nothing that one execution needs may be there after it, but for cgroups that are
 * kept (".../e17"), of which there are never more than run at once, and for a few cells that wait for the next. */
static void expect_same(char *before, long rss_before)
{
	long rss_after = snapshot_rss_kib();
	time_t until = time(NULL) + 5;
	bool equal = false;

	leave_out(before, is_kept_cgroup);
	leave_out(before, is_in_waiting_cell);
	/* What goes a moment after the result (a descriptor, a cgroup) may be in one look and not in the next. */
	while (!equal) {
		char *after = look();

		/* two sandboxes at most */
		assert_true(leave_out(after, is_kept_cgroup) <= 2 * AT_ONCE_MOST * HIERARCHIES_MOST);
		assert_true(leave_out(after, is_in_waiting_cell) <= 2 * WAITING_MOST);
		equal = snapshot_equal(before, after);
		free(after);
		if (!equal && time(NULL) > until)
			break;
	}
	free(before);
	assert_true(equal);
	/* under a sanitizer the memory of what was freed is kept back */
	if (!getenv("ASAN_OPTIONS") && !getenv("TSAN_OPTIONS") && rss_after - rss_before > RSS_GROWTH_KIB)
		fail_msg("the host has grown from %ld to %ld KiB", rss_before, rss_after);
}

/* What waits for the next execution does not wait for ever: then there is no cell that may have been left. */
static void expect_no_cell(void)
{
	time_t until = time(NULL) + 60;
	size_t count;

	do {
		char *seen = look();

		count = leave_out(seen, is_in_waiting_cell);
		free(seen);
	} while (count && time(NULL) < until);
	assert_int_equal(count, 0);
}

static void eight_threads_share_one_sandbox(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	char *before;
	long rss;

	(void)state;
	run_threads(&sandbox, 1, 5); /* fills caches, arenas and slots */
	before = look();
	rss = snapshot_rss_kib();
	run_threads(&sandbox, 1, EACH);
	expect_same(before, rss);
}

static void a_thousand_executions_leave_nothing(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	struct worker w = {.sandbox = sandbox, .rounds = IN_A_ROW};
	char *before;
	long rss;

	(void)state;
	for (int i = 0; i < 20; i++)
		one_round(&w, i);
	before = look();
	rss = snapshot_rss_kib();
	work(&w);
	if (w.complaint[0])
		fail_msg("%s", w.complaint);
	expect_same(before, rss);
	expect_no_cell();
}

static void two_sandboxes_run_at_once(void **state)
{
	ce_sandbox *sandboxes[2] = {fixture_sandbox(), fixture_sandbox()};
	char *before;
	long rss;

	(void)state;
	run_threads(sandboxes, 2, 2);
	before = look();
	rss = snapshot_rss_kib();
	run_threads(sandboxes, 2, 20);
	expect_same(before, rss);
	/* the end of one does not touch the other */
	fixture_destroy(sandboxes[0]);
	expect_says(fixture_code(sandboxes[1], "bash", "echo alive"), "alive\n");
}

static void executions_at_the_same_time_have_different_uids(void **state)
{
	enum { AT_ONCE = 10 };
	ce_request request = fixture_request("bash", "read x; exit 0");
	ce_sandbox *sandboxes[2] = {NULL, NULL};
	ce_execution *executions[AT_ONCE];
	uint64_t uids[AT_ONCE];

	(void)state;
	fixture_need_root();
	sandboxes[0] = fixture_sandbox();
	sandboxes[1] = fixture_sandbox();
	request.flags = CE_REQUEST_INTERACTIVE;
	for (int i = 0; i < AT_ONCE; i++)
		executions[i] = fixture_start(sandboxes[i % 2], &request, NULL, NULL);
	for (int i = 0; i < AT_ONCE; i++)
		assert_int_equal(ce_execution_wait(executions[i], 100, NULL), CE_ERR_TIMEOUT);
	for (int i = 0; i < AT_ONCE; i++)
		ce_execution_close_input(executions[i], NULL);
	for (int i = 0; i < AT_ONCE; i++) {
		ce_result *result = fixture_finish(executions[i]);

		expect_outcome(result, CE_OUTCOME_SUCCESS);
		uids[i] = ce_result_host_uid(result);
		assert_true(ce_result_protections(result, CE_STAGE_RUN) & CE_PROTECTION_OWN_UID);
		assert_in_range(uids[i], fixture_uid_base(), fixture_uid_base() + fixture_uid_count() - 1);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(uids[k], uids[i]);
	}
}

static void sandboxes_come_and_go(void **state)
{
	char *before = look();
	long rss = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		ce_sandbox *sandbox = fixture_sandbox();

		expect_says(fixture_code(sandbox, "bash", "echo x"), "x\n");
		fixture_destroy(sandbox);
		if (i == 4)
			rss = snapshot_rss_kib();
	}
	expect_same(before, rss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(eight_threads_share_one_sandbox), TEST(a_thousand_executions_leave_nothing),
	    TEST(two_sandboxes_run_at_once),       TEST(executions_at_the_same_time_have_different_uids),
	    TEST(sandboxes_come_and_go),
	};

	return fixture_main("threads", tests);
}
