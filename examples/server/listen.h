/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The socket to listen on, and the word to systemd. */
#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include "config.h"

/* From systemd (LISTEN_FDS), else a unix socket, else TCP. The descriptor or -1 with `why`; *port is 0 for a
 * unix socket. */
int listen_open(const struct config *config, uint64_t *port, char *why, size_t size);
/* Removes a unix socket that we made. */
void listen_cleanup(const struct config *config);
/* "READY=1" and the like; nothing happens outside systemd. */
void notify_systemd(const char *state);

#endif
