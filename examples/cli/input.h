/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Our standard input on its way to the program. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <codeexec/codeexec.h>

#include <stdbool.h>
#include <stdint.h>

struct input {
	bool open;
	uint64_t allowance_bytes; /* what may be read now */
	uint64_t refilled_ms;
};

void input_init(struct input *input, bool open);
/* The descriptor to poll for reading, or -1 for now; *timeout_ms becomes the time after which to ask again,
 * -1 if there is no need to. */
int input_fd(struct input *input, int *timeout_ms);
/* Reads what is there and passes it on. 0, or a CE_ERR_*. *from_terminal is set if somebody typed. */
int input_forward(struct input *input, ce_execution *execution, bool *from_terminal, ce_error **error);

#endif
