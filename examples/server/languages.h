/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The answer of GET /languages. Versions come from the compilers and interpreters themselves, run in a cell one after the
 * other: where there are a hundred of them that takes minutes, so a thread begins with it when the list is asked for
 * the first time, and they are null until then. */
#ifndef SERVER_LANGUAGES_H
#define SERVER_LANGUAGES_H

#include <codeexec/codeexec.h>

#include "util.h"

struct languages;

/* Any thread. Borrows the sandbox until languages_close. NULL: no memory. */
struct languages *languages_open(ce_sandbox *sandbox);
/* Waits for the version that is being asked for. NULL is fine. */
void languages_close(struct languages *languages);
/* Adds the JSON as it is now. One thread. */
void languages_add(struct languages *languages, struct buffer *out);

#endif
