/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Ruby: the exception that ended the program becomes one diagnostic, and so does each syntax error and each
 * warning. Ruby prints an exception before its causes; of its frames the innermost one in the program's own
 * files counts. What a thread died of counts if the program did not die of anything else. */
#include "common/text.h"

#define WARNINGS_MAX 32
#define MESSAGE_MAX 8192 /* the library keeps less */

enum state {
	OUTSIDE, /* of any exception */
	MESSAGE, /* in its text, which may have several lines */
	FRAMES
};

/* The class stands after the first line of the message, so the others are kept apart. */
struct exception {
	struct finding found;
	struct slice more; /* lines of the message */
	size_t more_lines;
};

struct reader {
	enum state state;
	int in_thread;            /* the next exception is one of a thread */
	struct exception current; /* what is being read */
	struct slice previous[2]; /* lines of its text: the last, and the one before */
	int message_done;
	struct exception program, thread; /* the first of each kind */
};

static int is_own_file(struct slice file)
{
	return file.size > 0 && file.text[0] != '<' && file.text[0] != '(' && file.text[0] != '#' &&
	       !memchr(file.text, ' ', file.size) && (file.text[0] != '/' || starts_with(file, WORK_PREFIX));
}

/* A constant's name, as of a class: `A::B`. */
static int is_constant(struct slice s)
{
	if (!s.size || s.text[0] < 'A' || s.text[0] > 'Z')
		return 0;
	for (size_t i = 0; i < s.size; i++)
		if (!is_word_byte((unsigned char)s.text[i]) && s.text[i] != ':')
			return 0;
	return 1;
}

/* `FILE:LINE:in 'METHOD'` at the beginning of *s, which is taken off up to the last quote; a method's name
 * may have any signs in it, but the message begins after the first `': `. */
static int take_frame(struct slice *s, struct finding *f)
{
	struct slice rest = *s;
	const char *end;

	if (!take_place(&rest, f) || f->column || !(starts_with(rest, ":in `") || starts_with(rest, ":in '")))
		return 0;
	rest = skip(rest, strlen(":in '"));
	end = find(rest, "': ");
	*s = end ? skip(rest, (size_t)(end - rest.text) + 1) : (struct slice){"", 0};
	return 1;
}

/* `MESSAGE (CLASS)`, the first line of it; `CLASS` alone if the message is empty. */
static int read_text(struct slice text, struct finding *f)
{
	const char *open = text.size ? memrchr(text.text, '(', text.size) : NULL;

	f->severity = "error";
	f->message = text;
	if (open && open > text.text && open[-1] == ' ' && ends_with(text, ")")) {
		struct slice type = skip(text, (size_t)(open - text.text) + 1);

		type.size--;
		if (is_constant(type)) {
			f->type = type;
			f->message = before(text, open - 1);
			return 1;
		}
	}
	if (is_constant(text)) {
		f->type = text;
		f->message.size = 0;
	} else if (is_same(text, "unhandled exception")) {
		f->type = (struct slice){"RuntimeError", strlen("RuntimeError")};
	}
	return f->type.size > 0;
}

/* An error in a file that was required names that file in its message. */
static void read_place_in_text(struct finding *f)
{
	struct slice text = f->message;
	struct finding place;

	clear_finding(&place);
	if (!is_same(f->type, "SyntaxError") || !take_place(&text, &place) || !is_own_file(place.file) ||
	    !starts_with(text, ": "))
		return;
	f->file = place.file;
	f->line = place.line;
	f->message = skip(text, 2);
}

/* `FILE:LINE:in 'METHOD': MESSAGE (CLASS)`, or without a method and then with a class. */
static int read_head(struct slice line, struct finding *f)
{
	struct slice rest = line;

	clear_finding(f);
	if (!line.size || line.text[0] == '\t' || line.text[0] == ' ')
		return 0;
	if (take_frame(&rest, f)) {
		if (!starts_with(rest, ": "))
			return 0;
		read_text(skip(rest, 2), f);
	} else if (f->column || !take_place(&rest, f) || !starts_with(rest, ": ") || !ends_with(rest, ")") ||
		   !read_text(skip(rest, 2), f)) {
		return 0;
	}
	if (!is_own_file(f->file)) {
		f->line = 0;
		f->file.size = 0;
	}
	read_place_in_text(f);
	return 1;
}

static void end_exception(struct reader *r)
{
	struct exception *kept = r->in_thread ? &r->thread : &r->program;

	if (r->state == OUTSIDE)
		return;
	if (!kept->found.severity)
		*kept = r->current;
	r->state = OUTSIDE;
	r->in_thread = 0;
}

static int is_carets(struct slice line)
{
	size_t marks = 0;

	for (size_t i = 0; i < line.size; i++) {
		if (line.text[i] == '^' || line.text[i] == '~')
			marks++;
		else if (line.text[i] != ' ' && line.text[i] != '\t')
			return 0;
	}
	return marks > 0;
}

/* The message goes on, until it shows the source: an empty line, the line of the program, carets. */
static void read_message_line(struct reader *r, struct slice line)
{
	struct exception *e = &r->current;

	if (r->message_done)
		return;
	if (e->more_lines && is_carets(line)) {
		e->more = before(e->more, e->more_lines > 1 && !r->previous[1].size ? r->previous[1].text
										    : r->previous[0].text);
		r->message_done = 1;
		return;
	}
	if (e->more_lines++ == 0)
		e->more = line;
	e->more = before(e->more, line.text + line.size);
	r->message_done = e->more.size > MESSAGE_MAX;
	r->previous[1] = r->previous[0];
	r->previous[0] = line;
}

static void read_line(struct reader *r, struct slice line)
{
	struct finding f;

	if (starts_with(line, "#<Thread:") && find(line, "> terminated with exception")) {
		end_exception(r);
		r->in_thread = 1;
	} else if (read_head(line, &f)) {
		end_exception(r);
		memset(&r->current, 0, sizeof(r->current));
		r->current.found = f;
		r->state = MESSAGE;
		r->message_done = 0;
	} else if (r->state != OUTSIDE && starts_with(line, "\tfrom ")) {
		line = skip(line, strlen("\tfrom "));
		r->state = FRAMES;
		clear_finding(&f);
		if (!r->current.found.line && take_frame(&line, &f) && is_own_file(f.file)) {
			r->current.found.file = f.file;
			r->current.found.line = f.line;
		}
	} else if (r->state == MESSAGE) {
		read_message_line(r, line);
	} else if (r->state == FRAMES && !starts_with(line, "\t ...")) {
		end_exception(r);
	}
}

/* `FILE:LINE: warning: MESSAGE`, and `FILE:LINE: MESSAGE`, which is how the parser speaks. */
static int read_plain(struct slice line, struct finding *f)
{
	clear_finding(f);
	if (!line.size || line.text[0] == ' ' || line.text[0] == '\t' || !take_place(&line, f) || f->column ||
	    !is_own_file(f->file) || !starts_with(line, ": "))
		return 0;
	if (read_error_or_warning(line, f) && strcmp(f->severity, "warning") == 0)
		return 1;
	f->severity = "error";
	f->type = (struct slice){"SyntaxError", strlen("SyntaxError")};
	f->message = skip(line, 2);
	return 1;
}

static int report_relative(const ce_plugin_host *host, ce_plugin_call *call, struct finding *f)
{
	f->file = relative(f->file);
	if (f->message.size > MESSAGE_MAX)
		f->message.size = MESSAGE_MAX;
	return report(host, call, f);
}

static int report_exception(const ce_plugin_host *host, ce_plugin_call *call, struct exception *e)
{
	struct slice *message = &e->found.message, more = e->more;
	char *text;

	while (more.size && more.text[more.size - 1] == '\n')
		more.size--;
	if (more.size && message->size < MESSAGE_MAX) {
		if (more.size > MESSAGE_MAX)
			more.size = MESSAGE_MAX;
		text = host->allocate(call, message->size + 1 + more.size);
		if (!text)
			return CE_ERR_NO_MEMORY;
		memcpy(text, message->text, message->size);
		text[message->size] = '\n';
		memcpy(text + message->size + 1, more.text, more.size);
		*message = (struct slice){text, message->size + 1 + more.size};
	}
	return report_relative(host, call, &e->found);
}

static int report_plain(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest, int with_errors)
{
	int warnings = 0, r = 0;

	while (rest.size && r == 0) {
		struct finding f;

		if (!read_plain(take_line(&rest), &f))
			continue;
		if (strcmp(f.severity, "warning") == 0 ? warnings++ < WARNINGS_MAX : with_errors)
			r = report_relative(host, call, &f);
	}
	return r;
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	const struct slice all = {output->errors, output->errors_size};
	/* An exception that nobody catches ends Ruby with status 1; another status was the program's own
	 * wish. */
	const int may_have_failed = output->exit_code < 0 || output->exit_code == 1;
	struct slice rest = all;
	struct exception *e;
	struct reader r;
	int result;

	(void)runtime;
	memset(&r, 0, sizeof(r));
	while (rest.size)
		read_line(&r, take_line(&rest));
	end_exception(&r);
	e = may_have_failed && r.program.found.severity ? &r.program : &r.thread;
	/* The parser speaks before the program can have written anything. */
	result = report_plain(host, call, all,
			      output->exit_code == 1 && !e->found.severity && output->output_size == 0);
	if (result == 0 && e->found.severity)
		result = report_exception(host, call, e);
	return result < 0 ? result : 0;
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "ruby",
	    .explain = explain,
	};

	return &plugin;
}
