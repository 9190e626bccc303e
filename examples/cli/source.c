/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"

/* A guard against /dev/zero and the like, far above what any limit lets a program use. */
#define SOURCE_MAX ((size_t)1 << 30)
#define SHEBANG_MAX 256

static int read_all(int fd, const char *name, struct blob *out)
{
	size_t capacity = 0;

	out->data = NULL;
	out->size = 0;
	for (;;) {
		ssize_t n;

		if (capacity - out->size < 2) {
			size_t wanted = capacity ? capacity * 2 : 65536;
			char *grown = realloc(out->data, wanted);

			if (!grown)
				return console_error("cannot read %s: no memory left", name);
			out->data = grown;
			capacity = wanted;
		}
		n = read(fd, out->data + out->size, capacity - out->size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return console_error("cannot read %s: %s", name, strerror(errno));
		if (n == 0)
			break;
		out->size += (size_t)n;
		if (out->size > SOURCE_MAX)
			return console_error("%s is larger than 1 GiB", name);
	}
	out->data[out->size] = '\0';
	return 0;
}

int source_read(const char *path, struct blob *out)
{
	struct stat status;
	int fd, r;

	if (!strcmp(path, "-"))
		r = read_all(STDIN_FILENO, "standard input", out);
	else {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return console_error("cannot open %s: %s", path, strerror(errno));
		if (!fstat(fd, &status) && S_ISDIR(status.st_mode))
			r = console_error("cannot read %s: it is a directory", path);
		else
			r = read_all(fd, path, out);
		close(fd);
	}
	if (r) {
		free(out->data);
		out->data = NULL;
	}
	return r;
}

typedef const char *(*executor_names)(const ce_executor *executor, size_t index);

/* The executor with that name in one of its lists; one that can run here goes before others. */
static const ce_executor *find_by(const ce_sandbox *sandbox, executor_names names, const char *wanted,
				  size_t length)
{
	const ce_executor *found = NULL;

	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);
		const char *name;

		for (size_t j = 0; (name = names(executor, j)); j++) {
			if (strlen(name) != length || memcmp(name, wanted, length) != 0)
				continue;
			if (ce_executor_available(executor))
				return executor;
			if (!found)
				found = executor;
		}
	}
	return found;
}

static const char *extension_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');

	return dot && dot != name && dot[1] ? dot + 1 : NULL;
}

/* "#!/usr/bin/env -S VAR=x python3.11 -u" -> "python3.11"; false if there is none. */
static bool read_shebang(const struct blob *code, char *out, size_t out_size)
{
	char line[SHEBANG_MAX], *save = NULL, *word;
	bool env = false;

	if (code->size < 3 || memcmp(code->data, "#!", 2) != 0)
		return false;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(code->data + 2, "\n"), code->data + 2);
	for (word = strtok_r(line, " \t\r", &save); word; word = strtok_r(NULL, " \t\r", &save)) {
		const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;

		if (env && (*word == '-' || strchr(word, '=')))
			continue;
		if (!env && !strcmp(name, "env")) {
			env = true;
			continue;
		}
		snprintf(out, out_size, "%s", name);
		return *name != '\0';
	}
	return false;
}

static const ce_executor *find_by_shebang(const ce_sandbox *sandbox, const char *interpreter)
{
	size_t length = strlen(interpreter);
	const ce_executor *executor = find_by(sandbox, ce_executor_shebang, interpreter, length);

	/* "python3.11" is also "python3." and "python3" and "python". */
	while (!executor && length > 1 && strchr("0123456789.-", interpreter[length - 1]))
		executor = find_by(sandbox, ce_executor_shebang, interpreter, --length);
	return executor;
}

static int cannot_tell(const ce_sandbox *sandbox, const char *path, const char *extension,
		       const char *interpreter)
{
	char known[512] = "", why[400];

	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
			 ce_executor_name(ce_sandbox_executor(sandbox, i)));
	}
	if (interpreter)
		snprintf(why, sizeof(why), "no language has '%.200s' in its #! line", interpreter);
	else if (extension)
		snprintf(why, sizeof(why), "no language has the extension .%.100s, and there is no #! line",
			 extension);
	else
		snprintf(why, sizeof(why), "%s, and there is no #! line",
			 path ? "the file has no extension" : "the program has no file name");
	return console_error("cannot tell the language of %s: %s (name it with -l: %s)",
			     path ? path : "the program", why, *known ? known : "no executor is installed");
}

const char *source_language(const ce_sandbox *sandbox, const char *path, const struct blob *code)
{
	const char *extension = path ? extension_of(path) : NULL;
	const ce_executor *executor = NULL;
	char interpreter[SHEBANG_MAX];
	bool shebang;

	if (extension)
		executor = find_by(sandbox, ce_executor_extension, extension, strlen(extension));
	shebang = !executor && read_shebang(code, interpreter, sizeof(interpreter));
	if (shebang)
		executor = find_by_shebang(sandbox, interpreter);
	if (executor)
		return ce_executor_name(executor);
	cannot_tell(sandbox, path, extension, shebang ? interpreter : NULL);
	return NULL;
}
