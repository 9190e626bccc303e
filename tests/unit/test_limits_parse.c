/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Parsers and discovery of the limits room, from strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "limits/limits_internal.h"

static void numbers_are_read_strictly(void **state)
{
	static const char *const bad[] = {"", "\n", "-1", "+1", " 1", "1 ", "1x", "0x1", "1\n\n", "max"};
	uint64_t value = 7;

	(void)state;
	assert_int_equal(ce__limits_parse_u64("0", &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(ce__limits_parse_u64("18446744073709551615\n", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(ce__limits_parse_u64("18446744073709551616", &value), -ERANGE);
	assert_int_equal(ce__limits_parse_u64("99999999999999999999999", &value), -ERANGE);
	for (size_t i = 0; i < CE_ARRAY_SIZE(bad); i++)
		assert_int_equal(ce__limits_parse_u64(bad[i], &value), -EINVAL);
	assert_true(value == UINT64_MAX);
}

static void keyed_values_are_found_by_whole_key(void **state)
{
	static const char events[] = "low 0\nhigh 0\nmax 83\noom 2\noom_kill 1\noom_group_kill 4\n";
	static const char cpu[] = "usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n";
	uint64_t value = 0;

	(void)state;
	assert_int_equal(ce__limits_parse_keyed(events, "oom", &value), 0);
	assert_int_equal(value, 2);
	assert_int_equal(ce__limits_parse_keyed(events, "oom_kill", &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(ce__limits_parse_keyed(events, "max", &value), 0);
	assert_int_equal(value, 83);
	assert_int_equal(ce__limits_parse_keyed(cpu, "usage_usec", &value), 0);
	assert_int_equal(value, 1234);
	assert_int_equal(ce__limits_parse_keyed(cpu, "usec", &value), -ENOENT);
	assert_int_equal(ce__limits_parse_keyed("", "max", &value), -ENOENT);
	assert_int_equal(ce__limits_parse_keyed("max max\n", "max", &value), -EINVAL);
	assert_int_equal(ce__limits_parse_keyed("max 1 2\n", "max", &value), -EINVAL);
	assert_int_equal(ce__limits_parse_keyed("max 3", "max", &value), 0);
	assert_int_equal(value, 3);
}

static void oom_control_of_v1_is_read(void **state)
{
	static const char text[] = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n";
	uint64_t value = 0;

	(void)state;
	assert_int_equal(ce__limits_parse_keyed(text, "oom_kill", &value), 0);
	assert_int_equal(value, 5);
}

static void io_stat_sums_devices(void **state)
{
	static const char text[] = "8:0 rbytes=100 wbytes=7 rios=1 wios=1 dbytes=50 dios=1\n"
				   "253:0 rbytes=20 wbytes=3 rios=1 wios=1 dbytes=0 dios=0\n";
	uint64_t in = 9, out = 9;

	(void)state;
	assert_int_equal(ce__limits_parse_io_stat(text, &in, &out), 0);
	assert_int_equal(in, 120);
	assert_int_equal(out, 10);
	assert_int_equal(ce__limits_parse_io_stat("", &in, &out), 0);
	assert_int_equal(in, 0);
	assert_int_equal(ce__limits_parse_io_stat("8:0 \n", &in, &out), 0);
	assert_int_equal(ce__limits_parse_io_stat("8:0 rbytes=x wbytes=1\n", &in, &out), -EINVAL);
}

static void words_are_whole(void **state)
{
	(void)state;
	assert_true(ce__limits_parse_has_word("cpuset cpu io memory pids\n", "pids"));
	assert_true(ce__limits_parse_has_word("cpu,cpuacct", "cpuacct"));
	assert_false(ce__limits_parse_has_word("cpuacct", "cpu"));
	assert_false(ce__limits_parse_has_word("", "cpu"));
	assert_false(ce__limits_parse_has_word("\n", "cpu"));
}

static void mountinfo_lines_are_cut_up(void **state)
{
	char plain[] = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";
	char optional[] =
	    "41 31 0:38 /a\\040b /mnt/x\\134y\\012 ro shared:9 master:2 - cgroup2 none ro,nsdelegate";
	char no_source[] = "41 31 0:38 / /mnt rw -  cgroup2  rw";
	char cut[] = "41 31 0:38 / /mnt rw -";
	char empty[] = "";
	struct ce_mountinfo m;

	(void)state;
	assert_int_equal(ce__limits_parse_mountinfo(plain, &m), 0);
	assert_string_equal(m.root, "/");
	assert_string_equal(m.mount, "/sys/fs/cgroup/memory");
	assert_string_equal(m.type, "cgroup");
	assert_string_equal(m.super_options, "rw,memory");
	assert_int_equal(ce__limits_parse_mountinfo(optional, &m), 0);
	assert_string_equal(m.root, "/a b");
	assert_string_equal(m.mount, "/mnt/x\\y\n");
	assert_string_equal(m.options, "ro");
	assert_string_equal(m.type, "cgroup2");
	assert_string_equal(m.super_options, "ro,nsdelegate");
	assert_int_equal(ce__limits_parse_mountinfo(no_source, &m), 0);
	assert_string_equal(m.type, "cgroup2");
	assert_string_equal(m.super_options, "rw");
	assert_int_equal(ce__limits_parse_mountinfo(cut, &m), -EINVAL);
	assert_int_equal(ce__limits_parse_mountinfo(empty, &m), -EINVAL);
}

static void cgroup_lines_are_cut_up(void **state)
{
	char v1[] = "4:cpu,cpuacct:/a:b/c\n", v2[] = "0::/user.slice\n", named[] = "9:name=systemd:/\n";
	char bad[] = "x::/", no_path[] = "4:memory", relative[] = "4:memory:foo";
	struct ce_cgroup_line line;

	(void)state;
	assert_int_equal(ce__limits_parse_cgroup(v1, &line), 0);
	assert_int_equal(line.id, 4);
	assert_string_equal(line.controllers, "cpu,cpuacct");
	assert_string_equal(line.path, "/a:b/c");
	assert_int_equal(ce__limits_parse_cgroup(v2, &line), 0);
	assert_string_equal(line.controllers, "");
	assert_string_equal(line.path, "/user.slice");
	assert_int_equal(ce__limits_parse_cgroup(named, &line), 0);
	assert_int_equal(ce__limits_parse_cgroup(bad, &line), -EINVAL);
	assert_int_equal(ce__limits_parse_cgroup(no_path, &line), -EINVAL);
	assert_int_equal(ce__limits_parse_cgroup(relative, &line), -EINVAL);
}

static void expect_place(const char *root, const char *path, const char *expected)
{
	CE_CLEANUP_FREE char *place = ce__limits_parse_locate(root, "/m", path);

	if (expected)
		assert_string_equal(place, expected);
	else
		assert_null(place);
}

static void own_directory_is_found_below_the_mounted_root(void **state)
{
	(void)state;
	expect_place("/", "/", "/m");
	expect_place("/", "/a/b", "/m/a/b");
	expect_place("/docker/x", "/docker/x", "/m");
	expect_place("/docker/x", "/docker/x/y", "/m/y");
	expect_place("/docker/x", "/docker/xy", NULL);
	expect_place("/docker/x", "/", NULL);
	expect_place("/", "/../other", NULL);
	expect_place("/..", "/", NULL);
	expect_place("/", "/..a/b", "/m/..a/b");
}

static void proc_stat_survives_odd_names(void **state)
{
	static const char text[] =
	    "42 (a) R 1 (b) c) S 7 1 1 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 6 0 99 1 2\n";
	static const char cut[] = "42 (a) S 7 1 1";
	struct ce_proc_stat stat;

	(void)state;
	assert_int_equal(ce__limits_parse_stat(text, &stat), 0);
	assert_int_equal(stat.parent, 7);
	assert_int_equal(stat.ticks, 100);
	assert_int_equal(stat.threads, 6);
	assert_int_equal(ce__limits_parse_stat(cut, &stat), -EINVAL);
	assert_int_equal(ce__limits_parse_stat("", &stat), -EINVAL);
}

static void discover(const char *cgroup, const char *mountinfo, struct ce_hierarchies *out)
{
	FILE *first = fmemopen((void *)(uintptr_t)cgroup, strlen(cgroup), "r");
	FILE *second = fmemopen((void *)(uintptr_t)mountinfo, strlen(mountinfo), "r");

	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal(ce__discover_read(first, second, out), 0);
	fclose(first);
	fclose(second);
}

static void discovery_reads_a_hybrid_machine(void **state)
{
	struct ce_hierarchies found;

	(void)state;
	discover(
	    "9:name=systemd:/\n8:pids:/u\n4:memory:/p/q\n2:cpu,cpuacct:/\n6:freezer:/\n5:devices:/\n0::/\n",
	    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
	    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
	    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	    "37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"
	    "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
	    "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
	    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
	    &found);
	assert_int_equal(found.v1_count, 4);
	assert_string_equal(found.v2.own, "/sys/fs/cgroup/unified");
	assert_string_equal(found.v1[0].own, "/sys/fs/cgroup/pids/u");
	assert_int_equal(found.v1[0].controllers, CE_CONTROLLER_PIDS);
	assert_string_equal(found.v1[1].own, "/sys/fs/cgroup/memory/p/q");
	assert_string_equal(found.v1[1].mount, "/sys/fs/cgroup/memory");
	assert_string_equal(found.v1[2].own, "/sys/fs/cgroup/cpu,cpuacct");
	assert_int_equal(found.v1[2].controllers, CE_CONTROLLER_CPUACCT);
	ce__discover_finish(&found);
}

static void discovery_prefers_a_mount_that_can_be_written(void **state)
{
	struct ce_hierarchies found;

	(void)state;
	/* A container: read-only where it is usual, writable elsewhere, and its own name is not visible
	 * there. */
	discover("0::/docker/x\n",
		 "1 2 0:1 /docker/x /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n"
		 "1 2 0:1 /other /mnt/cg rw - cgroup2 cgroup rw\n"
		 "1 2 0:1 /docker/x /mnt/late ro - cgroup2 cgroup rw\n",
		 &found);
	assert_string_equal(found.v2.mount, "/mnt/cg");
	assert_null(found.v2.own);
	ce__discover_finish(&found);
	discover("0::/docker/x\n",
		 "1 2 0:1 /other /a rw - cgroup2 cgroup rw\n1 2 0:1 /docker /b rw - cgroup2 cgroup rw\n"
		 "1 2 0:1 /docker /c rw - cgroup2 cgroup rw\n",
		 &found);
	assert_string_equal(found.v2.own, "/b/x");
	ce__discover_finish(&found);
}

static void discovery_copes_with_nothing(void **state)
{
	struct ce_hierarchies found;

	(void)state;
	discover("\n", "\n", &found);
	assert_null(found.v2.mount);
	assert_int_equal(found.v1_count, 0);
	ce__discover_finish(&found);
	discover("0::/\n3:memory:/\ngarbage\n", "35 31 garbage\n", &found);
	assert_null(found.v2.mount);
	assert_int_equal(found.v1_count, 1);
	assert_null(found.v1[0].mount);
	ce__discover_finish(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_read_strictly),
	    cmocka_unit_test(keyed_values_are_found_by_whole_key),
	    cmocka_unit_test(oom_control_of_v1_is_read),
	    cmocka_unit_test(io_stat_sums_devices),
	    cmocka_unit_test(words_are_whole),
	    cmocka_unit_test(mountinfo_lines_are_cut_up),
	    cmocka_unit_test(cgroup_lines_are_cut_up),
	    cmocka_unit_test(own_directory_is_found_below_the_mounted_root),
	    cmocka_unit_test(proc_stat_survives_odd_names),
	    cmocka_unit_test(discovery_reads_a_hybrid_machine),
	    cmocka_unit_test(discovery_prefers_a_mount_that_can_be_written),
	    cmocka_unit_test(discovery_copes_with_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
