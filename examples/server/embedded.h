/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What embed.py makes of openapi.json and of the page's files. */
#ifndef SERVER_EMBEDDED_H
#define SERVER_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *name;
	const unsigned char *data;
	size_t size;
	const char *etag; /* with its quotes */
};

extern const unsigned char embedded_openapi[];
extern const size_t embedded_openapi_size;
extern const struct embedded_file embedded_files[];
extern const size_t embedded_file_count;

#endif
