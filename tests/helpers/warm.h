/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Sandboxes in which something is started ahead. */
#ifndef CE_TESTS_WARM_H
#define CE_TESTS_WARM_H

#include <codeexec/codeexec.h>
#include <stdbool.h>

/* One of the language waits. */
ce_sandbox *warm_sandbox(const char *language);
ce_sandbox *warm_sandbox_with(const char *language, uint64_t flags);
ce_account account_of(const ce_result *result);
bool was_warm(const ce_result *result);
void pause_ms(long ms);
/* The next one is started ahead while nothing else runs; a machine under load takes its time. */
ce_result *run_until_warm(ce_sandbox *sandbox, const ce_request *request);

#endif
