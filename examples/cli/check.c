/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec check`: the self-tests that the executors' manifests bring along, in real sandboxes. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_all.h"
#include "page.h"

#define JOBS_MAX 64

enum { CHECK_ALLOW_WEAKER = 100, CHECK_ALL, CHECK_JOBS, CHECK_AS_JSON, CHECK_AS_MARKDOWN };

static const struct option_spec check_specs[] = {
    {"allow-weaker", 0, false, CHECK_ALLOW_WEAKER},
    {"all", 0, false, CHECK_ALL},
    {"jobs", 'j', true, CHECK_JOBS},
    {"json", 0, false, CHECK_AS_JSON},
    {"markdown", 0, false, CHECK_AS_MARKDOWN},
    {NULL, 0, false, 0},
};

struct check {
	bool allow_weaker, all;
	enum check_format format;
	size_t jobs; /* 0: as many as there are processors */
	size_t passed, failed;
	int write_failed;
};

static int check_option(void *context, int id, const char *value)
{
	struct check *check = context;
	char *end;

	switch (id) {
	case CHECK_ALLOW_WEAKER:
		check->allow_weaker = true;
		return 0;
	case CHECK_ALL:
		check->all = true;
		return 0;
	case CHECK_AS_JSON:
		check->format = CHECK_JSON;
		return 0;
	case CHECK_AS_MARKDOWN:
		check->format = CHECK_MARKDOWN;
		return 0;
	default:
		check->jobs = strtoul(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || check->jobs < 1 || check->jobs > JOBS_MAX)
			return console_error("--jobs: '%s' is not a number from 1 to %d", value, JOBS_MAX);
		return 0;
	}
}

static void write_row(struct check *check, enum console_style style, const char *verdict,
		      const char *const cells[3], const char *message)
{
	struct page page;

	if (check->write_failed)
		return;
	check->write_failed = page_open(&page);
	if (check->write_failed)
		return;
	console_cell(page.out, style, 7, verdict);
	fprintf(page.out, "%-12s %-12s ", cells[0], cells[1]);
	fprintf(page.out, *message ? "%-36s %s\n" : "%s%s\n", cells[2], message);
	check->write_failed = page_print(&page);
}

static void on_test(const ce_executor *executor, const char *runtime, const char *test, int passed,
		    const char *message, const ce_result *result, void *user_data)
{
	struct check *check = user_data;
	const char *cells[3] = {ce_executor_name(executor), runtime ? runtime : "", test ? test : ""};
	char detail[64] = "";

	check->passed += passed != 0;
	check->failed += passed == 0;
	if (passed && result)
		snprintf(detail, sizeof(detail), "%.1f ms",
			 (double)ce_result_wall_time_us(result, CE_STAGE_RUN) / 1000);
	write_row(check, passed ? STYLE_GOOD : STYLE_BAD, passed ? "pass" : "FAIL", cells,
		  passed    ? detail
		  : message ? message
			    : "");
}

/* With no language named, those that cannot run here are no failure; they are shown. */
static int check_each(struct check *check, ce_sandbox *sandbox, ce_error **error)
{
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);
		const char *cells[3] = {ce_executor_name(executor), "-", "-"};

		if (!ce_executor_available(executor))
			write_row(check, STYLE_WEAK, "skip", cells, ce_executor_unavailable_reason(executor));
	}
	return ce_sandbox_check(sandbox, NULL, on_test, check, error);
}

/* Before anything is printed. */
static int find_languages(const ce_sandbox *sandbox, const struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->plain_count; i++) {
		const ce_executor *executor;
		ce_error *error = NULL;

		if (ce_sandbox_find_executor(sandbox, arguments->plain[i], &executor, &error))
			return cli_error(NULL, error);
	}
	return 0;
}

static int check_languages(struct check *check, ce_sandbox *sandbox, const struct arguments *arguments)
{
	static const char *const header[3] = {"LANGUAGE", "RUNTIME", "TEST"};
	size_t load_errors = ce_sandbox_load_error_count(sandbox);
	ce_error *error = NULL;
	struct page page;
	int r = find_languages(sandbox, arguments);

	if (r)
		return r;
	write_row(check, STYLE_PLAIN, "RESULT", header, "");
	if (!arguments->plain_count)
		r = check_each(check, sandbox, &error);
	for (size_t i = 0; i < arguments->plain_count && r >= 0; i++)
		r = ce_sandbox_check(sandbox, arguments->plain[i], on_test, check, &error);
	if (r < 0)
		return cli_error(NULL, error);
	sandbox_note_load_errors(sandbox);
	if (check->write_failed || page_open(&page))
		return EXIT_OWN_ERROR;
	fprintf(page.out, "%zu passed, %zu failed\n", check->passed, check->failed);
	r = page_print(&page);
	if (r)
		return r;
	return check->failed || load_errors ? 1 : 0;
}

static int check_table(struct check *check, ce_sandbox *sandbox, const struct arguments *arguments)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int r = find_languages(sandbox, arguments);

	if (r)
		return r;
	if (!check->jobs)
		check->jobs = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : (size_t)processors;
	r = check_all(sandbox, arguments, check->format, check->jobs);
	sandbox_note_load_errors(sandbox);
	return r ? r : ce_sandbox_load_error_count(sandbox) ? 1 : 0;
}

int command_check(struct cli_globals *globals, int argc, char **argv)
{
	struct check check = {.allow_weaker = false};
	struct option_set own = {check_specs, check_option, &check};
	struct arguments arguments;
	ce_sandbox_options options;
	ce_sandbox *sandbox = NULL;
	int r = globals_parse(globals, &own, argc, argv, &arguments);

	if (r)
		return r;
	if (globals->help)
		return help_print("check");
	if (!check.all && (check.format != CHECK_TABLE || check.jobs))
		return console_error("check: --jobs, --json and --markdown go with --all");
	options = globals_sandbox_options(globals);
	if (check.allow_weaker)
		options.flags |= CE_SANDBOX_ALLOW_WEAKER;
	r = sandbox_open(globals, &options, &sandbox);
	if (r)
		return r;
	r = check.all ? check_table(&check, sandbox, &arguments) : check_languages(&check, sandbox, &arguments);
	ce_sandbox_destroy(sandbox);
	return r;
}
