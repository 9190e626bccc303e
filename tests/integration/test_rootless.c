/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What is different for an ordinary user: with cgroups of its own nothing but the uids, without any it must
 * be asked for, and the result says so. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define BY_CGROUP (CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT | CE_PROTECTION_CPU_LIMIT)

static void the_backend_is_reported(void **state)
{
	ce_result *result = fixture_code(fixture_sandbox(), "bash", "exit 0");
	uint64_t protections = ce_result_protections(result, CE_STAGE_RUN);

	(void)state;
	if (fixture_kind() == KIND_UNDELEGATED) {
		assert_string_equal(ce_result_limits_backend(result), "rlimits");
		assert_int_equal(protections & BY_CGROUP, 0);
	} else {
		assert_non_null(strstr(ce_result_limits_backend(result), "cgroup-v"));
		assert_int_equal(protections & BY_CGROUP, BY_CGROUP);
	}
	assert_int_equal(!!(protections & CE_PROTECTION_OWN_UID), fixture_kind() == KIND_ROOT);
}

static void an_ordinary_users_executions_share_its_uid(void **state)
{
	ce_sandbox *sandbox;

	(void)state;
	if (fixture_kind() == KIND_ROOT)
		fixture_not_here("root has uids to give");
	sandbox = fixture_sandbox();
	for (int i = 0; i < 2; i++)
		assert_int_equal(ce_result_host_uid(fixture_code(sandbox, "bash", "exit 0")), geteuid());
}

static void need_no_cgroup(void)
{
	if (fixture_kind() != KIND_UNDELEGATED)
		fixture_not_here("there are cgroups");
}

static void without_a_cgroup_creation_fails_and_names_the_remedy(void **state)
{
	ce_sandbox_options o = fixture_options();

	(void)state;
	need_no_cgroup();
	o.flags &= ~CE_SANDBOX_ALLOW_WEAKER;
	fixture_refuses_options(&o, CE_ERR_UNSUPPORTED, "Delegate=yes");
	fixture_refuses_options(&o, CE_ERR_UNSUPPORTED, "cgroup");
}

static ce_result *run_limited(const char *language, const char *code, const ce_limits *limits)
{
	ce_request request = fixture_request(language, code);

	request.limits = limits;
	return fixture_run(fixture_sandbox(), &request);
}

static void memory_is_sampled(void **state)
{
	ce_limits limits = ce_limits_init();
	ce_account a = {.size = sizeof(a)};
	ce_result *result;

	(void)state;
	need_no_cgroup();
	limits.memory_bytes = 64 * MIB;
	/* of several processes, so that no rlimit of one of them is enough */
	result = run_limited("python",
			     "import os, time\nfor i in range(4):\n    if os.fork() == 0:\n"
			     "        x = bytearray(b'x') * (25 << 20); time.sleep(600)\n"
			     "print('begun', flush=True)\ntime.sleep(600)\n",
			     &limits);
	expect_outcome(result, CE_OUTCOME_MEMORY_LIMIT);
	expect_limits_hit(result, CE_LIMIT_MEMORY);
	expect_stdout(result, "begun\n");
	assert_int_equal(ce_result_account(result, CE_STAGE_RUN, &a), 0);
	assert_true(a.flags & CE_ACCOUNT_MEMORY_IS_RSS);
	assert_true(a.memory_peak_bytes >= 64 * MIB);
}

static void memory_of_one_process_ends_at_rlimit_as(void **state)
{
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	need_no_cgroup();
	limits.memory_bytes = 64 * MIB;
	result = run_limited("python", "try: bytearray(200 << 20)\nexcept MemoryError: print('refused')\n",
			     &limits);
	expect_says(result, "refused\n");
}

static void runtimes_that_reserve_address_space_get_no_rlimit_as(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	fixture_need_language(sandbox, "javascript");
	expect_says(fixture_code(sandbox, "javascript", "console.log(1)"), "1\n");
}

static void processes_end_at_rlimit_nproc(void **state)
{
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	need_no_cgroup();
	limits.processes = 10;
	result = run_limited(
	    "python",
	    "import os, time\nn = 1\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(600)\n"
	    "        n += 1\nexcept OSError as e: print(n, e.errno)\n",
	    &limits);
	expect_says(result, "10 11\n");
}

static void cpu_time_of_the_tree_is_sampled(void **state)
{
	ce_limits limits = ce_limits_init();
	ce_result *result;

	(void)state;
	need_no_cgroup();
	limits.cpu_time_ms = 1000;
	limits.wall_time_ms = 30000;
	result =
	    run_limited("bash", "echo begun; (while :; do :; done) & (while :; do :; done) & wait", &limits);
	expect_outcome(result, CE_OUTCOME_TIMEOUT);
	expect_limits_hit(result, CE_LIMIT_CPU_TIME);
	expect_stdout(result, "begun\n");
	assert_int_equal(ce_result_signal(result), SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_backend_is_reported),
	    TEST(an_ordinary_users_executions_share_its_uid),
	    TEST(without_a_cgroup_creation_fails_and_names_the_remedy),
	    TEST(memory_is_sampled),
	    TEST(memory_of_one_process_ends_at_rlimit_as),
	    TEST(runtimes_that_reserve_address_space_get_no_rlimit_as),
	    TEST(processes_end_at_rlimit_nproc),
	    TEST(cpu_time_of_the_tree_is_sampled),
	};

	return fixture_main("rootless", tests);
}
