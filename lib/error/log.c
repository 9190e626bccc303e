/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "error/error.h"

#include <stdio.h>

void ce__log(const struct ce_log *log, int priority, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	if (!log || !log->fn)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	log->fn(priority, line, log->user_data);
}
