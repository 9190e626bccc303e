/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The library keeps what the program has not read yet and cannot tell how much that is. So that an endless
 * input that nobody reads (`yes | codeexec run ...`) does not fill the memory, only so much is read at once
 * and then at a steady rate, which is well above what interpreters get through. */
#include "input.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES 65536
#define AHEAD_BYTES (UINT64_C(64) << 20)
#define BYTES_PER_MS (UINT64_C(16) << 10)
#define PAUSE_MS 20
#define BACKGROUND_MS 500

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void input_init(struct input *input, bool open)
{
	input->open = open;
	input->allowance_bytes = AHEAD_BYTES;
	input->refilled_ms = now_ms();
}

static void refill(struct input *input)
{
	uint64_t now = now_ms(), more = (now - input->refilled_ms) * BYTES_PER_MS;

	input->refilled_ms = now;
	input->allowance_bytes += more;
	if (input->allowance_bytes > AHEAD_BYTES)
		input->allowance_bytes = AHEAD_BYTES;
}

int input_fd(struct input *input, int *timeout_ms)
{
	*timeout_ms = -1;
	if (!input->open)
		return -1;
	refill(input);
	if (input->allowance_bytes < CHUNK_BYTES) {
		*timeout_ms = PAUSE_MS;
		return -1;
	}
	/* In the background a read from the terminal would stop us (SIGTTIN) while the program's clock runs
	 * on. */
	if (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp()) {
		*timeout_ms = BACKGROUND_MS;
		return -1;
	}
	return STDIN_FILENO;
}

int input_forward(struct input *input, ce_execution *execution, bool *from_terminal, ce_error **error)
{
	char buffer[CHUNK_BYTES];
	ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n > 0) {
		*from_terminal = isatty(STDIN_FILENO);
		input->allowance_bytes -= (uint64_t)n;
		return ce_execution_write(execution, buffer, (size_t)n, error);
	}
	input->open = false; /* the end, or an error after which there is nothing more to be had */
	return ce_execution_close_input(execution, error);
}
