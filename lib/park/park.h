/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_PARK_PARK_H
#define CE_PARK_PARK_H

#include <stdint.h>

/* What a process that was started ahead says when it stands at its program: what it has used until then. */
struct ce_park_message {
	uint64_t user_us, system_us, minor_faults, major_faults, voluntary_switches, involuntary_switches, blocks_read,
		blocks_written;
};

#endif
