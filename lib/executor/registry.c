/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * All executors of a sandbox: found, read, given their plugins, probed. One that is broken never stops the
 * others. */
#include "executor/executor.h"

#include <dirent.h>
#include <string.h>
#include <syslog.h>

#include "executor/call.h"
#include "executor/loader.h"
#include "executor/manifest.h"

#define DIRECTORY_ENTRIES_MAX 4096

struct loading {
	struct ce_registry *registry;
	const char *const *plugin_dirs;
	const char *runtimes_dir;
	const struct ce_log *log;
	const struct ce_plugin *fallback; /* NULL: the default plugin could not be loaded */
	ce_error **error;                 /* for lack of memory */
};

/* What the host process was short of at that moment, or a disk that failed, says nothing about the file: without it a sandbox would lack
 * a language for all its life. */
static bool is_the_hosts(const ce_error *e)
{
	static const int reasons[] = {ENOMEM, EMFILE, ENFILE, EAGAIN, EINTR, EIO};

	for (size_t i = 0; i < CE_ARRAY_SIZE(reasons); i++)
		if (ce_error_errno(e) == reasons[i])
			return true;
	return ce_error_code(e) == CE_ERR_NO_MEMORY;
}

/* Keeps `e` (taken over) for the caller of ce_sandbox_create, or lets that fail with it. */
static int keep_error(struct loading *l, ce_error *e)
{
	struct ce_registry *registry = l->registry;
	ce_error **list;

	if (is_the_hosts(e)) {
		int code = ce_error_code(e);

		if (l->error)
			*l->error = e;
		else
			ce_error_free(e);
		return code;
	}
	ce__log(l->log, LOG_WARNING, "%s", ce_error_message(e));
	list = reallocarray(registry->load_errors, registry->load_error_count + 1, sizeof(ce_error *));
	if (!list) {
		ce_error_free(e);
		return ce__error_no_memory(l->error);
	}
	registry->load_errors = list;
	list[registry->load_error_count++] = e;
	return 0;
}

static bool is_word_of(const struct ce_executor *e, const char *name)
{
	bool found = strcmp(e->name, name) == 0 || ce__strv_has(e->aliases, name);

	for (size_t i = 0; i < e->runtime_count && !found; i++)
		found = ce__strv_has(e->runtimes[i].shortcuts, name);
	return found;
}

static const struct ce_executor *find_taken(const struct ce_registry *registry, const char *name)
{
	for (size_t i = 0; i < registry->count; i++)
		if (is_word_of(registry->executors[i], name))
			return registry->executors[i];
	return NULL;
}

/* The file must be called as its executor, and no name may be taken. */
static int check_names(const struct ce_registry *registry, const struct ce_executor *e, const char *base_name,
		       ce_error **error)
{
	const char *name = e->name;
	const struct ce_executor *other = find_taken(registry, name);

	if (strcmp(base_name, e->name) != 0)
		return ce__error_set(error, CE_ERR_MANIFEST, 0, NULL,
				     "%s:1:1: executor \"%s\" belongs into a file %s.yaml", e->path, e->name,
				     e->name);
	for (char **alias = e->aliases; !other && *alias; alias++) {
		name = *alias;
		other = find_taken(registry, name);
	}
	for (size_t i = 0; !other && i < e->runtime_count; i++) {
		for (char **word = e->runtimes[i].shortcuts; !other && *word; word++) {
			name = *word;
			other = find_taken(registry, name);
		}
	}
	if (other)
		return ce__error_set(error, CE_ERR_MANIFEST, 0, NULL,
				     "%s:1:1: the name \"%s\" is taken by executor \"%s\" of %s", e->path,
				     name, other->name, other->path);
	return 0;
}

static int add_executor(struct loading *l, struct ce_executor *e)
{
	struct ce_registry *registry = l->registry;
	struct ce_executor **list = reallocarray(registry->executors, registry->count + 1, sizeof(*list));

	if (!list) {
		ce__manifest_free(e);
		return ce__error_no_memory(l->error);
	}
	registry->executors = list;
	list[registry->count++] = e;
	return 0;
}

static int load_manifest(struct loading *l, const char *path, const char *base_name)
{
	struct ce_executor *e = NULL;
	ce_error *problem = NULL;
	int r = ce__manifest_read(path, &e, &problem);

	if (!r)
		r = check_names(l->registry, e, base_name, &problem);
	if (!r)
		return add_executor(l, e);
	ce__manifest_free(e);
	return keep_error(l, problem);
}

/* `entry` is <name>.yaml, or a directory with a file of that name. */
static int load_entry(struct loading *l, const char *directory, const char *entry)
{
	size_t length = strlen(entry);
	bool is_file = length > 5 && strcmp(entry + length - 5, ".yaml") == 0;
	CE_CLEANUP_FREE char *base_name = strndup(entry, is_file ? length - 5 : length);
	CE_CLEANUP_FREE char *path = is_file ? ce__base_asprintf("%s/%s", directory, entry)
					     : ce__base_asprintf("%s/%s/%s.yaml", directory, entry, entry);

	if (!path || !base_name)
		return ce__error_no_memory(l->error);
	if (!is_file && access(path, F_OK) < 0) {
		ce_error *problem = NULL;

		/* Other files lie there too: in the build tree meson.build, for instance. */
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		ce__error_set(&problem, CE_ERR_OS, errno, "access", "%s", path);
		return keep_error(l, problem);
	}
	return load_manifest(l, path, base_name);
}

static int is_candidate(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_directory(struct loading *l, const char *directory)
{
	struct dirent **entries = NULL;
	int count = scandir(directory, &entries, is_candidate, by_bytes);
	int r = 0;

	if (count < 0 && errno == ENOENT) {
		ce__log(l->log, LOG_INFO, "no executors in %s: it does not exist", directory);
		return 0;
	}
	if (count < 0) {
		ce_error *problem = NULL;

		ce__error_set(&problem, CE_ERR_OS, errno, "scandir", "executor directory %s", directory);
		return keep_error(l, problem);
	}
	for (int i = 0; i < count; i++) {
		if (!r && i < DIRECTORY_ENTRIES_MAX)
			r = load_entry(l, directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int set_unavailable(struct loading *l, struct ce_manifest_runtime *runtime, const char *reason)
{
	runtime->available = false;
	runtime->unavailable_reason = strdup(reason);
	return runtime->unavailable_reason ? 0 : ce__error_no_memory(l->error);
}

/* Optional: where nothing was installed there, programs and files of it are found missing one by one. */
static int add_runtimes_mount(struct loading *l, struct ce_manifest_runtime *runtime)
{
	struct ce_manifest_mount mount, *mounts;

	if (!runtime->uses_runtimes || !l->runtimes_dir)
		return 0;
	mount = (struct ce_manifest_mount){strdup(l->runtimes_dir), strdup(CE_RUNTIMES_TARGET), true};
	mounts = reallocarray(runtime->mounts, runtime->mount_count + 1, sizeof(*mounts));
	if (mounts)
		runtime->mounts = mounts;
	if (!mounts || !mount.source || !mount.target) {
		free(mount.source);
		free(mount.target);
		return ce__error_no_memory(l->error);
	}
	mounts[runtime->mount_count++] = mount;
	return 0;
}

static int probe_runtime(struct loading *l, const struct ce_executor *e, struct ce_manifest_runtime *runtime)
{
	const struct ce_plugin *plugin = e->plugin->probe ? e->plugin : e->fallback;
	struct ce_plugin_call call;
	int r;

	if (!plugin || !plugin->probe || (!e->plugin->prepare && !e->fallback))
		return set_unavailable(l, runtime, "the default plugin \"command\" could not be loaded");
	r = add_runtimes_mount(l, runtime);
	if (r)
		return r;
	ce__call_init(&call, CE_CALL_PROBE, e, runtime);
	r = plugin->probe(&ce__call_host, &call, &call.view);
	if (r == 0)
		r = ce__call_require_all(&call);
	if (r == 0 && call.code == 0)
		runtime->available = true;
	else if (call.code == CE_ERR_NO_MEMORY || r == CE_ERR_NO_MEMORY)
		r = ce__error_no_memory(l->error); /* for the same reason as is_the_hosts */
	else
		r = set_unavailable(l, runtime, call.message ? call.message : "its plugin does not say why");
	ce__call_finish(&call);
	return r;
}

static int equip(struct loading *l, struct ce_loader *loader, struct ce_executor *e)
{
	ce_error *problem = NULL;
	int r = ce__loader_load(loader, l->plugin_dirs, e->plugin_name, &e->plugin, &problem);

	e->fallback = l->fallback;
	for (size_t i = 0; i < e->runtime_count; i++) {
		int own = r ? set_unavailable(l, &e->runtimes[i], ce_error_message(problem))
			    : probe_runtime(l, e, &e->runtimes[i]);

		if (own) {
			ce_error_free(problem);
			return own;
		}
	}
	/* The default plugin's own failure has been told once already. */
	if (r && strcmp(e->plugin_name, "command") == 0) {
		ce_error_free(problem);
		return 0;
	}
	return r ? keep_error(l, problem) : 0;
}

static int load_plugins(struct loading *l)
{
	struct ce_loader *loader = ce__loader_create();
	ce_error *problem = NULL;
	int r = 0;

	if (!loader)
		return ce__error_no_memory(l->error);
	l->registry->plugins = loader;
	if (l->registry->count && ce__loader_load(loader, l->plugin_dirs, "command", &l->fallback, &problem))
		r = keep_error(l, problem);
	for (size_t i = 0; !r && i < l->registry->count; i++)
		r = equip(l, loader, l->registry->executors[i]);
	return r;
}

static int by_name(const void *a, const void *b)
{
	const struct ce_executor *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

int ce__registry_load(const char *const *executor_dirs, const char *const *plugin_dirs, const char *runtimes_dir,
		      const struct ce_log *log, struct ce_registry **out, ce_error **error)
{
	struct loading l = {.plugin_dirs = plugin_dirs, .runtimes_dir = runtimes_dir, .log = log, .error = error};
	int r = 0;

	l.registry = calloc(1, sizeof(*l.registry));
	if (!l.registry)
		return ce__error_no_memory(error);
	for (; !r && executor_dirs && *executor_dirs; executor_dirs++)
		r = load_directory(&l, *executor_dirs);
	if (!r && l.registry->count)
		qsort(l.registry->executors, l.registry->count, sizeof(struct ce_executor *), by_name);
	if (!r)
		r = load_plugins(&l);
	if (r) {
		ce__registry_free(l.registry);
		return r;
	}
	*out = l.registry;
	return 0;
}

void ce__registry_free(struct ce_registry *registry)
{
	if (!registry)
		return;
	for (size_t i = 0; i < registry->count; i++)
		ce__manifest_free(registry->executors[i]);
	free(registry->executors);
	for (size_t i = 0; i < registry->load_error_count; i++)
		ce_error_free(registry->load_errors[i]);
	free(registry->load_errors);
	ce__loader_destroy(registry->plugins);
	free(registry);
}
