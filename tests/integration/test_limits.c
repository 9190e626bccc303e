/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Every limit hit from every language where it makes sense: the outcome, what limits_hit says, and that what
 * was printed before still comes back. */
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "fixture.h"

/* The same in each language; NULL: not there. Each first says "begun". */
struct programs {
	const char *python, *javascript, *c, *bash;
};

#define C_PROGRAM(body)                                                                                      \
	"#define _GNU_SOURCE\n#include <errno.h>\n#include <fcntl.h>\n#include <pthread.h>\n#include "       \
	"<signal.h>\n"                                                                                       \
	"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/mman.h>\n"              \
	"#include <sys/stat.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"                                \
	"int main(void) { puts(\"begun\"); fflush(stdout);\n" body "\nreturn 0; }\n"

struct expected {
	ce_outcome outcome;
	uint64_t limit; /* is among those hit */
	int signal;     /* 0: any */
};

static void run_all(const struct programs *programs, const ce_limits *limits, struct expected wanted)
{
	const char *const codes[] = {programs->python, programs->javascript, programs->c, programs->bash};
	static const char *const languages[] = {"python", "javascript", "c", "bash"};
	ce_sandbox *sandbox = fixture_sandbox();

	for (size_t i = 0; i < COUNT(languages); i++) {
		ce_request request = fixture_request(languages[i], codes[i]);
		ce_result *result;

		if (!codes[i] || !fixture_has_language(sandbox, languages[i]))
			continue;
		request.limits = limits;
		result = fixture_run(sandbox, &request);
		expect_outcome(result, wanted.outcome);
		expect_limit_among(result, wanted.limit);
		expect_stdout_has(result, "begun\n");
		if (wanted.signal)
			assert_int_equal(ce_result_signal(result), wanted.signal);
		assert_int_equal(ce_result_stage_outcome(result, CE_STAGE_RUN), wanted.outcome);
	}
}

static void the_wall_clock_ends_what_sleeps(void **state)
{
	static const struct programs programs = {
	    .python = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n",
	    .javascript = "console.log('begun'); setTimeout(() => {}, 600000)",
	    .c = C_PROGRAM("pause();"),
	    .bash = "echo begun; (sleep 600 & sleep 600); wait",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	limits.wall_time_ms = 1500;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_TIMEOUT, CE_LIMIT_WALL_TIME, SIGKILL});
}

static void the_cpu_clock_ends_what_spins(void **state)
{
	static const struct programs programs = {
	    .python = "print('begun', flush=True)\nwhile True: pass\n",
	    .javascript = "require('fs').writeSync(1, 'begun\\n'); for (;;);",
	    .c = C_PROGRAM("for (volatile int i = 0;; i++);"),
	    .bash = "echo begun; while :; do :; done",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	limits.cpu_time_ms = 1500; /* an interpreter that starts under emulation needs half a second of it */
	limits.wall_time_ms = 30000;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_TIMEOUT, CE_LIMIT_CPU_TIME, 0});
}

static void cpu_time_is_that_of_the_whole_tree(void **state)
{
	/* No single process of it spins for long, and grandchildren are among them. */
	static const struct programs programs = {
	    .python = "import os, sys, time\n"
		      "print('begun', flush=True)\n"
		      "def spin(depth):\n"
		      "    if depth < 2 and os.fork() == 0: spin(depth + 1)\n"
		      "    end = time.process_time() + 0.45\n"
		      "    while time.process_time() < end: pass\n"
		      "    if depth: os._exit(0)\n"
		      "while True:\n"
		      "    spin(0)\n"
		      "    try: os.wait()\n"
		      "    except ChildProcessError: pass\n",
	    .c = C_PROGRAM("for (;;) { if (fork() == 0) { if (fork() == 0) { for (volatile int i = 0; i < "
			   "80000000; i++); _exit(0); }\n"
			   "wait(NULL); _exit(0); } wait(NULL); }"),
	    .bash = "echo begun; while :; do (for ((i = 0; i < 20000; i++)); do :; done; (for ((i = 0; i < "
		    "20000; i++)); do :; done)); done",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	limits.cpu_time_ms = 1000;
	limits.wall_time_ms = 30000;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_TIMEOUT, CE_LIMIT_CPU_TIME, SIGKILL});
}

static void memory_beyond_the_limit_kills(void **state)
{
	static const struct programs programs = {
	    .python =
		"print('begun', flush=True)\nx = []\nwhile True: x.append(bytearray(b'x') * (1 << 20))\n",
	    .javascript = "require('fs').writeSync(1, 'begun\\n'); const x = []; for (;;) "
			  "x.push(Buffer.alloc(1 << 20, 1));",
	    .c = C_PROGRAM("for (;;) memset(malloc(1 << 20), 1, 1 << 20);"),
	    .bash = "echo begun; x=x; while :; do x=$x$x; done",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	/* without cgroups malloc fails by RLIMIT_AS, and what a program makes of that is its own affair */
	fixture_need_cgroups();
	limits.memory_bytes = 96 * MIB;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_MEMORY_LIMIT, CE_LIMIT_MEMORY, SIGKILL});
}

static void memory_of_children_counts(void **state)
{
	static const struct programs programs = {
	    .python = "import os, time\n"
		      "print('begun', flush=True)\n"
		      "for i in range(8):\n"
		      "    if os.fork() == 0:\n"
		      "        x = bytearray(b'x') * (30 << 20)\n"
		      "        time.sleep(600)\n"
		      "while True: os.wait()\n",
	    .c = C_PROGRAM("for (int i = 0; i < 8; i++) if (fork() == 0) { memset(malloc(30 << 20), 1, 30 << "
			   "20); pause(); }\n"
			   "for (;;) pause();"),
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	limits.memory_bytes = 128 * MIB;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_MEMORY_LIMIT, CE_LIMIT_MEMORY, 0});
}

static void files_in_memory_count_as_memory(void **state)
{
	ce_request request = fixture_request(
	    "bash",
	    "echo begun; for i in 1 2 3 4 5 6 7 8 9; do head -c 9000000 /dev/zero > $i || exit; done");
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	fixture_need_cgroups();
	limits.memory_bytes = 48 * MIB;
	request.limits = &limits;
	result = fixture_run(fixture_sandbox(), &request);
	expect_outcome(result, CE_OUTCOME_MEMORY_LIMIT);
	expect_stdout(result, "begun\n");
}

static void too_many_processes_are_refused(void **state)
{
	static const struct programs programs = {
	    .python = "import os, time\n"
		      "print('begun', flush=True)\n"
		      "for i in range(100):\n"
		      "    if os.fork() == 0: time.sleep(600)\n",
	    .javascript =
		"require('fs').writeSync(1, 'begun\\n');\n"
		"const { spawn } = require('child_process');\n"
		"for (let i = 0; i < 100; i++) spawn('sleep', ['600']).on('error', () => process.exit(1));",
	    .c = C_PROGRAM("for (int i = 0; i < 100; i++) { pid_t p = fork(); if (p == 0) pause(); if (p < "
			   "0) exit(1); }"),
	    /* bash alone would try a refused fork again for a quarter of a minute; what ends it must need no fork itself */
	    .bash = "echo begun; mkfifo never; { read -t 3 <> never; kill -9 $$; } & "
		    "for ((i = 0; i < 100; i++)); do sleep 600 & done; exit 1",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	/* RLIMIT_NPROC refuses too, but nobody counts it */
	fixture_need_cgroups();
	limits.processes = 20;
	limits.wall_time_ms = 30000;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_PROCESS_LIMIT, CE_LIMIT_PROCESSES, 0});
}

static void threads_are_tasks_too(void **state)
{
	ce_request request =
	    fixture_request("c", C_PROGRAM("pthread_t t; void *f(void *p) { pause(); return p; } int i = 0;\n"
					   "while (pthread_create(&t, NULL, f, NULL) == 0) i++;\n"
					   "printf(\"%d\\n\", i); fflush(stdout); _exit(1);"));
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = fixture_sandbox();
	ce_result *result;

	(void)state;
	fixture_need_language(sandbox, "c");
	limits.processes = 12;
	limits.stack_bytes = MIB; /* of threads, too: RLIMIT_AS must not come first */
	request.limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_stdout(result, "begun\n11\n");
	if (fixture_kind() != KIND_UNDELEGATED)
		expect_outcome(result, CE_OUTCOME_PROCESS_LIMIT);
}

static void a_fork_bomb_is_held(void **state)
{
	ce_request request = fixture_request("bash", "echo begun; f() { f | f & }; f; sleep 600");
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	limits.processes = 16;
	limits.wall_time_ms = 2000;
	request.limits = &limits;
	result = fixture_run(fixture_sandbox(), &request);
	assert_true(ce_result_outcome(result) == CE_OUTCOME_TIMEOUT ||
		    ce_result_outcome(result) == CE_OUTCOME_PROCESS_LIMIT);
	expect_stdout_has(result, "begun\n");
	if (fixture_kind() != KIND_UNDELEGATED)
		expect_limit_among(result, CE_LIMIT_PROCESSES);
}

static void a_file_beyond_its_size_limit_fails(void **state)
{
	static const struct programs programs = {
	    .python = "print('begun', flush=True)\nopen('f', 'wb').write(b'x' * 5000000)\n",
	    .javascript = "require('fs').writeSync(1, 'begun\\n');\nprocess.on('SIGXFSZ', () => {});\n"
			  "require('fs').writeFileSync('f', Buffer.alloc(5000000))",
	    .c = C_PROGRAM(
		"char b[65536]; int fd = open(\"f\", O_WRONLY | O_CREAT, 0644); memset(b, 1, sizeof(b));\n"
		"for (;;) if (write(fd, b, sizeof(b)) < 0) exit(1);"),
	    .bash = "echo begun; head -c 5000000 /dev/zero > f || exit 1",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	limits.file_size_bytes = MIB;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_FILE_SIZE_LIMIT, CE_LIMIT_FILE_SIZE, 0});
}

static void a_full_disk_fails(void **state)
{
	static const struct programs programs = {
	    .python = "print('begun', flush=True)\nfor i in range(99): open('/tmp/%d' % i, 'wb').write(b'x' "
		      "* 100000)\n",
	    .javascript = "const fs = require('fs'); fs.writeSync(1, 'begun\\n');\n"
			  "for (let i = 0; i < 99; i++) fs.writeFileSync('f' + i, Buffer.alloc(100000, 1))",
	    .c = C_PROGRAM(
		"char b[65536]; int fd = open(\"f\", O_WRONLY | O_CREAT, 0644); memset(b, 1, sizeof(b));\n"
		"for (;;) if (write(fd, b, sizeof(b)) < 0) exit(errno == ENOSPC ? 1 : 0);"),
	    .bash = "echo begun; for ((i = 0; i < 99; i++)); do head -c 100000 /dev/zero > /dev/shm/$i || "
		    "exit 1; done",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	limits.disk_bytes = 2 * MIB;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_DISK_LIMIT, CE_LIMIT_DISK, 0});
}

static void too_many_inodes_fail(void **state)
{
	static const struct programs programs = {
	    .python = "print('begun', flush=True)\nfor i in range(500): open('f%d' % i, 'w')\n",
	    .javascript = "const fs = require('fs'); fs.writeSync(1, 'begun\\n');\n"
			  "for (let i = 0; i < 500; i++) fs.writeFileSync('f' + i, '')",
	    .c = C_PROGRAM("for (int i = 0;; i++) { char n[16]; sprintf(n, \"d%d\", i); if (mkdir(n, 0700) < "
			   "0) exit(errno == ENOSPC ? 1 : 0); }"),
	    .bash = "echo begun; for ((i = 0; i < 500; i++)); do : > f$i || exit 1; done",
	};
	ce_limits limits = ce_limits_init();

	(void)state;
	limits.disk_inodes = 100;
	run_all(&programs, &limits, (struct expected){CE_OUTCOME_DISK_LIMIT, CE_LIMIT_INODES, 0});
}

static void open_files_are_limited(void **state)
{
	ce_request request =
	    fixture_request("python", "import os\nn = 0\ntry:\n    while True: os.dup(0); n += 1\n"
				      "except OSError as e: print(n, e.errno)\n");
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	limits.open_files = 40;
	request.limits = &limits;
	expect_says(fixture_run(sandbox, &request), "37 24\n");
	request.limits = NULL;
	expect_says(fixture_run(sandbox, &request), "253 24\n");
}

static void the_stack_is_limited(void **state)
{
	ce_request request = fixture_request(
	    "c",
	    C_PROGRAM("int f(int n) { volatile char b[65536]; b[0] = 1; return n ? f(n - 1) + b[0] : 0; }\n"
		      "printf(\"%d\\n\", f(getenv(\"DEEP\") ? 2000 : 500));"));
	const char *const deep[] = {"DEEP=1", NULL};
	ce_sandbox *sandbox = fixture_sandbox();
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	fixture_need_language(sandbox, "c");
	expect_says(fixture_run(sandbox, &request), "begun\n500\n"); /* 32 of 64 MiB */
	request.env = deep;
	result = fixture_run(sandbox, &request);
	expect_outcome(result, CE_OUTCOME_ERROR);
	assert_int_equal(ce_result_signal(result), SIGSEGV);
	request.env = NULL;
	limits.stack_bytes = MIB;
	request.limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_outcome(result, CE_OUTCOME_ERROR);
	assert_int_equal(ce_result_signal(result), SIGSEGV);
	expect_stdout(result, "begun\n");
}

static void no_core_is_dumped(void **state)
{
	const char *const outputs[] = {"*", NULL};
	ce_request request = fixture_request(
	    "python",
	    "import os, resource\nprint(resource.getrlimit(resource.RLIMIT_CORE), flush=True)\nos.abort()\n");
	ce_result *result;

	(void)state;
	request.outputs = outputs;
	result = fixture_run(fixture_sandbox(), &request);
	expect_stdout(result, "(1, 1)\n");
	assert_int_equal(ce_result_signal(result), SIGABRT);
	assert_int_equal(ce_result_file_count(result), 1); /* main.py */
}

static void a_limit_that_was_survived_stays_success(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_limits limits = ce_limits_init();
	ce_request request =
	    fixture_request("bash", "head -c 3000000 /dev/zero > f 2>/dev/null; echo survived");
	ce_result *result;

	(void)state;
	limits.file_size_bytes = MIB;
	request.limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_says(result, "survived\n");
	expect_limits_hit(result, CE_LIMIT_FILE_SIZE);
	limits.file_size_bytes = 0;
	limits.disk_bytes = MIB;
	result = fixture_run(sandbox, &request);
	expect_says(result, "survived\n");
	expect_limits_hit(result, CE_LIMIT_DISK);
	if (fixture_kind() == KIND_UNDELEGATED)
		return;
	request = fixture_request(
	    "python",
	    "import os, time\nn = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(600)\n"
	    "        n += 1\nexcept OSError: print('survived')\n");
	limits = ce_limits_init();
	limits.processes = 10;
	request.limits = &limits;
	result = fixture_run(sandbox, &request);
	expect_says(result, "survived\n");
	expect_limits_hit(result, CE_LIMIT_PROCESSES);
}

static void the_clock_runs_on_while_the_caller_does_not_drain(void **state)
{
	ce_request request = fixture_request("bash", "yes");
	ce_limits limits = ce_limits_init();
	struct pollfd p = {.events = 0};
	ce_execution *execution;
	ce_result *result;

	(void)state;
	limits.wall_time_ms = 1000;
	request.limits = &limits;
	execution = fixture_start(fixture_sandbox(), &request, NULL, NULL);
	/* Three times the limit without a look; there is nothing to wait for but time itself. */
	p.fd = -1;
	assert_int_equal(poll(&p, 1, 3000), 0);
	result = fixture_finish(execution);
	expect_outcome(result, CE_OUTCOME_TIMEOUT);
	expect_limit_among(result, CE_LIMIT_WALL_TIME);
	assert_in_range(ce_result_wall_time_us(result, CE_STAGE_RUN), 950000, 2500000);
	assert_true(ce_result_output_total(result, CE_STAGE_RUN, CE_STREAM_STDOUT) >= 4096);
}

static void the_most_of_each_limit_is_accepted(void **state)
{
	ce_sandbox_options o = fixture_options();
	ce_limits ceiling = ce_limits_init();

	(void)state;
	ceiling.wall_time_ms = ceiling.cpu_time_ms = ceiling.output_bytes = CE_UNLIMITED;
	if (fixture_kind() != KIND_UNDELEGATED) /* else it is RLIMIT_NPROC, which nobody can raise */
		ceiling.processes = (1 << 22) - 1;
	o.limits = &ceiling;
	expect_says(fixture_code(fixture_create(&o), "bash", "echo ${x=y}; ulimit -t"), "y\nunlimited\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_wall_clock_ends_what_sleeps),
	    TEST(the_cpu_clock_ends_what_spins),
	    TEST(cpu_time_is_that_of_the_whole_tree),
	    TEST(memory_beyond_the_limit_kills),
	    TEST(memory_of_children_counts),
	    TEST(files_in_memory_count_as_memory),
	    TEST(too_many_processes_are_refused),
	    TEST(threads_are_tasks_too),
	    TEST(a_fork_bomb_is_held),
	    TEST(a_file_beyond_its_size_limit_fails),
	    TEST(a_full_disk_fails),
	    TEST(too_many_inodes_fail),
	    TEST(open_files_are_limited),
	    TEST(the_stack_is_limited),
	    TEST(no_core_is_dumped),
	    TEST(a_limit_that_was_survived_stays_success),
	    TEST(the_clock_runs_on_while_the_caller_does_not_drain),
	    TEST(the_most_of_each_limit_is_accepted),
	};

	return fixture_main("limits", tests);
}
