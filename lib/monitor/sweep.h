/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Removes what dead supervisors left. Used by the next supervisor and by the library that outlived its own. */
#ifndef CE_MONITOR_SWEEP_H
#define CE_MONITOR_SWEEP_H

/* Every owner file in the directory that nobody holds. */
void ce__sweep_all(const char *state_dir);
/* One owner file, whose supervisor is known to be dead; waits a little for the last who hold it. */
void ce__sweep_owner(const char *path);

#endif
