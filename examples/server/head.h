/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef SERVER_HEAD_H
#define SERVER_HEAD_H

#include "guard.h"
#include "http.h"

/* Finds the route and asks everything that can be asked before the body. 0, or -1 with `error`. The exchange
 * may have been answered when it returns 0. */
int head_check(struct exchange *exchange, const char *url, const struct guard_head *head,
	       struct api_error *error);
/* -1 with a 413. */
int head_too_large(const struct exchange *exchange, struct api_error *error);
/* Answers although the client still sends: what it sends is thrown away for a while, so that it can read why.
 */
void head_answer_and_linger(struct exchange *exchange, const struct api_error *error);

#endif
