/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What `codeexec check --all` found, as a table for people, as Markdown for docs/languages.md, or as JSON. */
#include "check_all.h"

#include <string.h>
#include <time.h>

#include <codeexec/executors.h>

#include "json.h"
#include "page.h"

static const char *const kind_titles[] = {"HELLO", "STDIN", "EXIT", "RTERR", "CPERR", "LOOP", "MEM", "2FILES"};

static const char *stages_of(const struct check_row *row)
{
	return ce_executor_runtime_has_compile_stage(row->executor, row->runtime) ? "compile, run" : "run";
}

static const char *kind_title(size_t i)
{
	return i < sizeof(kind_titles) / sizeof(kind_titles[0]) ? kind_titles[i] : ce_test_kind_name(i);
}

static void print_ms(char *out, size_t size, double ms)
{
	if (ms < 0)
		snprintf(out, size, "-");
	else
		snprintf(out, size, ms < 10 ? "%.1f" : "%.0f", ms);
}

static size_t kind_count(void)
{
	size_t n = 0;

	while (n < CHECK_KINDS_MAX && ce_test_kind_name(n))
		n++;
	return n;
}

static int wider(int width, const char *text)
{
	int n = (int)strlen(text);

	return n > width ? n : width;
}

static void print_table_rows(FILE *out, const struct check_rows *rows)
{
	int names = 8, runtimes = 7, versions = 7;
	char compile[32], run[32];

	for (size_t i = 0; i < rows->count; i++) {
		const struct check_row *row = &rows->rows[i];

		names = wider(names, ce_executor_name(row->executor));
		runtimes = wider(runtimes, ce_executor_runtime_name(row->executor, row->runtime));
		versions = wider(versions, row->version);
	}
	fprintf(out, "%-*s  %-*s  %-*s  %-12s", names, "LANGUAGE", runtimes, "RUNTIME", versions, "VERSION", "STAGES");
	for (size_t k = 0; k < kind_count(); k++)
		fprintf(out, "  %-6s", kind_title(k));
	fprintf(out, "  TESTS  COMPILE ms  RUN ms\n");
	for (size_t i = 0; i < rows->count; i++) {
		const struct check_row *row = &rows->rows[i];

		console_cell(out, STYLE_STRONG, names, ce_executor_name(row->executor));
		fprintf(out, "  %-*s  %-*s  %-12s", runtimes, ce_executor_runtime_name(row->executor, row->runtime),
			versions, row->version, stages_of(row));
		for (size_t k = 0; k < kind_count(); k++) {
			const char *cell = row->kinds[k];

			fprintf(out, "  ");
			console_cell(out, *cell == 'o'	? STYLE_GOOD
					  : *cell == '-' ? STYLE_WEAK
							 : STYLE_BAD,
				     6, cell);
		}
		print_ms(compile, sizeof(compile), row->compile_ms);
		print_ms(run, sizeof(run), row->run_ms);
		fprintf(out, "  %2zu/%-2zu  %10s  %6s\n", row->passed, row->passed + row->failed, compile, run);
	}
}

static void print_failures(FILE *out, const struct check_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct check_row *row = &rows->rows[i];
		const char *name = ce_executor_name(row->executor);
		const char *runtime = ce_executor_runtime_name(row->executor, row->runtime);

		for (size_t k = 0; k < row->failure_count; k++)
			fprintf(out, "FAIL %s@%s: %s: %s\n", name, runtime, row->failures[k].test,
				row->failures[k].message);
		if (row->missing)
			fprintf(out, "MISSING %s@%s: neither tested nor under \"cannot\":", name, runtime);
		for (size_t k = 0; k < kind_count(); k++)
			if (ce_executor_kind_state(row->executor, row->runtime, ce_test_kind_name(k), NULL) ==
			    CE_KIND_MISSING)
				fprintf(out, " %s", ce_test_kind_name(k));
		if (row->missing)
			fprintf(out, "\n");
	}
}

/* `heading` comes before the first, if there is any. */
static void print_unavailable(FILE *out, ce_sandbox *sandbox, const char *heading, const char *before)
{
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);

		for (size_t k = 0; k < ce_executor_runtime_count(executor); k++)
			if (!ce_executor_runtime_available(executor, k)) {
				fprintf(out, "%s%s %s@%s: %s\n", heading, before, ce_executor_name(executor),
					ce_executor_runtime_name(executor, k),
					ce_executor_runtime_unavailable_reason(executor, k));
				heading = "";
			}
	}
}

static void print_sums(FILE *out, const struct check_rows *rows)
{
	fprintf(out, "%zu languages, %zu runtimes; %zu tests passed, %zu failed, %zu missing\n", rows->languages,
		rows->count, rows->passed, rows->failed, rows->missing);
}

static int print_table(ce_sandbox *sandbox, const struct check_rows *rows)
{
	struct page page;

	if (page_open(&page))
		return EXIT_OWN_ERROR;
	print_table_rows(page.out, rows);
	print_failures(page.out, rows);
	print_unavailable(page.out, sandbox, "", "skip");
	print_sums(page.out, rows);
	return page_print(&page);
}

static int print_markdown(ce_sandbox *sandbox, const struct check_rows *rows)
{
	time_t now = time(NULL);
	struct tm day;
	char date[32] = "", compile[32], run[32];
	struct page page;

	if (page_open(&page))
		return EXIT_OWN_ERROR;
	if (gmtime_r(&now, &day))
		strftime(date, sizeof(date), "%Y-%m-%d", &day);
	fprintf(page.out,
		"# Languages\n\nMade by `codeexec check --all --markdown` on %s, libcodeexec %s. Each row is a runtime whose "
		"self-tests ran in\nthe sandbox: ok, NO (failed), - (the manifest says why it cannot), ? (not tested). Times are "
		"of hello, once, cold.\n\n",
		date, ce_version());
	fprintf(page.out, "| language | runtime | version | stages |");
	for (size_t k = 0; k < kind_count(); k++)
		fprintf(page.out, " %s |", ce_test_kind_name(k));
	fprintf(page.out, " tests | compile ms | run ms |\n|---|---|---|---|");
	for (size_t k = 0; k < kind_count(); k++)
		fprintf(page.out, "---|");
	fprintf(page.out, "---|---|---|\n");
	for (size_t i = 0; i < rows->count; i++) {
		const struct check_row *row = &rows->rows[i];

		fprintf(page.out, "| %s | %s | %s | %s |", ce_executor_name(row->executor),
			ce_executor_runtime_name(row->executor, row->runtime), row->version, stages_of(row));
		for (size_t k = 0; k < kind_count(); k++)
			fprintf(page.out, " %s |", row->kinds[k]);
		print_ms(compile, sizeof(compile), row->compile_ms);
		print_ms(run, sizeof(run), row->run_ms);
		fprintf(page.out, " %zu/%zu | %s | %s |\n", row->passed, row->passed + row->failed, compile, run);
	}
	fprintf(page.out, "\n");
	print_sums(page.out, rows);
	print_unavailable(page.out, sandbox, "\nNot installed where this was made:\n\n", "-");
	return page_print(&page);
}

static json_t *failures_array(const struct check_row *row)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->failure_count; i++) {
		json_t *item = json_object();

		json_object_set_new(item, "test", json_c_text(row->failures[i].test));
		json_object_set_new(item, "message", json_c_text(row->failures[i].message));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *row_object(const struct check_row *row)
{
	json_t *item = json_object(), *kinds = json_object(), *reasons = json_object();

	for (size_t k = 0; k < kind_count(); k++) {
		const char *kind = ce_test_kind_name(k), *reason = "";

		json_object_set_new(kinds, kind, json_c_text(row->kinds[k]));
		if (ce_executor_kind_state(row->executor, row->runtime, kind, &reason) == CE_KIND_EXCUSED)
			json_object_set_new(reasons, kind, json_c_text(reason));
	}
	json_object_set_new(item, "language", json_c_text(ce_executor_name(row->executor)));
	json_object_set_new(item, "runtime", json_c_text(ce_executor_runtime_name(row->executor, row->runtime)));
	json_object_set_new(item, "version", json_c_text(row->version));
	json_object_set_new(item, "compiled",
			    json_boolean(ce_executor_runtime_has_compile_stage(row->executor, row->runtime)));
	json_object_set_new(item, "kinds", kinds);
	json_object_set_new(item, "cannot", reasons);
	json_object_set_new(item, "passed", json_integer((json_int_t)row->passed));
	json_object_set_new(item, "failed", json_integer((json_int_t)row->failed));
	json_object_set_new(item, "missing", json_integer((json_int_t)row->missing));
	json_object_set_new(item, "compile_ms", row->compile_ms < 0 ? json_null() : json_real(row->compile_ms));
	json_object_set_new(item, "run_ms", row->run_ms < 0 ? json_null() : json_real(row->run_ms));
	json_object_set_new(item, "failures", failures_array(row));
	return item;
}

static json_t *unavailable_array(ce_sandbox *sandbox)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);

		for (size_t k = 0; k < ce_executor_runtime_count(executor); k++) {
			json_t *item;

			if (ce_executor_runtime_available(executor, k))
				continue;
			item = json_object();
			json_object_set_new(item, "language", json_c_text(ce_executor_name(executor)));
			json_object_set_new(item, "runtime", json_c_text(ce_executor_runtime_name(executor, k)));
			json_object_set_new(item, "reason",
					    json_c_text(ce_executor_runtime_unavailable_reason(executor, k)));
			json_array_append_new(list, item);
		}
	}
	return list;
}

static int print_json(ce_sandbox *sandbox, const struct check_rows *rows)
{
	json_t *all = json_object(), *list = json_array();

	for (size_t i = 0; i < rows->count; i++)
		json_array_append_new(list, row_object(&rows->rows[i]));
	json_object_set_new(all, "languages", json_integer((json_int_t)rows->languages));
	json_object_set_new(all, "runtimes", json_integer((json_int_t)rows->count));
	json_object_set_new(all, "passed", json_integer((json_int_t)rows->passed));
	json_object_set_new(all, "failed", json_integer((json_int_t)rows->failed));
	json_object_set_new(all, "missing", json_integer((json_int_t)rows->missing));
	json_object_set_new(all, "rows", list);
	json_object_set_new(all, "unavailable", unavailable_array(sandbox));
	return json_print(all);
}

int check_print(ce_sandbox *sandbox, const struct check_rows *rows, enum check_format format)
{
	if (format == CHECK_JSON)
		return print_json(sandbox, rows);
	return format == CHECK_MARKDOWN ? print_markdown(sandbox, rows) : print_table(sandbox, rows);
}
