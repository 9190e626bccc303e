/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void console_init(void)
{
	int fd;

	/* Opened the wrong way round on purpose: reading from a closed 0 gives the end of input, and writing
	 * to a closed 1 or 2 still fails instead of going nowhere. */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

bool console_has_colours(int fd)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no_colour && *no_colour)
		return false;
	return term && *term && strcmp(term, "dumb") != 0 && isatty(fd);
}

int console_write(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n >= 0) {
			p += n;
			size -= (size_t)n;
		} else if (errno ==
			   EAGAIN) { /* someone shares the terminal or pipe and made it non-blocking */
			struct pollfd wait = {.fd = fd, .events = POLLOUT};

			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

__attribute__((format(printf, 3, 0))) static void say(enum console_style style, const char *prefix,
						      const char *fmt, va_list args)
{
	bool colours = console_has_colours(STDERR_FILENO);
	char *text = NULL, *line = NULL;
	int n;

	if (vasprintf(&text, fmt, args) < 0)
		return;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	n = asprintf(&line, "%scodeexec:%s %s%s\n",
		     colours ? (style == STYLE_BAD ? "\033[1;31m" : "\033[1m") : "", colours ? "\033[0m" : "",
		     prefix, text);
	/* One write, so that the line stays whole between those of others. */
	if (n > 0)
		console_write(STDERR_FILENO, line, (size_t)n);
	free(line);
	free(text);
}

int console_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(STYLE_BAD, "", fmt, args);
	va_end(args);
	return EXIT_OWN_ERROR;
}

void console_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(STYLE_STRONG, "note: ", fmt, args);
	va_end(args);
}

int console_print(const char *text, size_t size)
{
	if (console_write(STDOUT_FILENO, text, size))
		return console_error("cannot write to standard output: %s", strerror(errno));
	return 0;
}

void console_cell(FILE *out, enum console_style style, int width, const char *text)
{
	static const char *const codes[] = {
	    [STYLE_GOOD] = "32", [STYLE_BAD] = "1;31", [STYLE_WEAK] = "33", [STYLE_STRONG] = "1"};

	if (style == STYLE_PLAIN || !console_has_colours(STDOUT_FILENO))
		fprintf(out, "%-*s", width, text);
	else
		fprintf(out, "\033[%sm%-*s\033[0m", codes[style], width, text);
}
