/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What ended a JavaScript program: the uncaught exception as node, bun and deno print it. All three end with
 * status 1 after one. */
#ifndef CE_EXECUTORS_V8_H
#define CE_EXECUTORS_V8_H

#include "common/text.h"

static inline int is_script(struct slice file)
{
	static const char *const extensions[] = {".js",  ".cjs", ".mjs", ".ts",
						 ".mts", ".cts", ".jsx", ".tsx"};

	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (ends_with(file, extensions[i]))
			return 1;
	return 0;
}

/* Of the program: relative, or in the work directory; `node:internal/...` and the like are not. */
static inline int is_own_script(struct slice file)
{
	return is_script(file) && (file.text[0] != '/' || starts_with(file, WORK_PREFIX)) &&
	       !starts_with(file, "node:");
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

/* `NAME: MESSAGE`, `NAME [CODE]: MESSAGE` or `NAME`, which is taken apart. */
static inline int read_script_name(struct slice line, struct finding *f)
{
	const char *end;
	size_t n = 0;

	while (n < line.size &&
	       (is_word_byte((unsigned char)line.text[n]) || line.text[n] == '.' || line.text[n] == '$'))
		n++;
	f->type = (struct slice){line.text, n};
	line = skip(line, n);
	if (starts_with(line, " [") && (end = memchr(line.text, ']', line.size)))
		line = skip(line, (size_t)(end - line.text) + 1);
	f->message = line.size ? skip_spaces(skip(line, 1)) : line;
	return n > 0 && (!line.size || line.text[0] == ':');
}

/* An error by its own words: deno and bun begin with `error: ` and the like, others with a name that says so.
 */
static inline int read_script_error(struct slice line, struct finding *f)
{
	static const char *const heads[] = {"error: Uncaught (in promise) ", "error: Uncaught ", "Uncaught ",
					    "error: "};
	const struct slice none = {"", 0};
	struct finding named;
	size_t i = 0;

	while (i < sizeof(heads) / sizeof(heads[0]) && !starts_with(line, heads[i]))
		i++;
	if (i < sizeof(heads) / sizeof(heads[0])) {
		f->severity = "error";
		f->message = line = skip(line, strlen(heads[i]));
		f->type = none;
	}
	if (read_script_name(line, &named) &&
	    (ends_with(named.type, "Error") || ends_with(named.type, "Exception") || i < 3)) {
		f->severity = "error";
		f->type = named.type;
		f->message = named.message;
	}
	return f->severity != NULL;
}

/* Where in what node prints a line stands; of the other runtimes the first state is the only one. */
enum script_state {
	SCRIPT_ANYWHERE = 0,
	SCRIPT_SOURCE, /* after `FILE:LINE` */
	SCRIPT_CARETS,
	SCRIPT_BEFORE_ERROR, /* after the carets */
	SCRIPT_TEXT,         /* in the error's text, which may have several lines */
	SCRIPT_FRAMES
};

struct script_reader {
	enum script_state state;
	struct finding error;  /* the last one seen */
	struct finding head;   /* the place that node names before it, which syntax errors alone have */
	struct slice previous; /* line */
	struct slice
	    text; /* of the other runtimes: the message, if all lines up to the frames belong to it */
	int placed, uncaught;
};

static inline void take_script_place(struct script_reader *r, const struct finding *place)
{
	r->error.file = place->file;
	r->error.line = place->line;
	r->error.column = place->column;
	r->placed = 1;
}

static inline int is_carets(struct slice line)
{
	struct slice rest = skip_spaces(line);

	while (rest.size && (rest.text[0] == '^' || rest.text[0] == '~'))
		rest = skip(rest, 1);
	return line.size > 0 && line.text[line.size - 1] != ' ' && rest.size == 0;
}

/* Longer a message is not kept. */
static inline void extend_script_text(struct slice *text, struct slice line)
{
	if (text->size < 8192)
		*text = before(*text, line.text + line.size);
}

static inline void trim_script_text(struct slice *text)
{
	while (text->size && (text->text[text->size - 1] == '\n' || text->text[text->size - 1] == '\r'))
		text->size--;
}

/* After the carets: an empty line and an Error, or at once anything else that was thrown. */
static inline void begin_script_text(struct script_reader *r, struct slice line)
{
	const struct slice none = {"", 0};
	int is_error = !r->previous.size;

	clear_finding(&r->error);
	r->error.severity = "error";
	r->placed = 0;
	r->uncaught = 1;
	r->state = SCRIPT_TEXT;
	if (is_error && read_script_name(line, &r->error))
		return;
	r->error.type = none;
	r->error.message = line;
}

/* `FILE:LINE` alone, of the program, or of node itself, which is no place to name. */
static inline int read_node_head(struct script_reader *r, struct slice line)
{
	struct finding place;

	clear_finding(&place);
	if (starts_with(line, "node:")) {
		line = skip(line, strlen("node:"));
		if (!take_place(&line, &place) || line.size)
			return 0;
		clear_finding(&place);
	} else if (!(starts_with(line, "/") || starts_with(line, "file://")) ||
		   !read_script_place(line, &place)) {
		return 0;
	}
	r->head = place;
	r->state = SCRIPT_SOURCE;
	return 1;
}

static inline void read_node_frame(struct script_reader *r, struct slice line)
{
	struct finding place;

	clear_finding(&place);
	if (!r->placed && read_script_frame(line, &place))
		take_script_place(r, &place);
	r->state = starts_with(line, "Node.js v") ? SCRIPT_ANYWHERE : SCRIPT_FRAMES;
}

/* A line of what node prints; 0: it is nothing of the kind. */
static inline int read_node_line(struct script_reader *r, struct slice line)
{
	int is_hint = starts_with(line, "(Use `node --trace-uncaught");

	switch (r->state) {
	case SCRIPT_SOURCE:
		if (!read_node_head(r, line))
			r->state = SCRIPT_CARETS;
		return 1;
	case SCRIPT_CARETS:
		r->state = is_carets(line) ? SCRIPT_BEFORE_ERROR : SCRIPT_ANYWHERE;
		return r->state != SCRIPT_ANYWHERE;
	case SCRIPT_BEFORE_ERROR:
		if (is_hint) { /* a symbol has no text */
			begin_script_text(r, (struct slice){"", 0});
			r->state = SCRIPT_FRAMES;
		} else if (line.size) {
			begin_script_text(r, line);
		}
		return 1;
	case SCRIPT_TEXT:
		if (!is_hint && !starts_with(line, "    at ") && !starts_with(line, "Node.js v"))
			extend_script_text(&r->error.message, line);
		else
			read_node_frame(r, line);
		return 1;
	case SCRIPT_FRAMES:
		read_node_frame(r, line);
		return 1;
	default:
		return 0;
	}
}

/* The message has ended, with all its lines. */
static inline void end_other_text(struct script_reader *r)
{
	if (r->text.size)
		r->error.message = r->text;
	r->text.size = 0;
}

/* bun shows the source before the error, deno between its text and its frames. */
static inline void read_other_line(struct script_reader *r, struct slice line)
{
	struct finding candidate;

	clear_finding(&candidate);
	if (read_node_head(r, line))
		return;
	if (starts_with(skip_spaces(line), "at ")) {
		end_other_text(r);
		if (r->error.severity && !r->placed && read_script_frame(line, &candidate))
			take_script_place(r, &candidate);
	} else if (is_carets(line)) {
		if (r->text.size && r->previous.text > r->text.text &&
		    r->previous.text < r->text.text + r->text.size)
			r->text = before(r->text, r->previous.text);
		end_other_text(r);
	} else if (line.size && line.text[0] == ' ') {
		return;
	} else if (read_script_error(line, &candidate) && (candidate.type.size || !r->placed)) {
		r->error = candidate;
		r->text = candidate.message;
		r->placed = 0;
		r->uncaught = find(line, "Uncaught ") != NULL;
	} else if (r->text.size) {
		extend_script_text(&r->text, line);
	}
}

/* node: `FILE:LINE`, the source line, a caret, an empty line, the error, its frames, an empty line, `Node.js
 * v20`. */
static inline int explain_script(const ce_plugin_host *host, ce_plugin_call *call,
				 const ce_plugin_output *output)
{
	struct slice rest = {output->errors, output->errors_size};
	struct script_reader r;

	if (output->exit_code >= 0 && output->exit_code != 1)
		return 0;
	memset(&r, 0, sizeof(r));
	clear_finding(&r.error);
	clear_finding(&r.head);
	while (rest.size) {
		struct slice line = take_line(&rest);

		if (!read_node_line(&r, line))
			read_other_line(&r, line);
		r.previous = line;
	}
	trim_script_text(&r.error.message);
	if (r.error.severity && !r.placed && r.head.line)
		take_script_place(&r, &r.head);
	/* Without type and place it is a line that any program could have printed. */
	if (!r.error.severity || (!r.error.type.size && !r.placed && !r.uncaught))
		return 0;
	return report(host, call, &r.error);
}

#endif
