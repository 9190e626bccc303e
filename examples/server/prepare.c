/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "prepare.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "job.h"
#include "server.h"

struct preparation {
	struct job *job; /* borrowed */
	pthread_t thread;
	int ended; /* eventfd; owned */
	struct watch watch;
	struct prepared prepared; /* of the thread until it is joined */
	void (*done)(struct job *job, struct prepared *prepared);
};

static void *compile(void *data)
{
	struct preparation *p = data;

	ce_program_create(p->job->engine->sandbox, &p->job->request.request, &p->prepared.program,
			  &p->prepared.compiled, &p->prepared.error);
	eventfd_write(p->ended, 1);
	return NULL;
}

static void on_ended(struct watch *watch, uint32_t events)
{
	struct preparation *p = watch->data;
	struct server *server = p->job->server;

	(void)events;
	pthread_join(p->thread, NULL);
	loop_remove(server->loop, &p->watch);
	close(p->ended);
	p->done(p->job, &p->prepared);
	free(p);
	server->jobs_due = true;
}

int prepare_start(struct job *job, void (*done)(struct job *job, struct prepared *prepared))
{
	struct preparation *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	p->job = job;
	p->done = done;
	p->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->ended < 0 || loop_add(job->server->loop, &p->watch, p->ended, EPOLLIN, on_ended, p))
		goto fail;
	if (!pthread_create(&p->thread, NULL, compile, p))
		return 0;
	loop_remove(job->server->loop, &p->watch);
fail:
	if (p->ended >= 0)
		close(p->ended);
	free(p);
	return -1;
}
