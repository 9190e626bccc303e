/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the supervisor counts, in memory that the library shares with it: to ask is to read, and what was counted outlives a
 * supervisor. No cell has it. */
#ifndef CE_MONITOR_COUNTERS_H
#define CE_MONITOR_COUNTERS_H

#include <codeexec/codeexec.h>
#include <stdatomic.h>

/* One writer, the supervisor; each number for itself. */
struct ce_counters {
	_Atomic uint64_t bytes, waiting, zygotes; /* now */
	_Atomic uint64_t hits, misses, started, start_us, ended;
};

/* For the library. A sealed memfd and its mapping; 0 or -errno. */
int ce__counters_create(int *fd, struct ce_counters **out);
/* For the supervisor: maps what came, where no child of its has it. NULL: it is not that. Closes `fd`. */
struct ce_counters *ce__counters_map(int fd);
void ce__counters_free(struct ce_counters *counters);
/* All zeros of NULL. `size` and `limit_bytes` stay. */
void ce__counters_read(struct ce_counters *counters, ce_warm_usage *out);
/* Its supervisor is gone. */
void ce__counters_nothing_waits(struct ce_counters *counters);
void ce__counters_add(_Atomic uint64_t *counter, uint64_t n);
void ce__counters_set(_Atomic uint64_t *counter, uint64_t n);

#endif
