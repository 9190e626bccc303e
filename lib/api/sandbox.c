/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "api/sandbox.h"

#include <string.h>
#include <syslog.h>

#include "config.h"

/* The installed directory first, then those that were configured at build time. */
static const char *const *default_executor_dirs(char *scratch, size_t size, const char **dirs, size_t max)
{
	size_t count = 0;
	char *save = NULL;

	dirs[count++] = CE_EXECUTORS_DIR;
	if (strlen(CE_EXTRA_EXECUTOR_DIRS) < size) {
		memcpy(scratch, CE_EXTRA_EXECUTOR_DIRS, sizeof(CE_EXTRA_EXECUTOR_DIRS));
		for (char *p = strtok_r(scratch, ":", &save); p && count + 1 < max; p = strtok_r(NULL, ":", &save))
			dirs[count++] = p;
	}
	dirs[count] = NULL;
	return dirs;
}

static int load_registry(ce_sandbox *sandbox, const ce_sandbox_options *options, ce_error **error)
{
	static const char *const default_plugin_dirs[] = { CE_PLUGIN_DIR, NULL };
	char scratch[4096];
	const char *dirs[32];
	const char *const *executor_dirs = options->executor_dirs;
	int r;

	if (!executor_dirs)
		executor_dirs = default_executor_dirs(scratch, sizeof(scratch), dirs, CE_ARRAY_SIZE(dirs));
	r = ce__registry_load(executor_dirs, options->plugin_dirs ? options->plugin_dirs : default_plugin_dirs,
			      sandbox->runtimes_dir, &sandbox->log, &sandbox->registry, error);
	if (r)
		return r;
	for (size_t i = 0; i < sandbox->registry->load_error_count; i++)
		ce__log(&sandbox->log, LOG_WARNING, "%s", ce_error_message(sandbox->registry->load_errors[i]));
	return 0;
}

/* It lies beside the supervisor. Without it everything runs, only nothing is started ahead. */
static int find_park_object(ce_sandbox *sandbox, const ce_sandbox_options *options, ce_error **error)
{
	const char *supervisor = ce__options_supervisor_path(options), *slash = strrchr(supervisor, '/');
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%.*s/codeexec-park.so", slash ? (int)(slash - supervisor) : 1,
						       slash ? supervisor : ".");

	CE_CLEANUP_FREE char *real = path ? realpath(path, NULL) : NULL;

	if (!path || (!real && errno == ENOMEM))
		return ce__error_no_memory(error);
	if (!real)
		ce__log(&sandbox->log, LOG_WARNING, "nothing is started ahead: %s: %s", path, strerrordesc_np(errno));
	sandbox->park_object = ce__steal_pointer(&real);
	return 0;
}

static void copy_ceiling(ce_limits *out, const ce_limits *in)
{
	*out = ce_limits_init();
	if (in)
		ce__sized_copy_in(out, sizeof(*out), in); /* checked before */
}

int ce_sandbox_create(const ce_sandbox_options *options, ce_sandbox **out, ce_error **error)
{
	ce_sandbox_options checked;
	struct ce_hello hello;
	ce_sandbox *sandbox;
	int r;

	if (!out)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "out must not be NULL");
	*out = NULL;
	r = ce__options_take(options, &checked, &hello, error);
	if (r)
		return r;
	sandbox = calloc(1, sizeof(*sandbox));
	if (!sandbox)
		return ce__error_no_memory(error);
	pthread_mutex_init(&sandbox->lock, NULL);
	sandbox->log = (struct ce_log){ checked.log, checked.log_user_data };
	sandbox->flags = checked.flags;
	/* CE_UNLIMITED, or anything of that order, is no timeout at all; it would overflow as microseconds. */
	sandbox->queue_timeout_ms = checked.queue_timeout_ms < UINT64_MAX / 1000000 ? checked.queue_timeout_ms : 0;
	sandbox->tolerate = ce__options_tolerate(&checked);
	sandbox->disable = checked.disable;
	copy_ceiling(&sandbox->limits, checked.limits);
	copy_ceiling(&sandbox->compile_limits, checked.compile_limits);
	ce__root_table_init(&sandbox->root);
	sandbox->runtimes_dir = strdup(checked.runtimes_dir ? checked.runtimes_dir : CE_RUNTIMES_DIR);
	r = sandbox->runtimes_dir ? load_registry(sandbox, &checked, error) : ce__error_no_memory(error);
	if (!r && hello.warm_memory_bytes)
		r = find_park_object(sandbox, &checked, error);
	if (!r && checked.cache_bytes)
		r = ce__cache_create(checked.cache_bytes, &sandbox->cache, error);
	if (!r)
		r = ce__client_open(&sandbox->client, ce__options_supervisor_path(&checked), &hello, &sandbox->log, error);
	if (r) {
		ce_sandbox_destroy(sandbox);
		return r;
	}
	*out = sandbox;
	return 0;
}

int ce_sandbox_cache_usage(ce_sandbox *sandbox, ce_cache_usage *usage)
{
	ce_cache_usage full = { .size = sizeof(full) };

	if (!sandbox || !usage)
		return CE_ERR_INVALID;
	if (sandbox->cache)
		ce__cache_usage(sandbox->cache, &full);
	return ce__sized_copy_out(usage, &full, sizeof(full)) ? CE_ERR_INVALID : 0;
}

int ce_sandbox_warm_usage(ce_sandbox *sandbox, ce_warm_usage *usage)
{
	ce_warm_usage full = { .size = sizeof(full) };

	if (!sandbox || !usage)
		return CE_ERR_INVALID;
	full.limit_bytes = sandbox->client.hello.warm_memory_bytes;
	ce__counters_read(sandbox->client.counters, &full);
	return ce__sized_copy_out(usage, &full, sizeof(full)) ? CE_ERR_INVALID : 0;
}

static void free_versions(ce_sandbox *sandbox)
{
	while (sandbox->versions) {
		struct ce_version_cache *next = sandbox->versions->next;

		free(sandbox->versions->text);
		free(sandbox->versions);
		sandbox->versions = next;
	}
}

void ce_sandbox_destroy(ce_sandbox *sandbox)
{
	if (!sandbox)
		return;
	ce__client_close(&sandbox->client);
	ce__filters_free(sandbox);
	free_versions(sandbox);
	ce__registry_free(sandbox->registry);
	free(sandbox->park_object);
	ce__cache_free(sandbox->cache);
	free(sandbox->runtimes_dir);
	pthread_mutex_destroy(&sandbox->lock);
	free(sandbox);
}
