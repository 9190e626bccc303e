/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Compiling a batch's program once. ce_program_create blocks until the compiler is done, so it has a thread.
 */
#ifndef SERVER_PREPARE_H
#define SERVER_PREPARE_H

#include <codeexec/codeexec.h>

struct job;

/* What came of it: a program; or why it does not compile; or an error of ours. The receiver owns them. */
struct prepared {
	ce_program *program;
	ce_result *compiled; /* of the compile stage, also with a program */
	ce_error *error;
};

/* Starts; `done` is called once, on the main thread. -1: cannot, and `done` is not called. The job must live
 * and its request stay as it is until then. */
int prepare_start(struct job *job, void (*done)(struct job *job, struct prepared *prepared));

#endif
