/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Finds files that a dead cell left, by name or glob, without ever following what the program may have planted: symlinks,
 * FIFOs, devices, other mounts. Async-signal-safe: init uses it too. */
#ifndef CE_SANDBOX_COLLECT_H
#define CE_SANDBOX_COLLECT_H

#include <sys/stat.h>

#include "base/base.h"

#define CE_COLLECT_MAX_DEPTH 16
#define CE_COLLECT_MAX_ENTRIES 65536

struct ce_found {
	const char *path;
	int fd; /* an open regular file, or -1 */
	struct stat st;
	const char *skipped; /* why it is -1 */
	int os_error;	     /* of it: it could not be had; 0: the program made it what it is */
};

/* A non-zero return stops the walk and is passed on. */
typedef int (*ce_collect_fn)(void *context, const struct ce_found *found);

/* Calls `fn` for every match of `pattern` under root_fd. '*', '?' and [...] do not match '/', nor a leading dot. A name
 * without a match is no error. 0, -errno, or what fn returned. */
int ce__collect(int root_fd, const char *pattern, ce_collect_fn fn, void *context);
/* The same with a budget that several patterns share: each directory entry looked at takes one of *entries_left, and
 * without any left it is -E2BIG. Patterns times files is what a hostile request and a hostile program make together. */
int ce__collect_within(int root_fd, const char *pattern, size_t *entries_left, ce_collect_fn fn, void *context);

#endif
