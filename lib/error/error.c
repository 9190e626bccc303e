/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "error/error.h"

#include <stdio.h>
#include <string.h>

struct ce_error {
	struct ce_failure failure; /* its step is "" when there is none */
	char *long_message;	   /* owned; NULL when failure.message holds it all */
};

/* Handed out when not even an error can be allocated; ce_error_free knows it. */
static const struct ce_error no_memory = {
	.failure = { .code = CE_ERR_NO_MEMORY, .message = "out of memory" },
};

int ce__error_no_memory(ce_error **error)
{
	if (error)
		*error = (ce_error *)&no_memory;
	return CE_ERR_NO_MEMORY;
}

int ce__error_set(ce_error **error, int code, int os_error, const char *step, const char *fmt, ...)
{
	ce_error *e;
	va_list args;
	char *text = NULL;
	int n;

	if (!error)
		return code;
	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	e = calloc(1, sizeof(*e));
	if (n < 0 || !e) {
		if (n >= 0)
			free(text);
		free(e);
		ce__error_no_memory(error);
		return code;
	}
	ce__failure_set(&e->failure, code, os_error, step, "%s", text);
	if ((size_t)n >= sizeof(e->failure.message))
		e->long_message = text;
	else
		free(text);
	*error = e;
	return code;
}

int ce__error_from_failure(ce_error **error, const struct ce_failure *failure)
{
	ce_error *e;

	if (!error)
		return (int)failure->code;
	e = calloc(1, sizeof(*e));
	if (!e) {
		ce__error_no_memory(error);
		return (int)failure->code;
	}
	e->failure = *failure;
	e->failure.step[sizeof(e->failure.step) - 1] = '\0';
	e->failure.message[sizeof(e->failure.message) - 1] = '\0';
	*error = e;
	return (int)failure->code;
}

void ce__error_cleanup(ce_error **error)
{
	ce_error_free(*error);
}

int ce_error_code(const ce_error *error)
{
	return (int)error->failure.code;
}

int ce_error_errno(const ce_error *error)
{
	return (int)error->failure.os_error;
}

const char *ce_error_step(const ce_error *error)
{
	return error->failure.step[0] ? error->failure.step : NULL;
}

const char *ce_error_message(const ce_error *error)
{
	return error->long_message ? error->long_message : error->failure.message;
}

void ce_error_free(ce_error *error)
{
	if (!error || error == &no_memory)
		return;
	free(error->long_message);
	free(error);
}

const char *ce_error_name(int code)
{
	static const char *const names[] = {
		"ok",	      "invalid",  "no-memory", "os",	  "unsupported", "not-found",
		"manifest",   "plugin",	  "busy",      "timeout", "too-new",	 "unavailable",
	};

	if (code > 0 || code <= -(int)CE_ARRAY_SIZE(names))
		return "unknown";
	return names[-code];
}
