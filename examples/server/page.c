/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "page.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "embedded.h"
#include "sha256.h"

#define FILES_MAX 64
#define FILE_MAX_BYTES ((size_t)8 << 20)
/* The editor lives in a shadow root, whose style sheets are adopted: no inline style is needed. */
#define PAGE_POLICY                                                                                          \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "   \
	"connect-src "                                                                                       \
	"'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* Read once, before the first request; the same for all of the process. */
static struct embedded_file loaded[FILES_MAX];
static size_t loaded_count;
static bool from_directory;

static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *data = file ? malloc(FILE_MAX_BYTES) : NULL, *cut;

	if (!data) {
		if (file)
			fclose(file);
		return NULL;
	}
	*size = fread(data, 1, FILE_MAX_BYTES, file);
	fclose(file);
	cut = realloc(data, *size ? *size : 1);
	return cut ? cut : data;
}

static int load_file(const char *directory, const char *name)
{
	struct embedded_file *file = &loaded[loaded_count];
	char path[4096], digest[SHA256_HEX_BYTES], *etag = NULL;
	struct stat status;

	if (loaded_count == FILES_MAX ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) >= sizeof(path))
		return -1;
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return 0;
	file->data = read_file(path, &file->size);
	file->name = strdup(name);
	if (file->data)
		sha256_hex(file->data, file->size, digest);
	if (!file->data || !file->name || asprintf(&etag, "\"%.32s\"", digest) < 0)
		return -1;
	file->etag = etag;
	loaded_count++;
	return 0;
}

int page_load(const char *directory, char *why, size_t size)
{
	DIR *dir = directory ? opendir(directory) : NULL;
	struct dirent *entry;

	if (!directory)
		return 0;
	from_directory = true;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && load_file(directory, entry->d_name)) {
			snprintf(why, size, "%s/%s: cannot be read, or there are too many files", directory,
				 entry->d_name);
			closedir(dir);
			return -1;
		}
	if (!dir) {
		snprintf(why, size, "%s: %s", directory, strerror(errno));
		return -1;
	}
	closedir(dir);
	return 0;
}

void page_free(void)
{
	for (size_t i = 0; i < loaded_count; i++) {
		free((void *)(uintptr_t)loaded[i].name);
		free((void *)(uintptr_t)loaded[i].data);
		free((void *)(uintptr_t)loaded[i].etag);
	}
	loaded_count = 0;
}

static const struct embedded_file *find(const char *path)
{
	const struct embedded_file *files = from_directory ? loaded : embedded_files;
	size_t count = from_directory ? loaded_count : embedded_file_count;
	const char *name = *path == '/' && path[1] ? path + 1 : "index.html";

	for (size_t i = 0; i < count; i++)
		if (!strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

bool page_has(const char *path)
{
	return find(path) != NULL;
}

static const char *type_of(const char *name)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
	    {".html", "text/html; charset=utf-8"},
	    {".js", "text/javascript; charset=utf-8"},
	    {".css", "text/css; charset=utf-8"},
	    {".svg", "image/svg+xml"},
	    {".png", "image/png"},
	    {".ico", "image/x-icon"},
	    {".json", "application/json"},
	    {".txt", "text/plain; charset=utf-8"},
	    {".woff2", "font/woff2"},
	    {".webmanifest", "application/manifest+json"},
	    {".map", "application/json"},
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < COUNT_OF(types); i++)
		if (!strcmp(types[i].ending, dot))
			return types[i].type;
	return "application/octet-stream";
}

static void answer_file(struct exchange *x, const struct embedded_file *file, const char *policy)
{
	const char *known = exchange_header(x, "If-None-Match");
	bool same = known && (strstr(known, file->etag) || !strcmp(known, "*"));
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    same ? 0 : file->size, (void *)(uintptr_t)file->data, MHD_RESPMEM_PERSISTENT);

	if (!response) {
		exchange_fail(x, 500, "no_memory", NULL, "no memory left");
		return;
	}
	MHD_add_response_header(response, "Content-Type", type_of(file->name));
	MHD_add_response_header(response, "ETag", file->etag);
	MHD_add_response_header(response, "Cache-Control", "no-cache");
	MHD_add_response_header(response, "Content-Security-Policy", policy);
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	x->response_bytes = same ? 0 : file->size;
	exchange_reply_response(x, same ? 304 : 200, response);
}

bool page_answer(struct exchange *x, const char *path)
{
	const struct embedded_file *file = find(path);
	const char *dot = file ? strrchr(file->name, '.') : NULL;

	if (!file)
		return false;
	if (dot && !strcmp(dot, ".html"))
		answer_file(x, file, PAGE_POLICY);
	else
		answer_file(x, file, "default-src 'none'; frame-ancestors 'none'");
	return true;
}
