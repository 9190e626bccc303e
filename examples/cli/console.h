/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What people see: one-line messages on stderr, tables on stdout, colours only where a terminal shows them.
 */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EXIT_OWN_ERROR 125 /* as timeout(1), env(1) and docker do for their own failures */

/* Opens 0, 1 and 2 where the caller left them closed, so that no file of ours becomes the program's output.
 */
void console_init(void);

/* "codeexec: ..." in one line on stderr: control characters of names are shown as '?'. Always returns
 * EXIT_OWN_ERROR, so that a command can return it. */
int console_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same without it being the end: "codeexec: note: ...". */
void console_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* All of it, or -1 with errno. */
int console_write(int fd, const void *data, size_t size);
/* Writes `text` to standard output; 0, or EXIT_OWN_ERROR after a message. */
int console_print(const char *text, size_t size);

enum console_style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_WEAK, STYLE_STRONG };

/* True if stream 1 or 2 is a terminal that has colours and NO_COLOR does not forbid them. */
bool console_has_colours(int fd);
/* printf's "%-*s" in a style, coloured only if standard output has colours. */
void console_cell(FILE *out, enum console_style style, int width, const char *text);

#endif
