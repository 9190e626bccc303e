/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * libcodeexec: run code that nobody trusts and learn exactly what happened.
 *
 * Rules that hold for the whole interface
 *
 * Ownership: what comes out through a pointer-to-pointer argument belongs to the caller, who gives it
 *   back with the matching _free or _destroy; all of those accept NULL. A pointer that a getter returns
 *   is borrowed and lives as long as the object it came from.
 * Pointers must not be NULL where it is not said that they may. What is given in options and requests is copied
 *   before the call returns; user_data pointers must live as long as the object that they were given to.
 * Errors: a function that can fail returns 0 or a negative CE_ERR_* value. Its last argument, which may
 *   be NULL, is set to a new ce_error only on failure. A snippet that fails, crashes or is killed is a
 *   result, never an error.
 * Structs that the caller fills begin with their size and grow only at their end; start from their
 *   *_init() function. Zero in a member means its default. A struct from a newer header whose unknown
 *   members are all zero is accepted, otherwise the call fails with CE_ERR_TOO_NEW. Structs that the
 *   library fills are filled up to the size that the caller gives.
 * Threads: a ce_sandbox may be used by any number of threads at once. A ce_execution is used by one
 *   thread at a time, except ce_execution_cancel. A ce_result, once taken, may be read by many threads.
 * The host process: the library never prints, exits, aborts, changes signal dispositions, the umask, the
 *   working directory or the environment, and needs no SIGCHLD handling. Its helper process is started
 *   with posix_spawn and is waited for by its own pid. A fork without exec is harmless to the library; but while
 *   such a child lives it holds copies of pipes, so a program that reads its input meanwhile may not see the end.
 * Since: every function is available since 0.1 unless it says otherwise.
 */
#ifndef CODEEXEC_CODEEXEC_H
#define CODEEXEC_CODEEXEC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CE_VERSION_MAJOR 0
#define CE_VERSION_MINOR 1
#define CE_VERSION_PATCH 0
#define CE_VERSION "0.1.0"

#ifndef CE_API
#if defined(__GNUC__)
#define CE_API __attribute__((visibility("default")))
#else
#define CE_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- objects -------------------------------------------------------------------------------- */

typedef struct ce_sandbox ce_sandbox;     /* an isolation policy, its limits, executors and supervisor */
typedef struct ce_execution ce_execution; /* one run in flight */
typedef struct ce_result ce_result;       /* the account of one finished run; immutable */
typedef struct ce_program ce_program;     /* compiled once, to be run many times; immutable */
typedef struct ce_executor ce_executor;   /* one language; borrowed from its sandbox */
typedef struct ce_event ce_event;         /* valid inside the callback only */
typedef struct ce_probe ce_probe;         /* what this machine and this user can do */
typedef struct ce_error ce_error;

/* ---- errors --------------------------------------------------------------------------------- */

enum {
	CE_ERR_INVALID = -1,     /* an argument makes no sense; the message names it */
	CE_ERR_NO_MEMORY = -2,   /* the host process has no memory left */
	CE_ERR_OS = -3,          /* a system call failed: ce_error_errno, ce_error_step */
	CE_ERR_UNSUPPORTED = -4, /* a required protection is missing here; the message says the remedy */
	CE_ERR_NOT_FOUND = -5,   /* unknown language or runtime; the message lists near names */
	CE_ERR_MANIFEST = -6,    /* the message begins file:line:column */
	CE_ERR_PLUGIN = -7,      /* an executor plugin was refused or failed */
	CE_ERR_BUSY = -8,        /* the queue timeout passed before the execution could start */
	CE_ERR_TIMEOUT = -9,     /* ce_execution_wait: not finished yet; else: the supervisor does not answer */
	CE_ERR_TOO_NEW = -10,    /* sets a member or a flag that this library does not know */
	CE_ERR_UNAVAILABLE = -11 /* the language is known but cannot run here; the message says why */
};

/* The CE_ERR_* value. `error` must not be NULL for this and the following getters. */
CE_API int ce_error_code(const ce_error *error);
/* errno of the system call that failed, or 0. */
CE_API int ce_error_errno(const ce_error *error);
/* The step of set-up that failed, for instance "pivot-root", or NULL. */
CE_API const char *ce_error_step(const ce_error *error);
/* One line without a final newline, naming the object, the operation and, where there is one, a hint. */
CE_API const char *ce_error_message(const ce_error *error);
CE_API void ce_error_free(ce_error *error);
/* "invalid", "no-memory", "os", ... for a CE_ERR_* value; "ok" for 0, "unknown" for others. Static string. */
CE_API const char *ce_error_name(int code);

/* The version of the library that is running, "MAJOR.MINOR.PATCH". Static string. */
CE_API const char *ce_version(void);

/* ---- outcomes, stages, limits, protections -------------------------------------------------- */

typedef enum ce_outcome {
	CE_OUTCOME_SUCCESS = 1,           /* exit status 0; truncated output alone stays success */
	CE_OUTCOME_ERROR = 2,             /* non-zero exit status, or a signal */
	CE_OUTCOME_TIMEOUT = 3,           /* wall or CPU clock; ce_result_limits_hit says which */
	CE_OUTCOME_MEMORY_LIMIT = 4,      /* the kernel's counter moved and the program died of it */
	CE_OUTCOME_OUTPUT_LIMIT = 5,      /* only with CE_SANDBOX_KILL_ON_OUTPUT_LIMIT */
	CE_OUTCOME_DISK_LIMIT = 6,        /* no space or inodes left, and the program failed */
	CE_OUTCOME_PROCESS_LIMIT = 7,     /* too many tasks, and the program failed */
	CE_OUTCOME_FILE_SIZE_LIMIT = 8,   /* a file reached the limit, and the program failed */
	CE_OUTCOME_COMPILATION_ERROR = 9, /* the compile stage did not succeed; nothing was run */
	CE_OUTCOME_CANCELLED = 10,        /* ce_execution_cancel, or its execution was destroyed */
	CE_OUTCOME_SYSTEM_ERROR = 11      /* our side broke; ce_result_message says how */
} ce_outcome;

typedef enum ce_stage { CE_STAGE_COMPILE = 1, CE_STAGE_RUN = 2 } ce_stage;

enum { CE_STREAM_STDOUT = 1, CE_STREAM_STDERR = 2 };

enum {
	CE_NETWORK_NONE = 0,    /* an empty network namespace, its loopback down */
	CE_NETWORK_LOOPBACK = 1 /* the same with its own loopback up; still no route to anything else */
};

/* Bits of ce_result_limits_hit. */
#define CE_LIMIT_WALL_TIME (UINT64_C(1) << 0)
#define CE_LIMIT_CPU_TIME (UINT64_C(1) << 1)
#define CE_LIMIT_MEMORY (UINT64_C(1) << 2)
#define CE_LIMIT_OUTPUT (UINT64_C(1) << 3)
#define CE_LIMIT_DISK (UINT64_C(1) << 4)
#define CE_LIMIT_INODES (UINT64_C(1) << 5)
#define CE_LIMIT_FILE_SIZE (UINT64_C(1) << 6)
#define CE_LIMIT_PROCESSES (UINT64_C(1) << 7)

/* Protections: bits of ce_result_protections and of the masks in ce_sandbox_options. */
#define CE_PROTECTION_USER_NS (UINT64_C(1) << 0)
#define CE_PROTECTION_PID_NS (UINT64_C(1) << 1)
#define CE_PROTECTION_MOUNT_NS (UINT64_C(1) << 2)
#define CE_PROTECTION_NETWORK_NS (UINT64_C(1) << 3)
#define CE_PROTECTION_IPC_NS (UINT64_C(1) << 4)
#define CE_PROTECTION_UTS_NS (UINT64_C(1) << 5)
#define CE_PROTECTION_CGROUP_NS (UINT64_C(1) << 6)
#define CE_PROTECTION_TIME_NS (UINT64_C(1) << 7)
#define CE_PROTECTION_READ_ONLY_ROOT (UINT64_C(1) << 8)
#define CE_PROTECTION_PRIVATE_PROC (UINT64_C(1) << 9)
#define CE_PROTECTION_NO_NEW_PRIVS (UINT64_C(1) << 10)
#define CE_PROTECTION_NO_CAPABILITIES (UINT64_C(1) << 11)
#define CE_PROTECTION_SECCOMP (UINT64_C(1) << 12)
#define CE_PROTECTION_LANDLOCK (UINT64_C(1) << 13)
#define CE_PROTECTION_LANDLOCK_SCOPE (UINT64_C(1) << 14)
#define CE_PROTECTION_SESSION_KEYRING (UINT64_C(1) << 15)
#define CE_PROTECTION_OWN_UID (UINT64_C(1) << 16) /* a host uid that no other execution has now */
#define CE_PROTECTION_MEMORY_LIMIT (UINT64_C(1) << 17)
#define CE_PROTECTION_TASK_LIMIT (UINT64_C(1) << 18)
#define CE_PROTECTION_CPU_LIMIT (UINT64_C(1) << 19) /* CPU time of the whole tree is counted */
#define CE_PROTECTION_COUNT 20

/* "success", "error", "timeout", "memory_limit", ... Static string; "unknown" for other values. */
CE_API const char *ce_outcome_name(ce_outcome outcome);
/* "compile" or "run"; "unknown" for other values. */
CE_API const char *ce_stage_name(ce_stage stage);
/* "wall_time", "memory", ... for one CE_LIMIT_* bit, or NULL. */
CE_API const char *ce_limit_name(uint64_t bit);
/* "user_ns", "seccomp", ... for one CE_PROTECTION_* bit, or NULL. */
CE_API const char *ce_protection_name(uint64_t bit);
/* The protection of that name as a bit, or 0. */
CE_API uint64_t ce_protection_from_name(const char *name);

/* ---- what the caller fills in --------------------------------------------------------------- */

#define CE_UNLIMITED UINT64_MAX

/* Limits of one stage. 0 means default. In ce_sandbox_options they are defaults and ceilings at once; a
 * request or a manifest may only ask for less, and asking for more is CE_ERR_INVALID, never clamped.
 * The defaults in brackets are those of the run stage; compile defaults come from the manifest. */
typedef struct ce_limits {
	size_t size;
	uint64_t wall_time_ms;    /* [30 s] from execve to the end of the program; CE_UNLIMITED allowed */
	uint64_t cpu_time_ms;     /* [30 s] user and system time of the whole tree */
	uint64_t memory_bytes;    /* [256 MiB] of the whole cell: heap, page cache and its tmpfs files */
	uint64_t disk_bytes;      /* [100 MiB] work directory, /tmp and /dev/shm together */
	uint64_t disk_inodes;     /* [16384] in the same place */
	uint64_t file_size_bytes; /* [10 MiB] of any one file (RLIMIT_FSIZE) */
	uint64_t stack_bytes;     /* [64 MiB, or half of the memory limit if that is less] main thread */
	uint64_t processes;       /* [32] tasks, so threads count */
	uint64_t open_files;      /* [256] per process (RLIMIT_NOFILE) */
	uint64_t output_bytes;    /* [1 MiB] kept per stream; the rest is counted and dropped */
} ce_limits;

typedef struct ce_file {
	const char *name; /* relative, '/' separated, without "." and ".." parts */
	const void *data;
	size_t data_size;
} ce_file;

typedef void (*ce_log_fn)(int priority, const char *message, void *user_data);

/* ce_sandbox_options.flags */
#define CE_SANDBOX_ALLOW_WEAKER (UINT64_C(1) << 0)         /* without cgroups: rlimits and sampling; reported */
#define CE_SANDBOX_KILL_ON_OUTPUT_LIMIT (UINT64_C(1) << 1) /* instead of truncating */
#define CE_SANDBOX_MOVE_HOST (UINT64_C(1) << 2)            /* this process may be moved into a leaf cgroup */
#define CE_SANDBOX_FRESH_SLOTS (UINT64_C(1) << 3)          /* nothing is kept for the next cell or made ahead, at its price */
#define CE_SANDBOX_SHARE_CACHE (UINT64_C(1) << 4)          /* tenants may get what another compiled, from the same files */
#define CE_SANDBOX_FULL_EXIT (UINT64_C(1) << 5)            /* also what was started ahead ends by freeing all it has */

typedef struct ce_sandbox_options {
	size_t size;
	uint64_t flags;                   /* CE_SANDBOX_* */
	uint64_t max_concurrent;          /* [10] executions at once; the rest queue, first come first served */
	uint64_t queue_timeout_ms;        /* [none] the longest wait in that queue, then CE_ERR_BUSY */
	const ce_limits *limits;          /* run stage: defaults and ceilings */
	const ce_limits *compile_limits;  /* compile stage: ceilings */
	const char *const *executor_dirs; /* NULL-terminated; default: the installed directories */
	const char *const *plugin_dirs;   /* NULL-terminated; default: the installed directory */
	const char *supervisor_path;      /* default: the installed one; for build trees */
	const char *cgroup;               /* a cgroup directory delegated to us; default: discovered */
	const char *state_dir;            /* owner and lease files; default: /run/codeexec or per user */
	uint64_t uid_base;                /* [2000000000] first host uid to lease when run by root */
	uint64_t uid_count;               /* [65536] two are used by each execution */
	uint64_t allow_missing;           /* CE_PROTECTION_* that may be missing on this host; reported */
	uint64_t disable;                 /* CE_PROTECTION_* not to apply at all: for tests of the others */
	ce_log_fn log;                    /* may be called from any thread that calls the library */
	void *log_user_data;
	uint64_t warm_memory_bytes;       /* [none] memory that processes started ahead may take; see ce_sandbox_prewarm */
	const char *runtimes_dir;         /* absolute; runtimes that no Debian package brings; default: the installed one */
	uint64_t cache_bytes;             /* [none] memory for compiled programs that are kept; see ce_sandbox_cache_usage */
} ce_sandbox_options;

/* A package that a program needs; see <codeexec/layers.h>. */
typedef struct ce_dependency {
	const char *name;
	const char *version; /* "1.2.3", or partial or a range as of runtimes: "1", ">=1.2", "^1.2"; NULL, "" or "*": any */
	const char *source;  /* NULL or "layer": some layer of the language; "debian": a package that is installed on the host */
} ce_dependency;

/* All of it is copied before the call returns. */
typedef struct ce_request {
	size_t size;
	const char *language;        /* name or alias, also with @runtime, @version or both: see ce_sandbox_find_executor */
	const void *code;            /* the program as one file named as its language expects ... */
	size_t code_size;
	const ce_file *files;        /* ... and further files; without `code` the first one is the program */
	size_t file_count;
	const void *input;           /* standard input */
	size_t input_size;
	const char *const *args;     /* NULL-terminated, or NULL */
	const char *const *env;      /* NULL-terminated "NAME=value", or NULL; added to the executor's */
	const char *const *outputs;  /* NULL-terminated names or globs of files to bring back, or NULL */
	uint64_t outputs_max_bytes;  /* [10 MiB] of all files brought back together */
	const ce_limits *limits;     /* run stage */
	const ce_limits *compile_limits;
	uint64_t network;            /* CE_NETWORK_* */
	const char *tenant;          /* whose program this is: kept programs are not seen by others; NULL is a tenant too */
	uint64_t flags;              /* CE_REQUEST_* */
	uint64_t usage_interval_ms;  /* [100] between usage events, 10 at the least, a day at most; with many
	                              * executions at once not less than a millisecond for each of them */
	const ce_program *program;   /* run this one: then `language` and `code` stay NULL, and `files` add to its own */
	const ce_dependency *dependencies; /* what no layer has is CE_ERR_NOT_FOUND, with the command that would build it */
	size_t dependency_count;
	const char *const *options;  /* NULL-terminated "NAME=value" of what the runtime offers, or NULL; ce_executor_option */
} ce_request;

/* ce_request.flags */
#define CE_REQUEST_INTERACTIVE (UINT64_C(1) << 0) /* stdin stays open: ce_execution_write, _close_input */
#define CE_REQUEST_TRACE (UINT64_C(1) << 1)       /* the result says where the time went: ce_result_trace_step */
#define CE_REQUEST_NO_CACHE (UINT64_C(1) << 2)    /* compile it anew, and keep nothing of it */

static inline ce_limits ce_limits_init(void)
{
	ce_limits s;
	memset(&s, 0, sizeof(s));
	s.size = sizeof(s);
	return s;
}

static inline ce_sandbox_options ce_sandbox_options_init(void)
{
	ce_sandbox_options s;
	memset(&s, 0, sizeof(s));
	s.size = sizeof(s);
	return s;
}

static inline ce_request ce_request_init(void)
{
	ce_request s;
	memset(&s, 0, sizeof(s));
	s.size = sizeof(s);
	return s;
}

/* ---- the three calls that most programs need ------------------------------------------------ */

/* Creates a sandbox: loads the executors and starts the supervisor. `options` may be NULL.
 * Fails with CE_ERR_UNSUPPORTED when a required protection is missing on this machine (nothing is ever
 * weakened silently), CE_ERR_OS, CE_ERR_INVALID, CE_ERR_TOO_NEW, CE_ERR_NO_MEMORY, CE_ERR_TIMEOUT (the
 * supervisor was not ready within a minute: somebody stopped it). A broken manifest is
 * no failure: the other executors load, and the log and ce_sandbox_load_error tell of it. */
CE_API int ce_sandbox_create(const ce_sandbox_options *options, ce_sandbox **out, ce_error **error);

/* Cancels what still runs, stops the supervisor and waits until nothing is left of either. Executions
 * of this sandbox must have been destroyed before. A supervisor that does not end (it was stopped) is killed
 * after ten seconds. */
CE_API void ce_sandbox_destroy(ce_sandbox *sandbox);

/* Runs one request from start to end and blocks until it is finished. Any number of threads may call it
 * on one sandbox. Fails with CE_ERR_INVALID (also for CE_REQUEST_INTERACTIVE), CE_ERR_NOT_FOUND,
 * CE_ERR_UNAVAILABLE, CE_ERR_UNSUPPORTED, CE_ERR_PLUGIN, CE_ERR_BUSY, CE_ERR_OS, CE_ERR_NO_MEMORY,
 * CE_ERR_TOO_NEW, CE_ERR_TIMEOUT (the supervisor took it not within ten seconds: somebody stopped it). Whoever
 * stops the supervisor while executions run gets CE_OUTCOME_SYSTEM_ERROR for them after some twenty seconds of
 * waiting: it is killed, and the next execution starts another. */
CE_API int ce_execute(ce_sandbox *sandbox, const ce_request *request, ce_result **out, ce_error **error);

CE_API void ce_result_free(ce_result *result);

/* Compiles a request's program once, so that ce_request.program can run it many times, each time in a fresh cell. Of
 * the request, `language`, `code`, `files` and `compile_limits` count. *compiled, unless `compiled` is NULL, becomes the
 * result of the compile stage, or NULL for a language that has none. A program that does not compile is no error:
 * *out becomes NULL, and *compiled tells why. Errors as ce_execute. It belongs to its sandbox, runs in no other
 * (CE_ERR_INVALID) and is freed before it; it may be freed while executions of it run. Any number of threads may run
 * it at once. */
CE_API int ce_program_create(ce_sandbox *sandbox, const ce_request *request, ce_program **out, ce_result **compiled,
			     ce_error **error);
CE_API void ce_program_free(ce_program *program);

/* Starts an interpreter ahead for each of these languages (NULL-terminated names or aliases) and waits until it stands where it
 * would open its program. A later request without arguments, environment and limits of its own but for the times gets that process,
 * or a child of it, once, with all protections of any other, and runs at once; another is then made ahead. Without this call that begins when requests of
 * one kind come again. ce_account.flags tells which executions it served: CE_ACCOUNT_WARM. Fails with CE_ERR_INVALID unless
 * ce_sandbox_options.warm_memory_bytes allows it, CE_ERR_UNSUPPORTED for a language whose manifest or interpreter does not,
 * and otherwise as ce_execute. Any thread. */
CE_API int ce_sandbox_prewarm(ce_sandbox *sandbox, const char *const *languages, ce_error **error);

typedef struct ce_warm_usage {
	size_t size;
	uint64_t limit_bytes; /* ce_sandbox_options.warm_memory_bytes; 0: nothing is started ahead */
	uint64_t bytes;	      /* that those which wait take, as far as it was measured */
	uint64_t waiting;     /* processes that wait for a program */
	uint64_t zygotes;     /* interpreters that are forked */
	uint64_t hits;	      /* executions that got one */
	uint64_t misses;      /* executions that could have had one, had one waited */
	uint64_t started;     /* processes that came to where they wait */
	uint64_t start_us;    /* what they took for it, in sum */
	uint64_t ended;	      /* that ended without a program: of age, for room, killed by somebody */
} ce_warm_usage;

/* What ce_sandbox_options.warm_memory_bytes does: processes now, and counts since the sandbox was created. Fills `usage` up to
 * usage->size. 0 or CE_ERR_INVALID. Any thread; asks nobody. */
CE_API int ce_sandbox_warm_usage(ce_sandbox *sandbox, ce_warm_usage *usage);

typedef struct ce_cache_usage {
	size_t size;
	uint64_t limit_bytes; /* ce_sandbox_options.cache_bytes; 0: there is no cache */
	uint64_t bytes;       /* programs and what their compilers said, in pages */
	uint64_t programs;
	uint64_t hits;        /* compile stages that were spared */
	uint64_t misses;
	uint64_t evictions;   /* programs given up for newer ones */
} ce_cache_usage;

/* With ce_sandbox_options.cache_bytes the sandbox keeps what its requests compile, in sealed memory outside of every cell. A
 * later request of the same tenant with the same language, files (names and bytes), compile command, environment and network,
 * while the toolchain is unchanged, runs that program, in a fresh cell as ever. Its result then has a compile stage that says
 * what the compiler said (diagnostics too) and whose account is zero but for CE_ACCOUNT_CACHED; the compile limits do not count.
 * A program that asks when it was compiled, by __TIME__ for instance, learns when it was. What did not compile, or hit a limit
 * while it did, is not kept; neither is anything of a language whose manifest says so. When the bytes, or a quarter of the
 * descriptors that this process may open, are used up, the tenant that has most gives up what it used longest ago. Tenants
 * share only with CE_SANDBOX_SHARE_CACHE, and only languages that run no user code at compile time; whoever shares can
 * tell by the clock that somebody compiled the same before. Fills `usage` up to usage->size. 0 or CE_ERR_INVALID. Any thread. */
CE_API int ce_sandbox_cache_usage(ce_sandbox *sandbox, ce_cache_usage *usage);

/* ---- the same with the caller's event loop -------------------------------------------------- */

enum {
	CE_EVENT_STATUS = 1,  /* ce_event_status: queued, compiling, running */
	CE_EVENT_OUTPUT = 2,  /* ce_event_output: bytes that the program wrote */
	CE_EVENT_USAGE = 3,   /* ce_event_usage: a live sample */
	CE_EVENT_FINISHED = 4 /* the result can be taken */
};

enum { CE_STATUS_QUEUED = 1, CE_STATUS_COMPILING = 2, CE_STATUS_RUNNING = 3, CE_STATUS_FINISHED = 4 };

/* Called by ce_execution_dispatch and ce_execution_wait, and for the status "queued" by ce_execution_start before it
 * returns, on the calling thread, under no lock; not by ce_execution_destroy. It may call ce_execution_write,
 * _close_input and _cancel of its execution, but must not dispatch, wait for or destroy it. */
typedef void (*ce_event_fn)(ce_execution *execution, const ce_event *event, void *user_data);

/* Starts a request and returns at once. Errors as ce_execute. The limits are enforced whether or not the
 * caller dispatches, and the clocks run on while it does not drain the output. */
CE_API int ce_execution_start(ce_sandbox *sandbox, const ce_request *request, ce_event_fn on_event,
			      void *user_data, ce_execution **out, ce_error **error);

/* A descriptor that polls readable when ce_execution_dispatch has something to do. Borrowed. */
CE_API int ce_execution_fd(const ce_execution *execution);

/* Does what can be done without blocking. Returns 1 once finished, 0 before that, or a CE_ERR_*. */
CE_API int ce_execution_dispatch(ce_execution *execution, ce_error **error);

/* Dispatches until finished. `timeout_ms` < 0 waits as long as it takes; CE_ERR_TIMEOUT when it is not
 * finished by then, and the execution goes on. */
CE_API int ce_execution_wait(ce_execution *execution, int64_t timeout_ms, ce_error **error);

/* Appends to the standard input of a CE_REQUEST_INTERACTIVE execution. The bytes are copied and sent as
 * the program reads them, while the caller dispatches. CE_ERR_INVALID after ce_execution_close_input
 * or without that flag. Once the execution has finished it drops the bytes and returns 0. */
CE_API int ce_execution_write(ce_execution *execution, const void *data, size_t size, ce_error **error);

/* The program sees the end of its input once it has read what was written. Repeatable. */
CE_API int ce_execution_close_input(ce_execution *execution, ce_error **error);

/* Bytes written that the program's pipe has not taken yet: write more when it is small. */
CE_API size_t ce_execution_pending_input(const ce_execution *execution);

/* Asks for the end of the execution; what was captured is kept. Any thread, repeatable; it must not run
 * at the same time as ce_execution_destroy. */
CE_API void ce_execution_cancel(ce_execution *execution);

/* Gives the result, once, after ce_execution_dispatch returned 1 or ce_execution_wait returned 0.
 * CE_ERR_BUSY if the execution never left the queue in time, CE_ERR_OS or CE_ERR_UNSUPPORTED if the cell
 * could not be set up (ce_error_step names the step), CE_ERR_INVALID if not finished or taken before. */
CE_API int ce_execution_take_result(ce_execution *execution, ce_result **out, ce_error **error);

/* Kills what still runs and forgets it. Within milliseconds; a supervisor that was stopped costs twenty seconds,
 * then it is killed with all that it has. */
CE_API void ce_execution_destroy(ce_execution *execution);

/* 32 hexadecimal digits, random, for logs. Borrowed. */
CE_API const char *ce_execution_id(const ce_execution *execution);

/* A live sample. `tasks` and the byte counters are 0 where the limits backend cannot tell. */
typedef struct ce_usage {
	size_t size;
	uint64_t wall_time_us;
	uint64_t cpu_time_us;
	uint64_t memory_bytes;
	uint64_t tasks;
	uint64_t read_bytes;
	uint64_t write_bytes;
} ce_usage;

CE_API int ce_event_type(const ce_event *event);       /* CE_EVENT_* */
CE_API int ce_event_status(const ce_event *event);     /* CE_STATUS_* */
CE_API ce_stage ce_event_stage(const ce_event *event); /* of OUTPUT and USAGE */
/* Bytes of an OUTPUT event, not NUL-terminated; `stream` becomes CE_STREAM_*. Bytes beyond the output
 * limit are counted in the result but cause no event. */
CE_API const void *ce_event_output(const ce_event *event, int *stream, size_t *size);
/* Fills `usage` up to usage->size. 0, or CE_ERR_INVALID for another type of event. */
CE_API int ce_event_usage(const ce_event *event, ce_usage *usage);

/* ---- results -------------------------------------------------------------------------------- */

CE_API ce_outcome ce_result_outcome(const ce_result *result);
/* ce_outcome_name of it. */
CE_API const char *ce_result_status(const ce_result *result);
/* Exit status 0 to 255 of the run stage, or of the compile stage for a compilation error; -1 unless it
 * exited by itself. */
CE_API int ce_result_exit_code(const ce_result *result);
/* The signal that ended it, or 0. A program that we killed for a limit shows SIGKILL here. */
CE_API int ce_result_signal(const ce_result *result);
/* What broke, for CE_OUTCOME_SYSTEM_ERROR, or a short account of another outcome; never NULL. */
CE_API const char *ce_result_message(const ce_result *result);
/* Every limit that was hit, also those that did not decide the outcome: CE_LIMIT_* bits. */
CE_API uint64_t ce_result_limits_hit(const ce_result *result);
/* How that stage alone ended; never CE_OUTCOME_COMPILATION_ERROR. 0 if it did not take place. */
CE_API ce_outcome ce_result_stage_outcome(const ce_result *result, ce_stage stage);
CE_API int ce_result_stage_exit_code(const ce_result *result, ce_stage stage);
CE_API int ce_result_stage_signal(const ce_result *result, ce_stage stage);
/* With CE_REQUEST_TRACE: the steps that a stage went through inside the library, each with the moment at which it was done, in
 * microseconds of CLOCK_MONOTONIC. For measuring: names, number and order are no interface and change with any release.
 * The name is borrowed from the result; NULL and 0 from `count` on. */
CE_API size_t ce_result_trace_count(const ce_result *result, ce_stage stage);
CE_API const char *ce_result_trace_step(const ce_result *result, ce_stage stage, size_t index, uint64_t *at_us);
/* 1 if that stage took place. */
CE_API int ce_result_has_stage(const ce_result *result, ce_stage stage);
/* Bytes as written, up to the output limit; also NUL-terminated, which `size` does not count. */
CE_API const void *ce_result_output(const ce_result *result, ce_stage stage, int stream, size_t *size);
/* All bytes that the program wrote, kept or not. */
CE_API uint64_t ce_result_output_total(const ce_result *result, ce_stage stage, int stream);
CE_API int ce_result_output_truncated(const ce_result *result, ce_stage stage, int stream);

/* ce_account.flags */
#define CE_ACCOUNT_MEMORY_IS_RSS (UINT64_C(1) << 0) /* memory_peak is a resident set: there was no cgroup */
#define CE_ACCOUNT_TASKS_SAMPLED (UINT64_C(1) << 1) /* tasks_peak is the largest sample, not a counter */
#define CE_ACCOUNT_SPLIT_SAMPLED (UINT64_C(1) << 2) /* memory_anon/file/shmem were looked at: below */
#define CE_ACCOUNT_WARM (UINT64_C(1) << 3)          /* the interpreter had been started ahead; counted from hand-over */
#define CE_ACCOUNT_CACHED (UINT64_C(1) << 4)        /* compile stage: it was compiled before; this time nothing was used */

/* What one stage used. Times in microseconds, sizes in bytes. Sources: wall from CLOCK_MONOTONIC between
 * execve and exit; cpu from the cgroup (cpu.stat usage_usec, cpuacct.usage), else from wait4; user,
 * system, faults, switches, max_rss from wait4 of the program and the children that it waited for;
 * memory_peak from memory.peak or memory.max_usage_in_bytes; blocks from wait4 (512-byte units);
 * memory_anon/file/shmem from memory.stat, where somebody looked: while it ran, or at the end of one that ran
 * for more than 50 ms. Else anon and file are 0, and shmem is what its files take, as it is at least. */
typedef struct ce_account {
	size_t size;
	uint64_t flags;
	uint64_t wall_time_us;
	uint64_t cpu_time_us;
	uint64_t user_time_us;
	uint64_t system_time_us;
	uint64_t memory_peak_bytes;
	uint64_t memory_anon_bytes;
	uint64_t memory_file_bytes;
	uint64_t memory_shmem_bytes;
	uint64_t max_rss_bytes;
	uint64_t tasks_peak;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;
	uint64_t blocks_read;
	uint64_t blocks_written;
	uint64_t disk_bytes;  /* in the work directory and /tmp at the end */
	uint64_t disk_inodes;
} ce_account;

/* Fills `account` up to account->size, with zeros if that stage did not take place. 0 or CE_ERR_INVALID. */
CE_API int ce_result_account(const ce_result *result, ce_stage stage, ce_account *account);
/* The most used members of it. */
CE_API uint64_t ce_result_wall_time_us(const ce_result *result, ce_stage stage);
CE_API uint64_t ce_result_cpu_time_us(const ce_result *result, ce_stage stage);
CE_API uint64_t ce_result_memory_peak_bytes(const ce_result *result, ce_stage stage);

/* CE_PROTECTION_* bits that were observed in force in that stage's cell, not merely asked for. */
CE_API uint64_t ce_result_protections(const ce_result *result, ce_stage stage);
/* "cgroup-v2", "cgroup-v1" or "rlimits". Static string. */
CE_API const char *ce_result_limits_backend(const ce_result *result);
/* The uid on the host under which the program ran. */
CE_API uint64_t ce_result_host_uid(const ce_result *result);
/* Name and runtime of the executor, for instance "python" and "cpython". */
CE_API const char *ce_result_language(const ce_result *result);
CE_API const char *ce_result_runtime(const ce_result *result);

typedef struct ce_diagnostic {
	size_t size;
	uint64_t stage;       /* CE_STAGE_* */
	const char *severity; /* "error", "warning", "note" */
	const char *type;     /* for instance "ZeroDivisionError", or "" */
	const char *message;
	const char *file;     /* "" if unknown */
	uint64_t line;        /* from 1; 0 if unknown */
	uint64_t column;      /* from 1; 0 if unknown */
} ce_diagnostic;

/* What the executor's plugin read out of the output: compiler diagnostics, a traceback. */
CE_API size_t ce_result_diagnostic_count(const ce_result *result);
CE_API int ce_result_diagnostic(const ce_result *result, size_t index, ce_diagnostic *diagnostic);

/* ce_output_file.flags */
#define CE_OUTPUT_FILE_SKIPPED (UINT64_C(1) << 0) /* not a regular file, unreadable, or over the cap: no data */
#define CE_OUTPUT_FILE_EXECUTABLE (UINT64_C(1) << 1)

typedef struct ce_output_file {
	size_t size;
	const char *name; /* relative to the work directory; any bytes but NUL */
	const void *data;
	size_t data_size;
	uint64_t flags;
	const char *reason; /* why it was skipped, or "" */
} ce_output_file;

/* The files that ce_request.outputs asked for and that were there, ordered by name. */
CE_API size_t ce_result_file_count(const ce_result *result);
CE_API int ce_result_file(const ce_result *result, size_t index, ce_output_file *file);

/* ---- executors ------------------------------------------------------------------------------ */

/* In the order of their names. */
CE_API size_t ce_sandbox_executor_count(const ce_sandbox *sandbox);
CE_API const ce_executor *ce_sandbox_executor(const ce_sandbox *sandbox, size_t index);
/* By name or alias, either of them with @ and a runtime's name or alias ("c@clang"), a version ("python@3", "python@3.11",
 * "python@>=3.10,<4", "python@*"), or both ("c@clang@14"). A version is compared with what the runtime's own
 * command prints, which is run in the sandbox the first time that any of its versions is asked for; the first runtime that
 * matches is taken, in the manifest's order. CE_ERR_NOT_FOUND lists near names, or the runtimes and versions that there are;
 * CE_ERR_INVALID for a version that makes no sense. */
CE_API int ce_sandbox_find_executor(const ce_sandbox *sandbox, const char *language,
				    const ce_executor **out, ce_error **error);
/* Manifests and plugins that were refused when the sandbox was created: one message each. */
CE_API size_t ce_sandbox_load_error_count(const ce_sandbox *sandbox);
CE_API const ce_error *ce_sandbox_load_error(const ce_sandbox *sandbox, size_t index);

CE_API const char *ce_executor_name(const ce_executor *executor);
CE_API const char *ce_executor_title(const ce_executor *executor);
/* The name that the program's file gets, for instance "main.py". */
CE_API const char *ce_executor_source_name(const ce_executor *executor);
/* Alias, file extension (without the dot), or interpreter name in a #! line by index; NULL past the end. */
CE_API const char *ce_executor_alias(const ce_executor *executor, size_t index);
CE_API const char *ce_executor_extension(const ce_executor *executor, size_t index);
CE_API const char *ce_executor_shebang(const ce_executor *executor, size_t index);
CE_API int ce_executor_has_compile_stage(const ce_executor *executor);
/* 1 if its first runtime that is installed can run here. */
CE_API int ce_executor_available(const ce_executor *executor);
/* Why not, with the package that would bring it; "" if available. */
CE_API const char *ce_executor_unavailable_reason(const ce_executor *executor);
/* Runtimes in the manifest's order; the first available one is the default. NULL / 0 past the end. */
CE_API size_t ce_executor_runtime_count(const ce_executor *executor);
CE_API const char *ce_executor_runtime_name(const ce_executor *executor, size_t index);
CE_API int ce_executor_runtime_available(const ce_executor *executor, size_t index);
/* Name of a Debian package that brings it. */
CE_API const char *ce_executor_runtime_package(const ce_executor *executor, size_t index, size_t package);
/* What a request may choose of a runtime in ce_request.options: the option by index, and its values, of which the first is the
 * default. NULL past the end. */
CE_API const char *ce_executor_option(const ce_executor *executor, size_t runtime, size_t option);
CE_API const char *ce_executor_option_value(const ce_executor *executor, size_t runtime, size_t option, size_t value);
/* Runs the runtime's version command in the sandbox at the first call and remembers the answer.
 * "" if it is not available or does not tell. Borrowed from the sandbox. Any thread. */
CE_API const char *ce_sandbox_runtime_version(ce_sandbox *sandbox, const ce_executor *executor,
					      size_t index);

/* One self-test of a manifest was run; `result`, borrowed for the call, is NULL if it could not be. */
typedef void (*ce_check_fn)(const ce_executor *executor, const char *runtime, const char *test, int passed,
			    const char *message, const ce_result *result, void *user_data);

/* Runs the self-tests of one language (or of all that are available, if `language` is NULL). Returns the
 * number of tests that failed, or a CE_ERR_*. */
CE_API int ce_sandbox_check(ce_sandbox *sandbox, const char *language, ce_check_fn on_test, void *user_data,
			    ce_error **error);

/* Reads one manifest as a sandbox would. CE_ERR_MANIFEST with file:line:column and a hint. */
CE_API int ce_manifest_lint(const char *path, ce_error **error);

/* ---- what this machine can do --------------------------------------------------------------- */

enum {
	CE_PROBE_AVAILABLE = 1,
	CE_PROBE_MISSING = 2,  /* required, and missing: ce_sandbox_create would fail */
	CE_PROBE_TOLERATED = 3 /* missing, but optional or allowed by the options */
};

/* Tries every protection by building a real cell with `options` (which may be NULL) and tells what came
 * of it. Fails only if it could not try, never because something is missing. */
CE_API int ce_probe_create(const ce_sandbox_options *options, ce_probe **out, ce_error **error);
CE_API void ce_probe_free(ce_probe *probe);
/* By index; 0 or NULL past the end. */
CE_API size_t ce_probe_count(const ce_probe *probe);
CE_API const char *ce_probe_name(const ce_probe *probe, size_t index);
CE_API int ce_probe_state(const ce_probe *probe, size_t index);
/* Why it is missing, and what to do about it; "" if available. */
CE_API const char *ce_probe_reason(const ce_probe *probe, size_t index);
CE_API const char *ce_probe_remedy(const ce_probe *probe, size_t index);
/* What it protects against, in a few words. */
CE_API const char *ce_probe_purpose(const ce_probe *probe, size_t index);
/* "cgroup-v2", "cgroup-v1" or "rlimits", and how it was found, for instance the directory. */
CE_API const char *ce_probe_limits_backend(const ce_probe *probe);
CE_API const char *ce_probe_limits_detail(const ce_probe *probe);

#ifdef __cplusplus
}
#endif
#endif
