/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One line on a terminal's stderr that tells how a long run is doing. It never mixes with the program's
 * output: it is erased first, and is not drawn while the cursor stands behind an unfinished line of the
 * program's. */
#ifndef CLI_METER_H
#define CLI_METER_H

#include <codeexec/codeexec.h>

#include <stdbool.h>

struct meter {
	bool enabled;
	bool drawn;
	bool mid_line;
};

void meter_init(struct meter *meter);
/* Draws a sample, from the first second of the run on. */
void meter_show(struct meter *meter, const ce_usage *usage);
/* Call before anything else is written to a terminal, and at the end. */
void meter_erase(struct meter *meter);
/* Tells of bytes that were written to `fd`. */
void meter_saw_output(struct meter *meter, int fd, const void *data, size_t size);
/* Somebody types: a line that comes and goes would wipe out the echo. */
void meter_stop(struct meter *meter);

#endif
