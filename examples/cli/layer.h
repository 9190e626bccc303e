/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CLI_LAYER_H
#define CLI_LAYER_H

#include "cli.h"

/* What the fetcher brought; all owned. */
struct layer_archives {
	ce_dependency *packages;
	size_t package_count;
	ce_file *files;
	size_t file_count;
};

/* Runs codeexec-fetch.sh, which fetches from the registry `kind` ("npm", "pip", or a language that has none), or from the
 * directory `from`, and checks digests; then reads what it brought. 0, or EXIT_OWN_ERROR after a message. */
int layer_fetch(const char *kind, const char *from, char *const *packages, struct layer_archives *out);
void layer_release(struct layer_archives *archives);

#endif
