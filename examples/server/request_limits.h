/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef SERVER_REQUEST_LIMITS_H
#define SERVER_REQUEST_LIMITS_H

#include "request.h"

/* Reads an object of limits. Those of the run stage are held against the configured ceilings here, those of
 * the compile stage against the library's. */
int request_limits_read(const char *field, const json_t *value, const struct config *config, bool compile,
			ce_limits *limits, struct api_error *error);
/* Seconds, fractions allowed, as milliseconds. */
int request_limit_seconds(const char *field, const json_t *value, uint64_t ceiling_ms, uint64_t *out_ms,
			  struct api_error *error);
/* The clocks of a request that does not set them. */
void request_limits_finish(ce_limits *limits, const struct config *config);
/* The library names its members in its messages; says instead what the request calls them. */
void request_limits_translate(struct api_error *error);

#endif
