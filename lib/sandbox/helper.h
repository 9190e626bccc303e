/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_SANDBOX_HELPER_H
#define CE_SANDBOX_HELPER_H

#include "base/base.h"

struct ce_helper {
	pid_t pid;   /* -1: none was cloned */
	void *stack; /* owned; NULL: there is none */
};

/* Runs `body`, which returns 0, in a helper until that is gone; `flags` are further ones for clone. 0, or -errno; -ECANCELED if it was
 * killed. Async-signal-safe but for mmap. */
int ce__helper_run(int (*body)(void *), void *context, int flags);
/* The same in two: a helper's own helper that is its sibling (CLONE_PARENT) is reaped by the supervisor. */
int ce__helper_start(int (*body)(void *), void *context, int flags, struct ce_helper *helper);
int ce__helper_finish(struct ce_helper *helper);

#endif
