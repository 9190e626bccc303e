/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_API_SANDBOX_H
#define CE_API_SANDBOX_H

#include "cache/cache.h"
#include "client/execution.h"
#include "executor/executor.h"
#include "plan/root_table.h"

/* One filter for one set of groups; built at first use. */
struct ce_filter {
	struct ce_filter *next;
	char *groups; /* joined with ',' */
	void *bytes;
	size_t size;
};

struct ce_version_cache {
	struct ce_version_cache *next;
	const struct ce_executor *executor;
	size_t runtime;
	struct ce_program_identity identity;
	char *text;
};

/* Any thread. Immutable after creation but for what the lock covers. */
struct ce_sandbox {
	struct ce_log log;
	uint64_t flags, queue_timeout_ms;
	uint64_t tolerate, disable;
	ce_limits limits, compile_limits; /* ceilings; 0: none given */
	char *runtimes_dir; /* owned */
	char *park_object; /* owned; NULL: nothing is started ahead */
	struct ce_cache *cache; /* owned; NULL: nothing that was compiled is kept */
	struct ce_registry *registry;
	struct ce_root_table root;
	struct ce_client client;
	pthread_mutex_t lock;
	struct ce_filter *filters;	   /* under lock; entries live as long as the sandbox */
	struct ce_version_cache *versions; /* under lock; the same */
};

/* Protections without which nothing stands; they can be neither missing nor disabled. */
#define CE_PROTECTIONS_ESSENTIAL (CE_PROTECTION_USER_NS | CE_PROTECTION_PID_NS | CE_PROTECTION_MOUNT_NS)
/* Second walls that a kernel may lack: used where they are, reported where they are not. */
#define CE_PROTECTIONS_OPTIONAL                                                                          \
	(CE_PROTECTION_TIME_NS | CE_PROTECTION_CGROUP_NS | CE_PROTECTION_LANDLOCK | CE_PROTECTION_LANDLOCK_SCOPE | \
	 CE_PROTECTION_SESSION_KEYRING | CE_PROTECTION_OWN_UID)
/* What cgroups give. */
#define CE_PROTECTIONS_LIMITS (CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT | CE_PROTECTION_CPU_LIMIT)
#define CE_PROTECTIONS_ALL ((UINT64_C(1) << CE_PROTECTION_COUNT) - 1)

/* options.c: checks and copies; `hello` gets what the supervisor needs to know. */
int ce__options_take(const ce_sandbox_options *options, ce_sandbox_options *copy, struct ce_hello *hello,
		     ce_error **error);
/* What may be missing under these options. */
uint64_t ce__options_tolerate(const ce_sandbox_options *options);
const char *ce__options_supervisor_path(const ce_sandbox_options *options);

/* request.c: checks a request and makes it uniform: all files in one array, the program first. */
struct ce_checked_request {
	ce_request request; /* members of the caller's struct, filled up to our size */
	ce_limits limits, compile_limits;
	char *source_name; /* of the program that came as code, if its plugin named it; owned */
	ce_file *files; /* owned array of borrowed files */
	bool *executable; /* owned; by file */
	size_t file_count;
};

int ce__request_check(const ce_request *request, struct ce_checked_request *out, ce_error **error);
/* Once the language is known: puts the program first. */
int ce__request_name_program(struct ce_checked_request *checked, const struct ce_executor *executor, size_t runtime,
			     ce_error **error);
/* The same for a request that runs a ce_program. */
int ce__request_add_program(struct ce_checked_request *checked, ce_error **error);
void ce__request_finish(struct ce_checked_request *checked);

/* program.c. All owned and immutable; it is copied into each plan. */
struct ce_program {
	const ce_sandbox *sandbox; /* whose policy it was compiled under; borrowed */
	const struct ce_executor *executor; /* borrowed from the sandbox */
	size_t runtime;
	ce_file *files; /* with their names and data; the program's own first */
	size_t file_count;
	ce_result *compiled; /* its files are the artifacts; NULL: no compile stage */
};

/* versions.c: ce__registry_find, which may have to run a version command. */
int ce__sandbox_find(ce_sandbox *sandbox, const char *language, bool any_state, const struct ce_executor **out,
		     size_t *runtime, ce_error **error);

/* filters.c */
int ce__filters_get(ce_sandbox *sandbox, const char *const *groups, const void **bytes, size_t *size, ce_error **error);
void ce__filters_free(ce_sandbox *sandbox);

/* execute.c: starts `inputs` as they are, for requests, version commands and probes. */
struct ce_start_request {
	const struct ce_executor *executor;
	size_t runtime;
	const struct ce_execution_inputs *inputs; /* NULL: a probe */
	bool compile_only;			  /* bring back the artifacts instead of running them */
	bool prewarm;				  /* start a process ahead, run nothing */
	const ce_limits *run_limits, *compile_limits;
	const ce_file *files;
	size_t file_count;
	const bool *executable; /* by file, or NULL */
	const ce_request *request; /* input, env, outputs, flags; NULL: none */
	struct ce_cache_entry *compiled; /* to run instead of compiling it again, or NULL; goes to the execution */
	struct ce_cache_ticket *ticket;	 /* to keep what is compiled, or NULL; the same */
	ce_event_fn on_event;
	void *user_data;
};

int ce__execute_start(ce_sandbox *sandbox, const struct ce_start_request *start, ce_execution **out, ce_error **error);
/* The limits of both stages: ceilings, the manifest's, the request's. */
int ce__execute_limits(const ce_sandbox *sandbox, const struct ce_manifest_runtime *runtime,
		       const struct ce_checked_request *checked, ce_limits *run, ce_limits *compile, ce_error **error);
int ce__execute_wait(ce_execution *execution, int64_t timeout_ms, ce_error **error);

#endif
