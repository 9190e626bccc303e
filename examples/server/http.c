/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * libmicrohttpd without threads of its own: its epoll descriptor is one more in our loop. An exchange that waits is
 * suspended, and then libmicrohttpd does not look at its socket: we do, to learn that the client has gone. */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "guard.h"
#include "log.h"
#include "page.h"
#include "result.h"
#include "stream.h"

#define MEMORY_PER_CONNECTION (32 * 1024)
#define LINGER_US 2000000

/* ---- answers ---- */

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

static void resume(struct exchange *x)
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
	resume(x);
}

void exchange_reply(struct exchange *x, unsigned status, const char *type, char *text, size_t size)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(text);
		return;
	}
	MHD_add_response_header(response, "Content-Type", type);
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
	snprintf(seconds, sizeof(seconds), "%u", x->retry_after ? x->retry_after : jobs_retry_after(x->server));
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
		buffer_text(&json, "{\"error\":{\"code\":\"no_memory\",\"message\":\"no memory left\",\"field\":null}}");
	}
	if (json.data)
		exchange_reply_buffer(x, error->status, &json);
	add_retry_after(x);
	if (x->response && error->status == 401)
		MHD_add_response_header(x->response, "WWW-Authenticate", "Bearer");
}

void exchange_fail(struct exchange *x, unsigned status, const char *code, const char *field, const char *format, ...)
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

static enum MHD_Result queue_response(struct exchange *x)
{
	enum MHD_Result r = MHD_queue_response(x->mhd, x->status, x->response);

	x->queued = true;
	MHD_destroy_response(x->response);
	x->response = NULL;
	return r;
}

/* ---- the head of a request ---- */

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
		return api_error_set(error, 405, "method_not_allowed", NULL, "%s is not for this path", x->method);
	return api_error_set(error, 404, "not_found", NULL, "there is nothing here (GET /openapi.json lists the paths)");
}

static int check_type(const struct exchange *x, struct api_error *error)
{
	const char *type = exchange_header(x, "Content-Type"), *coding = exchange_header(x, "Content-Encoding");
	size_t n = type ? strcspn(type, "; \t") : 0;

	if (coding && strcasecmp(coding, "identity") != 0)
		return api_error_set(error, 415, "unsupported_encoding", NULL, "Content-Encoding is not understood here");
	if (!(x->route->flags & ROUTE_JSON) || (n == 16 && !strncasecmp(type, "application/json", 16)))
		return 0;
	return api_error_set(error, 415, "unsupported_type", NULL, "Content-Type must be application/json");
}

static int too_large(const struct exchange *x, struct api_error *error)
{
	x->server->metrics.rejected[REJECT_BODY]++;
	return api_error_set(error, 413, "body_too_large", NULL, "the body has more than %llu bytes",
			     (unsigned long long)x->server->config.max_body_bytes);
}

/* A browser asks before it lets a page of another origin, which guard_origin allowed, use a method or header. */
static bool answer_preflight(struct exchange *x)
{
	struct MHD_Response *response;

	if (strcmp(x->method, "OPTIONS") != 0 || !*x->origin || !exchange_header(x, "Access-Control-Request-Method"))
		return false;
	response = MHD_create_response_from_buffer(0, (void *)(uintptr_t)"", MHD_RESPMEM_PERSISTENT);
	if (!response)
		return false;
	MHD_add_response_header(response, "Access-Control-Allow-Methods", "GET, POST, DELETE");
	MHD_add_response_header(response, "Access-Control-Allow-Headers",
				"Authorization, Content-Type, Last-Event-ID, X-API-Key, traceparent");
	MHD_add_response_header(response, "Access-Control-Max-Age", "600");
	exchange_reply_response(x, 204, response);
	return true;
}

static int check_head(struct exchange *x, const char *url, const struct guard_head *head, struct api_error *error)
{
	int r;

	if (head->length > x->server->config.max_body_bytes)
		return too_large(x, error);
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
static void answer_and_linger(struct exchange *x, const struct api_error *error)
{
	struct buffer json = {0}, head = {0};

	buffer_text(&json, "{\"error\":");
	result_write_error(&json, error);
	buffer_text(&json, "}\n");
	buffer_printf(&head, "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n", error->status,
		      MHD_get_reason_phrase_for(error->status), json.size);
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

static enum MHD_Result begin(struct exchange *x, const char *url, const char *method, const char *version)
{
	struct guard_head head = {0};
	struct api_error error;
	int r;

	x->checked = true;
	snprintf(x->method, sizeof(x->method), "%s", method);
	trace_take(exchange_header(x, "traceparent"), x->trace, x->span);
	r = guard_framing(x, version, &head, &error);
	if (r) {
		x->close = true;
		exchange_reply_error(x, &error);
		return x->response ? queue_response(x) : MHD_NO;
	}
	if (check_head(x, url, &head, &error)) {
		if (error.status == 413 && !head.expects) {
			answer_and_linger(x, &error);
			return MHD_YES;
		}
		x->early = true;
		x->close = head.expects;
		exchange_reply_error(x, &error);
		/* With the body still to come, it is read and thrown away first, so that the connection stays in step. */
		if (!head.has_body || head.expects)
			return x->response ? queue_response(x) : MHD_NO;
	}
	x->early |= x->response != NULL;
	return MHD_YES;
}

static void take_body(struct exchange *x, const char *data, size_t size)
{
	struct server *server = x->server;
	struct api_error error;

	server->metrics.bytes_in += size;
	if (x->discard)
		return;
	x->body_seen += size;
	if (x->body_seen > server->config.max_body_bytes) {
		if (x->response)
			MHD_destroy_response(x->response);
		x->response = NULL;
		too_large(x, &error);
		answer_and_linger(x, &error);
		return;
	}
	if (x->early || !x->route || !(x->route->flags & (ROUTE_JSON | ROUTE_BODY)))
		return;
	buffer_add(&x->body, data, size);
	server->buffered_bytes += size;
}

static void abandon_job(struct exchange *x)
{
	struct job *job = x->job;

	if (!job)
		return;
	x->job = NULL;
	job->waiter = NULL;
	job_cancel(job);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
				  const char *version, const char *data, size_t *size, void **state)
{
	struct exchange *x = *state;

	(void)cls;
	(void)mhd;
	if (!x || !x->connection->wire.fed)
		return MHD_NO; /* nobody has looked at these bytes */
	if (!x->checked)
		return begin(x, url, method, version);
	if (*size) {
		take_body(x, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (x->discard)
		return MHD_NO;
	x->connection->deadline_us = 0;
	if (!x->response && !x->handled) {
		x->handled = true;
		if (x->body.failed)
			exchange_fail(x, 500, "no_memory", NULL, "no memory left");
		else
			x->route->handle(x);
	}
	if (x->stream && x->connection->gone)
		stream_abort(x, false);
	if (x->response)
		return queue_response(x);
	if (x->connection->gone) {
		abandon_job(x);
		return MHD_NO;
	}
	x->suspended = true;
	MHD_suspend_connection(x->mhd);
	return MHD_YES;
}

/* ---- the life of exchanges and connections ---- */

static void on_gone(struct watch *watch, uint32_t events)
{
	struct connection *c = watch->data;
	struct exchange *x = c->active;
	struct server *server = c->server;

	(void)events;
	c->gone = true;
	if (!x || (!x->suspended && !x->stream))
		return; /* libmicrohttpd sees it by itself */
	abandon_job(x);
	if (x->stream)
		stream_abort(x, false);
	resume(x);
	jobs_start(server);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *c = info ? info->socket_context : NULL;
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x || !c || random_hex(x->request_id, 16)) {
		free(x);
		return NULL;
	}
	x->server = cls;
	x->connection = c;
	x->mhd = mhd;
	x->started_us = clock_us();
	/* Without the query: it is nobody's business in a log. */
	snprintf(x->path, sizeof(x->path), "%.*s", (int)strcspn(uri, "?"), uri);
	c->active = x;
	return x;
}

static void log_exchange(const struct exchange *x)
{
	struct buffer line = {0};

	if (!x->server->config.log_requests)
		return;
	log_begin(&line, "info", "request");
	buffer_printf(&line, ",\"request_id\":\"%s\",\"trace_id\":\"%s\",\"span_id\":\"%s\",\"method\":", x->request_id,
		      x->trace, x->span);
	buffer_json_string(&line, x->method, strlen(x->method));
	buffer_text(&line, ",\"path\":");
	buffer_json_string(&line, x->path, strlen(x->path));
	buffer_printf(&line, ",\"status\":%u,\"bytes\":%zu,\"duration_us\":%llu,\"client\":\"%s\"", x->status,
		      x->response_bytes, (unsigned long long)(clock_us() - x->started_us), x->connection->address);
	if (*x->key_name)
		buffer_printf(&line, ",\"key\":\"%s\"", x->key_name);
	if (*x->job_id)
		buffer_printf(&line, ",\"execution_id\":\"%s\"", x->job_id);
	if (x->connection->gone)
		buffer_text(&line, ",\"client_gone\":true");
	log_end(&line);
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *state;
	struct server *server = cls;
	struct connection *c;

	(void)mhd;
	if (!x)
		return;
	*state = NULL;
	c = x->connection;
	if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		abandon_job(x);
	if (x->stream)
		stream_abort(x, true);
	server->jobs_due = true;
	if (x->status) {
		server->metrics.responses[x->status / 100 < 6 ? x->status / 100 : 5]++;
		server->metrics.bytes_out += x->response_bytes;
	}
	if (x->checked)
		log_exchange(x);
	server->buffered_bytes -= x->body.size;
	buffer_free(&x->body);
	if (x->response)
		MHD_destroy_response(x->response);
	c->active = NULL;
	/* The next request may wait for as long as a connection may be silent, and then has its own time. */
	if (!x->discard)
		c->deadline_us =
		    clock_us() + (server->config.connection_timeout_ms + server->config.request_timeout_ms) * 1000;
	free(x);
}

static void read_address(struct connection *c)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);

	snprintf(c->address, sizeof(c->address), "unix");
	c->local = true;
	if (getpeername(c->fd, (struct sockaddr *)&peer, &size))
		return;
	if (peer.ss_family == AF_INET)
		c->local = !inet_ntop(AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, c->address, sizeof(c->address));
	else if (peer.ss_family == AF_INET6)
		c->local = !inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&peer)->sin6_addr, c->address,
				      sizeof(c->address));
}

static void connection_begin(struct server *server, struct MHD_Connection *mhd, void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *c = calloc(1, sizeof(*c));

	if (!c || !info) {
		free(c);
		return; /* its requests are then refused */
	}
	c->server = server;
	c->fd = info->connect_fd;
	c->deadline_us = clock_us() + server->config.request_timeout_ms * 1000;
	read_address(c);
	c->next = server->connections;
	if (c->next)
		c->next->previous = c;
	server->connections = c;
	server->connection_count++;
	if (wire_attach(c->fd, &c->wire))
		loop_add(server->loop, &c->watch, c->fd, EPOLLRDHUP | EPOLLET, on_gone, c);
	*context = c;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct server *server = cls;
	struct connection *c = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		connection_begin(server, mhd, context);
		return;
	}
	if (!c)
		return;
	loop_remove(server->loop, &c->watch);
	wire_detach(c->fd);
	*(c->previous ? &c->previous->next : &server->connections) = c->next;
	if (c->next)
		c->next->previous = c->previous;
	server->connection_count--;
	*context = NULL;
	free(c);
}

void http_tick(struct server *server, uint64_t now_us)
{
	for (struct connection *c = server->connections; c; c = c->next)
		if (c->deadline_us && now_us > c->deadline_us) {
			c->deadline_us = 0;
			shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd sees the end and closes */
			server->http_due = true;
		}
}

static void on_http(struct watch *watch, uint32_t events)
{
	(void)events;
	((struct server *)watch->data)->http_due = true;
}

/* Its own log has nothing that the answers do not say, and quotes of what clients sent. */
static void ignore_log(void *cls, const char *format, va_list arguments)
{
	(void)cls;
	(void)format;
	(void)arguments;
}

int http_start(struct server *server)
{
	const union MHD_DaemonInfo *info;
	const struct config *config = &server->config;

	server->daemon = MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server,
	    MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)config->max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)(config->connection_timeout_ms / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!server->daemon)
		return -1;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || loop_add(server->loop, &server->http_watch, info->epoll_fd, EPOLLIN, on_http, server))
		return -1;
	return 0;
}

void http_stop(struct server *server)
{
	loop_remove(server->loop, &server->http_watch);
	/* It does not stop while a connection is suspended. */
	for (struct connection *c = server->connections; c; c = c->next) {
		c->gone = true;
		if (c->active && c->active->stream)
			stream_abort(c->active, false);
		if (c->active)
			resume(c->active);
	}
	if (server->daemon)
		MHD_run(server->daemon);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}
