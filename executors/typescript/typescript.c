/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * TypeScript: what esbuild and tsc say becomes diagnostics, and so does an uncaught exception, whose places the
 * runtime has already mapped back. */
#include "common/v8.h"

/* $0 is where the runtimes are; what follows is the command of the manifest, which is run if tsc finds nothing wrong. */
static const char checked[] =
    "source=$1; shift; \"$0/@typescript/typescript-linux-x64/lib/tsc\" --noEmit --target es2022 --module esnext "
    "--moduleResolution bundler --strict --skipLibCheck --ignoreConfig --typeRoots \"$0/@types\" "
    "--types node \"$source\" && exec \"$@\"";

static int wants_check(const ce_plugin_request *request)
{
	for (const char *const *option = request->options; *option; option++)
		if (strcmp(*option, "check=true") == 0)
			return 1;
	return 0;
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	static const char *const shell[] = {"/bin/sh", "-c", NULL};
	static const char *const places[] = {"{runtimes}/node_modules", "{source}", NULL};

	if (runtime->compile && wants_check(request)) {
		host->expand(call, CE_STAGE_COMPILE, shell);
		host->add_argument(call, CE_STAGE_COMPILE, checked);
		host->expand(call, CE_STAGE_COMPILE, places);
	}
	if (runtime->compile)
		host->expand(call, CE_STAGE_COMPILE, runtime->compile->command);
	return host->expand(call, CE_STAGE_RUN, runtime->run->command);
}

/* `main.ts(3,5): error TS2322: MESSAGE` */
static int read_tsc(struct slice line, struct finding *f)
{
	const char *open = memchr(line.text, '(', line.size);
	struct slice rest;
	size_t n = 0;

	if (!open)
		return 0;
	f->file = before(line, open);
	rest = skip(line, f->file.size + 1);
	f->line = take_digits(&rest);
	if (!f->line || !starts_with(rest, ","))
		return 0;
	rest = skip(rest, 1);
	f->column = take_digits(&rest);
	if (!starts_with(rest, "): error TS"))
		return 0;
	rest = skip(rest, strlen("): error "));
	while (n < rest.size && is_word_byte((unsigned char)rest.text[n]))
		n++;
	f->type = (struct slice){rest.text, n};
	rest = skip(rest, n);
	f->message = starts_with(rest, ": ") ? skip(rest, 2) : rest;
	f->severity = "error";
	return 1;
}

static int explain_tsc(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	int r = 0;

	while (rest.size && r == 0) {
		struct finding f;

		clear_finding(&f);
		if (read_tsc(take_line(&rest), &f))
			r = report(host, call, &f);
	}
	return r < 0 ? r : 0;
}

/* `X [ERROR] MESSAGE`, an empty line, `    main.ts:1:4:`; the mark is one character of UTF-8 */
static int read_esbuild_head(struct slice line, struct finding *f)
{
	static const char *const heads[][2] = {{" [ERROR] ", "error"}, {" [WARNING] ", "warning"}};

	for (size_t i = 0; i < 2; i++) {
		const char *at = find(line, heads[i][0]);

		if (!at || at - line.text > 4)
			continue;
		f->severity = heads[i][1];
		f->message = skip(line, (size_t)(at - line.text) + strlen(heads[i][0]));
		return 1;
	}
	return 0;
}

static int explain_esbuild(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	struct finding f;
	int r = 0;

	clear_finding(&f);
	while (rest.size && r == 0) {
		struct slice line = take_line(&rest), place = skip_spaces(line);
		struct finding next;

		clear_finding(&next);
		if (read_esbuild_head(line, &next)) {
			if (f.severity)
				r = report(host, call, &f);
			f = next;
		} else if (f.severity && f.line == 0 && place.text != line.text && take_place(&place, &next)) {
			f.file = next.file;
			f.line = next.line;
			f.column = next.column + 1; /* esbuild counts from 0 */
		}
	}
	if (r == 0 && f.severity)
		r = report(host, call, &f);
	return r < 0 ? r : 0;
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	int r;

	(void)runtime;
	if (output->stage == CE_STAGE_RUN)
		return explain_script(host, call, output);
	/* tsc speaks on stdout. */
	r = explain_tsc(host, call, (struct slice){output->output, output->output_size});
	return r ? r : explain_esbuild(host, call, (struct slice){output->errors, output->errors_size});
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "typescript",
	    .prepare = prepare,
	    .explain = explain,
	};

	return &plugin;
}
