/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Python: a traceback on stderr becomes one diagnostic. Of chained exceptions it is the last one, which ended
 * the program; of its frames it is the innermost one in the program's own files. SystemExit prints no
 * traceback. */
#include "common/text.h"

#define GROUP_MARGIN "  | "

enum state {
	OUTSIDE, /* of any traceback */
	FRAMES,  /* between its header and the exception */
	MESSAGE  /* in the exception's text, which may have several lines */
};

struct reader {
	enum state state;
	int in_group;      /* the lines of this traceback have a margin */
	struct slice file; /* of the innermost frame so far */
	uint64_t line;
	struct slice own_file; /* of the innermost frame so far that is in a file of the program */
	uint64_t own_line;

	/* The last exception that was complete with its type. */
	struct slice type, message, at_file;
	uint64_t at_line;
};

/* `  File "NAME", line N[, in FUNCTION]` */
static int read_frame(struct slice line, struct slice *file, uint64_t *number)
{
	static const char middle[] = "\", line ";
	const char *end;
	struct slice rest;

	while (line.size && line.text[0] == ' ')
		line = skip(line, 1);
	if (!starts_with(line, "File \""))
		return 0;
	rest = skip(line, strlen("File \""));
	end = memmem(rest.text, rest.size, middle, strlen(middle));
	if (!end)
		return 0;
	*file = (struct slice){rest.text, (size_t)(end - rest.text)};
	rest = skip(rest, file->size + strlen(middle));
	for (*number = 0; rest.size && rest.text[0] >= '0' && rest.text[0] <= '9'; rest = skip(rest, 1)) {
		if (*number > UINT32_MAX)
			return 0;
		*number = *number * 10 + (uint64_t)(rest.text[0] - '0');
	}
	return *number > 0;
}

static int is_own_file(struct slice file)
{
	return file.size > 0 && file.text[0] != '<' &&
	       (file.text[0] != '/' || starts_with(file, WORK_PREFIX));
}

static int is_type_byte(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '<' || c == '>' || c >= 0x80;
}

/* `module.Type: message` or `Type` */
static int read_exception(struct slice line, struct slice *type, struct slice *message)
{
	size_t n = 0;

	while (n < line.size && is_type_byte((unsigned char)line.text[n]))
		n++;
	if (n == 0 || (line.text[0] >= '0' && line.text[0] <= '9') || line.text[0] == '.')
		return 0;
	*type = (struct slice){line.text, n};
	*message = skip(line, n);
	if (message->size == 0)
		return 1;
	if (message->text[0] != ':')
		return 0;
	*message = skip(*message, message->size > 1 && message->text[1] == ' ' ? 2 : 1);
	return 1;
}

/* For these the last "File" is the place of the error itself, not a frame. */
static int is_syntax_error(struct slice type)
{
	return ends_with(type, "SyntaxError") || ends_with(type, "IndentationError") ||
	       ends_with(type, "TabError");
}

static void begin_traceback(struct reader *r, int in_group)
{
	r->state = FRAMES;
	r->in_group = in_group;
	r->file = r->own_file = (struct slice){"", 0};
	r->line = r->own_line = 0;
}

static void note_frame(struct reader *r, struct slice file, uint64_t number)
{
	r->file = file;
	r->line = number;
	if (is_own_file(file)) {
		r->own_file = file;
		r->own_line = number;
	}
}

static void note_exception(struct reader *r, struct slice type, struct slice message)
{
	int own = r->own_line && !is_syntax_error(type);

	r->type = type;
	r->message = message;
	r->at_file = relative(own ? r->own_file : r->file);
	r->at_line = own ? r->own_line : r->line;
	/* A message inside a margin is not one run of bytes: its first line must do. */
	r->state = r->in_group ? OUTSIDE : MESSAGE;
}

static int is_header(struct slice line)
{
	return starts_with(line, "Traceback (most recent call last):");
}

static int is_chain(struct slice line)
{
	return starts_with(line, "During handling of the above exception, another exception occurred:") ||
	       starts_with(line, "The above exception was the direct cause of the following exception:");
}

static void read_outside(struct reader *r, struct slice line)
{
	struct slice file;
	uint64_t number;

	if (is_header(line)) {
		begin_traceback(r, 0);
	} else if (starts_with(line, "  + Exception Group Traceback")) {
		begin_traceback(r, 1);
	} else if (starts_with(line, "  File \"") && read_frame(line, &file, &number)) {
		/* A syntax error of the program's own file has no header. */
		begin_traceback(r, 0);
		note_frame(r, file, number);
	}
}

static void read_in_frames(struct reader *r, struct slice line)
{
	struct slice file, type, message;
	uint64_t number;

	if (r->in_group) {
		if (!starts_with(line, GROUP_MARGIN)) {
			r->state = OUTSIDE;
			return;
		}
		line = skip(line, strlen(GROUP_MARGIN));
	}
	if (read_frame(line, &file, &number))
		note_frame(r, file, number);
	else if (is_header(line))
		begin_traceback(r, 0);
	else if (line.size && line.text[0] == ' ')
		return; /* source text and carets */
	else if (read_exception(line, &type, &message))
		note_exception(r, type, message);
	else if (!starts_with(line, "[Previous line repeated") && line.size)
		r->state = OUTSIDE;
}

static void read_line(struct reader *r, struct slice line)
{
	if (r->state == MESSAGE && !is_header(line) && !is_chain(line)) {
		if (line.size)
			r->message.size = (size_t)(line.text + line.size - r->message.text);
		return;
	}
	if (r->state == MESSAGE)
		r->state = OUTSIDE;
	if (r->state == OUTSIDE)
		read_outside(r, line);
	else
		read_in_frames(r, line);
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	struct slice rest = {output->errors, output->errors_size};
	struct reader r;
	ce_diagnostic diagnostic;

	(void)runtime;
	/* An exception that nobody catches ends Python with status 1; another status was the program's own
	 * wish. */
	if (output->stage != CE_STAGE_RUN || (output->exit_code >= 0 && output->exit_code != 1))
		return 0;
	memset(&r, 0, sizeof(r));
	while (rest.size)
		read_line(&r, take_line(&rest));
	if (r.type.size == 0)
		return 0;
	memset(&diagnostic, 0, sizeof(diagnostic));
	diagnostic.size = sizeof(diagnostic);
	diagnostic.severity = "error";
	diagnostic.type = host->text(call, r.type.text, r.type.size);
	diagnostic.message = host->text(call, r.message.text, r.message.size);
	diagnostic.file = host->text(call, r.at_file.text, r.at_file.size);
	diagnostic.line = r.at_line;
	return host->add_diagnostic(call, &diagnostic);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "python",
	    .explain = explain,
	};

	return &plugin;
}
