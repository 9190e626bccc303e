/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The commands of `codeexec` and what they share. The program is single-threaded, but for `check --all`, and built on the installed
 * public interface alone. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <codeexec/codeexec.h>

#include "console.h"
#include "options.h"

/* Exit statuses of `codeexec run` beside the program's own. */
#define EXIT_TIMEOUT 124
#define EXIT_COMPILATION_ERROR 123
#define EXIT_OTHER_LIMIT 122
#define EXIT_SIGNAL_BASE 128

/* Growing array of strings, NULL-terminated in `items`. The array is owned, the strings are argv's. */
struct string_list {
	const char **items;
	size_t count;
};

/* 0, or EXIT_OWN_ERROR after a message. */
int string_list_add(struct string_list *list, const char *item);

/* What stands before or after the command's name and means the same for all of them. */
struct cli_globals {
	struct string_list executor_dirs;
	struct string_list plugin_dirs;
	char *environment; /* the split copies of CODEEXEC_*_DIR; owned */
	const char *supervisor;
	const char *runtimes_dir;
	const char *cgroup;
	uint64_t disable, allow_missing;
	bool verbose;
	bool help;
	bool version;
	bool in_scope; /* we already run in the systemd scope that scope_enter() asked for */
	char **argv;   /* of main(): scope_enter() runs it again */
};

/* Ends with a spec without a name. */
extern const struct option_spec global_specs[];
/* The option_fn of global_specs; its context is a struct cli_globals. */
int globals_option(void *globals, int id, const char *value);
/* Fills in from the environment what the command line did not say. */
int globals_finish(struct cli_globals *globals);
void globals_release(struct cli_globals *globals);
/* parse_options for a command: its own options and the global ones. */
int globals_parse(struct cli_globals *globals, const struct option_set *own, int argc, char **argv,
		  struct arguments *out);

/* Options with everything that `globals` says; to be changed further by the command. */
ce_sandbox_options globals_sandbox_options(const struct cli_globals *globals);
/* Creates a sandbox. May run the whole program again inside a delegated systemd scope and then does not
 * return; 0, or EXIT_OWN_ERROR after a message. */
int sandbox_open(const struct cli_globals *globals, const ce_sandbox_options *options, ce_sandbox **out);
/* One note for each manifest or plugin that was refused. */
void sandbox_note_load_errors(const ce_sandbox *sandbox);

/* True if there is a systemd user manager that could delegate a cgroup to us and it was not asked yet. */
bool scope_reachable(const struct cli_globals *globals);
/* Runs this program again in such a scope; returns only if that failed, with a note. */
void scope_enter(const struct cli_globals *globals);
/* Says whether this is the second run and removes its mark from the environment. */
bool scope_leave_mark(void);

/* "message (hint)" of a library error, which is then freed. Always returns EXIT_OWN_ERROR. */
int cli_error(const char *doing, ce_error *error);

/* Prints the help of a command, or of the program for NULL. 0 or EXIT_OWN_ERROR. */
int help_print(const char *command);

int command_run(struct cli_globals *globals, int argc, char **argv);
int command_languages(struct cli_globals *globals, int argc, char **argv);
int command_doctor(struct cli_globals *globals, int argc, char **argv);
int command_check(struct cli_globals *globals, int argc, char **argv);
int command_lint(struct cli_globals *globals, int argc, char **argv);
int command_layer(struct cli_globals *globals, int argc, char **argv);
int command_prebuild(struct cli_globals *globals, int argc, char **argv);
int command_version(struct cli_globals *globals, int argc, char **argv);

#endif
