/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"

enum {
	RUN_LANGUAGE = 100,
	RUN_CODE,
	RUN_STDIN,
	RUN_LIMIT,
	RUN_COMPILE_LIMIT,
	RUN_ENV,
	RUN_OPTION,
	RUN_FILE,
	RUN_DEPENDENCY,
	RUN_OUTPUT,
	RUN_OUTPUT_DIR,
	RUN_NETWORK,
	RUN_ALLOW_WEAKER,
	RUN_KILL_ON_OUTPUT_LIMIT,
	RUN_FRESH_SLOTS,
	RUN_JSON
};

static const struct option_spec run_specs[] = {
    {"language", 'l', true, RUN_LANGUAGE},
    {"code", 'c', true, RUN_CODE},
    {"stdin", 0, true, RUN_STDIN},
    {"limit", 0, true, RUN_LIMIT},
    {"compile-limit", 0, true, RUN_COMPILE_LIMIT},
    {"env", 0, true, RUN_ENV},
    {"option", 'o', true, RUN_OPTION},
    {"file", 0, true, RUN_FILE},
    {"dependency", 0, true, RUN_DEPENDENCY},
    {"output", 0, true, RUN_OUTPUT},
    {"output-dir", 0, true, RUN_OUTPUT_DIR},
    {"network", 0, true, RUN_NETWORK},
    {"allow-weaker", 0, false, RUN_ALLOW_WEAKER},
    {"kill-on-output-limit", 0, false, RUN_KILL_ON_OUTPUT_LIMIT},
    {"fresh-slots", 0, false, RUN_FRESH_SLOTS},
    {"json", 0, false, RUN_JSON},
    {NULL, 0, false, 0},
};

static int read_network(struct run_request *run, const char *value)
{
	if (!strcmp(value, "none"))
		run->network = CE_NETWORK_NONE;
	else if (!strcmp(value, "loopback"))
		run->network = CE_NETWORK_LOOPBACK;
	else
		return console_error(
		    "--network: unknown value '%s' (there are none and loopback; a sandbox never reaches "
		    "other machines)",
		    value);
	return 0;
}

static int add_env(struct run_request *run, const char *value)
{
	if (!strchr(value, '=') || *value == '=')
		return console_error(
		    "--env: '%s' is not NAME=VALUE (nothing is taken over from the environment of "
		    "codeexec)",
		    value);
	return string_list_add(&run->env, value);
}

/* [debian:]NAME[@VERSION]; an '@' at the beginning belongs to the name. */
static int add_dependency(struct run_request *run, const char *value)
{
	ce_dependency *list = reallocarray(run->dependencies, run->dependency_count + 1, sizeof(*list));
	bool debian = !strncmp(value, "debian:", 7);
	char *name = strdup(debian ? value + 7 : value), *at;

	if (list)
		run->dependencies = list;
	if (!list || !name) {
		free(name);
		return console_error("no memory left");
	}
	at = *name ? strchr(name + 1, '@') : NULL;
	if (at)
		*at++ = '\0';
	list[run->dependency_count++] = (ce_dependency){.name = name, .version = at, .source = debian ? "debian" : NULL};
	return 0;
}

static int run_option(void *context, int id, const char *value)
{
	struct run_request *run = context;

	switch (id) {
	case RUN_LANGUAGE:
		run->language = value;
		return 0;
	case RUN_CODE:
		run->code_text = value;
		return 0;
	case RUN_STDIN:
		run->stdin_path = value;
		return 0;
	case RUN_LIMIT:
		return limits_read("limit", value, &run->limits);
	case RUN_COMPILE_LIMIT:
		return limits_read("compile-limit", value, &run->compile_limits);
	case RUN_ENV:
		return add_env(run, value);
	case RUN_DEPENDENCY:
		return add_dependency(run, value);
	case RUN_OPTION:
		return string_list_add(&run->options, value);
	case RUN_FILE:
		return string_list_add(&run->file_specs, value);
	case RUN_OUTPUT:
		return string_list_add(&run->outputs, value);
	case RUN_OUTPUT_DIR:
		run->output_dir = value;
		return 0;
	case RUN_NETWORK:
		return read_network(run, value);
	case RUN_ALLOW_WEAKER:
		run->allow_weaker = true;
		return 0;
	case RUN_KILL_ON_OUTPUT_LIMIT:
		run->kill_on_output_limit = true;
		return 0;
	case RUN_FRESH_SLOTS:
		run->fresh_slots = true;
		return 0;
	default:
		run->json = true;
		return 0;
	}
}

/* Which of the arguments is the program, and do the options go together? */
static int check_arguments(struct run_request *run, const struct arguments *arguments)
{
	size_t used = 0;

	run->args = arguments->rest;
	if (!run->code_text && arguments->plain_count)
		run->path = arguments->plain[used++];
	else if (!run->code_text && run->args && run->args[0])
		run->path = *run->args++; /* "run -- -odd-name.py" */
	if (!run->code_text && !run->path)
		return console_error(
		    "nothing to run: a FILE, '-' or -c CODE is missing (see 'codeexec run --help')");
	if (arguments->plain_count > used && run->code_text)
		return console_error("'%s': -c already gives the program (its arguments stand after '--')",
				     arguments->plain[used]);
	if (arguments->plain_count > used)
		return console_error(
		    "'%s': only one FILE can be run (the program's arguments stand after '--', further "
		    "files go with --file)",
		    arguments->plain[used]);
	if (run->path && run->stdin_path && !strcmp(run->path, "-") && !strcmp(run->stdin_path, "-"))
		return console_error("--stdin -: standard input already gives the program");
	if (run->outputs.count && !run->output_dir && !run->json)
		return console_error("--output: where to? (add --output-dir DIR, or --json)");
	if (run->output_dir && !run->outputs.count)
		return console_error("--output-dir: nothing to bring back (add --output NAME-OR-GLOB)");
	return 0;
}

int request_parse(struct run_request *run, struct cli_globals *globals, int argc, char **argv)
{
	struct option_set own = {run_specs, run_option, run};
	struct arguments arguments;
	int r;

	run->limits = ce_limits_init();
	run->compile_limits = ce_limits_init();
	r = globals_parse(globals, &own, argc, argv, &arguments);
	if (r || globals->help)
		return r;
	return check_arguments(run, &arguments);
}

/* "PATH" or "PATH:NAME"; a file that is really called "a:b" is meant as it is. */
static int load_file(const char *spec, struct blob *blob, char **name)
{
	const char *colon = access(spec, F_OK) ? strrchr(spec, ':') : NULL;
	char *path = colon ? strndup(spec, (size_t)(colon - spec)) : strdup(spec);
	const char *slash;
	int r;

	if (!path)
		return console_error("no memory left");
	slash = strrchr(path, '/');
	*name = strdup(colon ? colon + 1 : slash ? slash + 1 : path);
	r = *name ? source_read(path, blob) : console_error("no memory left");
	free(path);
	return r;
}

static int load_files(struct run_request *run)
{
	size_t n = run->file_specs.count;

	if (!n)
		return 0;
	run->file_blobs = calloc(n, sizeof(*run->file_blobs));
	run->file_names = calloc(n, sizeof(*run->file_names));
	run->files = calloc(n, sizeof(*run->files));
	if (!run->file_blobs || !run->file_names || !run->files)
		return console_error("no memory left");
	for (size_t i = 0; i < n; i++) {
		int r = load_file(run->file_specs.items[i], &run->file_blobs[i], &run->file_names[i]);

		if (r)
			return r;
		run->files[i] =
		    (ce_file){run->file_names[i], run->file_blobs[i].data, run->file_blobs[i].size};
	}
	return 0;
}

int request_load(struct run_request *run, const ce_sandbox *sandbox)
{
	int r = 0;

	if (run->code_text) {
		run->code.data = strdup(run->code_text);
		run->code.size = strlen(run->code_text);
		if (!run->code.data)
			return console_error("no memory left");
	} else {
		r = source_read(run->path, &run->code);
	}
	if (!r && !run->language) {
		const char *path = run->path && strcmp(run->path, "-") != 0 ? run->path : NULL;

		run->language = source_language(sandbox, path, &run->code);
		if (!run->language)
			r = EXIT_OWN_ERROR;
	}
	if (!r && run->stdin_path)
		r = source_read(run->stdin_path, &run->input);
	return r ? r : load_files(run);
}

bool request_is_interactive(const struct run_request *run)
{
	/* With --json the caller is a program, whose own standard input is often one that never ends. */
	return !run->json && !run->stdin_path && !(run->path && !strcmp(run->path, "-"));
}

ce_request request_for_library(const struct run_request *run)
{
	ce_request request = ce_request_init();

	request.language = run->language;
	request.code = run->code.data;
	request.code_size = run->code.size;
	request.files = run->files;
	request.file_count = run->file_specs.count;
	request.input = run->input.data;
	request.input_size = run->input.size;
	request.args = (const char *const *)run->args;
	request.env = run->env.items;
	request.options = run->options.items;
	request.outputs = run->outputs.items;
	request.limits = &run->limits;
	request.compile_limits = &run->compile_limits;
	request.network = run->network;
	request.dependencies = run->dependencies;
	request.dependency_count = run->dependency_count;
	if (request_is_interactive(run))
		request.flags |= CE_REQUEST_INTERACTIVE;
	return request;
}

void request_release(struct run_request *run)
{
	for (size_t i = 0; i < run->file_specs.count; i++) {
		if (run->file_blobs)
			free(run->file_blobs[i].data);
		if (run->file_names)
			free(run->file_names[i]);
	}
	for (size_t i = 0; i < run->dependency_count; i++)
		free((void *)(uintptr_t)run->dependencies[i].name); /* the version is of the same memory */
	free(run->dependencies);
	free(run->file_blobs);
	free(run->file_names);
	free(run->files);
	free(run->code.data);
	free(run->input.data);
	free(run->env.items);
	free(run->options.items);
	free(run->file_specs.items);
	free(run->outputs.items);
}
