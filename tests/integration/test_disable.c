/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Each protection that may be switched off is switched off once: the report changes by that one, and so does
 * the cell. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define ESSENTIAL (CE_PROTECTION_USER_NS | CE_PROTECTION_PID_NS | CE_PROTECTION_MOUNT_NS)

static ce_sandbox *without(uint64_t bits)
{
	ce_sandbox_options o = fixture_options();

	o.disable = bits;
	return fixture_create(&o);
}

static uint64_t in_force(ce_sandbox *sandbox)
{
	ce_result *result = fixture_code(sandbox, "bash", "exit 0");

	expect_outcome(result, CE_OUTCOME_SUCCESS);
	return ce_result_protections(result, CE_STAGE_RUN);
}

static void print_difference(uint64_t got, uint64_t wanted)
{
	for (int i = 0; i < CE_PROTECTION_COUNT; i++)
		if ((got ^ wanted) & (UINT64_C(1) << i))
			print_error("%s is %s\n", ce_protection_name(UINT64_C(1) << i),
				    got & (UINT64_C(1) << i) ? "on" : "off");
}

/* What goes with it: it cannot stand alone. */
static uint64_t dependants(uint64_t bit)
{
	return bit == CE_PROTECTION_LANDLOCK ? CE_PROTECTION_LANDLOCK_SCOPE : 0;
}

static void each_protection_is_switched_off_alone(void **state)
{
	uint64_t all = in_force(fixture_sandbox());

	(void)state;
	assert_int_equal(all & ESSENTIAL, ESSENTIAL);
	for (int i = 0; i < CE_PROTECTION_COUNT; i++) {
		uint64_t bit = UINT64_C(1) << i, got, wanted = all & ~(bit | dependants(bit));
		ce_sandbox *sandbox;

		if ((bit & (ESSENTIAL | CE_PROTECTION_NO_NEW_PRIVS)) || !(all & bit))
			continue;
		sandbox = without(bit);
		got = in_force(sandbox);
		if (got != wanted) {
			print_difference(got, wanted);
			fail_msg("without %s something else has changed, or nothing",
				 ce_protection_name(bit));
		}
		fixture_destroy(sandbox);
	}
}

static void no_new_privs_goes_with_what_stands_on_it(void **state)
{
	const uint64_t three = CE_PROTECTION_NO_NEW_PRIVS | CE_PROTECTION_SECCOMP | CE_PROTECTION_LANDLOCK;
	ce_sandbox_options o = fixture_options();
	uint64_t all = in_force(fixture_sandbox());
	ce_sandbox *sandbox;

	(void)state;
	o.disable = CE_PROTECTION_NO_NEW_PRIVS;
	fixture_refuses_options(&o, CE_ERR_INVALID, "no_new_privs");
	o.disable |= CE_PROTECTION_SECCOMP;
	fixture_refuses_options(&o, CE_ERR_INVALID, "no_new_privs");
	sandbox = without(three);
	assert_int_equal(in_force(sandbox), all & ~(three | CE_PROTECTION_LANDLOCK_SCOPE));
	expect_says(fixture_code(sandbox, "bash", "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status"),
		    "NoNewPrivs:\t0\nSeccomp:\t0\n");
}

static void essential_ones_are_refused(void **state)
{
	static const uint64_t bits[] = {CE_PROTECTION_USER_NS, CE_PROTECTION_PID_NS, CE_PROTECTION_MOUNT_NS};

	(void)state;
	for (size_t i = 0; i < COUNT(bits); i++) {
		ce_sandbox_options o = fixture_options();

		o.disable = bits[i];
		fixture_refuses_options(&o, CE_ERR_INVALID, ce_protection_name(bits[i]));
		o.disable = 0;
		o.allow_missing = bits[i];
		fixture_refuses_options(&o, CE_ERR_INVALID, ce_protection_name(bits[i]));
	}
}

static void unknown_ones_are_too_new(void **state)
{
	ce_sandbox_options o = fixture_options();

	(void)state;
	o.disable = UINT64_C(1) << CE_PROTECTION_COUNT;
	fixture_refuses_options(&o, CE_ERR_TOO_NEW, "protection");
	o.disable = 0;
	o.allow_missing = UINT64_C(1) << 63;
	fixture_refuses_options(&o, CE_ERR_TOO_NEW, "protection");
}

static void the_cell_changes_with_the_report(void **state)
{
	char host[300], wanted[400], link[64] = "";
	ce_sandbox *sandbox;

	(void)state;
	gethostname(host, sizeof(host));
	snprintf(wanted, sizeof(wanted), "%s\n", host);
	sandbox = without(CE_PROTECTION_UTS_NS);
	expect_says(fixture_code(sandbox, "python", "import socket; print(socket.gethostname())"), wanted);
	fixture_destroy(sandbox);

	sandbox = without(CE_PROTECTION_SECCOMP);
	expect_says(fixture_code(sandbox, "bash", "grep ^Seccomp: /proc/self/status"), "Seccomp:\t0\n");
	fixture_destroy(sandbox);

	sandbox = without(CE_PROTECTION_NETWORK_NS);
	assert_true(readlink("/proc/self/ns/net", link, sizeof(link) - 1) > 0);
	snprintf(wanted, sizeof(wanted), "%s\n", link);
	expect_says(fixture_code(sandbox, "bash", "readlink /proc/self/ns/net"), wanted);
	fixture_destroy(sandbox);

	sandbox = without(CE_PROTECTION_NO_CAPABILITIES);
	expect_stdout_has(fixture_code(sandbox, "bash", "grep ^CapBnd: /proc/self/status"), "CapBnd:\t");
	assert_null(strstr(stdout_of(fixture_code(sandbox, "bash", "grep ^CapBnd: /proc/self/status")),
			   "0000000000000000"));
	fixture_destroy(sandbox);

	sandbox = without(CE_PROTECTION_PRIVATE_PROC);
	expect_outcome(fixture_code(sandbox, "bash", "[ ! -e /proc/self/status ]"), CE_OUTCOME_SUCCESS);
	fixture_destroy(sandbox);

	sandbox = without(CE_PROTECTION_READ_ONLY_ROOT);
	expect_says(
	    fixture_code(sandbox, "python", "import os; print(os.statvfs('/').f_flag & os.ST_RDONLY)"),
	    "0\n");
	fixture_destroy(sandbox);
}

static void a_limit_that_is_off_does_not_bite(void **state)
{
	ce_request request = fixture_request("python", "x = bytearray(b'x') * (80 << 20)\nprint('fine')\n");
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox;

	(void)state;
	fixture_need_cgroups();
	limits.memory_bytes = 40 * MIB;
	request.limits = &limits;
	expect_outcome(fixture_run(fixture_sandbox(), &request), CE_OUTCOME_MEMORY_LIMIT);
	sandbox = without(CE_PROTECTION_MEMORY_LIMIT);
	expect_says(fixture_run(sandbox, &request), "fine\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_protection_is_switched_off_alone),
	    TEST(no_new_privs_goes_with_what_stands_on_it),
	    TEST(essential_ones_are_refused),
	    TEST(unknown_ones_are_too_new),
	    TEST(the_cell_changes_with_the_report),
	    TEST(a_limit_that_is_off_does_not_bite),
	};

	return fixture_main("disable", tests);
}
