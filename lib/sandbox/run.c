/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Runs a table of steps inside a cell, and says over the report pipe what came of it. */
#include "sandbox/cell.h"

#include <string.h>

/* No snprintf here: it is not async-signal-safe. */
void ce__cell_copy_text(char *out, size_t size, const char *text)
{
	size_t n = strnlen(text, size - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

int ce__cell_run_steps(struct ce_cell *cell, const struct ce_cell_step *steps, enum ce_cell_table table)
{
	const struct ce_cell_setup *setup = cell->setup;
	uint64_t *done_us = cell->record.done_us[table];

	for (const struct ce_cell_step *s = steps; s->name; s++) {
		const char *path = NULL;
		int r;

		if (s->protection && (setup->disable & s->protection))
			continue;
		r = s->run(cell, &path);
		/* The plan of a cell that is made ahead comes with one of the steps. */
		if ((setup->plan->flags & CE_PLAN_TRACE) && s - steps < CE_CELL_STEPS_MAX)
			done_us[s - steps] = ce__clock_us();
		if (!r) {
			if (s->observes)
				cell->protections |= s->protection;
			continue;
		}
		if (s->protection && (setup->tolerate & s->protection)) {
			for (size_t bit = 0; bit < CE_PROTECTION_COUNT; bit++)
				if (s->protection == UINT64_C(1) << bit)
					cell->record.missing[bit] = -r;
			continue;
		}
		cell->record.kind = CE_RECORD_FAILED;
		cell->record.os_error = -r;
		ce__cell_copy_text(cell->record.step, sizeof(cell->record.step), s->name);
		ce__cell_copy_text(cell->record.path, sizeof(cell->record.path), path ? path : "");
		return r;
	}
	return 0;
}

int ce__cell_report(struct ce_cell *cell, uint64_t kind)
{
	cell->record.kind = kind;
	cell->record.clock_us = ce__clock_us();
	cell->record.protections = cell->protections;
	return ce__io_write_full(cell->setup->report_fd, &cell->record, sizeof(cell->record));
}
