/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Runs a fuzz target over the files of a corpus, as an ordinary test with any compiler: each of them whole, cut off after each of
 * its first bytes, and with each of these bytes changed. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIED_MAX 1024

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* In memory of exactly that size: valgrind and AddressSanitizer see what is read behind it. */
static void try_bytes(const unsigned char *data, size_t size, size_t changed, unsigned char mask)
{
	unsigned char *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (changed < size)
		copy[changed] ^= mask;
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int run_file(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	unsigned char *data;
	struct stat st;
	size_t size;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		fprintf(stderr, "%s: no regular file\n", name);
		return -1;
	}
	size = (size_t)st.st_size;
	data = malloc(size + 1);
	if (!data || read(fd, data, size) != (ssize_t)size) {
		fprintf(stderr, "%s: cannot read\n", name);
		return -1;
	}
	close(fd);
	try_bytes(data, size, SIZE_MAX, 0);
	for (size_t i = 0; i < size && i < VARIED_MAX; i++) {
		try_bytes(data, i, SIZE_MAX, 0);
		try_bytes(data, size, i, 0xff);
		try_bytes(data, size, i, (unsigned char)(1u << i % 8));
	}
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *corpus = argc == 2 ? opendir(argv[1]) : NULL;
	unsigned files = 0;

	if (!corpus) {
		fputs("usage: corpus_TARGET DIRECTORY\n", stderr);
		return 2;
	}
	for (const struct dirent *e; (e = readdir(corpus));) {
		if (e->d_name[0] == '.')
			continue;
		if (run_file(dirfd(corpus), e->d_name))
			return 1;
		files++;
	}
	closedir(corpus);
	printf("%u files\n", files);
	return files ? 0 : 1;
}
