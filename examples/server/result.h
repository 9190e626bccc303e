/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Results as JSON, written straight into a buffer: it is done once per execution and on the way of the
 * answer. */
#ifndef SERVER_RESULT_H
#define SERVER_RESULT_H

#include <codeexec/codeexec.h>

#include "request.h"
#include "util.h"

struct result_frame {
	const char *id;
	const char *language; /* as asked for, where there is no result */
	uint64_t queue_ms;
	bool always_base64;
};

void result_write(struct buffer *out, const struct result_frame *frame, const ce_result *result);
/* True if its compile stage was spared. */
bool result_was_cached(const ce_result *result);
/* The compile stage alone, as an object or null. */
void result_write_compile(struct buffer *out, const ce_result *result, bool always_base64);
/* The same fields for what never ran; `error` may be NULL. */
void result_write_never_ran(struct buffer *out, const struct result_frame *frame, const char *status,
			    const char *message, const struct api_error *error);
/* {"code", "message", "field"} */
void result_write_error(struct buffer *out, const struct api_error *error);

#endif
