/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Where programs come from and which language they are in. */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include <codeexec/codeexec.h>

struct blob {
	char *data; /* owned; never NULL after success, also when empty; NUL-terminated beyond `size` */
	size_t size;
};

/* All of the file at `path` ("-": standard input). 0, or EXIT_OWN_ERROR after a message. */
int source_read(const char *path, struct blob *out);

/* The language of a program by the extension of `path` (NULL: it has no name), else by its #! line. Borrowed
 * from the sandbox. NULL after a message. */
const char *source_language(const ce_sandbox *sandbox, const char *path, const struct blob *code);

#endif
