/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What of ours exists on this machine right now, as sorted lines of text: our descriptors, our child
 * processes, our mounts, cgroups of our supervisors, files in the state directory, processes with uids that
 * we leased. */
#ifndef CE_TESTS_SNAPSHOT_H
#define CE_TESTS_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

/* Uids that a sandbox keeps for its slots while it lives: count them only when no sandbox is alive. */
#define SNAPSHOT_LEASES 1u

/* Learns the cgroup directories of the supervisors that live now, to look for them later. */
void snapshot_learn(const char *state_dir);
/* How many cgroup directories are known. */
unsigned snapshot_known(void);
/* The caller frees it. */
char *snapshot_take(const char *state_dir, uint64_t uid_base, uint64_t uid_count, unsigned flags);
/* True if they are equal, else prints the lines that only one of them has. */
bool snapshot_equal(const char *before, const char *after);
/* Resident memory of this process in KiB. */
long snapshot_rss_kib(void);

#endif
