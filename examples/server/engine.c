/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "engine.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"

static atomic_ullong restarts;

uint64_t engine_restarts(void)
{
	return atomic_load(&restarts);
}

/* The public interface does not count them, but it tells of each. */
static void log_and_count(int priority, const char *message, void *user_data)
{
	if (!strcmp(message, "started another supervisor"))
		atomic_fetch_add(&restarts, 1);
	log_library(priority, message, user_data);
}

/* ---- making one ---- */

#define DIRS_MAX 32

/* Cuts `text` up at `separator`. */
static void split(char *text, const char *separator, const char **out)
{
	size_t count = 0;
	char *save = NULL;

	for (char *part = strtok_r(text, separator, &save); part && count + 1 < DIRS_MAX;
	     part = strtok_r(NULL, separator, &save))
		out[count++] = part;
	out[count] = NULL;
}

static int read_missing(const struct config *config, uint64_t *mask, char *why, size_t size)
{
	char *copy = config->allow_missing ? strdup(config->allow_missing) : NULL;
	const char *names[DIRS_MAX] = {NULL};
	int r = 0;

	if (copy)
		split(copy, ", ", names);
	for (size_t i = 0; names[i]; i++) {
		uint64_t bit = ce_protection_from_name(names[i]);

		*mask |= bit;
		if (!bit) {
			snprintf(why, size, "CODE_EXEC_ALLOW_MISSING: unknown protection '%.40s'", names[i]);
			r = -1;
		}
	}
	free(copy);
	return r;
}

static void set_ceilings(const struct config *config, ce_limits *limits)
{
	*limits = ce_limits_init();
	limits->wall_time_ms = config->max_timeout_ms;
	limits->cpu_time_ms = config->max_cpu_time_ms;
	/* Those that nobody chose are the library's own, and bow to a manifest which knows what its language needs. */
	limits->memory_bytes = config_given(config, &config->max_memory);
	limits->processes = config_given(config, &config->max_processes);
	limits->file_size_bytes = config_given(config, &config->max_file_size);
	limits->disk_bytes = config_given(config, &config->max_disk_space);
	limits->output_bytes = config->max_output;
}

static ce_sandbox *make_sandbox(const struct config *config, char *why, size_t size)
{
	char *executors = config->executors_dir ? strdup(config->executors_dir) : NULL;
	char *plugins = config->plugin_dir ? strdup(config->plugin_dir) : NULL;
	const char *executor_dirs[DIRS_MAX] = {NULL}, *plugin_dirs[DIRS_MAX] = {NULL};
	ce_sandbox_options options = ce_sandbox_options_init();
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;
	ce_limits limits;

	if (executors)
		split(executors, ":", executor_dirs);
	if (plugins)
		split(plugins, ":", plugin_dirs);
	set_ceilings(config, &limits);
	/* This process is ours alone, so it may step aside when cgroup v2 wants an empty parent. */
	options.flags = CE_SANDBOX_MOVE_HOST | (config->allow_weaker ? CE_SANDBOX_ALLOW_WEAKER : 0) |
			(config->fresh_slots ? CE_SANDBOX_FRESH_SLOTS : 0);
	options.max_concurrent = config->max_concurrent;
	options.warm_memory_bytes = config->warm_memory;
	options.cache_bytes = config->cache_bytes;
	options.limits = &limits;
	options.executor_dirs = executors ? executor_dirs : NULL;
	options.plugin_dirs = plugins ? plugin_dirs : NULL;
	options.supervisor_path = config->supervisor;
	options.runtimes_dir = config->runtimes_dir;
	options.cgroup = config->cgroup;
	options.state_dir = config->state_dir;
	options.log = log_and_count;
	if (!read_missing(config, &options.allow_missing, why, size) &&
	    ce_sandbox_create(&options, &sandbox, &error))
		snprintf(why, size, "%s", error ? ce_error_message(error) : "no memory left");
	ce_error_free(error);
	free(executors);
	free(plugins);
	return sandbox;
}

/* Before anybody is told that the server is ready. A language that cannot be had ahead is no reason not to serve. */
static void prewarm(const struct config *config, ce_sandbox *sandbox)
{
	char *copy = config->prewarm ? strdup(config->prewarm) : NULL;
	const char *names[DIRS_MAX] = {NULL};

	if (copy)
		split(copy, ", ", names);
	for (size_t i = 0; names[i]; i++) {
		const char *one[] = {names[i], NULL};
		ce_error *error = NULL;

		if (ce_sandbox_prewarm(sandbox, one, &error))
			log_library(LOG_WARNING, error ? ce_error_message(error) : "no memory left", NULL);
		ce_error_free(error);
	}
	free(copy);
}

static void destroy(struct engine *engine)
{
	languages_close(engine->languages);
	ce_sandbox_destroy(engine->sandbox);
	free(engine);
}

static void *load(void *data)
{
	struct loader *loader = data;
	struct engine *engine = calloc(1, sizeof(*engine));

	snprintf(loader->why, sizeof(loader->why), "no memory left");
	if (engine)
		engine->sandbox = make_sandbox(loader->config, loader->why, sizeof(loader->why));
	if (engine && engine->sandbox)
		engine->languages = languages_open(engine->sandbox);
	if (engine && engine->languages) {
		prewarm(loader->config, engine->sandbox);
		loader->made = engine;
	} else {
		if (engine)
			ce_sandbox_destroy(engine->sandbox);
		free(engine);
	}
	eventfd_write(loader->done, 1);
	return NULL;
}

static void on_done(struct watch *watch, uint32_t events)
{
	struct loader *loader = watch->data;
	struct engine *engine;
	eventfd_t value;

	(void)events;
	eventfd_read(loader->done, &value);
	if (!loader->busy)
		return;
	pthread_join(loader->thread, NULL);
	loader->busy = false;
	engine = loader->made;
	loader->made = NULL;
	loader->finished(loader->server, engine, engine ? NULL : loader->why);
}

int loader_open(struct loader *loader, int loop, struct server *server, const struct config *config,
		void (*finished)(struct server *server, struct engine *engine, const char *why))
{
	loader->config = config;
	loader->server = server;
	loader->finished = finished;
	loader->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loader->done < 0)
		return -1;
	return loop_add(loop, &loader->watch, loader->done, EPOLLIN, on_done, loader);
}

void loader_start(struct loader *loader)
{
	if (loader->busy)
		return;
	loader->made = NULL;
	loader->busy = !pthread_create(&loader->thread, NULL, load, loader);
	if (!loader->busy)
		loader->finished(loader->server, NULL, "cannot start a thread");
}

void loader_close(struct loader *loader, int loop)
{
	if (loader->busy) {
		pthread_join(loader->thread, NULL);
		if (loader->made)
			destroy(loader->made);
	}
	loop_remove(loop, &loader->watch);
	if (loader->done >= 0)
		close(loader->done);
}

struct engine *engine_use(struct engine *engine)
{
	engine->uses++;
	return engine;
}

static void destroy_if_idle(struct engine *engine)
{
	if (engine->retired && !engine->uses)
		destroy(engine);
}

void engine_release(struct engine *engine)
{
	if (!engine)
		return;
	engine->uses--;
	destroy_if_idle(engine);
}

void engine_retire(struct engine *engine)
{
	if (!engine)
		return;
	engine->retired = true;
	destroy_if_idle(engine);
}
