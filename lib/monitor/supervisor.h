/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The supervisor: one small single-threaded process per ce_sandbox. Its state, and who may change which part of it. */
#ifndef CE_MONITOR_SUPERVISOR_H
#define CE_MONITOR_SUPERVISOR_H

#include "limits/limits.h"
#include "monitor/counters.h"
#include "monitor/message.h"
#include "park/park.h"
#include "plan/plan.h"
#include "sandbox/cell.h"

/* What a cell leases: two host uids (root only) that nobody else on this machine has now. */
struct ce_slot {
	bool busy;
	bool leased;
	uid_t init_uid, program_uid;
	int lease_fd; /* flock'ed; owned */
};

#define CE_SPARE_NETWORKS 8
#define CE_PLAN_ROOMS 4
#define CE_SPARE_CELLS 4

enum ce_source_type { CE_SOURCE_CONTROL, CE_SOURCE_HOST, CE_SOURCE_SOCKET, CE_SOURCE_PIDFD, CE_SOURCE_REPORT, CE_SOURCE_PARK };

struct ce_job;
struct ce_shape;
struct ce_spare;

/* What epoll hands back. */
struct ce_source {
	enum ce_source_type type;
	struct ce_job *job;
};

enum ce_job_state {
	CE_JOB_QUEUED,	 /* waits for a slot */
	CE_JOB_SETUP,	 /* init is setting up its cell */
	CE_JOB_PARKING,	 /* an interpreter is started ahead */
	CE_JOB_PARKED,	 /* it waits for its program */
	CE_JOB_ZYGOTE,	 /* it stands at its program and forks */
	CE_JOB_SPARE,	 /* a cell waits for any program */
	CE_JOB_AWAITING, /* a request for which a zygote's child is being made */
	CE_JOB_PREWARM,	 /* a request that waits until there is one */
	CE_JOB_RUNNING,	 /* the program runs */
	CE_JOB_DYING,	 /* killed; init is not reaped yet */
	CE_JOB_ENDING,	 /* reported; only init is left, and is not reaped yet */
	CE_JOB_CLEANING, /* reported; a cgroup is still busy */
	CE_JOB_DONE	 /* freed at the end of this turn of the loop */
};

/* One execution, from START to the last clean-up. */
struct ce_job {
	struct ce_job *next, **link; /* in supervisor->jobs, oldest first */
	enum ce_job_state state;
	int socket; /* owned; -1 once the library hung up */
	struct ce_plan *plan; /* owned mapping, or one of the supervisor's rooms */
	size_t plan_size;
	bool plan_in_room;
	int stdio[CE_PLAN_MAX_STAGES][3]; /* by stage index; owned */
	size_t stage; /* index into plan->stages */
	struct ce_slot *slot;
	uint64_t queued_us;
	struct ce_source socket_source, pidfd_source, report_source, park_source;

	/* of the stage that runs */
	struct ce_cell_setup setup;
	struct ce_limits_cell limits;
	bool limits_open;
	pid_t pid;
	int pidfd, report_fd, lifeline_fd; /* owned */
	int work_fd;			   /* owned; this stage's tmpfs */
	int artifacts_fd;		   /* owned; the compile stage's tmpfs */
	int compiled_fd;		   /* owned; CE_PLAN_COMPILED: what an earlier compile stage made */
	struct ce_cell_record started, ended; /* kind 0: not received */
	struct ce_cell_usage usage;	      /* the last sample */
	uint64_t launched_us; /* what is started ahead */
	uint64_t started_us, deadline_us, check_us, usage_due_us;
	uint64_t tasks_peak, rss_peak;
	uint64_t limits_hit;	/* CE_LIMIT_* so far */
	ce_outcome killed_for;	/* 0: we did not kill */
	uint64_t clean_until_us;
	bool resume; /* CE_JOB_CLEANING: then comes the next stage */
	bool quiet;  /* the report wakes us at its end only */
	struct ce_trace *trace; /* owned; NULL unless asked for */

	int plan_fd;		/* owned; -1: the plan is small */
	struct ce_spare *spare; /* of a cell that is made ahead: for which requests; NULL: this is none */
	int spare_fd;		/* owned; where its program's process waits */

	/* of a process that is started ahead (park.c) */
	struct ce_shape *shape; /* which requests it can serve; NULL: this is no such process */
	int park_fd;		/* owned */
	int park_pipes[3];	/* owned; the far ends of the streams it has until the hand-over */
	char park_variable[24 + CE_PLAN_MAX_TRIGGER], preload_variable[64];
	bool is_zygote;
	int user_fd, pid_fd;   /* of a zygote: its namespaces; owned */
	uint64_t children;     /* of a zygote: how many it has made */
	bool was_ready;	       /* what is started ahead: it came to where it waits */
	bool retired;	       /* a zygote: it makes no more, and ends with the last cell below it */
	struct ce_job *zygote; /* of its child, until that is born */
	struct ce_job *nest;   /* the zygote whose namespaces this cell lies below: its end would be this one's */
	uint64_t zygote_bytes; /* of memory that it takes itself; 0: not known */
	struct ce_job *taker;  /* the request that it is made for; NULL: for whoever comes */
	/* of a request that got one */
	bool warm;
	bool cold; /* it does not get one */
	uint64_t cpu_before_us; /* what the cell had used by then */
	struct ce_park_message before;
};

struct ce_supervisor {
	int control, epoll, host_pidfd; /* owned */
	struct ce_source control_source, host_source;
	struct ce_hello hello;
	char instance[64];
	char state_dir[300];
	char owner_path[384];
	int owner_fd; /* flock'ed while we live */
	size_t announced_bytes;
	bool rootless;
	uid_t host_uid; /* ours, as the host sees it */
	struct ce_limits_backend *limits;
	struct ce_limits_info limits_info;
	struct ce_roots *roots;
	int proc_fd, home_fd; /* owned: /proc, and our mount namespace */
	int host_network_fd; /* owned; -1: none is made ahead */
	int spare_network_fds[CE_SPARE_NETWORKS]; /* owned */
	size_t spare_networks;
	void *plan_rooms[CE_PLAN_ROOMS]; /* owned; of CE_PLAN_INLINE_BYTES each, empty */
	size_t plan_room_count;
	struct ce_spare *spares; /* owned; CE_SPARE_CELLS of them, or NULL */
	bool network_astray;		       /* not in the host's network namespace */
	bool network_refused;		       /* the last one that was to be made ahead was not to be had */
	uint64_t busy_us;		       /* when something was last asked or told of us */
	struct ce_slot *slots;
	size_t slot_count;
	struct ce_job *jobs, **jobs_end;
	size_t job_count;
	uint64_t next_lease; /* the pair of uids to try first */
	struct ce_shape *shapes;
	struct ce_counters *counters; /* owned */
	uint64_t host_namespaces[CE_CELL_NAMESPACES];
	uint64_t landlock_abi, last_capability, processors;
	unsigned receive_errors; /* one after the other */
	bool stopping;
};

/* setup.c: everything before the first execution. 0 or a CE_ERR_*. */
int ce__setup_inherited(void);
/* Who we are to the host. An ordinary user's enters a user namespace of its own and executes itself in it, with CE_ENTERED and the
 * user's id as arguments: that one does not call it. */
#define CE_ENTERED "--entered"
int ce__setup_user(struct ce_supervisor *s, char **environment, struct ce_failure *failure);
int ce__setup_run(struct ce_supervisor *s, struct ce_failure *failure);
void ce__setup_undo(struct ce_supervisor *s);
/* How many slots there can be beside `used` others: `most`, or as many as there are uids for. */
size_t ce__setup_slots_beside(const struct ce_supervisor *s, uint64_t used, uint64_t most);

/* state.c: the state directory: owner files, leases. */
int ce__state_open(struct ce_supervisor *s, struct ce_failure *failure);
/* Notes a directory that is about to be made, so that a successor can remove it. `context`: the supervisor. */
int ce__state_announce(void *context, const char *directory);
/* Writes all of them anew, in the order in which they are to be swept. */
int ce__state_record(struct ce_supervisor *s, struct ce_failure *failure);
/* Removes the owner file, unless `keep`: what it names is still to be swept. */
void ce__state_close(struct ce_supervisor *s, bool keep);
/* Leases a pair of uids for a slot. */
int ce__state_lease(struct ce_supervisor *s, struct ce_slot *slot, struct ce_failure *failure);

/* job.c: the life of an execution. */
/* A queued job at the end of the list, or NULL. */
struct ce_job *ce__job_new(struct ce_supervisor *s);
/* Such a one, for what is made or started ahead, with a slot of its own; NULL: there is none to be had. */
struct ce_job *ce__job_new_in_slot(struct ce_supervisor *s);
/* The request has come, but its program does not run yet. */
static inline bool ce__job_is_awaited(const struct ce_job *job)
{
	return job->state == CE_JOB_QUEUED || job->state == CE_JOB_SETUP || job->state == CE_JOB_PARKING || job->state == CE_JOB_AWAITING;
}
void ce__job_receive(struct ce_supervisor *s);
void ce__job_on_socket(struct ce_supervisor *s, struct ce_job *job);
/* Starts queued jobs while slots are free. True if one of them ended at once. */
bool ce__job_admit(struct ce_supervisor *s);
/* `finished` NULL: it has been told. */
void ce__job_finish(struct ce_supervisor *s, struct ce_job *job, const struct ce_finished *finished);
void ce__job_kill_all(struct ce_supervisor *s);
void ce__job_sweep(struct ce_supervisor *s); /* frees those that are done */
int ce__job_send(struct ce_job *job, const void *message, size_t size, const int *fds, size_t fd_count);

/* network.c: network namespaces made ahead. */
void ce__network_open(struct ce_supervisor *s);
void ce__network_make_spare(struct ce_supervisor *s);
/* How long the loop may wait, in milliseconds (-1: for ever), if it may wait for `due` else. */
int ce__network_due(const struct ce_supervisor *s, int due);
/* Goes where the next cell shall be cloned. With `entered` that is a network namespace for it alone, and clone shall not make
 * another; ce__network_leave follows. 0, or -errno. */
int ce__network_enter(struct ce_supervisor *s, const struct ce_plan *plan, bool *entered);
void ce__network_leave(struct ce_supervisor *s);

/* spare.c: cells made ahead. */
int ce__spare_open(struct ce_supervisor *s);
size_t ce__spare_most(const struct ce_supervisor *s);
/* Gives the job a cell that waits. False: there is none, make one. */
bool ce__spare_take(struct ce_supervisor *s, struct ce_job *job);
/* Makes one that is wanted, if nothing has happened for a while. */
void ce__spare_make(struct ce_supervisor *s);
/* How long the loop may wait, in milliseconds (-1: for ever), if it may wait for `due` else. */
int ce__spare_due(const struct ce_supervisor *s, int due);
/* It waits. */
void ce__spare_ready(struct ce_job *job);
/* It has ended, or could not be made. */
void ce__spare_lost(struct ce_job *job);

/* prepare.c: what a cell is made of. */
int ce__prepare_stage(struct ce_supervisor *s, struct ce_job *job, struct ce_failure *failure);
/* Gives the pipes of the job's stage to the program. */
int ce__prepare_streams(const struct ce_supervisor *s, const struct ce_job *job, uid_t owner, struct ce_failure *failure);

/* park.c: processes that are started ahead. */
/* Gives the job a process that waits for it. False: there is none, start one. */
bool ce__park_take(struct ce_supervisor *s, struct ce_job *job);
/* Starts what is wanted, while nothing else is to be done. True if one of them ended at once. */
bool ce__park_refill(struct ce_supervisor *s);
/* A job that only asks for a process started ahead. */
void ce__park_prewarm(struct ce_supervisor *s, struct ce_job *job);
void ce__park_on_message(struct ce_supervisor *s, struct ce_job *job);
/* One of them ended, or could not be started: `failure` may be NULL. Nothing for other jobs. */
void ce__park_lost(struct ce_supervisor *s, struct ce_job *job, const struct ce_failure *failure);
/* It did not come to where it waits, or a zygote could not fork: after two in a row its shape is not forked, or not started ahead. */
void ce__park_failed(struct ce_supervisor *s, const struct ce_job *job);
/* A request that has ended waits for none any more. */
void ce__park_forget_taker(struct ce_supervisor *s, const struct ce_job *job);
size_t ce__park_most(const struct ce_supervisor *s);

/* confine.c: after the last step that needs more. */
int ce__confine(const struct ce_supervisor *s, struct ce_failure *failure);

/* zygote.c: those that fork. */
bool ce__zygote_wanted(const struct ce_shape *shape);
/* The one of this shape, ready or not; NULL: there is none. */
struct ce_job *ce__zygote_find(const struct ce_supervisor *s, const struct ce_shape *shape);
void ce__zygote_ready(struct ce_supervisor *s, struct ce_job *job);
void ce__zygote_prepare(const struct ce_supervisor *s, struct ce_job *job);
void ce__zygote_fork(struct ce_supervisor *s, struct ce_job *job);
/* No more children of this shape: each execution gets an interpreter of its own. */
void ce__zygote_give_up(struct ce_supervisor *s, struct ce_shape *shape);
/* It could not fork. */
void ce__zygote_failed(struct ce_supervisor *s, struct ce_job *zygote);
/* It has ended: nobody waits for a child of its any more. */
void ce__zygote_barren(struct ce_supervisor *s, struct ce_job *zygote);
/* It makes no more. Its pid namespace is above those of its children, so it is ended once they are. */
void ce__zygote_retire(struct ce_job *zygote);
/* The same, and those that only wait, which have its layout and seeds, are ended. */
void ce__zygote_age_out(struct ce_supervisor *s, struct ce_job *zygote);
/* One use of it is taken, the last of which retires it. */
void ce__zygote_count_use(struct ce_job *zygote);
/* Ends those that have retired and have no cell below them. */
void ce__zygote_end_retired(struct ce_supervisor *s);

/* stage.c: one cell of it. */
/* Is it for no request yet? */
static inline bool ce__job_is_ahead(const struct ce_job *job)
{
	return job->shape || job->spare;
}
/* From here on the cell of `from`, which was made ahead, is the job's; what else the job has of it, the caller sees to. */
void ce__stage_move_cell(struct ce_supervisor *s, struct ce_job *job, struct ce_job *from);
/* Closes what only the cell needs. */
void ce__stage_release(struct ce_job *job);
void ce__stage_start(struct ce_supervisor *s, struct ce_job *job);
void ce__stage_on_report(struct ce_supervisor *s, struct ce_job *job);
void ce__stage_on_exit(struct ce_supervisor *s, struct ce_job *job);
void ce__stage_kill(struct ce_supervisor *s, struct ce_job *job, ce_outcome reason, uint64_t limit);
/* To whoever wants events. */
void ce__stage_tell_started(struct ce_job *job);
void ce__stage_clean(struct ce_supervisor *s, struct ce_job *job);

/* trace.c: when what was done; nothing unless the request asks for it. */
void ce__trace_mark(struct ce_job *job, const char *name);
void ce__trace_mark_at(struct ce_job *job, const char *name, uint64_t at_us);
void ce__trace_steps(struct ce_job *job, const struct ce_cell_record *record);
void ce__trace_send(struct ce_job *job);
void ce__trace_free(struct ce_job *job);

/* outcome.c: decides what happened. */
void ce__outcome_decide(struct ce_supervisor *s, struct ce_job *job, const struct ce_cell_usage *usage,
			struct ce_stage_end *end);

/* The request's files, or what the compile stage made of them, are more than the disk limit allows: a limit, no error. */
bool ce__outcome_files_do_not_fit(const struct ce_job *job);

/* watch.c: clocks and samples. Returns the milliseconds until something is due, -1 for nothing. */
int ce__watch_due(struct ce_supervisor *s);
void ce__watch_run(struct ce_supervisor *s);
/* True once nothing has happened for a while, and no program has just begun: what is made ahead is made then. It would be in the way of
 * a cell that waits for our processor, and of a short program on whatever processor. */
bool ce__watch_quiet(const struct ce_supervisor *s);
/* The least of `due` and the milliseconds until then; -1: for ever. */
int ce__watch_quiet_due(const struct ce_supervisor *s, int due);
void ce__watch_begin(struct ce_supervisor *s, struct ce_job *job);
/* What the job's program has used: without what its interpreter had used before the request came. */
int ce__watch_sample(struct ce_supervisor *s, struct ce_job *job, enum ce_sample depth, struct ce_cell_usage *usage);

/* outputs.c: brings back files after the cell is empty. 0 or -errno. */
int ce__outputs_send(struct ce_job *job);
/* What a compile stage made, for the library to keep: all of it, or nothing is sent. */
void ce__outputs_send_artifacts(struct ce_job *job);
/* CE_LIMIT_FILE_SIZE if a regular file in the cell's tmpfs has exactly the largest size allowed. */
uint64_t ce__outputs_file_at_limit(int work_fd, uint64_t limit);

int ce__supervisor_watch_fd(struct ce_supervisor *s, int fd, struct ce_source *source);
/* The same, but wakes us only when the other end is closed. */
int ce__supervisor_watch_end(struct ce_supervisor *s, int fd, struct ce_source *source);
/* Makes the one into the other, or into another job's. */
void ce__supervisor_watch_instead(struct ce_supervisor *s, int fd, struct ce_source *source);
void ce__supervisor_watch_end_only(struct ce_supervisor *s, int fd, struct ce_source *source);
/* Out of epoll before it is closed: an init that was cloned a moment ago may still hold a copy of the descriptor, and
 * events would go on for a job that is gone. */
void ce__supervisor_drop_fd(struct ce_supervisor *s, int *fd);

#endif
