/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Every path there is, and the short answers. */
#include "routes.h"

#include <string.h>

#include "embedded.h"

const struct route routes[] = {
    {"POST", "/execute", ROUTE_KEY | ROUTE_JSON, route_execute},
    {"POST", "/execute/batch", ROUTE_KEY | ROUTE_JSON, route_batch},
    {"POST", "/executions", ROUTE_KEY | ROUTE_JSON, route_start},
    {"GET", "/executions", ROUTE_KEY, route_list},
    {"GET", "/executions/{id}", ROUTE_KEY, route_show},
    {"DELETE", "/executions/{id}", ROUTE_KEY, route_cancel},
    {"GET", "/executions/{id}/events", ROUTE_KEY, route_events},
    {"POST", "/executions/{id}/stdin", ROUTE_KEY | ROUTE_BODY, route_stdin},
    {"GET", "/languages", ROUTE_KEY, route_languages},
    {"GET", "/metrics", ROUTE_KEY, route_metrics},
    {"GET", "/healthz", 0, route_alive},
    {"GET", "/health", 0, route_alive},
    {"GET", "/readyz", 0, route_ready},
    {"GET", "/openapi.json", 0, route_openapi},
};

const size_t route_count = COUNT_OF(routes);

void route_alive(struct exchange *x)
{
	struct buffer json = {0};

	buffer_printf(&json, "{\"status\":\"ok\",\"version\":\"%s\"}\n", ce_version());
	exchange_reply_buffer(x, 200, &json);
}

void route_ready(struct exchange *x)
{
	struct buffer json = {0};

	if (!server_is_ready(x->server)) {
		exchange_fail(x, 503, x->server->draining ? "draining" : "starting", NULL, "%s",
			      x->server->draining ? "the server stops" : "the server starts");
		return;
	}
	buffer_text(&json, "{\"status\":\"ready\"}\n");
	exchange_reply_buffer(x, 200, &json);
}

void route_languages(struct exchange *x)
{
	struct buffer json = {0};

	if (!x->server->engine) {
		exchange_fail(x, 503, "starting", NULL, "the server starts");
		return;
	}
	languages_add(x->server->engine->languages, &json);
	exchange_reply_buffer(x, 200, &json);
}

void route_metrics(struct exchange *x)
{
	struct metrics_now now = server_now(x->server);
	struct buffer out = {0};
	size_t size;
	char *text;

	metrics_write(&x->server->metrics, &now, &out);
	if (out.failed) {
		buffer_free(&out);
		exchange_fail(x, 500, "no_memory", NULL, "no memory left");
		return;
	}
	text = buffer_take(&out, &size);
	exchange_reply(x, 200, "text/plain; version=0.0.4; charset=utf-8", text, size);
}

void route_openapi(struct exchange *x)
{
	struct buffer json = {0};

	buffer_add(&json, embedded_openapi, embedded_openapi_size);
	exchange_reply_buffer(x, 200, &json);
}
