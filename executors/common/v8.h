/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What ended a JavaScript program: the uncaught exception as node, bun and deno print it. All three end with status 1
 * after one. */
#ifndef CE_EXECUTORS_V8_H
#define CE_EXECUTORS_V8_H

#include "common/text.h"

static inline int is_script(struct slice file)
{
	static const char *const extensions[] = {".js", ".cjs", ".mjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"};

	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (ends_with(file, extensions[i]))
			return 1;
	return 0;
}

/* Of the program: relative, or in the work directory; `node:internal/...` and the like are not. */
static inline int is_own_script(struct slice file)
{
	return is_script(file) && (file.text[0] != '/' || starts_with(file, WORK_PREFIX)) && !starts_with(file, "node:");
}

static inline struct slice strip_scheme(struct slice file)
{
	return starts_with(file, "file://") ? skip(file, strlen("file://")) : file;
}

/* `FILE:LINE[:COLUMN]`, from the end of the text, since FILE may have colons. */
static inline int read_script_place(struct slice text, struct finding *f)
{
	struct finding place;

	text = strip_scheme(text);
	clear_finding(&place);
	if (starts_with(text, "node:") || starts_with(text, "ext:") || !take_place(&text, &place) ||
	    !is_own_script(place.file))
		return 0;
	f->file = relative(place.file);
	f->line = place.line;
	f->column = place.column;
	return 1;
}

/* `    at f (/work/main.js:2:9)` or `    at /work/main.js:2:9` or `    at async ...` */
static inline int read_script_frame(struct slice line, struct finding *f)
{
	const char *open;

	line = skip_spaces(line);
	if (!starts_with(line, "at "))
		return 0;
	line = skip(line, 3);
	open = line.size ? memrchr(line.text, '(', line.size) : NULL;
	if (open)
		line = skip(line, (size_t)(open - line.text) + 1);
	else if (starts_with(line, "async "))
		line = skip(line, 6);
	return read_script_place(line, f);
}

/* `TypeError: MESSAGE`, `TypeError [CODE]: MESSAGE`, `MyError`; deno and bun begin with `error: ` and the like. */
static inline int read_script_error(struct slice line, struct finding *f)
{
	static const char *const heads[] = {"error: Uncaught (in promise) ", "error: Uncaught ", "Uncaught ", "error: "};
	struct slice type;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (starts_with(line, heads[i])) {
			line = skip(line, strlen(heads[i]));
			f->severity = "error";
			f->message = line;
			break;
		}
	}
	while (n < line.size && (is_word_byte((unsigned char)line.text[n]) || line.text[n] == '.' || line.text[n] == '$'))
		n++;
	type = (struct slice){line.text, n};
	line = skip(line, n);
	if (starts_with(line, " [") && memchr(line.text, ']', line.size))
		line = skip(line, (size_t)((const char *)memchr(line.text, ']', line.size) - line.text) + 1);
	if (!starts_with(line, ":") || !(ends_with(type, "Error") || ends_with(type, "Exception")))
		return f->severity != NULL;
	f->severity = "error";
	f->type = type;
	f->message = skip_spaces(skip(line, 1));
	return 1;
}

struct script_reader {
	struct finding error; /* the last one seen */
	struct finding head;  /* the place that node names before it, which syntax errors alone have */
	struct slice previous; /* line */
	int placed, uncaught;
};

static inline void take_script_place(struct script_reader *r, const struct finding *place)
{
	r->error.file = place->file;
	r->error.line = place->line;
	r->error.column = place->column;
	r->placed = 1;
}

static inline void read_script_line(struct script_reader *r, struct slice line)
{
	struct finding candidate;

	clear_finding(&candidate);
	if (line.size && line.text[0] == ' ') {
		if (r->error.severity && !r->placed && read_script_frame(line, &candidate))
			take_script_place(r, &candidate);
		return;
	}
	if (read_script_place(line, &candidate)) {
		r->head = candidate;
	} else if (starts_with(line, "(Use `node --trace-uncaught") && r->head.line) {
		/* Something was thrown that is no Error: its text stands before. */
		clear_finding(&r->error);
		r->error.severity = "error";
		r->error.message = r->previous;
		take_script_place(r, &r->head);
	} else if (read_script_error(line, &candidate) && (candidate.type.size || !r->placed)) {
		r->error = candidate;
		r->placed = 0;
		r->uncaught = find(line, "Uncaught ") != NULL;
	}
	if (line.size)
		r->previous = line;
}

/* node: `FILE:LINE`, the source line, a caret, an empty line, the error, its frames, an empty line, `Node.js v20`. */
static inline int explain_script(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_output *output)
{
	struct slice rest = {output->errors, output->errors_size};
	struct script_reader r;

	if (output->exit_code >= 0 && output->exit_code != 1)
		return 0;
	memset(&r, 0, sizeof(r));
	clear_finding(&r.error);
	clear_finding(&r.head);
	while (rest.size)
		read_script_line(&r, take_line(&rest));
	if (r.error.severity && !r.placed && r.head.line)
		take_script_place(&r, &r.head);
	/* Without type and place it is a line that any program could have printed. */
	if (!r.error.severity || (!r.error.type.size && !r.placed && !r.uncaught))
		return 0;
	return report(host, call, &r.error);
}

#endif
