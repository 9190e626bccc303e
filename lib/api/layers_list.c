/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Layers are listed and swept. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <codeexec/layers.h>

#include "api/keep.h"
#include "api/layers.h"
#include "api/sandbox.h"

#define BROKEN_OFF_S 3600 /* what has no final name after an hour is nobody's */

void ce__layer_tell(const struct ce_layer_entry *entry, const char *language, ce_layer_fn fn, void *user_data)
{
	const ce_layer layer = {
		.size = sizeof(layer),
		.language = language,
		.id = entry->id,
		.directory = entry->directory,
		.packages = (const char *const *)entry->packages.items,
		.file_count = entry->file_count,
		.bytes = entry->bytes,
		.built_s = entry->built_s,
	};

	if (fn)
		fn(&layer, user_data);
}

const char *ce_executor_layer_registry(const ce_executor *executor, size_t runtime)
{
	const struct ce_manifest_layers *how = runtime < executor->runtime_count ? &executor->runtimes[runtime].layers : NULL;

	if (!how || !how->env)
		return NULL;
	return how->registry ? how->registry : "";
}

int ce_sandbox_layers(ce_sandbox *sandbox, const char *language, ce_layer_fn on_layer, void *user_data, ce_error **error)
{
	const struct ce_executor *only = NULL;
	size_t runtime;
	int r = 0, count = 0;

	if (!sandbox)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "sandbox must not be NULL");
	if (language)
		r = ce__sandbox_find(sandbox, language, true, &only, &runtime, error);
	for (size_t i = 0; !r && i < sandbox->registry->count; i++) {
		const struct ce_executor *e = sandbox->registry->executors[i];
		struct ce_layer_list list;

		if (only && e != only)
			continue;
		r = ce__layers_read(sandbox->runtimes_dir, e->name, &list, error);
		if (r)
			break;
		for (size_t k = 0; k < list.count; k++, count++)
			ce__layer_tell(&list.items[k], e->name, on_layer, user_data);
		ce__layers_finish(&list);
	}
	return r ? r : count;
}

/* Is every package of `items[index]` in a newer layer? */
static bool is_replaced(const struct ce_layer_list *list, size_t index)
{
	for (char **package = list->items[index].packages.items; *package; package++) {
		bool found = false;

		for (size_t i = 0; i < index && !found; i++)
			found = ce__strv_has(list->items[i].packages.items, *package);
		if (!found)
			return false;
	}
	return true;
}

/* Names with a point in them are of builds that did not come to their end. */
static void remove_broken_off(const char *top)
{
	DIR *dir = opendir(top);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' || !strchr(entry->d_name, '.') || fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 ||
		    st.st_mtim.tv_sec > time(NULL) - BROKEN_OFF_S)
			continue;
		CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s", top, entry->d_name);

		if (path)
			ce__keep_remove(path);
	}
	if (dir)
		closedir(dir);
}

int ce_sandbox_layers_gc(ce_sandbox *sandbox, ce_layer_fn on_removed, void *user_data, ce_error **error)
{
	int removed = 0;

	if (!sandbox)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "sandbox must not be NULL");
	for (size_t i = 0; i < sandbox->registry->count; i++) {
		const char *name = sandbox->registry->executors[i]->name;
		CE_CLEANUP_FREE char *top = ce__base_asprintf("%s/layers/%s", sandbox->runtimes_dir, name);
		struct ce_layer_list list;
		int r = top ? ce__layers_read(sandbox->runtimes_dir, name, &list, error) : ce__error_no_memory(error);

		if (r)
			return r;
		for (size_t k = 0; k < list.count; k++) {
			if (!is_replaced(&list, k))
				continue;
			ce__keep_remove(list.items[k].directory);
			ce__layer_tell(&list.items[k], name, on_removed, user_data);
			removed++;
		}
		ce__layers_finish(&list);
		remove_broken_off(top);
	}
	return removed;
}
