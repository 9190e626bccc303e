/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * From the first moment to the last: loading, reloading, draining. */
#ifndef SERVER_LIFECYCLE_H
#define SERVER_LIFECYCLE_H

#include "server.h"

/* Runs until a signal ends it. The exit status. */
int lifecycle_run(struct server *server);

#endif
