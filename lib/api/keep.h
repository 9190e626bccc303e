/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Directories that are made whole or not at all: what prebuild and layers keep. */
#ifndef CE_API_KEEP_H
#define CE_API_KEEP_H

#include "error/error.h"

/* A directory beside `final`, with a name of its own, to be filled. `out` is owned by the caller. CE_ERR_OS. */
int ce__keep_begin(const char *final, char **out, ce_error **error);
/* Writes a file below it, with the directories that it needs. Anybody may read it afterwards, whatever the umask. */
int ce__keep_file(const char *directory, const char *name, const void *data, size_t size, bool executable, ce_error **error);
/* Puts it in the place of `final`. Whoever looks meanwhile sees the old one, the new one, or none. */
int ce__keep_commit(const char *fresh, const char *final, ce_error **error);
void ce__keep_remove(const char *path);

#endif
