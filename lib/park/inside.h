/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the preloaded object does inside the interpreter that it sits in, by the symbols that the interpreter exports. */
#ifndef CE_PARK_INSIDE_H
#define CE_PARK_INSIDE_H

#include <stdbool.h>

/* Called once, where the interpreter waits for its program. */
void ce__runtime_prepare(bool fast_exit);

void ce__python_prepare(bool fast_exit);

/* Makes the function that begins at `function`, and that is being executed further up this stack, return `value` now. What it
 * has not done yet is not done. Comes back only if that cannot be had here: then nothing has changed. */
void ce__leave_function(const void *function, long value);

#endif
