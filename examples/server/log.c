/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

void log_begin(struct buffer *line, const char *level, const char *message)
{
	struct timespec now;
	struct tm broken;
	char stamp[64];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &broken);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &broken);
	buffer_printf(line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"message\":", stamp,
		      now.tv_nsec / 1000000, level);
	buffer_json_string(line, message, strlen(message));
}

void log_end(struct buffer *line)
{
	buffer_text(line, "}\n");
	/* One write: lines of several threads, and of others at the same pipe, stay whole. */
	if (!line->failed && write(STDERR_FILENO, line->data, line->size) < 0) {
		/* Nobody is left to tell. */
	}
	buffer_free(line);
}

void log_line(const char *level, const char *format, ...)
{
	struct buffer line = {0};
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	log_begin(&line, level, text ? text : format);
	log_end(&line);
	free(text);
}

void log_library(int priority, const char *message, void *user_data)
{
	(void)user_data;
	log_line(priority <= LOG_ERR ? "error" : priority <= LOG_WARNING ? "warning" : "info", "%s", message);
}

/* `count` lower-case hexadecimal digits, not all of them 0. */
static bool is_id(const char *text, size_t count)
{
	return strspn(text, "0123456789abcdef") >= count && strspn(text, "0") < count;
}

static bool is_traceparent(const char *text)
{
	static const char hex[] = "0123456789abcdef";

	if (!text || strlen(text) < 55 || strspn(text, hex) != 2 || !strncmp(text, "ff", 2) || text[2] != '-')
		return false;
	if (strspn(text + 3, hex) != TRACE_ID_DIGITS || !is_id(text + 3, TRACE_ID_DIGITS) || text[35] != '-')
		return false;
	if (strspn(text + 36, hex) != SPAN_ID_DIGITS || !is_id(text + 36, SPAN_ID_DIGITS) || text[52] != '-')
		return false;
	/* Version 00 ends here; later ones may go on. */
	return strspn(text + 53, hex) == 2 && (!text[55] || (strncmp(text, "00", 2) != 0 && text[55] == '-'));
}

void trace_take(const char *traceparent, char trace[TRACE_ID_DIGITS + 1], char span[SPAN_ID_DIGITS + 1])
{
	trace[0] = span[0] = '\0';
	random_hex(span, SPAN_ID_DIGITS / 2);
	if (is_traceparent(traceparent)) {
		memcpy(trace, traceparent + 3, TRACE_ID_DIGITS);
		trace[TRACE_ID_DIGITS] = '\0';
	} else {
		random_hex(trace, TRACE_ID_DIGITS / 2);
	}
}
