/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Layers on disk, and which of them has a package. */
#include "executor/layers.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "executor/version.h"

#define MANIFEST_MAX (16u << 20)
#define LAYERS_MAX 4096

bool ce__layers_name_ok(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < 200 && name[0] != '/' && name[0] != '-' && !strstr(name, "..") &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@/._+-") == length;
}

char *ce__layers_read_text(const char *path, size_t max)
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
	if (strncmp(line, "archive ", 8) != 0)
		return false;
	space = strchr(line + 8, ' ');
	return !space || !ce__layers_name_ok(space + 1) || ce__strv_add(&entry->archives, space + 1);
}

static bool read_entry(struct ce_layer_entry *entry)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/layer", entry->directory);
	CE_CLEANUP_FREE char *text = path ? ce__layers_read_text(path, MANIFEST_MAX) : NULL;
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
	ce__strv_finish(&entry->archives);
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

/* ---- which has it ---- */

/* The next byte of a name as pip compares them (PEP 503): lower case, any run of "-", "_" and "." as one "-". */
static int next_of_pip(const char **name)
{
	int c = tolower((unsigned char)**name);

	if (!c)
		return 0;
	(*name)++;
	if (!strchr("-_.", c))
		return c;
	*name += strspn(*name, "-_.");
	return '-';
}

/* `size` bytes of `a` and all of `b`. */
static bool same_name(const char *registry, const char *a, size_t size, const char *b)
{
	char copy[256];
	const char *p = copy;
	int c;

	if (!registry || strcmp(registry, "pip") != 0)
		return strlen(b) == size && memcmp(a, b, size) == 0;
	if (size >= sizeof(copy))
		return false;
	memcpy(copy, a, size);
	copy[size] = '\0';
	do {
		c = next_of_pip(&p);
		if (c != next_of_pip(&b))
			return false;
	} while (c);
	return true;
}

static bool package_matches(const char *package, const char *registry, const ce_dependency *d, bool exactly)
{
	const char *at = strrchr(package, '@');

	if (!at || !same_name(registry, package, (size_t)(at - package), d->name))
		return false;
	if (!d->version || !*d->version || !strcmp(d->version, "*") || !strcmp(d->version, at + 1))
		return true;
	return !exactly && ce__version_in_range(at + 1, d->version) == 1;
}

const struct ce_layer_entry *ce__layers_find(const struct ce_layer_list *list, const char *registry, const ce_dependency *d)
{
	for (int exactly = 1; exactly >= 0; exactly--)
		for (size_t i = 0; i < list->count; i++)
			for (char **package = list->items[i].packages.items; *package; package++)
				if (package_matches(*package, registry, d, exactly))
					return &list->items[i];
	return NULL;
}
