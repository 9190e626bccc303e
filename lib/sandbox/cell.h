/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A cell: one stage's own namespaces, mounts and init. The supervisor fills struct ce_cell_setup before clone; after it only
 * async-signal-safe calls run, on this struct and the plan. */
#ifndef CE_SANDBOX_CELL_H
#define CE_SANDBOX_CELL_H

#include <codeexec/codeexec.h>

#include "base/base.h"
#include "plan/plan.h"

#define CE_CELL_NAMESPACES 8
#define CE_CELL_UID 1000 /* the program's uid and gid inside */
#define CE_CELL_ATTACH 4
#define CE_CELL_STEPS_MAX 24 /* of one table */

/* The tables of steps that tell when each was done. */
enum ce_cell_table { CE_TABLE_INIT, CE_TABLE_BEGIN, CE_TABLE_FILES, CE_TABLE_PROGRAM, CE_TABLE_COUNT };

/* user, pid, mnt, net, ipc, uts, cgroup, time */
struct ce_namespace {
	const char *path; /* below /proc: "self/ns/user" */
	uint64_t clone_flag;
	uint64_t protection;
};
extern const struct ce_namespace ce__cell_namespaces[CE_CELL_NAMESPACES];

struct ce_cell_setup {
	const struct ce_plan *plan;	   /* borrowed */
	const struct ce_plan_stage *stage; /* inside the plan */
	char **argv;			   /* owned vector of borrowed texts */
	char **env;
	uint64_t disable;	 /* CE_PROTECTION_* not to apply */
	uint64_t tolerate;	 /* CE_PROTECTION_* that may be missing */
	uint64_t landlock_abi;
	uint64_t last_capability;
	uint64_t host_namespaces[CE_CELL_NAMESPACES]; /* inode numbers of the supervisor's */
	/* A zygote: its program keeps capabilities over its own user namespace, which besides its own ids has `map_count` others
	 * from `map_base` on under their own numbers: those of cells below. No filter and no Landlock: it runs nothing of a user's,
	 * only forks, and what it forks takes all the steps before it sees a byte of a request. */
	bool zygote;
	uid_t map_base, map_count;
	bool adopt;  /* init starts no program: a zygote forks one into the cell */
	bool forked; /* of the steps: taken by such a child, which joins the cell with these: */
	int join_fds[CE_CELL_NAMESPACES]; /* -1: none */
	bool rootless;
	bool network_ready; /* the caller is in the network namespace that the cell shall have */
	bool rlimits_only; /* no cgroup: rlimits are the first wall, not the second */
	uid_t init_uid, program_uid; /* as the supervisor's user namespace has them; equal when rootless */
	/* The cell's user and pid namespaces become children of these, which somebody else lives in; -1: the supervisor's. A pid
	 * namespace needs the user namespace too, since both are joined by a helper. The ids are as that user namespace has them; one
	 * that has only CE_CELL_UID has it for both. */
	int parent_user_fd, parent_pid_fd;
	uid_t parent_init_uid, parent_program_uid;
	/* descriptors that init keeps; all borrowed, -1: none */
	int lifeline_fd; /* one byte: id maps are written; end of file: the supervisor is gone */
	int report_fd;
	int stdio[3];
	int proc_fd;	  /* the supervisor's /proc */
	int work_fd;	  /* detached tmpfs */
	int artifacts_fd; /* the compile cell's tmpfs */
	int compiled_fd;  /* a memfd with what an earlier compile stage made */
	int lease_fd;	  /* keeps the uid leased while init lives */
	int park_fd;	  /* the program gets it as number park_number: it is started ahead */
	int park_number;
	int spare_fd;	  /* the cell is made ahead: the program's process waits here for struct ce_cell_word */
	int attach_fds[CE_CELL_ATTACH];
	size_t attach_count;
	int clone_cgroup_fd;
	/* of the supervisor, borrowed: mount namespaces, the prepared root's and its own */
	int root_fd, home_fd;
	dev_t root_device; /* the prepared root's file system */
};

/* What a cell that was made ahead is told of its program. With it come descriptors: three streams, then those that are announced;
 * and behind it the plan, unless that is a descriptor too, the last of them. */
struct ce_cell_word {
	uint64_t plan_size;
	uint64_t compiled, plan_fd; /* 0 or 1 */
};

#define CE_CELL_WORD_FDS 5

enum ce_cell_record_kind {
	CE_RECORD_STARTED = 1, /* the next call is execve */
	CE_RECORD_FAILED = 2,  /* a step failed; nothing of the program ran */
	CE_RECORD_EXITED = 3,
	CE_RECORD_PROBED = 4,
	CE_RECORD_ADOPTING = 5, /* the cell is ready for a child of a zygote */
	CE_RECORD_WAITING = 6	/* the cell is ready for a program */
};

/* One write of at most PIPE_BUF bytes, so it arrives whole. */
struct ce_cell_record {
	uint64_t kind;
	uint64_t clock_us;
	uint64_t protections; /* observed */
	int64_t status;	      /* wait status of the program */
	int64_t empty;	      /* EXITED: init is all that is left, and does nothing but end */
	int64_t os_error;
	char step[32];
	char path[192];
	uint64_t user_us, system_us, max_rss_bytes, minor_faults, major_faults;
	uint64_t voluntary_switches, involuntary_switches, blocks_read, blocks_written;
	int64_t missing[CE_PROTECTION_COUNT]; /* errno of each tolerated step that failed */
	uint64_t done_us[CE_TABLE_COUNT][CE_CELL_STEPS_MAX]; /* CE_PLAN_TRACE: by table and index in it; 0: skipped */
};

/* Starts init, always as a child of the caller. On success *pid and *pidfd are the caller's. *lost: the caller could not come back to
 * its own mount namespace, and must end.
 * With a parent user namespace, who lives in it with capabilities has them over the cell too. It cannot join by init's pidfd, since
 * init is not dumpable: it needs descriptors of the namespaces, which the supervisor can open in /proc/<pid>/ns. */
int ce__launch_cell(const struct ce_cell_setup *setup, pid_t *pid, int *pidfd, bool *lost, struct ce_failure *failure);

/* The prepared root's tmpfs for one cell: detached, owned by `uid`. Returns its descriptor or -errno. */
int ce__root_make_work(uint64_t bytes, uint64_t inodes, uid_t uid);

/* Prepared roots, each in a mount namespace of its own, built once per mount table. */
struct ce_roots;
struct ce_root {
	int fd;	      /* its mount namespace; borrowed, until the next call */
	dev_t device; /* its file system */
};
/* `directory` exists and is empty; mounts are made on it in other mount namespaces than the caller's. `proc_fd`: the caller's /proc;
 * borrowed. */
int ce__roots_open(const char *directory, int proc_fd, struct ce_roots **out, struct ce_failure *failure);
void ce__roots_close(struct ce_roots *roots);
/* The one for this stage; 0, or a CE_ERR_*. */
int ce__roots_find(struct ce_roots *roots, const struct ce_plan *plan, const struct ce_plan_stage *stage, bool writable,
		   struct ce_root *out, struct ce_failure *failure);

/* ---- inside the cell ---- */

struct ce_cell {
	const struct ce_cell_setup *setup;
	uint64_t protections; /* observed so far */
	struct ce_cell_record record;
	sigset_t *program_mask;
};

/* A set-up step: 0 or -errno; it may point *path at what it worked on. */
struct ce_cell_step {
	const char *name;
	uint64_t protection; /* skipped if disabled, forgiven if tolerated; observed if it succeeds and `observes` */
	bool observes;
	int (*run)(struct ce_cell *cell, const char **path);
};

/* The ordered tables: what init does, then what its vfork child does up to execve: before it waits, if the cell is made ahead, then
 * with the request's files, then to itself. */
extern const struct ce_cell_step ce__cell_init_steps[];
extern const struct ce_cell_step ce__cell_begin_steps[];
extern const struct ce_cell_step ce__cell_file_steps[];
extern const struct ce_cell_step ce__cell_program_steps[];
/* Instead of the latter three: a zygote's, which keeps what it needs to fork into cells. */
extern const struct ce_cell_step ce__cell_zygote_steps[];
/* Before them: those of a zygote's child, which is not in the cell yet. */
extern const struct ce_cell_step ce__cell_join_steps[];

/* Runs a table, as the one that `table` says. 0, or -errno with cell->record saying which step. */
int ce__cell_run_steps(struct ce_cell *cell, const struct ce_cell_step *steps, enum ce_cell_table table);
/* Writes cell->record with this kind. 0 or -errno. */
int ce__cell_report(struct ce_cell *cell, uint64_t kind);
/* Cuts what does not fit; no snprintf, which is not async-signal-safe. */
void ce__cell_copy_text(char *out, size_t size, const char *text);
/* Init's whole life; never returns. */
void ce__cell_main(const struct ce_cell_setup *setup) __attribute__((noreturn));

/* The number of a cell's program: init is 1, and nobody was there before. */
#define CE_CELL_PROGRAM_PID 2

/* Closes all descriptors but those of `keep` (at most 32, -1: none) and 0 to 2 if `from` is 3. */
int ce__cell_close_others(unsigned from, int *keep, size_t count);

/* The value of RLIMIT_CPU behind a limit of CPU time: a second wall. */
uint64_t ce__cell_cpu_seconds(uint64_t cpu_time_us);

/* Steps that live in files of their own. */
int ce__enter_cgroups(struct ce_cell *cell, const char **path);
int ce__enter_keyring(struct ce_cell *cell, const char **path);
int ce__enter_observe(struct ce_cell *cell, const char **path);
int ce__enter_join(struct ce_cell *cell, const char **path);
int ce__await_word(struct ce_cell *cell, const char **path);
int ce__mounts_attach_work(struct ce_cell *cell, const char **path);
int ce__mounts_proc(struct ce_cell *cell, const char **path);
int ce__mounts_mask_proc(struct ce_cell *cell, const char **path);
int ce__files_write(struct ce_cell *cell, const char **path);
/* Puts a plan's files into a work directory; they belong to `owner`. 0, or -errno with *path at the one that failed. */
int ce__files_put(int work, const struct ce_plan *plan, uid_t owner, const char **path);
/* Puts what is in a memfd of struct ce_file_record into a work directory. -EBADMSG if it is malformed. */
int ce__files_unpack(int work, int fd);
int ce__files_copy_artifacts(struct ce_cell *cell, const char **path);
int ce__landlock_apply(struct ce_cell *cell, const char **path);
uint64_t ce__landlock_abi(void);

#endif
