/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "corpus.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the reader stands. Nothing that it hands out is ever freed: the process ends with the test. */
struct reader {
	const char *path;
	char *next; /* the rest of the file */
	unsigned line;
};

static void broken(const struct reader *r, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", r->path, r->line, what);
	exit(2);
}

/* The next line, cut off at its end; NULL past the last. */
static char *take_line(struct reader *r)
{
	char *line = r->next, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	r->next = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	r->line++;
	return line;
}

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

static unsigned hex_digit(const struct reader *r, char c)
{
	const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c) : NULL;

	if (!p)
		broken(r, "\\x needs two hexadecimal digits");
	return (unsigned)(p - digits);
}

/* In place: the result is never longer. Returns its size. */
static size_t unescape(const struct reader *r, char *text)
{
	char *out = text;

	for (char *p = text; *p; p++) {
		if (*p != '\\') {
			*out++ = *p;
			continue;
		}
		p++;
		if (*p == 'n') {
			*out++ = '\n';
		} else if (*p == 't') {
			*out++ = '\t';
		} else if (*p == '\\') {
			*out++ = '\\';
		} else if (*p == 'x') {
			*out++ = (char)(hex_digit(r, p[1]) << 4 | hex_digit(r, p[2]));
			p += 2;
		} else {
			broken(r, "an unknown escape");
		}
	}
	*out = '\0';
	return (size_t)(out - text);
}

static void add(const struct reader *r, const char **list, const char *text)
{
	size_t n = 0;

	while (list[n])
		n++;
	if (n + 1 >= CORPUS_LIST_MAX)
		broken(r, "too many of that kind");
	list[n] = text;
}

/* What lies between here and `end`, with its newlines. */
static size_t take_block(struct reader *r, const char *end, const char *other, char **block)
{
	size_t size = 0;

	*block = r->next;
	while (*r->next && !begins(r->next, end) && !(other && begins(r->next, other))) {
		char *newline = strchr(r->next, '\n');

		if (!newline)
			broken(r, "the last line has no end");
		r->line++;
		r->next = newline + 1;
	}
	size = (size_t)(r->next - *block);
	return size;
}

static void take_file(struct reader *r, struct corpus_program *p, const char *name)
{
	char *block;
	size_t size = take_block(r, "## end", NULL, &block);

	if (!take_line(r) || p->file_count == CORPUS_LIST_MAX)
		broken(r, "a file without an end, or too many of them");
	p->files[p->file_count++] = (ce_file){ name, block, size };
}

static void take_step(const struct reader *r, struct corpus_program *p, char *text)
{
	char *say = strstr(text, " say "), *end = strstr(text, " close");

	if (p->step_count == CORPUS_LIST_MAX || (!say && !end))
		broken(r, "\"## when TEXT say TEXT\" or \"## when TEXT close\"");
	if (say) {
		*say = '\0';
		say += strlen(" say ");
		unescape(r, say);
	} else {
		*end = '\0';
	}
	unescape(r, text);
	p->steps[p->step_count++] = (struct corpus_step){ text, say };
}

static void number_lines(struct corpus_program *p, unsigned long count)
{
	char *text = malloc(count * 20 + 1);

	if (!text)
		exit(2);
	for (unsigned long i = 1; i <= count; i++)
		p->input_size += (size_t)sprintf(text + p->input_size, "line %lu\n", i);
	p->input = text;
}

/* One line behind "## ". */
static void take_directive(struct reader *r, struct corpus_program *p, char *line)
{
	char *value = strchr(line, ' ');

	if (value)
		*value++ = '\0';
	if (!strcmp(line, "cold")) {
		p->cold = true;
		return;
	}
	if (!value)
		broken(r, "a directive without a value");
	if (!strcmp(line, "input")) {
		p->input_size = unescape(r, value);
		p->input = value;
	} else if (!strcmp(line, "input-lines")) {
		number_lines(p, strtoul(value, NULL, 10));
	} else if (!strcmp(line, "arg")) {
		unescape(r, value);
		add(r, p->args, value);
	} else if (!strcmp(line, "env")) {
		unescape(r, value);
		add(r, p->env, value);
	} else if (!strcmp(line, "output")) {
		add(r, p->outputs, value);
	} else if (!strcmp(line, "file")) {
		take_file(r, p, value);
	} else if (!strcmp(line, "when")) {
		take_step(r, p, value);
	} else if (!strcmp(line, "wall")) {
		p->wall_ms = strtoul(value, NULL, 10);
	} else {
		broken(r, "an unknown directive");
	}
}

static void take_program(struct reader *r, struct corpus_program *p)
{
	char *block;

	while (begins(r->next, "## "))
		take_directive(r, p, take_line(r) + 3);
	p->code_size = take_block(r, "### ", NULL, &block);
	p->code = block;
	if (!p->code_size)
		broken(r, "a program without code");
}

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0, capacity = 0;
	int c;

	if (!file) {
		perror(path);
		exit(2);
	}
	while ((c = getc(file)) != EOF) {
		if (size + 1 >= capacity) {
			capacity = capacity ? capacity * 2 : 65536;
			text = realloc(text, capacity);
			if (!text)
				exit(2);
		}
		text[size++] = (char)c;
	}
	fclose(file);
	if (!text)
		exit(2);
	text[size] = '\0';
	return text;
}

struct corpus corpus_read(const char *path)
{
	struct reader r = { path, read_all(path), 0 };
	struct corpus corpus = { NULL, 0 };
	size_t capacity = 0;
	char *line;

	while ((line = take_line(&r))) {
		if (!begins(line, "### ")) {
			if (corpus.count)
				broken(&r, "expected ### and a name");
			continue; /* a preface */
		}
		for (size_t i = 0; i < corpus.count; i++)
			if (!strcmp(corpus.programs[i].name, line + 4))
				broken(&r, "the name was there before");
		if (corpus.count == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			corpus.programs = realloc(corpus.programs, capacity * sizeof(*corpus.programs));
			if (!corpus.programs)
				exit(2);
		}
		corpus.programs[corpus.count] = (struct corpus_program){ .name = line + 4 };
		take_program(&r, &corpus.programs[corpus.count++]);
	}
	return corpus;
}
