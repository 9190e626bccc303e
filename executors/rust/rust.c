/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Rust: linked with mold where it is installed; errors of the compiler and panics become diagnostics. */
#include "common/text.h"

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	(void)request;
	host->expand(call, CE_STAGE_COMPILE, runtime->compile->command);
	if (host->find_program(call, "mold")) {
		host->add_argument(call, CE_STAGE_COMPILE, "-C");
		host->add_argument(call, CE_STAGE_COMPILE, "link-arg=-fuse-ld=mold");
	}
	return host->expand(call, CE_STAGE_RUN, runtime->run->command);
}

/* `error[E0425]: MESSAGE`, `error: MESSAGE`, `warning: MESSAGE` */
static int read_head(struct slice line, struct finding *f)
{
	const char *close;

	clear_finding(f);
	if (starts_with(line, "warning: ")) {
		f->severity = "warning";
		f->message = skip(line, strlen("warning: "));
	} else if (starts_with(line, "error: ")) {
		f->severity = "error";
		f->message = skip(line, strlen("error: "));
	} else if (starts_with(line, "error[") && (close = find(line, "]: ")) != NULL) {
		f->severity = "error";
		f->type = before(skip(line, strlen("error[")), close);
		f->message = skip(line, (size_t)(close - line.text) + 3);
	}
	return f->severity != NULL;
}

/* The last lines count what came before. */
static int is_sum(const struct finding *f)
{
	return starts_with(f->message, "aborting due to ") || ends_with(f->message, " warning emitted") ||
	       ends_with(f->message, " warnings emitted");
}

/* `  --> main.rs:2:20`, the first of them after a head */
static int read_place(struct slice line, struct finding *f)
{
	line = skip_spaces(line);
	if (!starts_with(line, "--> "))
		return 0;
	line = skip(line, 4);
	return take_place(&line, f);
}

static int explain_compiler(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	struct finding pending, next;
	int r = 0;

	clear_finding(&pending);
	while (rest.size && r == 0) {
		struct slice line = take_line(&rest);

		if (read_head(line, &next)) {
			if (pending.severity && !is_sum(&pending))
				r = report(host, call, &pending);
			pending = next;
		} else if (pending.severity && pending.line == 0) {
			read_place(line, &pending);
		}
	}
	if (r == 0 && pending.severity && !is_sum(&pending))
		r = report(host, call, &pending);
	return r < 0 ? r : 0;
}

/* `thread 'main' (7) panicked at main.rs:2:5:` and the message in the next line; before Rust 1.73
 * `thread 'main' panicked at 'MESSAGE', main.rs:2:5` */
static int read_panic(struct slice line, struct slice rest, struct finding *f)
{
	const char *at = find(line, " panicked at ");

	if (!starts_with(line, "thread '") || !at)
		return 0;
	clear_finding(f);
	line = skip(line, (size_t)(at - line.text) + strlen(" panicked at "));
	if (starts_with(line, "'")) {
		const char *close = NULL;

		for (size_t i = 1; i + 3 < line.size; i++)
			if (starts_with(skip(line, i), "', "))
				close = line.text + i;
		if (!close)
			return 0;
		f->message = before(skip(line, 1), close);
		line = skip(line, (size_t)(close - line.text) + 3);
	} else {
		f->message = take_line(&rest);
	}
	f->severity = "error";
	f->type = (struct slice){"panic", 5};
	if (!take_place(&line, f) || f->file.text[0] == '/') {
		f->file.size = 0; /* in a library: the program's own line is not told */
		f->line = f->column = 0;
	}
	return 1;
}

static int explain_panic(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	struct finding f, last;

	clear_finding(&last);
	while (rest.size) {
		struct slice line = take_line(&rest);

		if (read_panic(line, rest, &f))
			last = f;
	}
	return last.severity ? report(host, call, &last) : 0;
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	const struct slice errors = {output->errors, output->errors_size};

	(void)runtime;
	return output->stage == CE_STAGE_COMPILE ? explain_compiler(host, call, errors)
						 : explain_panic(host, call, errors);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "rust",
	    .prepare = prepare,
	    .explain = explain,
	};

	return &plugin;
}
