/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"

static int step_into(int directory, const char *name, int *out)
{
	if (mkdirat(directory, name, 0777) && errno != EEXIST)
		return -1;
	*out = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out < 0 ? -1 : 0;
}

/* Opens the directory that `name` lies in below `root`, making it on the way. *leaf becomes the last part of
 * `name`, which is cut up. -1 with errno. */
static int open_parent(int root, char *name, const char **leaf)
{
	int directory = fcntl(root, F_DUPFD_CLOEXEC, 3), next;
	char *slash;

	for (; directory >= 0; name = slash + 1) {
		slash = strchr(name, '/');
		if (slash)
			*slash = '\0';
		if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
			close(directory);
			errno = EINVAL;
			return -1;
		}
		*leaf = name;
		if (!slash)
			break;
		if (step_into(directory, name, &next))
			next = -1;
		close(directory);
		directory = next;
	}
	return directory;
}

static int save_one(int root, const ce_output_file *file)
{
	char *name = strdup(file->name);
	const char *leaf;
	int directory = -1, fd = -1, r = -1, saved;

	if (name)
		directory = open_parent(root, name, &leaf);
	if (directory >= 0) {
		/* A new file in the old one's place: never through a link, a FIFO or a file with other names.
		 */
		if (!unlinkat(directory, leaf, 0) || errno == ENOENT)
			fd = openat(directory, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				    0666);
		if (fd >= 0)
			r = console_write(fd, file->data, file->data_size);
	}
	saved = errno;
	if (fd >= 0 && close(fd) && !r) {
		saved = errno;
		r = -1;
	}
	if (directory >= 0)
		close(directory);
	free(name);
	errno = saved;
	return r;
}

int outputs_save(const ce_result *result, const char *directory)
{
	size_t n = ce_result_file_count(result);
	int root, r = 0;

	if (mkdir(directory, 0777) && errno != EEXIST)
		return console_error("cannot make %s: %s", directory, strerror(errno));
	root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return console_error("cannot open %s: %s", directory, strerror(errno));
	for (size_t i = 0; i < n && !r; i++) {
		ce_output_file file = {.size = sizeof(file)};

		if (ce_result_file(result, i, &file))
			continue;
		if (file.flags & CE_OUTPUT_FILE_SKIPPED)
			console_note("%s was not brought back: %s", file.name, file.reason);
		else if (save_one(root, &file))
			r = console_error("cannot write %s/%s: %s", directory, file.name, strerror(errno));
	}
	close(root);
	return r;
}
