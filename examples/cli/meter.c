/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "meter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "units.h"

#define METER_AFTER_US UINT64_C(1000000)

void meter_init(struct meter *meter)
{
	const char *term = getenv("TERM");

	memset(meter, 0, sizeof(*meter));
	meter->enabled = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void meter_show(struct meter *meter, const ce_usage *usage)
{
	char memory[32], tasks[48] = "", line[160];
	int n;

	if (!meter->enabled || meter->mid_line || usage->wall_time_us < METER_AFTER_US)
		return;
	if (usage->tasks)
		snprintf(tasks, sizeof(tasks), "  %" PRIu64 " task%s", usage->tasks,
			 usage->tasks == 1 ? "" : "s");
	n = snprintf(line, sizeof(line), "\r\033[K%.1f s  cpu %.1f s  memory %s%s",
		     (double)usage->wall_time_us / 1e6, (double)usage->cpu_time_us / 1e6,
		     units_format_bytes(usage->memory_bytes, memory, sizeof(memory)), tasks);
	console_write(STDERR_FILENO, line, (size_t)n);
	meter->drawn = true;
}

void meter_erase(struct meter *meter)
{
	if (!meter->drawn)
		return;
	console_write(STDERR_FILENO, "\r\033[K", 4);
	meter->drawn = false;
}

void meter_saw_output(struct meter *meter, int fd, const void *data, size_t size)
{
	if (meter->enabled && size > 0 && isatty(fd))
		meter->mid_line = ((const char *)data)[size - 1] != '\n';
}

void meter_stop(struct meter *meter)
{
	meter_erase(meter);
	meter->enabled = false;
}
