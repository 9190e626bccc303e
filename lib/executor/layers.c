/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Finding layers and putting them into an execution. */
#include "executor/layers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "executor/version.h"

#define MANIFEST_MAX (16u << 20)
#define DPKG_STATUS "/var/lib/dpkg/status"
#define DPKG_STATUS_MAX (64u << 20)
#define LAYERS_MAX 4096

bool ce__layers_name_ok(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < 200 && name[0] != '/' && name[0] != '-' && !strstr(name, "..") &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@/._+-") == length;
}

static char *read_text(const char *path, size_t max)
{
	CE_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > max)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return NULL;
	n = ce__io_read_full(fd, text, (size_t)st.st_size);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* One line of the manifest; false: it makes no sense. */
static bool take_line(struct ce_layer_entry *entry, char *line)
{
	unsigned long long size;
	char *space;

	if (strncmp(line, "package ", 8) == 0) {
		space = strchr(line + 8, ' ');
		if (!space)
			return false;
		*space = '@';
		return ce__strv_add(&entry->packages, line + 8);
	}
	if (strncmp(line, "file ", 5) == 0) {
		if (sscanf(line, "file %*s %llu ", &size) != 1)
			return false;
		entry->file_count++;
		entry->bytes += size;
		return true;
	}
	return strncmp(line, "archive ", 8) == 0;
}

static bool read_entry(struct ce_layer_entry *entry)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/layer", entry->directory);
	CE_CLEANUP_FREE char *text = path ? read_text(path, MANIFEST_MAX) : NULL;
	char *save = NULL, *line = text ? strtok_r(text, "\n", &save) : NULL;
	struct stat st;

	if (!line || strcmp(line, "codeexec-layer 1") != 0 || stat(path, &st) < 0)
		return false;
	entry->built_s = (uint64_t)st.st_mtim.tv_sec;
	while ((line = strtok_r(NULL, "\n", &save)))
		if (!take_line(entry, line))
			return false;
	return entry->packages.count > 0;
}

static void finish_entry(struct ce_layer_entry *entry)
{
	free(entry->id);
	free(entry->directory);
	ce__strv_finish(&entry->packages);
}

void ce__layers_finish(struct ce_layer_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		finish_entry(&list->items[i]);
	free(list->items);
	*list = (struct ce_layer_list){0};
}

static int newest_first(const void *a, const void *b)
{
	const struct ce_layer_entry *x = a, *y = b;

	if (x->built_s != y->built_s)
		return x->built_s > y->built_s ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int add_entry(struct ce_layer_list *list, const char *top, const char *id, ce_error **error)
{
	struct ce_layer_entry entry = {.id = strdup(id), .directory = ce__base_asprintf("%s/%s", top, id)};
	struct ce_layer_entry *items;

	if (!entry.id || !entry.directory || !read_entry(&entry)) {
		finish_entry(&entry);
		return 0;
	}
	items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items) {
		finish_entry(&entry);
		return ce__error_no_memory(error);
	}
	list->items = items;
	items[list->count++] = entry;
	return 0;
}

int ce__layers_read(const char *runtimes_dir, const char *language, struct ce_layer_list *out, ce_error **error)
{
	CE_CLEANUP_FREE char *top = ce__base_asprintf("%s/layers/%s", runtimes_dir, language);
	struct dirent *entry;
	DIR *dir;
	int r = 0;

	*out = (struct ce_layer_list){0};
	if (!top)
		return ce__error_no_memory(error);
	dir = opendir(top);
	while (!r && dir && out->count < LAYERS_MAX && (entry = readdir(dir)))
		if (strlen(entry->d_name) == CE_LAYER_ID_DIGITS &&
		    strspn(entry->d_name, "0123456789abcdef") == CE_LAYER_ID_DIGITS)
			r = add_entry(out, top, entry->d_name, error);
	if (dir)
		closedir(dir);
	if (r) {
		ce__layers_finish(out);
		return r;
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), newest_first);
	return 0;
}

/* ---- dependencies of a request ---- */

/* What is put together for one request. */
struct use {
	const struct ce_manifest_runtime *runtime;
	struct ce_layer_list layers;
	char *dpkg;              /* owned; read when needed */
	const struct ce_layer_entry *used[64];
	size_t used_count;
	struct ce_strv missing;
};

static bool package_matches(const char *package, const ce_dependency *d)
{
	size_t n = strlen(d->name);

	return strncmp(package, d->name, n) == 0 && package[n] == '@' &&
	       (!d->version || !*d->version || !strcmp(d->version, "*") || !strcmp(package + n + 1, d->version));
}

static const struct ce_layer_entry *find_layer(const struct use *use, const ce_dependency *d)
{
	for (size_t i = 0; i < use->layers.count; i++)
		for (char **package = use->layers.items[i].packages.items; *package; package++)
			if (package_matches(*package, d))
				return &use->layers.items[i];
	return NULL;
}

/* An epoch and a Debian revision are none of upstream's: "1:1.24.2-1+deb12u1" is 1.24.2. */
static bool debian_version_matches(const char *version, const char *wanted)
{
	const char *colon = strchr(version, ':');

	if (!wanted || !*wanted || !strcmp(wanted, "*") || !strcmp(wanted, version))
		return true;
	return ce__version_in_range(colon ? colon + 1 : version, wanted) == 1;
}

/* Debian's packages are in /usr, which every cell shows: it is enough that one is installed. */
static bool is_in_debian(struct use *use, const ce_dependency *d)
{
	CE_CLEANUP_FREE char *head = ce__base_asprintf("\nPackage: %s\n", d->name);
	char *start, *end, *field, version[128] = "";
	bool found = false;

	if (!use->dpkg)
		use->dpkg = read_text(DPKG_STATUS, DPKG_STATUS_MAX);
	start = head && use->dpkg ? strstr(use->dpkg, head) : NULL;
	end = start ? strstr(start + 1, "\n\n") : NULL;
	if (!end)
		return false;
	*end = '\0';
	field = strstr(start, "\nVersion: ");
	if (field && strstr(start, "\nStatus: install ok installed\n") && sscanf(field, "\nVersion: %127s", version) == 1)
		found = debian_version_matches(version, d->version);
	*end = '\n';
	return found;
}

static int take_dependency(struct use *use, const ce_dependency *d, ce_error **error)
{
	const struct ce_layer_entry *layer;
	bool debian = d->source && !strcmp(d->source, "debian");

	if (!d->name || !ce__layers_name_ok(d->name) || (d->version && *d->version && strlen(d->version) > 100))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "dependencies: \"%.64s\" is no name of a package",
				     d->name ? d->name : "");
	if (d->source && *d->source && !debian && strcmp(d->source, "layer") != 0)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "dependencies: %s: the source must be \"layer\" or \"debian\", not \"%.32s\"", d->name, d->source);
	if (debian && is_in_debian(use, d))
		return 0;
	layer = debian ? NULL : find_layer(use, d);
	if (!layer)
		return ce__strv_take(&use->missing, ce__base_asprintf("%s%s%s%s", debian ? "debian:" : "", d->name,
								      d->version && *d->version ? "@" : "",
								      d->version ? d->version : ""))
			   ? 0
			   : ce__error_no_memory(error);
	for (size_t i = 0; i < use->used_count; i++)
		if (use->used[i] == layer)
			return 0;
	if (use->used_count == CE_ARRAY_SIZE(use->used))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "dependencies: more than %zu layers", CE_ARRAY_SIZE(use->used));
	use->used[use->used_count++] = layer;
	return 0;
}

/* "python: no layer has a@1, b@2; to build one: codeexec layer build python a@1 b@2" */
static int fail_missing(const struct use *use, const struct ce_executor *executor, ce_error **error)
{
	char names[512] = "", words[512] = "", debian[512] = "";

	for (char **m = use->missing.items; *m; m++) {
		bool is_debian = strncmp(*m, "debian:", 7) == 0;
		char *list = is_debian ? debian : words;
		size_t n = strlen(names), k = strlen(list);

		snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", *m);
		snprintf(list + k, sizeof(words) - k, " %.*s", is_debian ? (int)strcspn(*m + 7, "@") : (int)strlen(*m),
			 is_debian ? *m + 7 : *m);
	}
	return ce__error_set(error, CE_ERR_NOT_FOUND, 0, NULL, "%s: these dependencies are not there: %s; run:%s%s%s%s%s%s",
			     executor->name, names, words[0] ? " codeexec layer build " : "", words[0] ? executor->name : "", words,
			     words[0] && debian[0] ? ";" : "", debian[0] ? " apt-get install" : "", debian);
}

static bool add_mount(struct ce_stage_inputs *stage, const struct ce_layer_entry *layer)
{
	struct ce_manifest_mount *mounts = reallocarray(stage->mounts, stage->mount_count + 1, sizeof(*mounts));

	if (!mounts)
		return false;
	stage->mounts = mounts;
	mounts += stage->mount_count++;
	*mounts = (struct ce_manifest_mount){ce__base_asprintf("%s/files", layer->directory),
					     ce__base_asprintf("%s/%s", CE_LAYERS_TARGET, layer->id), false};
	return mounts->source && mounts->target;
}

/* Before what the manifest says of the same variable. */
static bool add_variable(const struct use *use, struct ce_stage_inputs *stage)
{
	const struct ce_manifest_layers *how = &use->runtime->layers;
	CE_CLEANUP_STRV struct ce_strv env = {0};
	char *value = ce__base_asprintf("%s=", how->env);
	size_t n = strlen(how->env);
	char **vector;

	for (size_t i = 0; value && i < use->used_count; i++) {
		CE_CLEANUP_FREE char *before = value;

		value = ce__base_asprintf("%s%s%s/%s%s%s", before, i ? ":" : "", CE_LAYERS_TARGET, use->used[i]->id,
					  how->path ? "/" : "", how->path ? how->path : "");
	}
	for (char **old = stage->env; value && *old; old++) {
		CE_CLEANUP_FREE char *before = value;

		if (strncmp(*old, how->env, n) == 0 && (*old)[n] == '=')
			value = ce__base_asprintf("%s:%s", before, *old + n + 1);
		else
			before = NULL;
	}
	if (!value || !ce__strv_add_all(&env, stage->env) || !ce__strv_set_env(&env, value)) {
		free(value);
		return false;
	}
	free(value);
	vector = ce__strv_steal(&env);
	if (!vector)
		return false;
	ce__strv_free(stage->env);
	stage->env = vector;
	return true;
}

static int add_to_stages(const struct use *use, struct ce_execution_inputs *inputs, ce_error **error)
{
	struct ce_stage_inputs *stages[] = {&inputs->run, inputs->has_compile ? &inputs->compile : NULL};

	for (size_t s = 0; s < CE_ARRAY_SIZE(stages) && stages[s]; s++) {
		for (size_t i = 0; i < use->used_count; i++)
			if (!add_mount(stages[s], use->used[i]))
				return ce__error_no_memory(error);
		if (use->used_count && !add_variable(use, stages[s]))
			return ce__error_no_memory(error);
	}
	return 0;
}

int ce__layers_add(const char *runtimes_dir, const struct ce_executor *executor, size_t runtime,
		   const ce_dependency *dependencies, size_t count, struct ce_execution_inputs *inputs, ce_error **error)
{
	struct use use = {.runtime = &executor->runtimes[runtime]};
	int r = ce__layers_read(runtimes_dir, executor->name, &use.layers, error);

	for (size_t i = 0; !r && i < count; i++)
		r = take_dependency(&use, &dependencies[i], error);
	if (!r && use.missing.count)
		r = fail_missing(&use, executor, error);
	if (!r && use.used_count && !use.runtime->layers.env)
		r = ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s@%s: its manifest does not say how it takes layers",
				  executor->name, use.runtime->name);
	if (!r)
		r = add_to_stages(&use, inputs, error);
	ce__layers_finish(&use.layers);
	ce__strv_finish(&use.missing);
	free(use.dpkg);
	return r;
}
