/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What Java and Kotlin have in common: the virtual machine's heap, and its stack traces. */
#ifndef CE_EXECUTORS_JVM_H
#define CE_EXECUTORS_JVM_H

#include "common/text.h"

#include <stdio.h>

#define MIB (UINT64_C(1) << 20)
#define JVM_NAME_MAX 512

/* Beside the heap the machine needs room for itself: metaspace, compiled code, the stacks of its threads. So a
 * program that asks for too much gets an OutOfMemoryError, which says so, before the kernel kills the whole cell. */
static inline uint64_t heap_mib(const ce_limits *limits)
{
	uint64_t mib = limits && limits->memory_bytes ? limits->memory_bytes / MIB : 256;

	if (mib <= 192)
		return mib / 2 > 8 ? mib / 2 : 8;
	return mib - 96 < mib / 8 * 7 ? mib - 96 : mib / 8 * 7;
}

static inline int add_heap(const ce_plugin_host *host, ce_plugin_call *call, uint64_t stage, const char *prefix,
			   const ce_limits *limits)
{
	char word[64];

	snprintf(word, sizeof(word), "%s-Xmx%llum", prefix, (unsigned long long)heap_mib(limits));
	return host->add_argument(call, stage, word);
}

/* `package.Type: message` or `package.Type` */
static inline int read_exception(struct slice line, struct finding *f)
{
	size_t n = 0;

	while (n < line.size &&
	       (is_word_byte((unsigned char)line.text[n]) || line.text[n] == '.' || line.text[n] == '$'))
		n++;
	if (n == 0 || (n < line.size && line.text[n] != ':'))
		return 0;
	f->type = (struct slice){line.text, n};
	f->message = skip(line, n);
	if (f->message.size)
		f->message = skip_spaces(skip(f->message, 1));
	/* As a source names it. */
	if (starts_with(f->type, "java.lang."))
		f->type = skip(f->type, strlen("java.lang."));
	f->severity = "error";
	return 1;
}

/* `	at package.Class.method(File.java:12)`: of the program if no module (`java.base/...`) and none of
 * Kotlin's own packages is named. */
static inline int read_frame(struct slice line, struct finding *f)
{
	const char *open, *colon;
	struct slice number;

	line = skip_spaces(line);
	if (!starts_with(line, "at "))
		return 0;
	line = skip(line, 3);
	open = memchr(line.text, '(', line.size);
	if (!open || memchr(line.text, '/', (size_t)(open - line.text)) || starts_with(line, "kotlin."))
		return 0;
	line = skip(line, (size_t)(open - line.text) + 1);
	colon = memchr(line.text, ':', line.size);
	if (!colon)
		return 0;
	number = skip(line, (size_t)(colon - line.text) + 1);
	f->file = before(line, colon);
	f->line = take_digits(&number);
	return f->line > 0;
}

/* The exception that ended a thread that nobody caught, and the innermost frame of it in the program's own files.
 * The last of them counts; what caused it, and what was suppressed, does not. */
static inline int explain_trace(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_output *output)
{
	struct slice rest = {output->errors, output->errors_size};
	struct finding f, candidate;
	int in_trace = 0;

	clear_finding(&f);
	while (rest.size) {
		struct slice line = take_line(&rest);

		if (starts_with(line, "Exception in thread \"")) {
			const char *end = find(skip(line, strlen("Exception in thread \"")), "\" ");

			clear_finding(&candidate);
			in_trace = end && read_exception(skip(line, (size_t)(end - line.text) + 2), &candidate);
			if (in_trace)
				f = candidate;
		} else if (starts_with(line, "Error: ")) { /* of the launcher: no such class, no main method */
			clear_finding(&f);
			f.severity = "error";
			f.message = skip(line, strlen("Error: "));
			in_trace = 0;
		} else if (starts_with(line, "Caused by: ")) {
			in_trace = 0;
		} else if (in_trace && f.line == 0 && !read_frame(line, &f)) {
			f.line = 0;
			f.file.size = 0;
		}
	}
	return f.severity ? report(host, call, &f) : 0;
}

#endif
