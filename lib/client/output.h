/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the program writes: a pipe for each stream of each stage, read into the result. */
#ifndef CE_CLIENT_OUTPUT_H
#define CE_CLIENT_OUTPUT_H

#include "client/execution.h"

/* Makes the pipes; the program's ends become stdio[1] and those after it, owned by the caller whatever is returned. 0 or -errno. */
int ce__output_open(ce_execution *execution, const struct ce_execution_setup *setup, int *stdio);
/* A part of what there is to read; ends the stream at its end. */
void ce__output_read(ce_execution *execution, struct ce_stream *stream);
/* All of a stage whose processes are dead. */
void ce__output_drain(ce_execution *execution, ce_stage stage);
/* As if it had been read from the stream. */
void ce__output_take(ce_execution *execution, const struct ce_stream *stream, const char *data, size_t size);

#endif
