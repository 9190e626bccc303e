/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Our standard input on its way to the program. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <codeexec/codeexec.h>

#include <stdbool.h>

struct input {
	bool open;
};

/* The descriptor to poll for reading, or -1 for now; *timeout_ms becomes the time after which to ask again,
 * or -1 to ask after the next event of the execution. */
int input_fd(const struct input *input, const ce_execution *execution, int *timeout_ms);
/* Reads what is there and passes it on. 0, or a CE_ERR_*. *typed is set if it came from a terminal. */
int input_forward(struct input *input, ce_execution *execution, bool *typed, ce_error **error);

#endif
