/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_TESTS_SECURITY_VERDICT_H
#define CE_TESTS_SECURITY_VERDICT_H

#include <codeexec/codeexec.h>
#include <stdbool.h>
#include <stdint.h>

struct program {
	const char *language, *code;
};

/* What a trial says about itself, to the parent, in one write. */
struct verdict {
	int bad, met;
	uint64_t protections;
	char text[400];
};

/* Protections of an execution without failures. */
extern uint64_t verdict_wanted;
/* The errno that calls are made to fail with; 0: they are not. */
extern int verdict_injected;

/* The first one tells, or the worst. */
void verdict_set(struct verdict *v, int bad, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void verdict_error(struct verdict *v, const char *what, const ce_error *error);
/* `program` prints "hello" and writes "data" to out.txt. */
void verdict_execute(struct verdict *v, ce_sandbox *sandbox, const struct program *program, const char *what, bool must_succeed);

#endif
