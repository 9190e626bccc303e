/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The default plugin: a language that is nothing but its manifest. Commands come from its templates, diagnostics
 * from its patterns. It also does the hooks that other plugins leave out. */
#include <codeexec/plugin.h>

#include <string.h>
#include <strings.h>

#define PATTERNS_MAX 16
#define PARTS_MAX 32
#define LINE_MAX_BYTES 4096 /* of a line that is looked at; a program may print a line without end */
#define LINES_BETWEEN 8     /* a pattern's second line comes within so many lines of its first */
#define NUMBER_MAX 10000000
#define WORK_PREFIX "/work/"

struct slice {
	const char *text; /* borrowed */
	size_t size;
};

enum part_kind { LITERAL = 0, FILE_NAME, LINE, COLUMN, SEVERITY, TYPE, MESSAGE, ANY };

static const char *const placeholders[] = {
    [FILE_NAME] = "{file}", [LINE] = "{line}",       [COLUMN] = "{column}", [SEVERITY] = "{severity}",
    [TYPE] = "{type}",      [MESSAGE] = "{message}", [ANY] = "{any}",
};

struct part {
	enum part_kind kind;
	struct slice literal;
};

/* One line of a pattern. */
struct pattern_line {
	struct part parts[PARTS_MAX];
	size_t count;
};

struct pattern {
	struct pattern_line first, second;
	int has_second;
};

struct finding {
	const char *severity; /* static */
	struct slice text[ANY + 1];
	uint64_t line, column;
};

static const struct {
	const char *word, *severity;
} severities[] = {
    {"fatal error", "error"}, {"fatal", "error"},  {"error", "error"}, {"warning", "warning"},
    {"note", "note"},         {"remark", "note"},  {"hint", "note"},   {"info", "note"},
};

static struct slice skip(struct slice s, size_t n)
{
	s.text += n;
	s.size -= n;
	return s;
}

static int starts_with(struct slice s, struct slice prefix)
{
	return s.size >= prefix.size && memcmp(s.text, prefix.text, prefix.size) == 0;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes the next line without its end, and without blanks at its beginning, off the front. */
static struct slice take_line(struct slice *rest)
{
	const char *end = memchr(rest->text, '\n', rest->size);
	struct slice line = {rest->text, end ? (size_t)(end - rest->text) : rest->size};

	*rest = skip(*rest, line.size + (end ? 1 : 0));
	if (line.size > LINE_MAX_BYTES)
		line.size = LINE_MAX_BYTES;
	while (line.size && (line.text[line.size - 1] == '\r' || line.text[line.size - 1] == ' '))
		line.size--;
	while (line.size && (line.text[0] == ' ' || line.text[0] == '\t'))
		line = skip(line, 1);
	return line;
}

/* ---- patterns: the library has refused those that make no sense ---- */

static enum part_kind placeholder_at(const char *p)
{
	for (size_t i = 1; i <= ANY; i++)
		if (strncmp(p, placeholders[i], strlen(placeholders[i])) == 0)
			return (enum part_kind)i;
	return LITERAL;
}

/* Reads one line of a pattern and returns where it ends. A literal that contains "{{" becomes two parts. */
static const char *read_pattern_line(const char *p, struct pattern_line *out)
{
	out->count = 0;
	while (*p && *p != '\n' && out->count < PARTS_MAX) {
		struct part *part = &out->parts[out->count++];
		size_t length = 1;

		part->kind = placeholder_at(p);
		part->literal = (struct slice){p, 0};
		if (part->kind != LITERAL) {
			p += strlen(placeholders[part->kind]);
			continue;
		}
		while (p[0] != '{' && p[length] && p[length] != '\n' && p[length] != '{')
			length++;
		part->literal.size = length;
		p += length + (p[0] == '{' && p[1] == '{');
	}
	return p;
}

static int read_pattern(const char *text, struct pattern *out)
{
	const char *end = read_pattern_line(text, &out->first);

	out->has_second = *end == '\n';
	if (out->has_second)
		end = read_pattern_line(end + 1, &out->second);
	return *end == '\0' && out->first.count > 0 && (!out->has_second || out->second.count > 0);
}

/* ---- matching: no way back, so that no line costs more than its length times the pattern's ---- */

static size_t severity_at(struct slice s, const char **severity)
{
	for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++) {
		size_t n = strlen(severities[i].word);

		if (s.size < n || strncasecmp(s.text, severities[i].word, n) != 0)
			continue;
		*severity = severities[i].severity;
		return n;
	}
	return 0;
}

/* Takes digits off the front; 0 if there are none, or too many. */
static uint64_t take_number(struct slice *s)
{
	uint64_t number = 0;

	for (; s->size && is_digit(s->text[0]); *s = skip(*s, 1))
		if (number <= NUMBER_MAX)
			number = number * 10 + (uint64_t)(s->text[0] - '0');
	return number <= NUMBER_MAX ? number : 0;
}

/* May `part` begin here? Only what can be told at once. */
static int may_begin(const struct part *part, struct slice s)
{
	const char *severity;

	if (part->kind == LITERAL)
		return starts_with(s, part->literal);
	if (part->kind == LINE || part->kind == COLUMN)
		return s.size && is_digit(s.text[0]);
	return part->kind != SEVERITY || severity_at(s, &severity) > 0;
}

/* A text ends where the literal after it first stands, with what follows the literal; at the line's end otherwise. */
static int take_text(const struct part *part, const struct part *end, struct slice *s, struct slice *text)
{
	struct slice rest = *s;

	*text = *s;
	if (part + 1 == end) {
		*s = skip(*s, s->size);
		return text->size > 0 || part->kind == ANY;
	}
	if (part->kind != ANY && rest.size)
		rest = skip(rest, 1);
	while (rest.size) {
		const char *at = memmem(rest.text, rest.size, part[1].literal.text, part[1].literal.size);
		struct slice after;

		if (!at)
			return 0;
		after = skip(rest, (size_t)(at - rest.text));
		if (part + 2 == end || may_begin(part + 2, skip(after, part[1].literal.size))) {
			text->size = (size_t)(at - text->text);
			*s = after;
			return 1;
		}
		rest = skip(after, 1);
	}
	return 0;
}

static int match_part(const struct part *part, const struct part *end, struct slice *s, struct finding *f)
{
	size_t n;

	switch (part->kind) {
	case LITERAL:
		if (!starts_with(*s, part->literal))
			return 0;
		*s = skip(*s, part->literal.size);
		return 1;
	case LINE:
		f->line = take_number(s);
		return f->line > 0;
	case COLUMN:
		if (!may_begin(part, *s))
			return 0;
		f->column = take_number(s);
		return 1;
	case SEVERITY:
		n = severity_at(*s, &f->severity);
		*s = skip(*s, n);
		return n > 0;
	default:
		return take_text(part, end, s, &f->text[part->kind]);
	}
}

static int match_line(const struct pattern_line *pattern, struct slice line, struct finding *f)
{
	const struct part *end = pattern->parts + pattern->count;

	for (const struct part *part = pattern->parts; part < end; part++)
		if (!match_part(part, end, &line, f))
			return 0;
	return line.size == 0;
}

/* `rest` is what follows `line`; it moves on if the pattern has a second line, which is found there. */
static int match(const struct pattern *pattern, struct slice line, struct slice *rest, struct finding *f)
{
	struct slice following = *rest;

	memset(f, 0, sizeof(*f));
	f->severity = "error";
	if (!match_line(&pattern->first, line, f))
		return 0;
	if (!pattern->has_second)
		return 1;
	for (int i = 0; i < LINES_BETWEEN && following.size; i++) {
		struct finding found = *f;

		if (!match_line(&pattern->second, take_line(&following), &found))
			continue;
		*f = found;
		*rest = following;
		return 1;
	}
	return 0;
}

static int report(const ce_plugin_host *host, ce_plugin_call *call, struct finding *f)
{
	static const struct slice prefixes[] = {{WORK_PREFIX, sizeof(WORK_PREFIX) - 1}, {"./", 2}};
	const struct slice *text = f->text;
	struct slice file = text[FILE_NAME];
	ce_diagnostic diagnostic;

	for (size_t i = 0; i < 2; i++)
		if (starts_with(file, prefixes[i]))
			file = skip(file, prefixes[i].size);
	memset(&diagnostic, 0, sizeof(diagnostic));
	diagnostic.size = sizeof(diagnostic);
	diagnostic.severity = f->severity;
	diagnostic.type = text[TYPE].size ? host->text(call, text[TYPE].text, text[TYPE].size) : NULL;
	diagnostic.message = text[MESSAGE].size ? host->text(call, text[MESSAGE].text, text[MESSAGE].size) : NULL;
	diagnostic.file = file.size ? host->text(call, file.text, file.size) : NULL;
	diagnostic.line = f->line;
	diagnostic.column = f->column;
	return host->add_diagnostic(call, &diagnostic);
}

static int search(const ce_plugin_host *host, ce_plugin_call *call, const struct pattern *patterns, size_t count,
		  struct slice rest)
{
	int r = 0;

	while (rest.size && r == 0) {
		struct slice line = take_line(&rest);
		struct finding f;
		size_t i = 0;

		while (i < count && !match(&patterns[i], line, &rest, &f))
			i++;
		if (line.size && i < count)
			r = report(host, call, &f);
	}
	return r;
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	struct pattern *patterns;
	size_t count = 0;
	int r;

	if (!CE_PLUGIN_HAS(ce_plugin_runtime, runtime, diagnostics) || !runtime->diagnostics[0])
		return 0;
	patterns = host->allocate(call, PATTERNS_MAX * sizeof(*patterns));
	if (!patterns)
		return CE_ERR_NO_MEMORY;
	for (size_t i = 0; runtime->diagnostics[i] && count < PATTERNS_MAX; i++)
		count += read_pattern(runtime->diagnostics[i], &patterns[count]) ? 1 : 0;
	r = search(host, call, patterns, count, (struct slice){output->errors, output->errors_size});
	/* Some compilers speak on standard output; a program's own output is nobody's diagnostics. */
	if (r == 0 && output->stage == CE_STAGE_COMPILE)
		r = search(host, call, patterns, count, (struct slice){output->output, output->output_size});
	return r < 0 ? r : 0;
}

static int probe(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime)
{
	int r = 0;

	if (runtime->compile)
		r = host->require(call, runtime->compile->command);
	return r ? r : host->require(call, runtime->run->command);
}

static int takes_args(const char *const *command)
{
	for (; *command; command++)
		if (strcmp(*command, "{args}") == 0)
			return 1;
	return 0;
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	/* Better no execution than one whose arguments were lost without a word. */
	if (request->args[0] && !takes_args(runtime->run->command))
		return host->fail(call, CE_ERR_INVALID, "programs in this language take no arguments");
	if (runtime->compile)
		host->expand(call, CE_STAGE_COMPILE, runtime->compile->command);
	return host->expand(call, CE_STAGE_RUN, runtime->run->command);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "command",
	    .probe = probe,
	    .prepare = prepare,
	    .explain = explain,
	};

	return &plugin;
}
