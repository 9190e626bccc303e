/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the program will read: a queue of bytes in front of a pipe. */
#ifndef CE_CLIENT_INPUT_H
#define CE_CLIENT_INPUT_H

#include "base/base.h"

#define CE_ABOUT_INPUT 101 /* what epoll gives back */

struct ce_input {
	int write_fd; /* owned; -1: closed */
	int keep_fd;  /* owned read end: while we hold it, writing can never raise SIGPIPE in the host */
	char *data;   /* owned */
	size_t size, at, capacity;
	bool closing; /* close once all is written */
	bool watched; /* in epoll */
};

/* Makes the pipe; *program_fd is the program's end. 0 or -errno. */
int ce__input_open(struct ce_input *input, int *program_fd);
int ce__input_add(struct ce_input *input, const void *data, size_t size);
/* Writes what the pipe takes, closes when done and asked to. While it waits for room the pipe is in `epoll`, under
 * CE_ABOUT_INPUT. 0 or -errno. */
int ce__input_flush(struct ce_input *input, int epoll);
void ce__input_finish(struct ce_input *input);

#endif
