/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * codeexec: run code that nobody trusts from the command line. */
#include "cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"

struct command {
	const char *name;
	int (*function)(struct cli_globals *globals, int argc, char **argv);
};

static const struct command commands[] = {
    {"run", command_run},     {"languages", command_languages}, {"doctor", command_doctor},
    {"check", command_check}, {"lint", command_lint},           {"prebuild", command_prebuild},
    {"layer", command_layer},     {"version", command_version},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

int command_version(struct cli_globals *globals, int argc, char **argv)
{
	struct arguments arguments;
	struct page page;
	int r = globals_parse(globals, NULL, argc, argv, &arguments);

	if (r)
		return r;
	if (globals->help)
		return help_print("version");
	if (page_open(&page))
		return EXIT_OWN_ERROR;
	fprintf(page.out, "codeexec %s (libcodeexec %s)\n", CE_VERSION, ce_version());
	return page_print(&page);
}

static int unknown_command(const char *name)
{
	const char *names[COMMAND_COUNT + 1], *near;

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i].name;
	names[COMMAND_COUNT] = NULL;
	near = options_nearest(name, names);
	if (near)
		return console_error("unknown command '%s' (did you mean '%s'?)", name, near);
	if (strchr(name, '.') || strchr(name, '/'))
		return console_error("unknown command '%s' (to run a file: codeexec run %s)", name, name);
	return console_error("unknown command '%s' (see 'codeexec --help')", name);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* "codeexec help run" */
static int command_help(size_t count, char **words)
{
	if (count < 2)
		return help_print(NULL);
	return find_command(words[1]) ? help_print(words[1]) : unknown_command(words[1]);
}

static int dispatch(struct cli_globals *globals, int argc, char **argv)
{
	struct option_set global = {global_specs, globals_option, globals};
	const struct command *command;
	struct arguments arguments;
	static char version_word[] = "version";
	char *version[] = {version_word, NULL};
	int r = options_parse(NULL, NULL, &global, true, argc - 1, argv + 1, &arguments);

	if (r)
		return r;
	if (globals->version)
		return command_version(globals, 1, version);
	if (!arguments.plain_count && globals->help)
		return help_print(NULL);
	if (!arguments.plain_count)
		return console_error(
		    "a command is missing: run, languages, doctor, check, lint or version (see "
		    "'codeexec --help')");
	if (!strcmp(arguments.plain[0], "help"))
		return command_help(arguments.plain_count, arguments.plain);
	command = find_command(arguments.plain[0]);
	if (!command)
		return unknown_command(arguments.plain[0]);
	return command->function(globals, (int)arguments.plain_count, arguments.plain);
}

int main(int argc, char **argv)
{
	struct cli_globals globals = {.verbose = false};
	size_t count = argc > 0 ? (size_t)argc : 0;
	int r;

	console_init();
	/* A reader that goes away is an error of write(2) to tell of, not the end of us with a sandbox at
	 * work. */
	signal(SIGPIPE, SIG_IGN);
	globals.in_scope = scope_leave_mark();
	globals.argv = calloc(count + 1, sizeof(*argv)); /* options_parse() reorders the original */
	if (!globals.argv)
		return console_error("no memory left");
	memcpy(globals.argv, argv, count * sizeof(*argv));
	r = count > 0 ? dispatch(&globals, argc, argv) : console_error("no argv[0]");
	globals_release(&globals);
	free(globals.argv);
	return r;
}
