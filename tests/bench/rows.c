/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Rows of results: one JSON object each, on stdout. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

bool bench_wanted(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return count == 0;
}

void bench_skip(const char *name, const char *why)
{
	printf("{\"row\":\"%s\",\"skipped\":\"%s\"}\n", name, why);
	fflush(stdout);
}

void bench_put_summary(const char *name, const struct bench_summary *s)
{
	printf("\"%s\":{\"min\":%.1f,\"median\":%.1f,\"p95\":%.1f}", name, s->min, s->median, s->p95);
}
