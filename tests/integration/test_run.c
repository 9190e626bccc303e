/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One program from start to end in every language: how it ends, its arguments and its environment. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "warm.h"

static const char *const languages[] = {"python", "javascript", "c", "bash"};

/* Programs in the order of `languages`; NULL: not in this one. */
static void run_each(ce_sandbox *sandbox, const char *const *codes, void (*check)(const ce_result *))
{
	for (size_t i = 0; i < COUNT(languages); i++)
		if (codes[i] && fixture_has_language(sandbox, languages[i])) {
			ce_result *result = fixture_code(sandbox, languages[i], codes[i]);

			assert_string_equal(ce_result_language(result), languages[i]);
			check(result);
		}
}

static void check_hello(const ce_result *result)
{
	expect_says(result, "hello\n");
	assert_int_equal(ce_result_signal(result), 0);
	assert_int_equal(ce_result_limits_hit(result), 0);
	assert_string_equal(ce_result_status(result), "success");
	assert_string_equal(stderr_of(result), "");
	assert_true(ce_result_wall_time_us(result, CE_STAGE_RUN) > 0);
	assert_true(ce_result_memory_peak_bytes(result, CE_STAGE_RUN) > 0);
	assert_int_equal(ce_result_stage_outcome(result, CE_STAGE_RUN), CE_OUTCOME_SUCCESS);
}

static void each_language_says_hello(void **state)
{
	static const char *const codes[] = {
	    "print('hello')",
	    "console.log('hello')",
	    "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }",
	    "echo hello",
	};

	(void)state;
	run_each(fixture_sandbox(), codes, check_hello);
}

static void check_seven(const ce_result *result)
{
	expect_exit(result, CE_OUTCOME_ERROR, 7);
	assert_int_equal(ce_result_signal(result), 0);
	assert_int_equal(ce_result_limits_hit(result), 0);
}

static void each_language_gives_its_exit_code(void **state)
{
	static const char *const codes[] = {
	    "import sys\nsys.exit(7)",
	    "process.exit(7)",
	    "int main(void) { return 7; }",
	    "exit 7",
	};

	(void)state;
	run_each(fixture_sandbox(), codes, check_seven);
}

static void check_abort(const ce_result *result)
{
	expect_outcome(result, CE_OUTCOME_ERROR);
	assert_int_equal(ce_result_exit_code(result), -1);
	assert_int_equal(ce_result_signal(result), SIGABRT);
	assert_int_equal(ce_result_limits_hit(result), 0);
}

static void each_language_gives_the_signal_that_ended_it(void **state)
{
	static const char *const codes[] = {
	    "import os\nos.abort()",
	    "process.abort()",
	    "#include <stdlib.h>\nint main(void) { abort(); }",
	    "kill -ABRT $$",
	};

	(void)state;
	run_each(fixture_sandbox(), codes, check_abort);
}

static void a_program_that_kills_itself_is_no_limit(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "bash", "echo before; kill -KILL $$");

	(void)state;
	expect_outcome(result, CE_OUTCOME_ERROR);
	expect_stdout(result, "before\n");
	assert_int_equal(ce_result_signal(result), SIGKILL);
	assert_int_equal(ce_result_limits_hit(result), 0);
}

static void each_language_gets_its_arguments(void **state)
{
	static const char *const codes[] = {
	    "import sys\nfor a in sys.argv[1:]: print('<' + a + '>')",
	    "for (const a of process.argv.slice(2)) console.log('<' + a + '>')",
	    "#include <stdio.h>\nint main(int n, char **v) { while (*++v) printf(\"<%s>\\n\", *v); }",
	    "for a; do echo \"<$a>\"; done",
	};
	const char *const args[] = {"two words", "", "-x", "quo\"te'$HOME", "Gr\303\274\303\237e", NULL};
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	for (size_t i = 0; i < COUNT(languages); i++) {
		ce_request request = fixture_request(languages[i], codes[i]);

		if (!fixture_has_language(sandbox, languages[i]))
			continue;
		request.args = args;
		expect_says(fixture_run(sandbox, &request),
			    "<two words>\n<>\n<-x>\n<quo\"te'$HOME>\n<Gr\303\274\303\237e>\n");
	}
}

static void environment_is_added_and_overridden(void **state)
{
	const char *const env[] = {"ADDED=one=two", "HOME=/work", "EMPTY=", "TWICE=1", "TWICE=2", NULL};
	ce_request request =
	    fixture_request("bash", "echo \"$ADDED|$HOME|${EMPTY-unset}|$TWICE|$USER\"; env | grep -c TWICE");

	(void)state;
	request.env = env;
	expect_says(fixture_run(fixture_sandbox(), &request), "one=two|/work||2|sandbox\n1\n");
}

static void the_hosts_environment_stays_outside(void **state)
{
	ce_result *result;

	(void)state;
	setenv("CE_HOST_SECRET", "leaked", 1);
	result = fixture_code(fixture_sandbox(), "bash", "env; echo \"[$CE_HOST_SECRET]\"");
	unsetenv("CE_HOST_SECRET");
	expect_stdout_has(result, "[]\n");
	assert_null(strstr(stdout_of(result), "CE_"));
}

static void signals_begin_as_a_program_expects_them(void **state)
{
	ce_result *result =
	    fixture_code(fixture_sandbox(), "python",
			 "import subprocess, signal\n"
			 "for line in open('/proc/self/status'):\n"
			 "    if line.startswith(('SigBlk', 'SigPnd')): print(line.split()[1])\n"
			 "print(subprocess.run(['bash', '-c', 'grep SigIgn /proc/self/status']).returncode)\n"
			 "print(signal.pthread_sigmask(signal.SIG_BLOCK, []))\n");

	(void)state;
	expect_stdout_has(result, "0000000000000000\n0000000000000000\n");
	result = fixture_code(fixture_sandbox(), "bash", "grep SigIgn /proc/self/status; yes | head -n 1");
	expect_says(result, "SigIgn:\t0000000000000000\ny\n");
	assert_string_equal(stderr_of(result), "");
}

static void a_traceback_becomes_a_diagnostic(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "python", "def f():\n    return 1 / 0\n\nf()\n");
	ce_diagnostic d = {.size = sizeof(d)};

	(void)state;
	expect_exit(result, CE_OUTCOME_ERROR, 1);
	assert_int_equal(ce_result_diagnostic_count(result), 1);
	assert_int_equal(ce_result_diagnostic(result, 0, &d), 0);
	assert_int_equal(d.stage, CE_STAGE_RUN);
	assert_string_equal(d.type, "ZeroDivisionError");
	assert_string_equal(d.message, "division by zero");
	assert_string_equal(d.file, "main.py");
	assert_int_equal(d.line, 2);
	assert_int_equal(ce_result_diagnostic(result, 1, &d), CE_ERR_INVALID);
}

static void a_child_that_holds_stdout_open_does_not_hold_the_result(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "bash", "sleep 600 & echo done");

	(void)state;
	expect_says(result, "done\n");
	assert_true(ce_result_wall_time_us(result, CE_STAGE_RUN) < 20000000);
	assert_int_equal(ce_result_limits_hit(result), 0);
}

static void a_daemon_does_not_outlive_the_program(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "python",
					 "import os, time\n"
					 "r, w = os.pipe()\n"
					 "if os.fork() == 0:\n"
					 "    os.setsid()\n"
					 "    if os.fork() == 0:\n"
					 "        os.write(w, b'x')\n"
					 "        time.sleep(600)\n"
					 "    os._exit(0)\n"
					 "os.read(r, 1)\n"
					 "print('daemon runs')\n");

	(void)state;
	expect_says(result, "daemon runs\n");
}

static void a_tenant_is_accepted(void **state)
{
	ce_request request = fixture_request("bash", "echo $0");

	(void)state;
	request.tenant = "customer 17";
	expect_outcome(fixture_run(fixture_sandbox(), &request), CE_OUTCOME_SUCCESS);
}

static void an_older_and_shorter_request_is_accepted(void **state)
{
	ce_request request = fixture_request("bash", "echo old");

	(void)state;
	request.size = offsetof(ce_request, files);
	/* what lies behind its size must not be looked at */
	request.input_size = 12345;
	request.flags = UINT64_MAX;
	request.network = 99;
	expect_says(fixture_run(fixture_sandbox(), &request), "old\n");
}

/* A short program's memory is not asked for, but what its files take is known. */
static void the_split_of_the_memory_says_whether_anybody_looked(void **state)
{
	ce_request brief = fixture_request("bash", "head -c 2097152 /dev/zero > file");
	ce_request longer = fixture_request("bash", "head -c 2097152 /dev/zero > file; sleep 0.1");
	ce_sandbox *sandbox = fixture_sandbox();
	ce_account a = account_of(fixture_run(sandbox, &brief));

	(void)state;
	assert_in_range(a.memory_shmem_bytes, 2 * MIB, 4 * MIB);
	fixture_need_cgroups();
	a = account_of(fixture_run(sandbox, &longer));
	assert_true(a.flags & CE_ACCOUNT_SPLIT_SAMPLED);
	assert_in_range(a.memory_shmem_bytes, 2 * MIB, 4 * MIB);
}

static void the_account_fits_the_program(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "python",
					 "import time\n"
					 "x = bytearray(40 << 20)\n"
					 "end = time.process_time() + 0.2\n"
					 "while time.process_time() < end: pass\n");
	ce_account a = {.size = sizeof(a)};

	(void)state;
	expect_outcome(result, CE_OUTCOME_SUCCESS);
	assert_int_equal(ce_result_account(result, CE_STAGE_RUN, &a), 0);
	assert_in_range(a.cpu_time_us, 200000, 20000000);
	assert_true(a.wall_time_us >= 190000);
	assert_true(a.cpu_time_us >= a.user_time_us);
	assert_in_range(a.memory_peak_bytes, 40 * MIB, 200 * MIB);
	assert_in_range(a.max_rss_bytes, 40 * MIB, 200 * MIB);
	assert_true(a.minor_faults > 200); /* huge pages leave few for the 40 MiB */
	assert_true(a.tasks_peak >= 1);
	assert_true(a.disk_bytes > 0 && a.disk_inodes > 0);
	assert_int_equal(!!(a.flags & CE_ACCOUNT_MEMORY_IS_RSS), fixture_kind() == KIND_UNDELEGATED);
	assert_int_equal(ce_result_account(result, CE_STAGE_COMPILE, &a), 0);
	assert_int_equal(a.wall_time_us, 0);
	a.size = 4;
	assert_int_equal(ce_result_account(result, CE_STAGE_RUN, &a), CE_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_language_says_hello),
	    TEST(each_language_gives_its_exit_code),
	    TEST(each_language_gives_the_signal_that_ended_it),
	    TEST(a_program_that_kills_itself_is_no_limit),
	    TEST(each_language_gets_its_arguments),
	    TEST(environment_is_added_and_overridden),
	    TEST(the_hosts_environment_stays_outside),
	    TEST(signals_begin_as_a_program_expects_them),
	    TEST(a_traceback_becomes_a_diagnostic),
	    TEST(a_child_that_holds_stdout_open_does_not_hold_the_result),
	    TEST(a_daemon_does_not_outlive_the_program),
	    TEST(a_tenant_is_accepted),
	    TEST(an_older_and_shorter_request_is_accepted),
	    TEST(the_account_fits_the_program),
		TEST(the_split_of_the_memory_says_whether_anybody_looked),
	};

	return fixture_main("run", tests);
}
