/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec languages` */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

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

static json_t *packages_array(const ce_executor *executor, size_t runtime)
{
	json_t *list = json_array();
	const char *package;

	for (size_t i = 0; (package = ce_executor_runtime_package(executor, runtime, i)); i++)
		json_array_append_new(list, json_c_text(package));
	return list;
}

static json_t *runtimes_array(ce_sandbox *sandbox, const ce_executor *executor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ce_executor_runtime_count(executor); i++) {
		json_t *item = json_object();

		json_object_set_new(item, "name", json_c_text(ce_executor_runtime_name(executor, i)));
		json_object_set_new(item, "version",
				    json_c_text(ce_sandbox_runtime_version(sandbox, executor, i)));
		json_object_set_new(item, "available",
				    json_boolean(ce_executor_runtime_available(executor, i)));
		json_object_set_new(item, "packages", packages_array(executor, i));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *language_object(ce_sandbox *sandbox, const ce_executor *executor)
{
	json_t *item = json_object(), *stages = json_array();

	if (ce_executor_has_compile_stage(executor))
		json_array_append_new(stages, json_string(ce_stage_name(CE_STAGE_COMPILE)));
	json_array_append_new(stages, json_string(ce_stage_name(CE_STAGE_RUN)));
	json_object_set_new(item, "name", json_c_text(ce_executor_name(executor)));
	json_object_set_new(item, "aliases", names_array(executor, ce_executor_alias));
	json_object_set_new(item, "title", json_c_text(ce_executor_title(executor)));
	json_object_set_new(
	    item, "version",
	    json_c_text(ce_sandbox_runtime_version(sandbox, executor, default_runtime(executor))));
	json_object_set_new(item, "stages", stages);
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

static void aliases_text(const ce_executor *executor, char *buffer, size_t size)
{
	const char *name;
	size_t n = 0;

	buffer[0] = '\0';
	for (size_t i = 0; (name = ce_executor_alias(executor, i)) && n < size; i++)
		n += (size_t)snprintf(buffer + n, size - n, "%s%s", i ? ", " : "", name);
	if (!buffer[0])
		snprintf(buffer, size, "-");
}

static int longer(int width, const char *text)
{
	int length = (int)strlen(text);

	return length > width ? length : width;
}

static int print_table(ce_sandbox *sandbox)
{
	int names = 8, lists = 8, titles = 8;
	struct page page;

	if (page_open(&page))
		return EXIT_OWN_ERROR;
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);
		char aliases[200];

		aliases_text(executor, aliases, sizeof(aliases));
		names = longer(names, ce_executor_name(executor));
		lists = longer(lists, aliases);
		titles = longer(titles, ce_executor_title(executor));
	}
	fprintf(page.out, "%-*s  %-*s  %-*s  %-12s  VERSION\n", names, "NAME", lists, "ALIASES", titles,
		"TITLE", "STAGES");
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);
		bool available = ce_executor_available(executor);
		char aliases[200];

		aliases_text(executor, aliases, sizeof(aliases));
		console_cell(page.out, available ? STYLE_STRONG : STYLE_WEAK, names,
			     ce_executor_name(executor));
		fprintf(page.out, "  %-*s  %-*s  %-12s  ", lists, aliases, titles,
			ce_executor_title(executor),
			ce_executor_has_compile_stage(executor) ? "compile, run" : "run");
		if (available) {
			const char *version =
			    ce_sandbox_runtime_version(sandbox, executor, default_runtime(executor));

			fprintf(page.out, "%s\n", *version ? version : "(unknown)");
		} else {
			console_cell(page.out, STYLE_WEAK, 0, "unavailable: ");
			fprintf(page.out, "%s\n", ce_executor_unavailable_reason(executor));
		}
	}
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
