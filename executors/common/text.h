/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the plugins share to read a program's output and source: slices of bytes that nobody vouches for. They are
 * neither NUL-terminated nor UTF-8, and may be cut anywhere. */
#ifndef CE_EXECUTORS_TEXT_H
#define CE_EXECUTORS_TEXT_H

#include <codeexec/plugin.h>

#include <string.h>

#define NUMBER_MAX 10000000
#define WORK_PREFIX "/work/"

struct slice {
	const char *text; /* borrowed */
	size_t size;
};

/* What a line of output turned out to say. All slices point into the output. */
struct finding {
	const char *severity; /* static; NULL: the line says nothing of use */
	struct slice type, file, message;
	uint64_t line, column;
};

static inline int starts_with(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.size >= n && memcmp(s.text, prefix, n) == 0;
}

static inline int ends_with(struct slice s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.size >= n && memcmp(s.text + s.size - n, suffix, n) == 0;
}

static inline int is_same(struct slice s, const char *text)
{
	return s.size == strlen(text) && starts_with(s, text);
}

static inline const char *find(struct slice s, const char *needle)
{
	return memmem(s.text, s.size, needle, strlen(needle));
}

static inline struct slice skip(struct slice s, size_t n)
{
	s.text += n;
	s.size -= n;
	return s;
}

static inline struct slice before(struct slice s, const char *end)
{
	s.size = (size_t)(end - s.text);
	return s;
}

static inline struct slice skip_spaces(struct slice s)
{
	while (s.size && (s.text[0] == ' ' || s.text[0] == '\t'))
		s = skip(s, 1);
	return s;
}

/* Takes the next line, without its end, off the front. */
static inline struct slice take_line(struct slice *rest)
{
	const char *end = memchr(rest->text, '\n', rest->size);
	struct slice line = {rest->text, end ? (size_t)(end - rest->text) : rest->size};

	*rest = skip(*rest, line.size + (end ? 1 : 0));
	if (line.size && line.text[line.size - 1] == '\r')
		line.size--;
	return line;
}

/* A number from 1 on at the beginning of *s, which is taken off; 0 if there is none. */
static inline uint64_t take_digits(struct slice *s)
{
	struct slice rest = *s;
	uint64_t number = 0;

	for (; rest.size && rest.text[0] >= '0' && rest.text[0] <= '9'; rest = skip(rest, 1))
		if (number <= NUMBER_MAX)
			number = number * 10 + (uint64_t)(rest.text[0] - '0');
	if (number > NUMBER_MAX)
		number = 0;
	if (number)
		*s = rest;
	return number;
}

/* The same after a colon: `:NUMBER`. */
static inline uint64_t take_number(struct slice *s)
{
	struct slice rest = *s;
	uint64_t number;

	if (!starts_with(rest, ":"))
		return 0;
	rest = skip(rest, 1);
	number = take_digits(&rest);
	if (number)
		*s = rest;
	return number;
}

/* `FILE:LINE[:COLUMN]` at the beginning of *s, which is taken off; FILE ends at the first colon that a number follows. */
static inline int take_place(struct slice *s, struct finding *f)
{
	for (size_t i = 1; i < s->size; i++) {
		struct slice rest = skip(*s, i);

		if (s->text[i] != ':')
			continue;
		f->line = take_number(&rest);
		if (!f->line)
			continue;
		f->column = take_number(&rest);
		f->file = before(*s, s->text + i);
		*s = rest;
		return 1;
	}
	return 0;
}

/* The library's callers know /work/main.py as main.py. */
static inline struct slice relative(struct slice file)
{
	if (starts_with(file, WORK_PREFIX))
		return skip(file, strlen(WORK_PREFIX));
	return starts_with(file, "./") ? skip(file, 2) : file;
}

static inline int is_word_byte(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

/* `: error: MESSAGE` at the beginning, or `: warning: MESSAGE`. */
static inline int read_error_or_warning(struct slice line, struct finding *f)
{
	static const char *const words[][2] = {{": error: ", "error"}, {": warning: ", "warning"}};

	for (size_t i = 0; i < 2; i++) {
		if (!starts_with(line, words[i][0]))
			continue;
		f->severity = words[i][1];
		f->message = skip(line, strlen(words[i][0]));
		return 1;
	}
	return 0;
}

static inline void clear_finding(struct finding *f)
{
	const struct slice none = {"", 0};

	memset(f, 0, sizeof(*f));
	f->type = f->file = f->message = none;
}

/* Negative: a failure; 1: no more are wanted. */
static inline int report(const ce_plugin_host *host, ce_plugin_call *call, const struct finding *f)
{
	ce_diagnostic diagnostic;

	memset(&diagnostic, 0, sizeof(diagnostic));
	diagnostic.size = sizeof(diagnostic);
	diagnostic.severity = f->severity;
	diagnostic.type = host->text(call, f->type.text, f->type.size);
	diagnostic.message = host->text(call, f->message.text, f->message.size);
	diagnostic.file = host->text(call, f->file.text, f->file.size);
	diagnostic.line = f->line;
	diagnostic.column = f->column;
	return host->add_diagnostic(call, &diagnostic);
}

#endif
