/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_ERROR_ERROR_H
#define CE_ERROR_ERROR_H

#include <codeexec/codeexec.h>

#include "base/base.h"

/* Sets *error (if error is not NULL) to a new object and returns `code`. Add context once, where the path and
 * the step are known; pass errors on untouched. With os_error > 0 its description is appended. */
int ce__error_set(ce_error **error, int code, int os_error, const char *step, const char *fmt, ...)
	CE_PRINTF(5, 6);
/* The same from plain data. Returns failure->code. */
int ce__error_from_failure(ce_error **error, const struct ce_failure *failure);
/* Shorthand for "no memory left". Never allocates. */
int ce__error_no_memory(ce_error **error);

#define CE_CLEANUP_ERROR __attribute__((cleanup(ce__error_cleanup)))
void ce__error_cleanup(ce_error **error);

/* Where messages go: the function of ce_sandbox_options, or nowhere. */
struct ce_log {
	ce_log_fn fn;
	void *user_data; /* the caller's */
};

/* priority: syslog's LOG_* numbers. */
void ce__log(const struct ce_log *log, int priority, const char *fmt, ...) CE_PRINTF(3, 4);

#endif
