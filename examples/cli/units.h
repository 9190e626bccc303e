/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Numbers with units, as people type them. Pure functions: any thread, no allocation. */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum unit_kind {
	UNIT_TIME = 1,  /* into milliseconds; a plain number is seconds */
	UNIT_BYTES = 2, /* into bytes; a plain number is bytes */
	UNIT_COUNT = 3  /* no unit at all */
};

/* Reads all of `text`. 0, or -1 with a reason that follows the name of the value in a message: "is not a
 * number (...)". Zero, negative numbers, fractions finer than the unit's grain and values that do not fit are
 * refused. */
int units_parse(enum unit_kind kind, const char *text, uint64_t *out, const char **reason);

/* "64 MiB", "1.5 KiB", "1000 B": for people, so rounded to one decimal. `buffer` is returned. */
const char *units_format_bytes(uint64_t bytes, char *buffer, size_t size);

#endif
