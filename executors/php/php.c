/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * PHP: errors, warnings and uncaught exceptions. Each is written twice, to the log, which is standard error,
 * and as what the user sees; it counts once. Of chained exceptions it is the last one, which ended the
 * program. */
#include "common/text.h"

#define HARMLESS_MAX 32  /* warnings and notes, so that an error after them has room */
#define MESSAGE_MAX 8192 /* the library keeps less */

static const struct {
	const char *label, *severity, *type; /* type NULL: the label */
} labels[] = {
    {"Fatal error", "error", NULL},         {"Recoverable fatal error", "error", NULL},
    {"Parse error", "error", "ParseError"}, {"Compile error", "error", NULL},
    {"Core error", "error", NULL},          {"Warning", "warning", NULL},
    {"Core warning", "warning", NULL},      {"Compile warning", "warning", NULL},
    {"Deprecated", "warning", NULL},        {"Notice", "note", NULL},
    {"Strict Standards", "note", NULL},
};

/* `PHP LABEL:  ` or `LABEL: `, which is taken off. */
static int take_label(struct slice *line, struct finding *f)
{
	struct slice rest = *line;
	int logged = starts_with(rest, "PHP ");

	if (logged)
		rest = skip(rest, strlen("PHP "));
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		size_t n = strlen(labels[i].label);
		const char *type = labels[i].type ? labels[i].type : labels[i].label;

		if (!starts_with(rest, labels[i].label) || !starts_with(skip(rest, n), logged ? ":  " : ": "))
			continue;
		clear_finding(f);
		f->severity = labels[i].severity;
		f->type = (struct slice){type, strlen(type)};
		*line = skip(rest, n + (logged ? 3 : 2));
		return 1;
	}
	return 0;
}

/* A number at the end of *s, which is taken off together with what is before it. */
static uint64_t take_last_number(struct slice *s, const char *before_it)
{
	struct slice number, rest = *s;
	uint64_t line;

	while (rest.size && rest.text[rest.size - 1] >= '0' && rest.text[rest.size - 1] <= '9')
		rest.size--;
	number = skip(*s, rest.size);
	line = take_digits(&number);
	if (!line || !ends_with(rest, before_it))
		return 0;
	s->size = rest.size - strlen(before_it);
	return line;
}

/* The last " in " of a text. */
static const char *find_last_in(struct slice s)
{
	for (size_t i = s.size; i >= 4; i--)
		if (memcmp(s.text + i - 4, " in ", 4) == 0)
			return s.text + i - 4;
	return NULL;
}

/* `TEXT in FILE` + before_line + `LINE`, at the end of a line; of a text that was evaluated, `FILE(LINE) :
 * eval()'d code`, the line where that was done. */
static int take_place_at_end(struct slice *text, const char *before_line, struct finding *f)
{
	static const char evaluated[] = ") : eval()'d code";
	struct slice file = *text;
	uint64_t line = take_last_number(&file, before_line), outer;
	const char *in, *code;

	in = line ? find_last_in(file) : NULL;
	if (!in)
		return 0;
	*text = before(*text, in);
	file = skip(file, (size_t)(in - file.text) + 4);
	code = find(file, evaluated);
	if (code) {
		file = before(file, code);
		outer = take_last_number(&file, "(");
		line = outer ? outer : line;
	}
	if (!starts_with(file, "/"))
		return 0;
	f->file = relative(file);
	f->line = line;
	return 1;
}

static const char trace_head[] = "\nStack trace:\n";

/* `TYPE: MESSAGE in FILE:LINE`, or `TYPE in FILE:LINE`, which end at `trace`. */
static int read_thrown(struct slice text, const char *trace, struct finding *f)
{
	struct finding found = *f;
	const char *message;
	size_t n = 0;

	text = before(text, trace);
	if (!take_place_at_end(&text, ":", &found))
		return 0;
	while (n < text.size &&
	       (is_word_byte((unsigned char)text.text[n]) || text.text[n] == '\\' || text.text[n] == '@'))
		n++;
	found.type = (struct slice){text.text, n};
	/* A class without a name has its file after a NUL. */
	if (n < text.size && text.text[n] == '\0') {
		message = find(text, ": ");
		n = message ? (size_t)(message - text.text) : text.size;
	}
	if (n == 0 || (n < text.size && text.text[n] != ':'))
		return 0;
	found.message = skip(text, n);
	if (found.message.size)
		found.message = skip_spaces(skip(found.message, 1));
	*f = found;
	return 1;
}

/* What follows `Uncaught `: an exception, and those that it was the reason for. */
static void read_uncaught(struct slice text, struct finding *f)
{
	static const char next_head[] = "\n\nNext ";
	const char *trace, *next;

	f->message = text;
	while ((trace = find(text, trace_head)) && read_thrown(text, trace, f)) {
		text = skip(text, (size_t)(trace - text.text) + strlen(trace_head));
		next = find(text, next_head);
		if (!next)
			return;
		text = skip(text, (size_t)(next - text.text) + strlen(next_head));
	}
}

/* How far the entry goes that begins at `text`: to the line that ends with its place. No other entry begins
 * in it. */
static int take_entry(struct slice *rest, struct slice text, int is_uncaught, struct slice *entry,
		      struct finding *f)
{
	struct slice line = text, following = *rest;

	for (;;) {
		struct slice last = line;
		struct finding other;

		if ((!is_uncaught || starts_with(line, "  thrown in ")) &&
		    take_place_at_end(&last, " on line ", f)) {
			*entry = before(text, is_uncaught ? line.text - 1 : last.text + last.size);
			*rest = following;
			return 1;
		}
		if (!following.size)
			return 0;
		line = take_line(&following);
		last = line;
		if (take_label(&last, &other))
			return 0;
	}
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	struct slice rest = {output->errors, output->errors_size}, previous = {"", 0};
	int harmless = 0, r = 0;

	(void)runtime;
	while (rest.size && r == 0) {
		struct slice text = take_line(&rest), entry;
		int is_logged = starts_with(text, "PHP "), is_uncaught, is_repeated;
		struct finding f;

		if (!take_label(&text, &f))
			continue;
		is_uncaught = starts_with(text, "Uncaught ");
		if (!take_entry(&rest, text, is_uncaught, &entry, &f))
			continue;
		is_repeated = !is_logged && previous.size && entry.size == previous.size &&
			      memcmp(entry.text, previous.text, entry.size) == 0;
		previous = is_logged ? entry : (struct slice){"", 0};
		if (is_repeated || (strcmp(f.severity, "error") != 0 && harmless++ >= HARMLESS_MAX))
			continue;
		f.message = entry;
		if (is_uncaught)
			read_uncaught(skip(entry, strlen("Uncaught ")), &f);
		if (f.message.size > MESSAGE_MAX)
			f.message.size = MESSAGE_MAX;
		r = report(host, call, &f);
	}
	return r < 0 ? r : 0;
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "php",
	    .explain = explain,
	};

	return &plugin;
}
