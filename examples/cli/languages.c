/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec languages` */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include <codeexec/executors.h>

#include "json.h"
#include "page.h"

enum { LANGUAGES_JSON = 100 };

static const struct option_spec languages_specs[] = {
    {"json", 0, false, LANGUAGES_JSON},
    {NULL, 0, false, 0},
};

static int languages_option(void *context, int id, const char *value)
{
	(void)id;
	(void)value;
	*(bool *)context = true;
	return 0;
}

typedef const char *(*executor_names)(const ce_executor *executor, size_t index);

static json_t *names_array(const ce_executor *executor, executor_names names)
{
	json_t *list = json_array();
	const char *name;

	for (size_t i = 0; (name = names(executor, i)); i++)
		json_array_append_new(list, json_c_text(name));
	return list;
}

/* The index of the runtime that is used when none is named: the first available one. */
static size_t default_runtime(const ce_executor *executor)
{
	size_t n = ce_executor_runtime_count(executor), i = 0;

	while (i < n && !ce_executor_runtime_available(executor, i))
		i++;
	return i;
}

typedef const char *(*runtime_names)(const ce_executor *executor, size_t runtime, size_t index);

static json_t *runtime_names_array(const ce_executor *executor, size_t runtime, runtime_names names)
{
	json_t *list = json_array();
	const char *name;

	for (size_t i = 0; (name = names(executor, runtime, i)); i++)
		json_array_append_new(list, json_c_text(name));
	return list;
}

/* {"std": ["gnu17", "c17"]}: the first value of each is its default. */
static json_t *options_object(const ce_executor *executor, size_t runtime)
{
	json_t *object = json_object();
	const char *option, *value;

	for (size_t i = 0; (option = ce_executor_option(executor, runtime, i)); i++) {
		json_t *values = json_array();

		for (size_t k = 0; (value = ce_executor_option_value(executor, runtime, i, k)); k++)
			json_array_append_new(values, json_c_text(value));
		json_object_set_new(object, option, values);
	}
	return object;
}

static json_t *stages_array(bool compiles)
{
	json_t *stages = json_array();

	if (compiles)
		json_array_append_new(stages, json_string(ce_stage_name(CE_STAGE_COMPILE)));
	json_array_append_new(stages, json_string(ce_stage_name(CE_STAGE_RUN)));
	return stages;
}

/* What the manifest wants of a machine beyond the library's defaults: the larger of its two stages. */
static ce_limits needs_of(const ce_executor *executor, size_t runtime)
{
	ce_limits run = ce_limits_init(), compile = ce_limits_init();

	ce_executor_runtime_limits(executor, runtime, CE_STAGE_RUN, &run);
	ce_executor_runtime_limits(executor, runtime, CE_STAGE_COMPILE, &compile);
	if (compile.memory_bytes > run.memory_bytes)
		run.memory_bytes = compile.memory_bytes;
	if (compile.processes > run.processes)
		run.processes = compile.processes;
	return run;
}

static json_t *needs_object(const ce_executor *executor, size_t runtime)
{
	ce_limits needs = needs_of(executor, runtime);
	json_t *object = json_object();

	if (needs.memory_bytes)
		json_object_set_new(object, "memory_bytes", json_integer((json_int_t)needs.memory_bytes));
	if (needs.processes)
		json_object_set_new(object, "processes", json_integer((json_int_t)needs.processes));
	return object;
}

static json_t *runtimes_array(ce_sandbox *sandbox, const ce_executor *executor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ce_executor_runtime_count(executor); i++) {
		json_t *item = json_object();

		json_object_set_new(item, "name", json_c_text(ce_executor_runtime_name(executor, i)));
		json_object_set_new(item, "aliases", runtime_names_array(executor, i, ce_executor_runtime_alias));
		json_object_set_new(item, "default", json_boolean(i == default_runtime(executor)));
		json_object_set_new(item, "version",
				    json_c_text(ce_sandbox_runtime_version(sandbox, executor, i)));
		json_object_set_new(item, "available",
				    json_boolean(ce_executor_runtime_available(executor, i)));
		json_object_set_new(item, "packages", runtime_names_array(executor, i, ce_executor_runtime_package));
		json_object_set_new(item, "stages", stages_array(ce_executor_runtime_has_compile_stage(executor, i)));
		json_object_set_new(item, "warm", json_c_text(ce_executor_runtime_warm_mode(executor, i)));
		json_object_set_new(item, "needs", needs_object(executor, i));
		json_object_set_new(item, "options", options_object(executor, i));
		json_object_set_new(item, "opt_in", json_boolean(ce_executor_runtime_opt_in(executor, i)));
		json_object_set_new(item, "reason",
				    json_c_text(ce_executor_runtime_unavailable_reason(executor, i)));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *language_object(ce_sandbox *sandbox, const ce_executor *executor)
{
	json_t *item = json_object();

	json_object_set_new(item, "name", json_c_text(ce_executor_name(executor)));
	json_object_set_new(item, "aliases", names_array(executor, ce_executor_alias));
	json_object_set_new(item, "title", json_c_text(ce_executor_title(executor)));
	json_object_set_new(
	    item, "version",
	    json_c_text(ce_sandbox_runtime_version(sandbox, executor, default_runtime(executor))));
	json_object_set_new(item, "stages", stages_array(ce_executor_has_compile_stage(executor)));
	json_object_set_new(item, "extensions", names_array(executor, ce_executor_extension));
	json_object_set_new(item, "source_name", json_c_text(ce_executor_source_name(executor)));
	json_object_set_new(item, "runtimes", runtimes_array(sandbox, executor));
	json_object_set_new(item, "available", json_boolean(ce_executor_available(executor)));
	json_object_set_new(item, "reason", json_c_text(ce_executor_unavailable_reason(executor)));
	return item;
}

static int print_json(ce_sandbox *sandbox)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++)
		json_array_append_new(list, language_object(sandbox, ce_sandbox_executor(sandbox, i)));
	return json_print(list);
}

/* The texts of one row: of one runtime. */
struct row {
	const ce_executor *executor;
	size_t runtime;
	bool available;
	char name[48], aliases[200], needs[48], packages[160];
};

static void join(char *out, size_t size, const char *word)
{
	size_t n = strlen(out);

	snprintf(out + n, size - n, "%s%s", n ? ", " : "", word);
}

/* The language's aliases stand in its first row, and those of a runtime that is not the default in its own. */
static void fill_row(struct row *row, const ce_executor *executor, size_t runtime, bool is_default)
{
	const char *word;
	ce_limits needs;

	memset(row, 0, sizeof(*row));
	row->executor = executor;
	row->runtime = runtime;
	row->available = ce_executor_available(executor) && ce_executor_runtime_available(executor, runtime);
	snprintf(row->name, sizeof(row->name), "%s%s", ce_executor_runtime_name(executor, runtime), is_default ? "*" : "");
	for (size_t i = 0; (word = is_default ? ce_executor_alias(executor, i)
					      : ce_executor_runtime_alias(executor, runtime, i)); i++)
		join(row->aliases, sizeof(row->aliases), word);
	for (size_t i = 0; (word = ce_executor_runtime_package(executor, row->runtime, i)); i++)
		join(row->packages, sizeof(row->packages), word);
	needs = needs_of(executor, row->runtime);
	if (needs.memory_bytes)
		snprintf(row->needs, sizeof(row->needs), "%llu MiB", (unsigned long long)(needs.memory_bytes >> 20));
	if (needs.processes) {
		char tasks[32];

		snprintf(tasks, sizeof(tasks), "%llu tasks", (unsigned long long)needs.processes);
		join(row->needs, sizeof(row->needs), tasks);
	}
	for (char *const *p = (char *const[]){row->aliases, row->needs, row->packages, NULL}; *p; p++)
		if (!**p)
			strcpy(*p, "-");
}

static int longer(int width, const char *text)
{
	int length = (int)strlen(text);

	return length > width ? length : width;
}

struct widths {
	int name, runtime, version, needs, packages, aliases;
};

static void print_row(FILE *out, ce_sandbox *sandbox, const struct widths *w, const struct row *row)
{
	const ce_executor *e = row->executor;
	const char *version = row->available ? ce_sandbox_runtime_version(sandbox, e, row->runtime) : "-";
	const char *reason = ce_executor_runtime_unavailable_reason(e, row->runtime);

	console_cell(out, row->available ? STYLE_STRONG : STYLE_WEAK, w->name, ce_executor_name(e));
	fprintf(out, "  %-*s  %-*s  %-12s  %-4s  %-*s  %-*s  %-*s  ", w->runtime, row->name, w->version,
		*version ? version : "(unknown)",
		ce_executor_runtime_has_compile_stage(e, row->runtime) ? "compile, run" : "run",
		ce_executor_runtime_warm_mode(e, row->runtime), w->needs, row->needs, w->packages, row->packages,
		w->aliases, row->aliases);
	if (!row->available)
		console_cell(out, STYLE_WEAK, 0, "unavailable: ");
	fprintf(out, "%s\n", row->available ? ce_executor_title(e) : *reason ? reason : ce_executor_unavailable_reason(e));
}

/* One row for each runtime, the default one first and the others in the manifest's order. Returns their number. */
static size_t fill_rows(ce_sandbox *sandbox, struct row **out)
{
	size_t languages = ce_sandbox_executor_count(sandbox), total = 0, n = 0;
	struct row *rows;

	for (size_t i = 0; i < languages; i++)
		total += ce_executor_runtime_count(ce_sandbox_executor(sandbox, i));
	rows = calloc(total + 1, sizeof(*rows));
	for (size_t i = 0; rows && i < languages; i++) {
		const ce_executor *e = ce_sandbox_executor(sandbox, i);
		size_t count = ce_executor_runtime_count(e), first = default_runtime(e);

		first = first < count ? first : 0; /* none is available */
		fill_row(&rows[n++], e, first, true);
		for (size_t k = 0; k < count; k++)
			if (k != first)
				fill_row(&rows[n++], e, k, false);
	}
	*out = rows;
	return n;
}

static int print_table(ce_sandbox *sandbox)
{
	struct row *rows;
	size_t count = fill_rows(sandbox, &rows);
	struct widths w = {8, 7, 9, 5, 8, 7};
	struct page page;

	if (!rows || page_open(&page)) {
		free(rows);
		return console_error("no memory left");
	}
	for (size_t i = 0; i < count; i++) {
		w.name = longer(w.name, ce_executor_name(rows[i].executor));
		w.runtime = longer(w.runtime, rows[i].name);
		if (rows[i].available)
			w.version = longer(w.version, ce_sandbox_runtime_version(sandbox, rows[i].executor, rows[i].runtime));
		w.needs = longer(w.needs, rows[i].needs);
		w.packages = longer(w.packages, rows[i].packages);
		w.aliases = longer(w.aliases, rows[i].aliases);
	}
	fprintf(page.out, "%-*s  %-*s  %-*s  %-12s  %-4s  %-*s  %-*s  %-*s  TITLE\n", w.name, "NAME", w.runtime,
		"RUNTIME", w.version, "VERSION", "STAGES", "WARM", w.needs, "NEEDS", w.packages, "PACKAGES", w.aliases, "ALIASES");
	for (size_t i = 0; i < count; i++)
		print_row(page.out, sandbox, &w, &rows[i]);
	free(rows);
	return page_print(&page);
}

int command_languages(struct cli_globals *globals, int argc, char **argv)
{
	bool json = false;
	struct option_set own = {languages_specs, languages_option, &json};
	struct arguments arguments;
	ce_sandbox_options options;
	ce_sandbox *sandbox = NULL;
	int r = globals_parse(globals, &own, argc, argv, &arguments);

	if (r)
		return r;
	if (globals->help)
		return help_print("languages");
	if (arguments.plain_count)
		return console_error("'%s': languages takes no arguments (see 'codeexec languages --help')",
				     arguments.plain[0]);
	options = globals_sandbox_options(globals);
	/* Nothing but the installed interpreters' own --version is run here. */
	options.flags |= CE_SANDBOX_ALLOW_WEAKER;
	r = sandbox_open(globals, &options, &sandbox);
	if (r)
		return r;
	r = json ? print_json(sandbox) : print_table(sandbox);
	sandbox_note_load_errors(sandbox);
	ce_sandbox_destroy(sandbox);
	return r;
}
