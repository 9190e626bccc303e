/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Sandboxes that keep compiled programs. */
#ifndef CE_TESTS_CACHED_H
#define CE_TESTS_CACHED_H

#include <codeexec/codeexec.h>
#include <stdbool.h>

#define HELLO "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"

/* One that keeps so many bytes of them, and has C. */
ce_sandbox *caching(uint64_t bytes, uint64_t flags);
ce_cache_usage usage_of(ce_sandbox *sandbox);
ce_account compile_account(const ce_result *result);
bool was_kept(const ce_result *result);
/* Runs it and says whether it had been compiled before. */
bool run_kept(ce_sandbox *sandbox, const ce_request *request, const char *says);

#endif
