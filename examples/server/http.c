/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * libmicrohttpd without threads of its own: its epoll descriptor is one more in our loop. An exchange that
 * waits is suspended, and then libmicrohttpd does not look at its socket: we do, to learn that the client has
 * gone. */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "guard.h"
#include "head.h"
#include "log.h"
#include "stream.h"

#define MEMORY_PER_CONNECTION (32 * 1024)

/* ---- requests ---- */

static enum MHD_Result queue_response(struct exchange *x)
{
	enum MHD_Result r = MHD_queue_response(x->mhd, x->status, x->response);

	x->queued = true;
	MHD_destroy_response(x->response);
	x->response = NULL;
	return r;
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
	if (head_check(x, url, &head, &error)) {
		if (error.status == 413 && !head.expects) {
			head_answer_and_linger(x, &error);
			return MHD_YES;
		}
		x->early = true;
		x->close = head.expects;
		exchange_reply_error(x, &error);
		/* With the body still to come, it is read and thrown away first, so that the connection stays
		 * in step. */
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
		head_too_large(x, &error);
		head_answer_and_linger(x, &error);
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
	if (x->discard || x->speechless)
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
	if (x->connection->gone || x->speechless) {
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
	exchange_resume(x);
	jobs_start(server);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
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
	buffer_printf(&line, ",\"request_id\":\"%s\",\"trace_id\":\"%s\",\"span_id\":\"%s\",\"method\":",
		      x->request_id, x->trace, x->span);
	buffer_json_string(&line, x->method, strlen(x->method));
	buffer_text(&line, ",\"path\":");
	buffer_json_string(&line, x->path, strlen(x->path));
	buffer_printf(&line, ",\"status\":%u,\"bytes\":%zu,\"duration_us\":%llu,\"client\":\"%s\"", x->status,
		      x->response_bytes, (unsigned long long)(clock_us() - x->started_us),
		      x->connection->address);
	if (*x->key_name)
		buffer_printf(&line, ",\"key\":\"%s\"", x->key_name);
	if (*x->job_id)
		buffer_printf(&line, ",\"execution_id\":\"%s\"", x->job_id);
	if (x->connection->gone)
		buffer_text(&line, ",\"client_gone\":true");
	log_end(&line);
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **state,
			 enum MHD_RequestTerminationCode code)
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
		    clock_us() +
		    (server->config.connection_timeout_ms + server->config.request_timeout_ms) * 1000;
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
		c->local = !inet_ntop(AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, c->address,
				      sizeof(c->address));
	else if (peer.ss_family == AF_INET6)
		c->local = !inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&peer)->sin6_addr, c->address,
				      sizeof(c->address));
}

static void connection_begin(struct server *server, struct MHD_Connection *mhd, void **context)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
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

/* Nothing of such a request became an exchange. */
static void log_refusal(const struct connection *c)
{
	struct buffer line = {0};

	c->server->metrics.responses[4]++;
	if (!c->server->config.log_requests)
		return;
	log_begin(&line, "info", "request refused");
	buffer_printf(&line, ",\"status\":%u,\"client\":\"%s\",\"reason\":\"%s\"", c->wire.status, c->address,
		      c->wire.problem);
	log_end(&line);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
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
	if (c->wire.state == WIRE_REFUSED)
		log_refusal(c);
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
			exchange_resume(c->active);
	}
	if (server->daemon)
		MHD_run(server->daemon);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}
