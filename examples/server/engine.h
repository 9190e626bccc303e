/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A sandbox with what is asked about it all the time, made on a thread of its own: loading executors takes a while, and the
 * server answers meanwhile. */
#ifndef SERVER_ENGINE_H
#define SERVER_ENGINE_H

#include <codeexec/codeexec.h>
#include <pthread.h>

#include "config.h"
#include "languages.h"
#include "loop.h"
#include "util.h"

struct engine {
	ce_sandbox *sandbox;     /* owned */
	struct languages *languages; /* the answer of GET /languages; owned */
	unsigned uses;
	bool retired;
};

struct server;

/* Main thread only. */
struct loader {
	const struct config *config; /* borrowed */
	pthread_t thread;
	bool busy;
	int done; /* eventfd; owned */
	struct watch watch;
	struct engine *made; /* of the thread until it is joined */
	char why[512];
	void (*finished)(struct server *server, struct engine *engine, const char *why);
	struct server *server;
};

/* Supervisors that died and were replaced, in all engines. Any thread. */
uint64_t engine_restarts(void);

int loader_open(struct loader *loader, int loop, struct server *server, const struct config *config,
		void (*finished)(struct server *server, struct engine *engine, const char *why));
/* Starts the thread, unless one is at work. */
void loader_start(struct loader *loader);
/* Waits for the thread, if there is one. */
void loader_close(struct loader *loader, int loop);

struct engine *engine_use(struct engine *engine);
/* Destroys it when it is retired and nobody uses it. NULL is fine. */
void engine_release(struct engine *engine);
void engine_retire(struct engine *engine);

#endif
