/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What is refused, with which code, and that the message names the culprit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static void an_unknown_language_lists_near_names(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = fixture_request("pyhton", "x");

	(void)state;
	fixture_refuses(sandbox, &request, CE_ERR_NOT_FOUND, "python");
	request.language = "Bash";
	fixture_refuses(sandbox, &request, CE_ERR_NOT_FOUND, "bash");
	request.language = "python@nonesuch";
	fixture_refuses(sandbox, &request, CE_ERR_NOT_FOUND, "cpython");
	request.language = "no such language anywhere";
	fixture_refuses(sandbox, &request, CE_ERR_NOT_FOUND, "no such language");
}

static void a_language_is_found_by_name_alias_and_runtime(void **state)
{
	static const char *const names[] = {"bash", "sh", "bash@bash"};
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		ce_result *result = fixture_code(sandbox, names[i], "echo x");

		expect_says(result, "x\n");
		assert_string_equal(ce_result_language(result), "bash");
	}
}

static void refuses_file(ce_sandbox *sandbox, const char *name, const char *part)
{
	const ce_file files[] = {{name, "x", 1}};
	ce_request request = fixture_request("bash", "exit 0");

	request.files = files;
	request.file_count = 1;
	fixture_refuses(sandbox, &request, CE_ERR_INVALID, part);
}

static void senseless_file_names_are_refused(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	char part[300], path[5000];

	(void)state;
	refuses_file(sandbox, NULL, "NULL");
	refuses_file(sandbox, "", "empty");
	refuses_file(sandbox, "/etc/passwd", "/etc/passwd");
	refuses_file(sandbox, "..", "\"..\"");
	refuses_file(sandbox, "../x", "../x");
	refuses_file(sandbox, "a/../b", "a/../b");
	refuses_file(sandbox, "a/..", "a/..");
	refuses_file(sandbox, ".", "\".\"");
	refuses_file(sandbox, "./a", "./a");
	refuses_file(sandbox, "a//b", "a//b");
	refuses_file(sandbox, "a/", "a/");
	memset(part, 'p', 256);
	part[256] = '\0';
	refuses_file(sandbox, part, "ppp");
	for (size_t i = 0; i < 4998; i++)
		path[i] = i % 2 ? '/' : 'd';
	path[4999] = '\0';
	path[4998] = 'e';
	refuses_file(sandbox, path, "d/d");
}

static void the_longest_name_is_accepted(void **state)
{
	char name[256];
	const ce_file files[] = {{name, "x", 1}, {"..a/...", "y", 1}};
	ce_request request = fixture_request("bash", "cat ..a/... p*");

	(void)state;
	memset(name, 'p', 255);
	name[255] = '\0';
	request.files = files;
	request.file_count = 2;
	expect_says(fixture_run(fixture_sandbox(), &request), "yx");
}

static void refuses_pair(ce_sandbox *sandbox, const char *code, const char *a, const char *b)
{
	const ce_file files[] = {{a, "x", 1}, {"between", "x", 1}, {b, "y", 1}};
	ce_request request = fixture_request("bash", code);

	request.files = files;
	request.file_count = 3;
	fixture_refuses(sandbox, &request, CE_ERR_INVALID, strlen(a) > strlen(b) ? a : b);
}

static void names_that_clash_are_refused(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	refuses_pair(sandbox, NULL, "a", "a");
	refuses_pair(sandbox, NULL, "a", "a/b");
	refuses_pair(sandbox, NULL, "a/b/c/d", "a/b");
	refuses_pair(sandbox, "exit 0", "main.sh", "c"); /* the program's own name */
}

static void neighbours_of_a_name_do_not_clash(void **state)
{
	const ce_file files[] = {
	    {"a.b", "1", 1}, {"a/b", "2", 1}, {"a-b", "3", 1}, {"a/b.c", "4", 1}, {"aa", "5", 1}};
	ce_request request = fixture_request("bash", "cat a.b a/b a-b a/b.c aa");

	(void)state;
	request.files = files;
	request.file_count = COUNT(files);
	expect_says(fixture_run(fixture_sandbox(), &request), "12345");
}

static void limits_out_of_range_are_refused_by_name(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		const char *name;
	} cases[] = {
	    {offsetof(ce_limits, memory_bytes), 1, "memory_bytes"},
	    {offsetof(ce_limits, memory_bytes), CE_UNLIMITED, "memory_bytes"},
	    {offsetof(ce_limits, memory_bytes), (uint64_t)-5, "memory_bytes"},
	    {offsetof(ce_limits, disk_bytes), 1, "disk_bytes"},
	    {offsetof(ce_limits, disk_bytes), CE_UNLIMITED, "disk_bytes"},
	    {offsetof(ce_limits, disk_inodes), 1, "disk_inodes"},
	    {offsetof(ce_limits, disk_inodes), UINT64_C(1) << 40, "disk_inodes"},
	    {offsetof(ce_limits, file_size_bytes), CE_UNLIMITED, "file_size_bytes"},
	    {offsetof(ce_limits, stack_bytes), 1, "stack_bytes"},
	    {offsetof(ce_limits, processes), UINT64_C(1) << 40, "processes"},
	    {offsetof(ce_limits, processes), CE_UNLIMITED, "processes"},
	    {offsetof(ce_limits, open_files), 1, "open_files"},
	    {offsetof(ce_limits, open_files), CE_UNLIMITED, "open_files"},
	    {offsetof(ce_limits, wall_time_ms), UINT64_MAX - 1, "wall_time_ms"},
	    {offsetof(ce_limits, cpu_time_ms), UINT64_C(1) << 62, "cpu_time_ms"},
	    {offsetof(ce_limits, output_bytes), UINT64_MAX - 1, "output_bytes"},
	};
	ce_sandbox *sandbox = fixture_sandbox();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ce_request request = fixture_request("bash", "exit 0");
		ce_sandbox_options o = fixture_options();
		ce_limits limits = ce_limits_init();

		memcpy((char *)&limits + cases[i].offset, &cases[i].value, sizeof(uint64_t));
		request.limits = &limits;
		fixture_refuses(sandbox, &request, CE_ERR_INVALID, cases[i].name);
		request.limits = NULL;
		request.compile_limits = &limits;
		fixture_refuses(sandbox, &request, CE_ERR_INVALID, cases[i].name);
		o.limits = &limits;
		fixture_refuses_options(&o, CE_ERR_INVALID, cases[i].name);
	}
}

static void limits_over_the_ceiling_are_refused_and_below_it_accepted(void **state)
{
	ce_sandbox_options o = fixture_options();
	ce_limits ceiling = ce_limits_init(), limits = ce_limits_init();
	ce_request request = fixture_request("bash", "ulimit -n; ulimit -f");
	ce_sandbox *sandbox;

	(void)state;
	ceiling.open_files = 100;
	ceiling.wall_time_ms = 5000;
	o.limits = &ceiling;
	sandbox = fixture_create(&o);
	limits.open_files = 101;
	request.limits = &limits;
	fixture_refuses(sandbox, &request, CE_ERR_INVALID, "ceiling");
	limits.open_files = 50;
	limits.wall_time_ms = CE_UNLIMITED;
	fixture_refuses(sandbox, &request, CE_ERR_INVALID, "wall_time_ms");
	limits.wall_time_ms = 4000;
	expect_says(fixture_run(sandbox, &request), "50\n10240\n");
	request.limits = NULL; /* the ceiling is the default, too */
	expect_says(fixture_run(sandbox, &request), "100\n10240\n");
	/* without a ceiling of its own the default is one */
	request.limits = &limits;
	limits.memory_bytes = 257 * MIB;
	fixture_refuses(sandbox, &request, CE_ERR_INVALID, "memory_bytes");
}

static void other_senseless_requests_are_refused(void **state)
{
	const char *const bad_env[] = {"NOEQUALS", NULL}, *const nameless[] = {"=x", NULL};
	const char *const outside[] = {"../*", NULL}, *const absolute[] = {"/etc/*", NULL};
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request good = fixture_request("bash", "exit 0"), r;

	(void)state;
	fixture_refuses(sandbox, NULL, CE_ERR_INVALID, "request");
	r = good, r.language = NULL;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "language");
	r = good, r.language = "";
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "language");
	r = good, r.code = NULL;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "code");
	r.code_size = 0;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "neither code nor files");
	r = good, r.file_count = 1;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "files");
	r = good, r.input_size = 1;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "input");
	r = good, r.env = bad_env;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "NOEQUALS");
	r = good, r.env = nameless;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "=x");
	r = good, r.outputs = outside;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "../*");
	r = good, r.outputs = absolute;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "/etc/*");
	r = good, r.network = 2;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "network");
	r = good, r.usage_interval_ms = 9;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "usage_interval_ms");
	r = good, r.flags = CE_REQUEST_INTERACTIVE;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "interactive");
	r = good, r.size = 3;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "size");
	r = good, r.size = 0;
	fixture_refuses(sandbox, &r, CE_ERR_INVALID, "size");
	expect_outcome(fixture_run(sandbox, &good), CE_OUTCOME_SUCCESS);
}

static void missing_arguments_are_refused(void **state)
{
	ce_sandbox *sandbox = fixture_sandbox();
	ce_request request = fixture_request("bash", "exit 0");
	ce_error *error = NULL;
	ce_result *result = NULL;
	ce_execution *execution = NULL;

	(void)state;
	fixture_check_error(ce_execute(sandbox, &request, NULL, &error), &error, CE_ERR_INVALID, "out");
	fixture_check_error(ce_execute(NULL, &request, &result, &error), &error, CE_ERR_INVALID, "sandbox");
	fixture_check_error(ce_execution_start(sandbox, &request, NULL, NULL, NULL, &error), &error,
			    CE_ERR_INVALID, "out");
	fixture_check_error(ce_execution_start(NULL, &request, NULL, NULL, &execution, &error), &error,
			    CE_ERR_INVALID, "sandbox");
	fixture_check_error(ce_sandbox_create(NULL, NULL, &error), &error, CE_ERR_INVALID, "out");
	/* without an error object, too */
	assert_int_equal(ce_execute(sandbox, NULL, &result, NULL), CE_ERR_INVALID);
	ce_sandbox_destroy(NULL);
	ce_result_free(NULL);
	ce_execution_destroy(NULL);
	ce_error_free(NULL);
	ce_probe_free(NULL);
}

struct newer_request {
	ce_request request;
	uint64_t unknown;
};

struct newer_limits {
	ce_limits limits;
	uint64_t unknown;
};

struct newer_options {
	ce_sandbox_options options;
	uint64_t unknown;
};

static void members_from_the_future_are_accepted_while_they_are_zero(void **state)
{
	struct newer_request request = {fixture_request("bash", "echo future"), 0};
	struct newer_options o = {fixture_options(), 0};
	struct newer_limits limits = {ce_limits_init(), 0};
	ce_sandbox *sandbox;

	(void)state;
	request.request.size = sizeof(request);
	limits.limits.size = sizeof(limits);
	o.options.size = sizeof(o);
	o.options.limits = &limits.limits;
	request.request.limits = &limits.limits;
	sandbox = fixture_create(&o.options);
	expect_says(fixture_run(sandbox, &request.request), "future\n");
	request.unknown = 1;
	fixture_refuses(sandbox, &request.request, CE_ERR_TOO_NEW, "request");
	request.unknown = 0;
	limits.unknown = 1;
	fixture_refuses(sandbox, &request.request, CE_ERR_TOO_NEW, "limits");
	fixture_refuses_options(&o.options, CE_ERR_TOO_NEW, "limits");
	limits.unknown = 0;
	o.unknown = UINT64_C(1) << 63;
	fixture_refuses_options(&o.options, CE_ERR_TOO_NEW, "options");
	request.request.flags = UINT64_C(1) << 40;
	fixture_refuses(sandbox, &request.request, CE_ERR_TOO_NEW, "flag");
}

static void senseless_options_are_refused(void **state)
{
	ce_sandbox_options o = fixture_options();
	const char *const nowhere[] = {"/nonexistent/executors", NULL};

	(void)state;
	o.max_concurrent = 1000000;
	fixture_refuses_options(&o, CE_ERR_INVALID, "max_concurrent");
	o = fixture_options(), o.uid_base = 1;
	fixture_refuses_options(&o, CE_ERR_INVALID, "uid_base");
	o = fixture_options(), o.uid_base = UINT32_MAX - 1;
	fixture_refuses_options(&o, CE_ERR_INVALID, "uid_base");
	o = fixture_options(), o.state_dir = "relative";
	fixture_refuses_options(&o, CE_ERR_INVALID, "state_dir");
	o = fixture_options(), o.cgroup = "/tmp";
	fixture_refuses_options(&o, CE_ERR_INVALID, "/tmp");
	o = fixture_options(), o.supervisor_path = "/nonexistent/supervisor";
	fixture_refuses_options(&o, CE_ERR_OS, "/nonexistent/supervisor");
	o = fixture_options(), o.supervisor_path = "/bin/true";
	fixture_refuses_options(&o, CE_ERR_OS, "/bin/true");
	o = fixture_options(), o.flags |= UINT64_C(1) << 50;
	fixture_refuses_options(&o, CE_ERR_TOO_NEW, "flag");
	o = fixture_options(), o.executor_dirs = nowhere;
	assert_int_equal(ce_sandbox_executor_count(fixture_create(&o)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_unknown_language_lists_near_names),
	    TEST(a_language_is_found_by_name_alias_and_runtime),
	    TEST(senseless_file_names_are_refused),
	    TEST(the_longest_name_is_accepted),
	    TEST(names_that_clash_are_refused),
	    TEST(neighbours_of_a_name_do_not_clash),
	    TEST(limits_out_of_range_are_refused_by_name),
	    TEST(limits_over_the_ceiling_are_refused_and_below_it_accepted),
	    TEST(other_senseless_requests_are_refused),
	    TEST(missing_arguments_are_refused),
	    TEST(members_from_the_future_are_accepted_while_they_are_zero),
	    TEST(senseless_options_are_refused),
	};

	return fixture_main("invalid", tests);
}
