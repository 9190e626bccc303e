/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "input.h"

#include <errno.h>
#include <unistd.h>

#define CHUNK_BYTES 65536
/* How much the library may hold for a program that does not read: with `yes | codeexec run ...` it would else
 * hold whatever the memory has room for. */
#define AHEAD_BYTES ((size_t)1 << 20)
#define BACKGROUND_MS 500

int input_fd(const struct input *input, const ce_execution *execution, int *timeout_ms)
{
	*timeout_ms = -1;
	if (!input->open || ce_execution_pending_input(execution) >= AHEAD_BYTES)
		return -1;
	/* In the background a read from the terminal would stop us (SIGTTIN) while the program's clock runs
	 * on. */
	if (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp()) {
		*timeout_ms = BACKGROUND_MS;
		return -1;
	}
	return STDIN_FILENO;
}

int input_forward(struct input *input, ce_execution *execution, bool *typed, ce_error **error)
{
	char buffer[CHUNK_BYTES];
	ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n > 0) {
		*typed = isatty(STDIN_FILENO);
		return ce_execution_write(execution, buffer, (size_t)n, error);
	}
	input->open = false; /* the end, or an error after which there is nothing more to be had */
	return ce_execution_close_input(execution, error);
}
