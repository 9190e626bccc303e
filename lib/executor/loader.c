/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Loading plugins. Their code runs with all rights of the host process, from its constructors on: so whoever
 * could have written the file or put another one in its place is checked before dlopen, not after. */
#include "executor/loader.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>

/* Of ABI 1; members that are added later may be missing in a plugin's table. */
#define TABLE_SIZE_MIN (offsetof(struct ce_plugin, explain) + sizeof(((struct ce_plugin *)0)->explain))
#define TABLE_SIZE_MAX 4096

struct object {
	struct object *next;
	char *name;             /* owned */
	void *handle;           /* owned; of dlopen */
	struct ce_plugin table; /* as much as this library knows of the plugin's; the rest zero */
};

struct ce_loader {
	struct object *objects; /* owned */
};

struct ce_loader *ce__loader_create(void)
{
	return calloc(1, sizeof(struct ce_loader));
}

static void free_object(struct object *object)
{
	if (!object)
		return;
	if (object->handle)
		dlclose(object->handle);
	free(object->name);
	free(object);
}

void ce__loader_destroy(struct ce_loader *loader)
{
	if (!loader)
		return;
	while (loader->objects) {
		struct object *next = loader->objects->next;

		free_object(loader->objects);
		loader->objects = next;
	}
	free(loader);
}

static int check_owner(const char *path, const char *what, ce_error **error)
{
	uid_t self = geteuid();
	struct stat st;

	if (stat(path, &st) < 0)
		return ce__error_set(error, CE_ERR_OS, errno, "stat", "%s %s", what, path);
	if (st.st_uid != 0 && st.st_uid != self)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL,
				     "%s %s refused: it belongs to uid %u, not to root or uid %u", what, path,
				     (unsigned)st.st_uid, (unsigned)self);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL,
				     "%s %s refused: others than its owner may write it (mode %04o); run: "
				     "chmod go-w %s",
				     what, path, (unsigned)(st.st_mode & 07777), path);
	return 0;
}

/* `real` has no symbolic links in it, so its directory is where the file is. */
static int check_place(const char *real, ce_error **error)
{
	const char *slash = strrchr(real, '/');
	CE_CLEANUP_FREE char *directory = strndup(real, slash == real ? 1 : (size_t)(slash - real));
	int r;

	if (!directory)
		return ce__error_no_memory(error);
	r = check_owner(directory, "plugin directory", error);
	return r ? r : check_owner(real, "plugin", error);
}

int ce__loader_check_table(const struct ce_plugin *plugin, const char *name, const char *path,
			   ce_error **error)
{
	if (!plugin)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL,
				     "plugin %s refused: it does not want to be used", path);
	if (plugin->abi != CE_PLUGIN_ABI)
		return ce__error_set(
		    error, CE_ERR_PLUGIN, 0, NULL,
		    "plugin %s refused: made for plugin ABI %llu, this library has %d; build it "
		    "against this library's headers",
		    path, (unsigned long long)plugin->abi, CE_PLUGIN_ABI);
	if (plugin->size < TABLE_SIZE_MIN || plugin->size > TABLE_SIZE_MAX)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL,
				     "plugin %s refused: its table has %zu bytes, expected are at least %zu",
				     path, plugin->size, TABLE_SIZE_MIN);
	if (!plugin->name || strcmp(plugin->name, name) != 0)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL,
				     "plugin %s refused: it calls itself \"%s\"", path,
				     plugin->name ? plugin->name : "");
	return 0;
}

static int open_object(struct object *object, const char *real, ce_error **error)
{
	const struct ce_plugin *(*entry)(void);
	const struct ce_plugin *plugin;
	void *symbol;
	int r = check_place(real, error);

	if (r)
		return r;
	object->handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!object->handle) {
		const char *why = dlerror();

		return ce__error_set(error, CE_ERR_PLUGIN, 0, "dlopen", "plugin %s refused: %s", real,
				     why ? why : "it cannot be loaded");
	}
	symbol = dlsym(object->handle, "ce_plugin_entry");
	if (!symbol)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, "dlsym",
				     "plugin %s refused: it does not export ce_plugin_entry", real);
	/* POSIX promises that this conversion works; ISO C has no cast for it. */
	memcpy(&entry, &symbol, sizeof(entry));
	plugin = entry();
	r = ce__loader_check_table(plugin, object->name, real, error);
	if (r)
		return r;
	memcpy(&object->table, plugin,
	       plugin->size < sizeof(object->table) ? plugin->size : sizeof(object->table));
	return 0;
}

/* The file in the first directory that has one, without symbolic links; CE_ERR_PLUGIN if there is none. */
static int find_file(const char *const *plugin_dirs, const char *name, char **real, ce_error **error)
{
	CE_CLEANUP_FREE char *tried = strdup("");

	for (; tried && plugin_dirs && *plugin_dirs; plugin_dirs++) {
		CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s.so", *plugin_dirs, name);
		CE_CLEANUP_FREE char *before = tried;

		if (!path) {
			tried = ce__steal_pointer(&before);
			return ce__error_no_memory(error);
		}
		*real = realpath(path, NULL);
		if (*real) {
			tried = ce__steal_pointer(&before);
			return 0;
		}
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
			tried = ce__steal_pointer(&before);
			return ce__error_set(error, CE_ERR_OS, errno, "realpath", "plugin %s", path);
		}
		tried = ce__base_asprintf("%s%s%s", before, before[0] ? ", " : "", *plugin_dirs);
	}
	if (!tried)
		return ce__error_no_memory(error);
	return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL, "plugin \"%s\" not found: no %s.so in %s", name,
			     name, tried[0] ? tried : "any directory (none was given)");
}

int ce__loader_load(struct ce_loader *loader, const char *const *plugin_dirs, const char *name,
		    const struct ce_plugin **out, ce_error **error)
{
	CE_CLEANUP_FREE char *real = NULL;
	struct object *object;
	int r;

	for (object = loader->objects; object; object = object->next) {
		if (strcmp(object->name, name) == 0) {
			*out = &object->table;
			return 0;
		}
	}
	r = find_file(plugin_dirs, name, &real, error);
	if (r)
		return r;
	object = calloc(1, sizeof(*object));
	if (object)
		object->name = strdup(name);
	r = object && object->name ? open_object(object, real, error) : ce__error_no_memory(error);
	if (r) {
		free_object(object);
		return r;
	}
	object->next = loader->objects;
	loader->objects = object;
	*out = &object->table;
	return 0;
}
