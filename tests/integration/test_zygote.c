/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Interpreters that are started once and forked: what their children are, what these share, and how long each lives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "warm.h"

#define CROWD 140 /* more than the supervisor keeps all descriptors of: CE_CROWD */

static void a_zygotes_child_is_a_program_like_any_other(void **state)
{
	ce_request request = fixture_request("python",
		"import os, resource, sys, threading\n"
		"print(os.getpid(), os.getppid(), os.getsid(0), os.getpgrp(), os.getuid(), os.getgid(), os.getgroups())\n"
		"print(threading.main_thread() is threading.current_thread(), threading.get_native_id())\n"
		"print(os.getcwd(), sorted(os.environ.items()), sorted(os.listdir('/proc/self/fd')), os.umask(0))\n"
		"print([resource.getrlimit(i) for i in range(16)], os.getpriority(os.PRIO_PROCESS, 0))\n"
		"keep = ('Cap', 'NoNew', 'Seccomp', 'Sig', 'Shd', 'NS', 'Uid', 'Gid', 'Threads', 'Tracer')\n"
		"print([l for l in open('/proc/self/status') if l.startswith(keep)])\n"
		"print(sorted(p for p in os.listdir('/proc') if p.isdigit()), os.path.islink('/proc/self/exe'))\n"
		"print(open('/proc/self/cgroup').read(), open('/proc/self/oom_score_adj').read(), os.listdir('/work'))\n");
	ce_sandbox *sandbox = warm_sandbox("python");
	ce_result *warm = run_until_warm(sandbox, &request), *cold = fixture_run(fixture_sandbox(), &request);

	(void)state;
	expect_outcome(cold, CE_OUTCOME_SUCCESS);
	expect_says(warm, stdout_of(cold));
	assert_true(ce_result_protections(warm, CE_STAGE_RUN) == ce_result_protections(cold, CE_STAGE_RUN));
}

/* Or else it would have copied all that it could write to, and shared next to nothing. */
static void a_child_shares_what_it_does_not_write_to(void **state)
{
	ce_request request = fixture_request("python",
		"rollup = dict(line.split()[:2] for line in open('/proc/self/smaps_rollup') if line.endswith('kB\\n'))\n"
		"own, shared = int(rollup['Private_Dirty:']), int(rollup['Shared_Dirty:'])\n"
		"print('shares most' if own > 0 and shared > own else (own, shared))\n");

	(void)state;
	expect_says(run_until_warm(warm_sandbox("python"), &request), "shares most\n");
}

static void children_of_one_zygote_draw_different_numbers(void **state)
{
	ce_request request = fixture_request("python", "import os, random, uuid, secrets\n"
						       "print(random.random(), uuid.uuid4(), os.urandom(8), secrets.token_hex())");
	ce_sandbox *sandbox = warm_sandbox("python");
	const char *said[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		said[i] = stdout_of(run_until_warm(sandbox, &request));
		assert_true(strlen(said[i]) > 100);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(said[i], said[k]);
	}
}

static void what_one_child_changes_no_other_sees(void **state)
{
	ce_sandbox *sandbox = warm_sandbox("python");
	ce_request spoil = fixture_request("python", "import sys, builtins, os, signal\nbuiltins.spoilt = 1\nsys.path.append('spoilt')\n"
						     "os.environ['SPOILT'] = '1'\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
						     "open('/tmp/spoilt', 'w').close()\nprint('done')");
	ce_request look = fixture_request("python", "import sys, builtins, os, signal\nprint(hasattr(builtins, 'spoilt'), 'spoilt' in sys.path,"
						    "'SPOILT' in os.environ, signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,"
						    "os.path.exists('/tmp/spoilt'))");

	(void)state;
	for (int i = 0; i < 3; i++) {
		expect_says(run_until_warm(sandbox, &spoil), "done\n");
		expect_says(run_until_warm(sandbox, &look), "False False False True False\n");
	}
}

/* A child that waits gets to know its memory, until the word to go on comes: at any moment of that. */
static void one_that_is_taken_while_it_warms_itself_is_none_the_worse(void **state)
{
	static const char *const languages[] = { "bash", "python" };
	static const char *const programs[] = { "echo hello", "print('hello')" };

	(void)state;
	for (size_t l = 0; l < COUNT(languages); l++) {
		ce_request request = fixture_request(languages[l], programs[l]);
		ce_sandbox *sandbox = warm_sandbox(languages[l]);
		unsigned warm = 0;

		for (int i = 0; i < 120; i++) {
			ce_result *result = fixture_run(sandbox, &request);

			expect_says(result, "hello\n");
			warm += was_warm(result);
			pause_ms(i % 30);
		}
		assert_true(warm > 0);
	}
}

/* ---- a zygote's life ---- */

/* Python, of whose interpreter no more than so many may be made. */
static ce_sandbox *sandbox_of_uses(unsigned uses)
{
	char directory[] = "/tmp/codeexec-zygote-XXXXXX";
	static const char manifest[] = "abi: 1\nname: snake\ntitle: Snake\nextensions: [snake]\nsource: main.py\nruntimes:\n  - name: python3\n    run:\n"
				       "      command: [python3, -s, -B, \"{source}\"]\n      rlimit_as: true\n"
				       "      warm: {mode: fork, max_uses: %u}\n";
	static const char *const languages[] = { "snake", NULL };
	const char *dirs[] = { directory, NULL };
	ce_sandbox_options o = fixture_options();
	ce_error *error = NULL;
	ce_sandbox *sandbox;
	char path[128];
	FILE *f;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/snake", directory);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/snake/snake.yaml", directory);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fprintf(f, manifest, uses) > 0 && fclose(f) == 0);
	o.warm_memory_bytes = 256 * MIB;
	o.executor_dirs = dirs;
	sandbox = fixture_create(&o);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(directory), 0);
	if (ce_sandbox_prewarm(sandbox, languages, &error))
		fail_msg("prewarm: %s", ce_error_message(error));
	return sandbox;
}

static void a_zygote_that_has_served_its_time_outlives_what_it_made(void **state)
{
	ce_sandbox *sandbox = sandbox_of_uses(4);
	ce_request hash = fixture_request("snake", "print(hash('x'))"), last = fixture_request("snake", "import time; time.sleep(3); print('whole')");
	ce_execution *long_one = fixture_start(sandbox, &last, NULL, NULL);
	ce_warm_usage usage = { .size = sizeof(usage) };
	char first[64];
	bool changed = false;

	(void)state;
	snprintf(first, sizeof(first), "%s", stdout_of(run_until_warm(sandbox, &hash)));
	for (int i = 0; i < 40 && !changed; i++)
		changed = strcmp(first, stdout_of(run_until_warm(sandbox, &hash))) != 0;
	assert_true(changed); /* another zygote, with another seed */
	expect_says(fixture_finish(long_one), "whole\n");
	/* The first one goes when nothing lies below it any more. */
	for (int i = 0; i < 100; i++) {
		assert_int_equal(ce_sandbox_warm_usage(sandbox, &usage), 0);
		if (usage.zygotes == 1)
			break;
		run_until_warm(sandbox, &hash);
		pause_ms(20);
	}
	assert_in_range(usage.zygotes, 1, 2); /* one may be about to retire */
}

static void one_use_each_gives_each_its_own_interpreter(void **state)
{
	ce_sandbox *sandbox = sandbox_of_uses(1);
	ce_request hash = fixture_request("snake", "print(hash('x'))");
	ce_warm_usage before = { .size = sizeof(before) }, after = before;
	char said[4][64];
	unsigned looks = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(said); i++) {
		snprintf(said[i], sizeof(said[i]), "%s", stdout_of(run_until_warm(sandbox, &hash)));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(said[i], said[k]);
	}
	/* And those that wait are left alone. */
	do {
		before = after;
		pause_ms(300);
		assert_int_equal(ce_sandbox_warm_usage(sandbox, &after), 0);
	} while ((after.started != before.started || after.waiting == 0) && after.started < 100 && ++looks < 100);
	assert_true(after.started < 100 && after.waiting >= 1);
}

/* Those that come while one's cell is made are not given the same interpreter. */
static void one_use_each_holds_for_those_that_come_at_once(void **state)
{
	ce_sandbox *sandbox = sandbox_of_uses(1);
	ce_request hash = fixture_request("snake", "print(hash('x'))");
	ce_execution *three[3];
	char said[60][64];
	size_t count = 0, warm = 0;

	(void)state;
	for (int burst = 0; burst < 20; burst++) {
		run_until_warm(sandbox, &hash);
		pause_ms(burst * 2);
		for (size_t i = 0; i < COUNT(three); i++)
			three[i] = fixture_start(sandbox, &hash, NULL, NULL);
		for (size_t i = 0; i < COUNT(three); i++) {
			ce_result *result = fixture_finish(three[i]);

			warm += was_warm(result);
			snprintf(said[count], sizeof(said[count]), "%s", stdout_of(result));
			for (size_t k = 0; k < count; k++)
				assert_string_not_equal(said[count], said[k]);
			count++;
		}
	}
	assert_true(warm > 0);
}

/* Nothing else is started ahead then: but what comes again and again would stay cold for as long as the machine is busy. */
static void a_zygote_is_started_while_all_processors_are_busy(void **state)
{
	ce_request hog = fixture_request("bash", "while :; do :; done"), hello = fixture_request("python", "print('hello')");
	ce_sandbox_options o = fixture_options();
	ce_execution *hogs[8];
	size_t count = (size_t)sysconf(_SC_NPROCESSORS_ONLN) + 1;
	ce_sandbox *sandbox;

	(void)state;
	if (count > COUNT(hogs))
		fixture_not_here("more processors than this test keeps busy");
	o.warm_memory_bytes = 64 * MIB;
	o.max_concurrent = COUNT(hogs) + 1;
	sandbox = fixture_create(&o);
	for (size_t i = 0; i < count; i++)
		hogs[i] = fixture_start(sandbox, &hog, NULL, NULL);
	expect_says(run_until_warm(sandbox, &hello), "hello\n");
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ce_execution_dispatch(hogs[i], NULL), 0); /* it runs still */
		fixture_drop(hogs[i]);
	}
}

/* In a crowd the supervisor keeps few descriptors of each cell, but those that a child needs to come there. */
static void a_zygote_serves_in_a_crowd_too(void **state)
{
	ce_request sleeper = fixture_request("bash", "exec sleep 600"), hello = fixture_request("python", "print('hello')");
	ce_warm_usage usage = { .size = sizeof(usage) };
	ce_sandbox_options o = fixture_options();
	ce_execution *crowd[CROWD];
	struct rlimit files;
	ce_sandbox *sandbox;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_max < 4096)
		fixture_not_here("too few descriptors for so many executions");
	files.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	o.warm_memory_bytes = 64 * MIB;
	o.max_concurrent = CROWD + 8;
	sandbox = fixture_create(&o);
	run_until_warm(sandbox, &hello);
	for (size_t i = 0; i < CROWD; i++)
		crowd[i] = fixture_start(sandbox, &sleeper, NULL, NULL);
	for (int i = 0; i < 5; i++)
		expect_says(run_until_warm(sandbox, &hello), "hello\n");
	assert_int_equal(ce_sandbox_warm_usage(sandbox, &usage), 0);
	assert_true(usage.zygotes >= 1); /* none was given up */
	for (size_t i = 0; i < CROWD; i++)
		fixture_drop(crowd[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_zygotes_child_is_a_program_like_any_other),
		TEST(a_child_shares_what_it_does_not_write_to),
		TEST(children_of_one_zygote_draw_different_numbers),
		TEST(what_one_child_changes_no_other_sees),
		TEST(one_that_is_taken_while_it_warms_itself_is_none_the_worse),
		TEST(a_zygote_that_has_served_its_time_outlives_what_it_made),
		TEST(one_use_each_gives_each_its_own_interpreter),
		TEST(one_use_each_holds_for_those_that_come_at_once),
		TEST(a_zygote_is_started_while_all_processors_are_busy),
		TEST(a_zygote_serves_in_a_crowd_too),
	};

	return fixture_main("zygote", tests);
}
