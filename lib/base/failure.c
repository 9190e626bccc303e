/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

int ce__failure_set(struct ce_failure *failure, int code, int os_error, const char *step, const char *fmt, ...)
{
	va_list args;
	int n;

	if (!failure)
		return code;
	memset(failure, 0, sizeof(*failure));
	failure->code = code;
	failure->os_error = os_error;
	if (step)
		snprintf(failure->step, sizeof(failure->step), "%s", step);
	va_start(args, fmt);
	n = vsnprintf(failure->message, sizeof(failure->message), fmt, args);
	va_end(args);
	if (os_error > 0 && n >= 0 && (size_t)n < sizeof(failure->message))
		snprintf(failure->message + n, sizeof(failure->message) - (size_t)n, ": %s",
			 strerrordesc_np(os_error) ? strerrordesc_np(os_error) : "unknown error");
	return code;
}
