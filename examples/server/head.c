/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What is decided when a request's head is there: route, permission, type and size. */
#include "head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "guard.h"
#include "log.h"
#include "page.h"
#include "result.h"

#define LINGER_US 2000000 /* for a refused body */

static bool matches(const struct route *route, const char *path, char id[33])
{
	const char *pattern = route->path;

	while (*pattern) {
		if (!strncmp(pattern, "{id}", 4)) {
			size_t n = strcspn(path, "/");

			if (n != 32 || strspn(path, "0123456789abcdef") < n)
				return false;
			memcpy(id, path, n);
			id[n] = '\0';
			path += n;
			pattern += 4;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*path;
}

static void answer_page(struct exchange *x)
{
	page_answer(x, x->path);
}

static const struct route page_route = {"GET", "/", 0, answer_page};

static int find_route(struct exchange *x, const char *url, struct api_error *error)
{
	const char *method = !strcmp(x->method, "HEAD") ? "GET" : x->method;
	bool known = false;

	for (size_t i = 0; i < route_count; i++) {
		if (!matches(&routes[i], url, x->id))
			continue;
		known = true;
		if (!strcmp(routes[i].method, method)) {
			x->route = &routes[i];
			return 0;
		}
	}
	if (!known && !strcmp(method, "GET") && page_has(url)) {
		x->route = &page_route;
		return 0;
	}
	if (known)
		return api_error_set(error, 405, "method_not_allowed", NULL, "%s is not for this path",
				     x->method);
	return api_error_set(error, 404, "not_found", NULL,
			     "there is nothing here (GET /openapi.json lists the paths)");
}

static int check_type(const struct exchange *x, struct api_error *error)
{
	const char *type = exchange_header(x, "Content-Type"),
		   *coding = exchange_header(x, "Content-Encoding");
	size_t n = type ? strcspn(type, "; \t") : 0;

	if (coding && strcasecmp(coding, "identity") != 0)
		return api_error_set(error, 415, "unsupported_encoding", NULL,
				     "Content-Encoding is not understood here");
	if (!(x->route->flags & ROUTE_JSON) || (n == 16 && !strncasecmp(type, "application/json", 16)))
		return 0;
	return api_error_set(error, 415, "unsupported_type", NULL, "Content-Type must be application/json");
}

int head_too_large(const struct exchange *x, struct api_error *error)
{
	x->server->metrics.rejected[REJECT_BODY]++;
	return api_error_set(error, 413, "body_too_large", NULL, "the body has more than %llu bytes",
			     (unsigned long long)x->server->config.max_body_bytes);
}

/* A browser asks before it lets a page of another origin, which guard_origin allowed, use a method or header.
 */
static bool answer_preflight(struct exchange *x)
{
	struct MHD_Response *response;

	if (strcmp(x->method, "OPTIONS") != 0 || !*x->origin ||
	    !exchange_header(x, "Access-Control-Request-Method"))
		return false;
	response = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
	if (!response)
		return false;
	MHD_add_response_header(response, "Access-Control-Allow-Methods", "GET, POST, DELETE");
	MHD_add_response_header(response, "Access-Control-Allow-Headers",
				"Authorization, Content-Type, Last-Event-ID, X-API-Key, traceparent");
	MHD_add_response_header(response, "Access-Control-Max-Age", "600");
	exchange_reply_response(x, 204, response);
	return true;
}

int head_check(struct exchange *x, const char *url, const struct guard_head *head, struct api_error *error)
{
	int r;

	if (head->length > x->server->config.max_body_bytes)
		return head_too_large(x, error);
	if (guard_origin(x, error))
		return -1;
	if (answer_preflight(x))
		return 0;
	if (find_route(x, url, error))
		return -1;
	if (x->route->flags & ROUTE_KEY && guard_key(x, error)) {
		x->server->metrics.rejected[REJECT_AUTH]++;
		return -1;
	}
	if (!(x->route->flags & (ROUTE_JSON | ROUTE_BODY)))
		return 0;
	r = check_type(x, error);
	if (!r && x->server->buffered_bytes + head->length > x->server->config.max_buffered_bytes)
		return api_error_set(error, 503, "busy", NULL, "too many request bodies are in memory");
	return r;
}

/* An answer that the client can read although it still sends: what it sends is thrown away for a while. */
void head_answer_and_linger(struct exchange *x, const struct api_error *error)
{
	struct buffer json = {0}, head = {0};

	buffer_text(&json, "{\"error\":");
	result_write_error(&json, error);
	buffer_text(&json, "}\n");
	buffer_printf(&head, "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
		      error->status, MHD_get_reason_phrase_for(error->status), json.size);
	buffer_printf(&head, "X-Request-Id: %s\r\nConnection: close\r\n\r\n", x->request_id);
	buffer_add(&head, json.data, json.size);
	if (!head.failed)
		send(x->connection->fd, head.data, head.size, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(x->connection->fd, SHUT_WR);
	x->status = error->status;
	x->response_bytes = json.size;
	x->discard = true;
	x->connection->deadline_us = clock_us() + LINGER_US;
	buffer_free(&json);
	buffer_free(&head);
}
