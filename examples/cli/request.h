/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What `codeexec run` was asked to do: the command line read and checked, then the files read. */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli.h"
#include "source.h"

struct run_request {
	const char *language;
	const char *path; /* of the program; "-": standard input; NULL with `code_text` */
	const char *code_text;
	const char *stdin_path;
	ce_dependency *dependencies; /* owned, and so are the names */
	size_t dependency_count;
	struct string_list env, options, file_specs, outputs;
	const char *output_dir;
	ce_limits limits, compile_limits;
	uint64_t network;
	bool allow_weaker, kill_on_output_limit, fresh_slots, json;
	char **args; /* of the program; NULL-terminated, or NULL */

	struct blob code, input; /* owned, as the following */
	struct blob *file_blobs;
	char **file_names;
	ce_file *files;
};

/* Reads the command line. 0, or EXIT_OWN_ERROR after a message. globals->help may be set after success. */
int request_parse(struct run_request *run, struct cli_globals *globals, int argc, char **argv);
/* Reads the program, its input and the further files, and finds the language. After sandbox_open(), which may
 * run this program again, so that nothing of standard input is lost. */
int request_load(struct run_request *run, const ce_sandbox *sandbox);
/* True if our standard input goes to the program as it comes. */
bool request_is_interactive(const struct run_request *run);
/* The request for the library; borrows from `run`. */
ce_request request_for_library(const struct run_request *run);
void request_release(struct run_request *run);

#endif
