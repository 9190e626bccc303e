/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * How exchanges are answered. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "result.h"

static void add_common_headers(struct exchange *x)
{
	struct MHD_Response *r = x->response;
	char trace[64];

	snprintf(trace, sizeof(trace), "00-%s-%s-01", x->trace, x->span);
	MHD_add_response_header(r, "X-Request-Id", x->request_id);
	MHD_add_response_header(r, "traceparent", trace);
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (!MHD_get_response_header(r, "Cache-Control"))
		MHD_add_response_header(r, "Cache-Control", "no-store");
	if (*x->origin) {
		MHD_add_response_header(r, "Access-Control-Allow-Origin", x->origin);
		MHD_add_response_header(r, "Vary", "Origin");
	}
	if (x->close || x->server->draining)
		MHD_add_response_header(r, "Connection", "close");
}

void exchange_resume(struct exchange *x)
{
	if (!x->suspended)
		return;
	x->suspended = false;
	MHD_resume_connection(x->mhd);
	x->server->http_due = true;
}

void exchange_reply_response(struct exchange *x, unsigned status, struct MHD_Response *response)
{
	if (x->response || x->queued) { /* never twice */
		MHD_destroy_response(response);
		return;
	}
	x->status = status;
	x->response = response;
	add_common_headers(x);
	exchange_resume(x);
}

/* There is no memory even for an answer: better none than a client that waits for it. */
static void exchange_hang_up(struct exchange *x)
{
	x->speechless = true;
	exchange_resume(x);
}

void exchange_reply(struct exchange *x, unsigned status, const char *type, char *text, size_t size)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(text);
		exchange_hang_up(x);
		return;
	}
	if (MHD_add_response_header(response, "Content-Type", type) != MHD_YES) {
		MHD_destroy_response(response); /* and the text */
		exchange_hang_up(x);
		return;
	}
	x->response_bytes = size;
	exchange_reply_response(x, status, response);
}

void exchange_reply_buffer(struct exchange *x, unsigned status, struct buffer *json)
{
	size_t size;
	char *text;

	if (json->failed || !json->data) {
		buffer_free(json);
		exchange_fail(x, 500, "no_memory", NULL, "no memory left");
		return;
	}
	text = buffer_take(json, &size);
	exchange_reply(x, status, "application/json", text, size);
}

static void add_retry_after(struct exchange *x)
{
	char seconds[16];

	if (!x->response || (x->status != 429 && x->status != 503))
		return;
	snprintf(seconds, sizeof(seconds), "%u",
		 x->retry_after ? x->retry_after : jobs_retry_after(x->server));
	MHD_add_response_header(x->response, "Retry-After", seconds);
}

void exchange_reply_error(struct exchange *x, const struct api_error *error)
{
	struct buffer json = {0};

	buffer_text(&json, "{\"error\":");
	result_write_error(&json, error);
	buffer_text(&json, "}\n");
	if (json.failed) {
		buffer_free(&json);
		buffer_text(
		    &json,
		    "{\"error\":{\"code\":\"no_memory\",\"message\":\"no memory left\",\"field\":null}}");
	}
	if (json.failed)
		exchange_hang_up(x);
	else
		exchange_reply_buffer(x, error->status, &json);
	add_retry_after(x);
	if (x->response && error->status == 401)
		MHD_add_response_header(x->response, "WWW-Authenticate", "Bearer");
}

void exchange_fail(struct exchange *x, unsigned status, const char *code, const char *field,
		   const char *format, ...)
{
	struct api_error error;
	char message[sizeof(error.message)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	api_error_set(&error, status, code, field, "%s", message);
	exchange_reply_error(x, &error);
}

void exchange_add_header(struct exchange *x, const char *name, const char *value)
{
	if (x->response)
		MHD_add_response_header(x->response, name, value);
}

const char *exchange_header(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->mhd, MHD_HEADER_KIND, name);
}

const char *exchange_query(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->mhd, MHD_GET_ARGUMENT_KIND, name);
}

const char *exchange_client(const struct exchange *x)
{
	return *x->key_name ? x->key_name : x->connection->address;
}

void exchange_job_finished(struct exchange *x, struct job *job)
{
	size_t size;
	char *text;

	job->waiter = NULL;
	x->job = NULL;
	if (job->result.failed || !job->result.data) {
		exchange_fail(x, 500, "no_memory", NULL, "no memory left");
		return;
	}
	memcpy(x->job_id, job->id, sizeof(x->job_id));
	if (job->error) {
		exchange_reply_error(x, job->error);
		return;
	}
	text = buffer_take(&job->result, &size);
	exchange_reply(x, job->http_status, "application/json", text, size);
	add_retry_after(x);
}
