/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Archives for a layer: a script fetches them, for the registries' own clients do that best; nothing is unpacked here. */
#include "layer.h"

#include <errno.h>
#include <ftw.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ARCHIVES_MAX_BYTES (512u << 20)

extern char **environ;

static int run_script(const char *kind, const char *directory, const char *from, char *const *packages)
{
	const char *script = secure_getenv("CODEEXEC_FETCH");
	size_t count = 0;
	char **argv;
	pid_t pid;
	int r, status;

	while (packages[count])
		count++;
	argv = calloc(count + 6, sizeof(*argv));
	if (!argv)
		return console_error("no memory left");
	argv[0] = strdup("sh");
	argv[1] = strdup(script && *script ? script : CODEEXEC_FETCH_PATH);
	argv[2] = strdup(kind);
	argv[3] = strdup(directory);
	argv[4] = strdup(from ? from : "");
	for (size_t i = 0; i < count; i++)
		argv[5 + i] = strdup(packages[i]);
	r = posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ);
	for (size_t i = 0; i < count + 5; i++)
		free(argv[i]);
	free(argv);
	if (r)
		return console_error("cannot start /bin/sh: %s", strerror(r));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return console_error("waitpid: %s", strerror(errno));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : console_error("the packages could not be fetched");
}

static char *read_whole(const char *directory, const char *name, size_t *size)
{
	char *data = NULL, *path = NULL;
	FILE *file = asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : fopen(path, "re");
	long length;

	free(path);
	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0 && (size_t)length < ARCHIVES_MAX_BYTES) {
		data = malloc((size_t)length + 1);
		rewind(file);
		*size = data ? fread(data, 1, (size_t)length, file) : 0;
		if (data && *size != (size_t)length) {
			free(data);
			data = NULL;
		}
	}
	fclose(file);
	if (data)
		data[*size] = '\0';
	return data;
}

static int take_package(struct layer_archives *out, const char *name, const char *version)
{
	ce_dependency *list = reallocarray(out->packages, out->package_count + 1, sizeof(*list));

	if (!list)
		return -1;
	out->packages = list;
	list += out->package_count++;
	*list = (ce_dependency){.name = strdup(name), .version = strdup(version)};
	return list->name && list->version ? 0 : -1;
}

static int take_archive(struct layer_archives *out, const char *directory, const char *target, const char *file)
{
	ce_file *list = reallocarray(out->files, out->file_count + 1, sizeof(*list));

	if (!list)
		return -1;
	out->files = list;
	list += out->file_count++;
	*list = (ce_file){.name = strdup(target)};
	list->data = read_whole(directory, file, &list->data_size);
	return list->name && list->data ? 0 : -1;
}

static int read_index(const char *directory, struct layer_archives *out)
{
	char *text, *save = NULL;
	size_t size;
	int r = 0;

	text = read_whole(directory, "index", &size);
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !r; line = strtok_r(NULL, "\n", &save)) {
		char *second = strchr(line, ' '), *third = second ? strchr(second + 1, ' ') : NULL;

		if (!third)
			continue;
		*second = *third = '\0';
		r = strcmp(line, "package") == 0 ? take_package(out, second + 1, third + 1)
						 : take_archive(out, directory, second + 1, third + 1);
	}
	free(text);
	return r || !out->file_count ? console_error("what was fetched cannot be read") : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int layer_fetch(const char *kind, const char *from, char *const *packages, struct layer_archives *out)
{
	const char *temporary = secure_getenv("TMPDIR");
	char directory[4096], *real = from ? realpath(from, NULL) : NULL;
	int r;

	if (from && !real)
		return console_error("'%s': %s", from, strerror(errno));
	snprintf(directory, sizeof(directory), "%s/codeexec-layer-XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (!mkdtemp(directory)) {
		free(real);
		return console_error("'%s': %s", directory, strerror(errno));
	}
	r = run_script(kind, directory, real, packages);
	if (!r)
		r = read_index(directory, out);
	nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(real);
	return r;
}

void layer_release(struct layer_archives *archives)
{
	for (size_t i = 0; i < archives->package_count; i++) {
		free((void *)(uintptr_t)archives->packages[i].name);
		free((void *)(uintptr_t)archives->packages[i].version);
	}
	for (size_t i = 0; i < archives->file_count; i++) {
		free((void *)(uintptr_t)archives->files[i].name);
		free((void *)(uintptr_t)archives->files[i].data);
	}
	free(archives->packages);
	free(archives->files);
}
