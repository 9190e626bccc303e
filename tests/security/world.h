/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the tests of this directory share: TAP on stdout, a state directory and a supervisor of their own, and
 * the search for whatever a sandbox left on the machine. Nothing here sleeps: it waits for descriptors. */
#ifndef CE_TESTS_SECURITY_WORLD_H
#define CE_TESTS_SECURITY_WORLD_H

#include <codeexec/codeexec.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GONE_WITHIN_MS 1000

/* One test's own place: other tests run on the machine at the same time, so everything is recognised by it.
 */
struct world {
	char directory[64]; /* removed by world_close */
	char state_dir[80];
	char supervisor[80]; /* a copy, so that /proc/PID/exe tells whose process it is */
	uint64_t uid_base;
	const char *executor_dirs[2];
	const char *plugin_dirs[2];
};

#define WORLD_UIDS 64

/* TAP. `ok` is followed by the promise; a failure's details go to diag. */
void tap_plan_skip(const char *reason) __attribute__((noreturn));
bool tap_ok(bool ok, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints the plan; the exit status. */
int tap_done(void);

/* `wrapper`: copied instead of the supervisor, which is then named in "<copy>.conf"; NULL: none. */
void world_open(struct world *w, const char *wrapper);
void world_close(struct world *w);
/* Options that point to this world. They borrow from it. */
ce_sandbox_options world_options(const struct world *w);

/* Processes of this world: its supervisors and inits by their executable, programs by their uid. Returns how
 * many there are and fills up to `max` of them. */
size_t world_processes(const struct world *w, pid_t *pids, size_t max);
/* Waits until there are none, up to `timeout_ms`. Says what is left. */
bool world_wait_empty(const struct world *w, int timeout_ms);
/* Owner files in the state directory. */
size_t world_owner_files(const struct world *w);
/* Mounts seen here that name this world. */
size_t world_mounts(void);
/* cgroup directories whose name begins with codeexec-PID-, on all hierarchies. Says which. */
size_t world_cgroups(pid_t supervisor);
/* No process within 1 s; and with `swept` no cgroup of these supervisors, owner file or mount either. */
bool world_is_clean(const struct world *w, const pid_t *supervisors, size_t count, bool swept);

/* The parent of a process, or 0; a child of `parent` (-1: none). With `ours` only one that runs the world's
 * supervisor. */
pid_t process_parent(pid_t pid);
pid_t process_child(const struct world *w, pid_t parent, bool ours);
bool process_is_ours(const struct world *w, pid_t pid);

uint64_t now_us(void);
/* Waits through a timer descriptor. */
void pause_us(uint64_t us);
/* The seed: CE_TEST_SEED, or the clock; printed. */
uint64_t random_begin(void);
uint64_t random_below(uint64_t n);

#endif
