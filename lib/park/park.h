/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_PARK_PARK_H
#define CE_PARK_PARK_H

#include <stdint.h>

/* What a process that was started ahead says when it stands at its program: what it has used until then. */
struct ce_park_message {
	uint64_t user_us, system_us, minor_faults, major_faults, voluntary_switches, involuntary_switches, blocks_read,
		blocks_written;
	uint64_t obstacle; /* why it cannot be forked, if it shall be: enum ce_park_obstacle */
};

/* The word to go on, with three streams. Until then nothing of a user's has run: what the process does to itself counts. */
struct ce_park_go {
	uint64_t cpu_seconds; /* RLIMIT_CPU of the request: at most what the process has */
};

enum ce_park_obstacle {
	CE_PARK_NO_OBSTACLE,
	CE_PARK_THREADS,     /* a child would have only one of them */
	CE_PARK_SHARED,	     /* memory that children would share */
	CE_PARK_DESCRIPTORS  /* files that they would share */
};

/* To a zygote: a child for a cell. With it come descriptors: plan, report, park, three streams, `attach_count` of cgroups, and one
 * for each bit of `namespaces`, in the order of ce__cell_namespaces. It answers only if it fails: with an errno, 8 bytes. */
struct ce_park_order {
	uint64_t disable, tolerate, landlock_abi, last_capability, protections;
	uint64_t host_namespaces[8];
	uint64_t rootless, rlimits_only;
	uint64_t plan_size, attach_count, namespaces, park_number;
	uint64_t urgent; /* a request waits for it */
};

#define CE_PARK_ORDER_FIXED_FDS 6
#define CE_PARK_ORDER_FDS 20

#endif
