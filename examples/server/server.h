/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the rooms of the server share. One thread owns all of it; only the loader has another. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <microhttpd.h>

#include "admission.h"
#include "config.h"
#include "engine.h"
#include "job.h"
#include "keys.h"
#include "loop.h"
#include "metrics.h"

struct connection;

struct server {
	struct config config;
	int loop;                  /* owned */
	struct MHD_Daemon *daemon; /* owned */
	int listen_fd;
	uint64_t port; /* that it listens on; 0: a unix socket */
	struct watch http_watch, signal_watch;
	int signal_fd; /* owned */
	struct loader loader;
	struct engine *engine; /* the current one; NULL until the first is there */
	struct keys keys;
	struct metrics metrics;
	struct admission admission;
	struct jobs jobs;
	struct connection *connections;
	size_t connection_count;
	bool draining, failed, http_due, jobs_due;
	size_t buffered_bytes; /* of bodies and requests that are not done with */
	uint64_t drain_until_us;
	uint64_t ticked_us;
};

static inline bool server_is_ready(const struct server *server)
{
	return server->engine && !server->draining;
}

static inline struct metrics_now server_now(const struct server *server)
{
	ce_cache_usage cache = {.size = sizeof(cache)};
	ce_warm_usage warm = {.size = sizeof(warm)};

	if (server->engine) {
		ce_sandbox_cache_usage(server->engine->sandbox, &cache);
		ce_sandbox_warm_usage(server->engine->sandbox, &warm);
	}
	return (struct metrics_now){
	    .running = server->admission.running,
	    .queued = server->admission.queued,
	    .max_running = server->admission.max_running,
	    .queue_limit = server->admission.queue_limit,
	    .connections = server->connection_count,
	    .remembered = server->jobs.count,
	    .supervisor_restarts = engine_restarts(),
	    .cache = cache,
	    .warm = warm,
	    .ready = server_is_ready(server),
	};
}

#endif
