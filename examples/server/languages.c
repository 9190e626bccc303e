/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "languages.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct languages {
	ce_sandbox *sandbox; /* borrowed */
	pthread_t thread;
	atomic_bool stop;
	/* of the thread, once it runs */
	const char **versions; /* of all runtimes, one executor after the other; owned, the texts are the sandbox's */
	pthread_mutex_t lock;
	/* under the lock */
	struct buffer json;
	bool asking; /* there is a thread */
};

static void add_list(struct buffer *out, const char *name, const ce_executor *executor,
		     const char *(*item)(const ce_executor *executor, size_t index))
{
	const char *text;

	buffer_printf(out, ",\"%s\":[", name);
	for (size_t i = 0; (text = item(executor, i)); i++) {
		buffer_text(out, i ? "," : "");
		buffer_json_string(out, text, strlen(text));
	}
	buffer_text(out, "]");
}

static void add_text(struct buffer *out, const char *name, const char *text)
{
	buffer_printf(out, "\"%s\":", name);
	buffer_json_string(out, text, strlen(text));
}

static void add_version(struct buffer *out, const char *version)
{
	if (version && *version)
		add_text(out, "version", version);
	else
		buffer_text(out, "\"version\":null");
}

/* `versions`: of its runtimes; NULL where it is not known. */
static void add_executor(struct buffer *out, const ce_executor *executor, const char *const *versions)
{
	size_t count = ce_executor_runtime_count(executor), standard = 0;

	while (standard + 1 < count && !ce_executor_runtime_available(executor, standard))
		standard++;
	buffer_text(out, "{");
	add_text(out, "name", ce_executor_name(executor));
	buffer_text(out, ",");
	add_text(out, "title", ce_executor_title(executor));
	buffer_text(out, ",");
	add_version(out, versions[standard]);
	buffer_printf(out, ",\"available\":%s,", ce_executor_available(executor) ? "true" : "false");
	add_text(out, "reason", ce_executor_unavailable_reason(executor));
	buffer_text(out, ",");
	add_text(out, "source_name", ce_executor_source_name(executor));
	buffer_printf(out, ",\"has_compile_stage\":%s",
		      ce_executor_has_compile_stage(executor) ? "true" : "false");
	add_list(out, "aliases", executor, ce_executor_alias);
	add_list(out, "extensions", executor, ce_executor_extension);
	buffer_text(out, ",\"runtimes\":[");
	for (size_t i = 0; i < count; i++) {
		buffer_text(out, i ? ",{" : "{");
		add_text(out, "name", ce_executor_runtime_name(executor, i));
		buffer_printf(out, ",\"available\":%s,",
			      ce_executor_runtime_available(executor, i) ? "true" : "false");
		add_version(out, versions[i]);
		buffer_text(out, "}");
	}
	buffer_text(out, "]}");
}

static void write_json(struct languages *l)
{
	const char *const *versions = l->versions;
	struct buffer out = {0};

	buffer_text(&out, "{\"languages\":[");
	for (size_t i = 0; i < ce_sandbox_executor_count(l->sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(l->sandbox, i);

		buffer_text(&out, i ? "," : "");
		add_executor(&out, executor, versions);
		versions += ce_executor_runtime_count(executor);
	}
	buffer_text(&out, "]}");
	pthread_mutex_lock(&l->lock);
	buffer_free(&l->json);
	l->json = out;
	pthread_mutex_unlock(&l->lock);
}

/* `first`: the runtime that a language stands for, which is asked for before any other's second; else the rest. */
static void ask_for_versions(struct languages *l, bool first)
{
	const char **versions = l->versions;

	for (size_t i = 0; i < ce_sandbox_executor_count(l->sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(l->sandbox, i);
		size_t count = ce_executor_runtime_count(executor);
		bool asked = false;

		for (size_t j = 0; j < count; j++) {
			if (atomic_load(&l->stop))
				return;
			if (!ce_executor_runtime_available(executor, j) || (versions[j] && *versions[j]))
				continue;
			versions[j] = ce_sandbox_runtime_version(l->sandbox, executor, j);
			asked = true;
			if (first)
				break;
		}
		versions += count;
		if (asked)
			write_json(l);
	}
}

static void *ask(void *data)
{
	struct languages *l = data;

	ask_for_versions(l, true);
	ask_for_versions(l, false);
	return NULL;
}

struct languages *languages_open(ce_sandbox *sandbox)
{
	struct languages *l = calloc(1, sizeof(*l));
	size_t runtimes = 1;

	if (!l)
		return NULL;
	l->sandbox = sandbox;
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++)
		runtimes += ce_executor_runtime_count(ce_sandbox_executor(sandbox, i));
	l->versions = calloc(runtimes, sizeof(*l->versions));
	if (!l->versions)
		goto fail;
	pthread_mutex_init(&l->lock, NULL);
	write_json(l);
	return l;
fail:
	free(l->versions);
	free(l);
	return NULL;
}

void languages_close(struct languages *l)
{
	if (!l)
		return;
	atomic_store(&l->stop, true);
	if (l->asking)
		pthread_join(l->thread, NULL);
	pthread_mutex_destroy(&l->lock);
	buffer_free(&l->json);
	free(l->versions);
	free(l);
}

void languages_add(struct languages *l, struct buffer *out)
{
	pthread_mutex_lock(&l->lock);
	if (!l->asking)
		l->asking = !pthread_create(&l->thread, NULL, ask, l);
	buffer_add(out, l->json.data, l->json.size);
	pthread_mutex_unlock(&l->lock);
}
