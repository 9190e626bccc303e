/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The page's files: compiled in, or read from a directory when the server starts. */
#ifndef SERVER_PAGE_H
#define SERVER_PAGE_H

#include "http.h"

/* Reads the directory (NULL: the compiled-in files are served). 0, or -1 with `why`. */
int page_load(const char *directory, char *why, size_t size);
void page_free(void);
/* Answers if the path is one of the files ("/" is index.html). */
bool page_answer(struct exchange *exchange, const char *path);
bool page_has(const char *path);

#endif
