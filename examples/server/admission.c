/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

static struct client *find(const struct admission *a, const char *name)
{
	struct client *c = a->turn;

	if (!c)
		return NULL;
	do {
		if (!strcmp(c->name, name))
			return c;
		c = c->next;
	} while (c != a->turn);
	return NULL;
}

/* A new client's turn comes after all others'. */
static struct client *add(struct admission *a, const char *name)
{
	struct client *c = calloc(1, sizeof(*c)), *last = a->turn;

	if (!c)
		return NULL;
	snprintf(c->name, sizeof(c->name), "%s", name);
	if (!last) {
		c->next = c;
		a->turn = c;
		return c;
	}
	while (last->next != a->turn)
		last = last->next;
	last->next = c;
	c->next = a->turn;
	return c;
}

static void remove_if_idle(struct admission *a, struct client *c)
{
	struct client *before = c;

	if (c->running || c->queued)
		return;
	while (before->next != c)
		before = before->next;
	before->next = c->next;
	if (a->turn == c)
		a->turn = c->next == c ? NULL : c->next;
	free(c);
}

bool admission_enqueue(struct admission *a, struct job *job, const char *name, uint64_t concurrency)
{
	struct client *c = find(a, name);
	bool at_once =
	    a->running < a->max_running && !a->queued && (!c || !concurrency || c->running < concurrency);

	if (!at_once && a->queued >= a->queue_limit)
		return false;
	if (!c)
		c = add(a, name);
	if (!c)
		return false;
	c->concurrency = concurrency;
	job->client = c;
	job->queue_next = NULL;
	if (c->last)
		c->last->queue_next = job;
	else
		c->first = job;
	c->last = job;
	c->queued++;
	a->queued++;
	return true;
}

static void unlink_job(struct admission *a, struct client *c, struct job *job)
{
	struct job **at = &c->first, *before = NULL;

	while (*at && *at != job) {
		before = *at;
		at = &(*at)->queue_next;
	}
	if (!*at)
		return;
	*at = job->queue_next;
	if (c->last == job)
		c->last = before;
	job->queue_next = NULL;
	c->queued--;
	a->queued--;
}

struct job *admission_next(struct admission *a)
{
	struct client *c = a->turn;

	if (!c || a->running >= a->max_running)
		return NULL;
	do {
		if (c->first && (!c->concurrency || c->running < c->concurrency)) {
			struct job *job = c->first;

			unlink_job(a, c, job);
			c->running++;
			a->running++;
			a->turn = c->next;
			return job;
		}
		c = c->next;
	} while (c != a->turn);
	return NULL;
}

void admission_withdraw(struct admission *a, struct job *job)
{
	struct client *c = job->client;

	unlink_job(a, c, job);
	job->client = NULL;
	remove_if_idle(a, c);
}

void admission_leave(struct admission *a, struct job *job)
{
	struct client *c = job->client;

	c->running--;
	a->running--;
	job->client = NULL;
	remove_if_idle(a, c);
}
