/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Go: a program of one package that uses nothing but the standard library is compiled and linked directly against
 * archives that were made when Go was installed: `go build` spends its time finding out that it need not build them.
 * All else is left to `go build`. Errors and panics become diagnostics. */
#include "common/text.h"

#include <stdio.h>

/* The tools' directory and the list of archives follow as $0 and $1. The compiler speaks on stdout. */
static const char direct[] =
    "tools=$0 list=$1; shift; \"$tools/compile\" -p main -complete -pack -trimpath \"$PWD\" -importcfg \"$list\" "
    "-o main.a \"$@\" >&2 && exec \"$tools/link\" -s -w -importcfg \"$list\" -o main main.a";

/* C, embedded files and conditions are the build tool's business as well. `find` may find them in a string: then it
 * takes longer, and is right all the same. */
static int needs_build_tool(const ce_file *file)
{
	static const char *const marks[] = {"//go:", "// +build", "\"C\""};
	struct slice name = {file->name, strlen(file->name)};
	struct slice code = {file->data, file->data_size};

	if (memchr(name.text, '/', name.size) || is_same(name, "go.mod") || is_same(name, "go.work"))
		return 1;
	if (!ends_with(name, ".go"))
		return ends_with(name, ".s") || ends_with(name, ".syso");
	/* main_windows.go, main_test.go */
	if (memchr(name.text, '_', name.size) || name.text[0] == '.')
		return 1;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (code.size && find(code, marks[i]))
			return 1;
	return 0;
}

static int is_plain(const ce_plugin_request *request)
{
	for (size_t i = 0; i < request->file_count; i++)
		if (needs_build_tool(&request->files[i]))
			return 0;
	return 1;
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	static const char *const shell[] = {"/bin/sh", "-c", direct, "/usr/lib/go/pkg/tool/linux_amd64", NULL};
	static const char *const sources[] = {"{sources}", NULL};
	char list[512];

	snprintf(list, sizeof(list), "%s/importcfg", runtime->prebuilt ? runtime->prebuilt : "");
	if (runtime->prebuilt && host->find_file(call, list) && is_plain(request)) {
		for (size_t i = 0; shell[i]; i++)
			host->add_argument(call, CE_STAGE_COMPILE, shell[i]);
		host->add_argument(call, CE_STAGE_COMPILE, list);
		host->expand(call, CE_STAGE_COMPILE, sources);
	} else {
		host->expand(call, CE_STAGE_COMPILE, runtime->compile->command);
	}
	return host->expand(call, CE_STAGE_RUN, runtime->run->command);
}

/* `./main.go:5:2: undefined: x` */
static int explain_compiler(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	int r = 0;

	while (rest.size && r == 0) {
		struct slice line = take_line(&rest);
		struct finding f;

		clear_finding(&f);
		if (take_place(&line, &f) && ends_with(f.file, ".go") && starts_with(line, ": ")) {
			f.message = skip(line, 2);
			f.file = relative(f.file);
		} else if (find(line, "function main is undeclared in the main package")) {
			clear_finding(&f);
			f.type = (struct slice){"linker", 6};
			f.message = (struct slice){"function main is undeclared in the main package", 47};
		} else {
			continue;
		}
		f.severity = "error";
		r = report(host, call, &f);
	}
	return r < 0 ? r : 0;
}

/* The program's own functions are those of package main; the place is in the line after each:
 * `main.f(...)` and `	main.go:8 +0x1d` */
static int read_frame(struct slice line, struct slice rest, struct finding *f)
{
	struct slice place = rest;

	if (!starts_with(line, "main."))
		return 0;
	place = take_line(&place);
	if (!starts_with(place, "\t"))
		return 0;
	place = skip(place, 1);
	if (!take_place(&place, f))
		return 0;
	f->file = relative(f->file);
	return 1;
}

/* `panic: MESSAGE`, perhaps more of its lines, an empty one, `goroutine 1 [running]:` and its frames */
static int explain_panic(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	struct finding f;

	clear_finding(&f);
	while (rest.size && f.line == 0) {
		struct slice line = take_line(&rest);

		if (starts_with(line, "panic: ")) {
			f.type = (struct slice){"panic", 5};
			f.message = skip(line, strlen("panic: "));
		} else if (starts_with(line, "fatal error: ")) {
			f.type = (struct slice){"fatal error", 11};
			f.message = skip(line, strlen("fatal error: "));
		} else if (f.type.size) {
			read_frame(line, rest, &f);
		}
	}
	f.column = 0;
	f.severity = "error";
	return f.type.size ? report(host, call, &f) : 0;
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	const struct slice errors = {output->errors, output->errors_size};

	(void)runtime;
	if (output->stage == CE_STAGE_COMPILE)
		return explain_compiler(host, call, errors);
	/* A panic that nobody recovers from ends a program with status 2. */
	return output->exit_code == 2 || output->exit_code < 0 ? explain_panic(host, call, errors) : 0;
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "go",
	    .prepare = prepare,
	    .explain = explain,
	};

	return &plugin;
}
