/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

uint64_t ce__clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

int ce__io_write_full(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t ce__io_read_full(int fd, void *data, size_t size)
{
	char *p = data;
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, p + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t ce__io_read_file(int dirfd, const char *path, char *buffer, size_t size)
{
	CE_CLEANUP_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = ce__io_read_full(fd, buffer, size);
	if (n < 0)
		return n;
	if ((size_t)n == size)
		return -EFBIG;
	buffer[n] = '\0';
	return n;
}

int ce__io_write_file(int dirfd, const char *path, const char *text)
{
	CE_CLEANUP_FD int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	size_t size = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = write(fd, text, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

int ce__io_write_file_u64(int dirfd, const char *path, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return ce__io_write_file(dirfd, path, text);
}

int ce__io_make_dirs(const char *path, mode_t mode)
{
	char part[4096];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(part) || path[0] != '/')
		return -EINVAL;
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return -errno;
		part[i] = path[i];
	}
	return 0;
}

char *ce__base_asprintf(const char *fmt, ...)
{
	va_list args;
	char *out = NULL;
	int n;

	va_start(args, fmt);
	n = vasprintf(&out, fmt, args);
	va_end(args);
	return n < 0 ? NULL : out;
}

int ce__base_random(void *out, size_t bytes)
{
	ssize_t n;

	do {
		n = getrandom(out, bytes, 0);
	} while (n < 0 && errno == EINTR); /* soon after boot it waits */
	return n == (ssize_t)bytes ? 0 : -EIO;
}

int ce__base_random_hex(char *out, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[64];

	if (bytes > sizeof(raw))
		return -EINVAL;
	if (ce__base_random(raw, bytes))
		return -EIO;
	for (size_t i = 0; i < bytes; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[2 * bytes] = '\0';
	return 0;
}
