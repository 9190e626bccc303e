/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What must be right about a request's head before anything else is looked at. */
#ifndef SERVER_GUARD_H
#define SERVER_GUARD_H

#include "http.h"

struct guard_head {
	bool has_body, has_length, expects; /* Content-Length or chunked; the former; Expect: 100-continue */
	uint64_t length;
};

/* Framing that two readers could understand in two ways: 0, or -1 with a 400 after which the connection is
 * closed. */
int guard_framing(const struct exchange *exchange, const char *version, struct guard_head *head,
		  struct api_error *error);
/* Host and Origin, against pages that rebind their name to this server. Fills exchange->origin. */
int guard_origin(struct exchange *exchange, struct api_error *error);
/* API keys. Fills exchange->key_name. */
int guard_key(struct exchange *exchange, struct api_error *error);

#endif
