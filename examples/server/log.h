/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * JSON lines on stderr. Never code, input, output or keys (but for code, where the operator asked for it). */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include "util.h"

/* Any thread. `level` is "info", "warning" or "error". */
void log_line(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Begins a line: {"time":...,"level":...,"message":...; the caller adds ,"name":value pairs. */
void log_begin(struct buffer *line, const char *level, const char *message);
/* Ends, writes and frees it. */
void log_end(struct buffer *line);

/* ce_log_fn */
void log_library(int priority, const char *message, void *user_data);

#define TRACE_ID_DIGITS 32
#define SPAN_ID_DIGITS 16

/* W3C trace context: takes the trace of a valid `traceparent` (which may be NULL), else makes one up; the
 * span is always ours. Both arrays are NUL-terminated. */
void trace_take(const char *traceparent, char trace[TRACE_ID_DIGITS + 1], char span[SPAN_ID_DIGITS + 1]);

#endif
