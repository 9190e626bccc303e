/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The options that all commands share, the environment that stands for them, and the sandbox made of them. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

enum {
	GLOBAL_HELP = 1,
	GLOBAL_VERSION,
	GLOBAL_VERBOSE,
	GLOBAL_EXECUTORS_DIR,
	GLOBAL_PLUGIN_DIR,
	GLOBAL_RUNTIMES_DIR,
	GLOBAL_SUPERVISOR,
	GLOBAL_CGROUP,
	GLOBAL_DISABLE,
	GLOBAL_ALLOW_MISSING
};

const struct option_spec global_specs[] = {
    {"help", 'h', false, GLOBAL_HELP},
    {"version", 'V', false, GLOBAL_VERSION},
    {"verbose", 'v', false, GLOBAL_VERBOSE},
    {"executors-dir", 0, true, GLOBAL_EXECUTORS_DIR},
    {"plugin-dir", 0, true, GLOBAL_PLUGIN_DIR},
    {"runtimes-dir", 0, true, GLOBAL_RUNTIMES_DIR},
    {"supervisor", 0, true, GLOBAL_SUPERVISOR},
    {"cgroup", 0, true, GLOBAL_CGROUP},
    {"disable", 0, true, GLOBAL_DISABLE},
    {"allow-missing", 0, true, GLOBAL_ALLOW_MISSING},
    {NULL, 0, false, 0},
};

int string_list_add(struct string_list *list, const char *item)
{
	const char **items = reallocarray(list->items, list->count + 2, sizeof(*items));

	if (!items)
		return console_error("no memory left");
	items[list->count++] = item;
	items[list->count] = NULL;
	list->items = items;
	return 0;
}

static int add_protection(uint64_t *mask, const char *option, const char *name)
{
	const char *names[CE_PROTECTION_COUNT + 1], *near;
	uint64_t bit = ce_protection_from_name(name);

	if (bit) {
		*mask |= bit;
		return 0;
	}
	for (unsigned i = 0; i < CE_PROTECTION_COUNT; i++)
		names[i] = ce_protection_name(UINT64_C(1) << i);
	names[CE_PROTECTION_COUNT] = NULL;
	near = options_nearest(name, names);
	if (near)
		return console_error("--%s: unknown protection '%s' (did you mean %s?)", option, name, near);
	return console_error("--%s: unknown protection '%s' ('codeexec doctor' lists them)", option, name);
}

int globals_option(void *context, int id, const char *value)
{
	struct cli_globals *globals = context;

	switch (id) {
	case GLOBAL_HELP:
		globals->help = true;
		return 0;
	case GLOBAL_VERSION:
		globals->version = true;
		return 0;
	case GLOBAL_VERBOSE:
		globals->verbose = true;
		return 0;
	case GLOBAL_EXECUTORS_DIR:
		return string_list_add(&globals->executor_dirs, value);
	case GLOBAL_PLUGIN_DIR:
		return string_list_add(&globals->plugin_dirs, value);
	case GLOBAL_RUNTIMES_DIR:
		globals->runtimes_dir = value;
		return 0;
	case GLOBAL_SUPERVISOR:
		globals->supervisor = value;
		return 0;
	case GLOBAL_CGROUP:
		globals->cgroup = value;
		return 0;
	case GLOBAL_DISABLE:
		return add_protection(&globals->disable, "disable", value);
	default:
		return add_protection(&globals->allow_missing, "allow-missing", value);
	}
}

static const char *environment_value(const char *name)
{
	const char *value = secure_getenv(name);

	return value && *value ? value : NULL;
}

/* Adds the ':'-separated parts of `text`, which is cut up. */
static int add_parts(struct string_list *list, char *text)
{
	char *save = NULL;

	for (char *part = strtok_r(text, ":", &save); part; part = strtok_r(NULL, ":", &save)) {
		int r = string_list_add(list, part);

		if (r)
			return r;
	}
	return 0;
}

int globals_finish(struct cli_globals *globals)
{
	const char *executors = environment_value("CODEEXEC_EXECUTORS_DIR");
	const char *plugins = environment_value("CODEEXEC_PLUGIN_DIR");
	size_t first = executors ? strlen(executors) + 1 : 1;
	int r = 0;

	if (!globals->supervisor)
		globals->supervisor = environment_value("CODEEXEC_SUPERVISOR");
	if (!globals->runtimes_dir)
		globals->runtimes_dir = environment_value("CODEEXEC_RUNTIMES_DIR");
	globals->environment = calloc(first + (plugins ? strlen(plugins) : 0) + 1, 1);
	if (!globals->environment)
		return console_error("no memory left");
	if (executors)
		strcpy(globals->environment, executors);
	if (plugins)
		strcpy(globals->environment + first, plugins);
	if (!globals->executor_dirs.count)
		r = add_parts(&globals->executor_dirs, globals->environment);
	if (!r && !globals->plugin_dirs.count)
		r = add_parts(&globals->plugin_dirs, globals->environment + first);
	return r;
}

void globals_release(struct cli_globals *globals)
{
	free(globals->executor_dirs.items);
	free(globals->plugin_dirs.items);
	free(globals->environment);
}

int globals_parse(struct cli_globals *globals, const struct option_set *own, int argc, char **argv,
		  struct arguments *out)
{
	struct option_set global = {global_specs, globals_option, globals};
	int r = options_parse(argv[0], own, &global, false, argc - 1, argv + 1, out);

	return r ? r : globals_finish(globals);
}

static void print_log(int priority, const char *message, void *user_data)
{
	(void)priority;
	(void)user_data;
	console_note("%s", message);
}

ce_sandbox_options globals_sandbox_options(const struct cli_globals *globals)
{
	ce_sandbox_options options = ce_sandbox_options_init();

	/* This process is ours alone, so it may step aside when cgroup v2 wants an empty parent. */
	options.flags = CE_SANDBOX_MOVE_HOST;
	options.executor_dirs = globals->executor_dirs.items;
	options.plugin_dirs = globals->plugin_dirs.items;
	options.supervisor_path = globals->supervisor;
	options.runtimes_dir = globals->runtimes_dir;
	options.cgroup = globals->cgroup;
	options.disable = globals->disable;
	options.allow_missing = globals->allow_missing;
	options.log = globals->verbose ? print_log : NULL;
	return options;
}

int cli_error(const char *doing, ce_error *error)
{
	if (!error)
		console_error("%s%sno memory left", doing ? doing : "", doing ? ": " : "");
	else if (doing)
		console_error("%s: %s", doing, ce_error_message(error));
	else
		console_error("%s", ce_error_message(error));
	ce_error_free(error);
	return EXIT_OWN_ERROR;
}

int sandbox_open(const struct cli_globals *globals, const ce_sandbox_options *options, ce_sandbox **out)
{
	ce_sandbox_options asked = *options;
	ce_error *error = NULL;
	int r;

	/* Before settling for weaker limits, see whether systemd gives us real ones. */
	if (scope_reachable(globals))
		asked.flags &= ~CE_SANDBOX_ALLOW_WEAKER;
	r = ce_sandbox_create(&asked, out, &error);
	if (r == CE_ERR_UNSUPPORTED && scope_reachable(globals) && error &&
	    strstr(ce_error_message(error), "cgroup")) {
		scope_enter(globals);
		if (options->flags & CE_SANDBOX_ALLOW_WEAKER) {
			ce_error_free(error);
			error = NULL;
			r = ce_sandbox_create(options, out, &error);
		}
	}
	return r ? cli_error(NULL, error) : 0;
}

void sandbox_note_load_errors(const ce_sandbox *sandbox)
{
	size_t n = ce_sandbox_load_error_count(sandbox);

	for (size_t i = 0; i < n; i++)
		console_note("an executor was left out: %s",
			     ce_error_message(ce_sandbox_load_error(sandbox, i)));
}
