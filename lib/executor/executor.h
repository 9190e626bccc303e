/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Executors: manifests read from YAML, their plugins, and the registry that finds one by name. Runs in the
 * host process. Immutable after loading, so any thread may read it. */
#ifndef CE_EXECUTOR_EXECUTOR_H
#define CE_EXECUTOR_EXECUTOR_H

#include <codeexec/codeexec.h>
#include <codeexec/plugin.h>

#include "error/error.h"

/* What a manifest says of one stage of one runtime. All owned by the manifest. */
struct ce_manifest_mount {
	char *source; /* host path */
	char *target; /* same as source when the manifest gives none */
	bool optional;
};

enum ce_warm_mode {
	CE_WARM_NONE, /* started with its program */
	CE_WARM_PARK, /* started ahead, used once */
	CE_WARM_FORK  /* started once; a child of it for each execution */
};

#define CE_WARM_MOST 64
#define CE_WARM_USES_MOST 1000000
#define CE_WARM_AGE_MOST_MS UINT64_C(86400000)

/* How a runtime can be started before there is a program for it. */
struct ce_manifest_warm {
	enum ce_warm_mode mode;
	bool second_read;    /* it waits when it reads its program for the second time, not when it opens it */
	bool fast_exit;	     /* what only frees memory at its end may be left out */
	uint64_t min, max;   /* how many wait, once one was wanted */
	uint64_t max_uses;   /* children of one started interpreter */
	uint64_t max_age_ms; /* then another takes its place */
};

/* Every list here is NULL-terminated and, after reading, never NULL itself unless it says so. The limits,
 * mounts and environment that a manifest gives for several stages at once have already been merged into each
 * stage. */
enum ce_cache_use {
	CE_CACHE_PRIVATE = 0, /* what is compiled may be kept for the same tenant */
	CE_CACHE_SHARED = 1, /* also for others, where the caller allows that: no code of the user's runs while it compiles */
	CE_CACHE_NONE = 2,
};

struct ce_manifest_stage {
	char **command;          /* template; see docs/executors.md for its placeholders */
	char **env;              /* NAME=value */
	char **artifacts;        /* compile only: globs that the run stage gets */
	char **seccomp;          /* group names */
	struct ce_limits limits; /* 0: the library's default */
	bool rlimit_as;          /* the runtime bears RLIMIT_AS */
	struct ce_manifest_warm warm; /* run only */
	enum ce_cache_use cache; /* compile only */
	char **toolchain;        /* compile only: globs of files whose change makes what was compiled before stale */
};

/* What a self-test shows; the same eight for every language, so that they can be compared. */
enum ce_test_kind {
	CE_TEST_OTHER = 0,
	CE_TEST_HELLO,
	CE_TEST_STDIN,
	CE_TEST_EXIT_CODE,
	CE_TEST_RUNTIME_ERROR,
	CE_TEST_COMPILE_ERROR,
	CE_TEST_ENDLESS_LOOP,
	CE_TEST_MEMORY,
	CE_TEST_TWO_FILES,
	CE_TEST_KINDS
};

struct ce_manifest_file {
	char *name;
	char *data;
	size_t data_size;
};

struct ce_manifest_files {
	struct ce_manifest_file *items;
	size_t count;
};

/* What is made once, when the runtime is installed, in a cell of its own. */
struct ce_manifest_prebuild {
	char **command; /* NULL: there is none */
	struct ce_manifest_files files;
	char **outputs;
	struct ce_limits limits;
};

/* How the runtime finds what layers bring: a variable that becomes a list of their directories. All but `env` may be NULL. */
struct ce_manifest_layers {
	char *env;            /* NULL: it takes none */
	char *path;           /* below a layer, or "*.jar": each such file; NULL: its top */
	char *root;           /* where a cell shows what is at `path` once more */
	char *registry;       /* "npm" or "pip": who fetches packages, and how names are compared */
	char *compile_option; /* an option of the command that takes the same list */
	char *run_option;
};

/* Where a cell shows the runtimes directory, the place of what no Debian package brings. */
#define CE_RUNTIMES_TARGET "/opt/codeexec"

/* What a caller may choose: a name with a few values, each of which is some words of a command. The first value is the
 * default. All owned. */
struct ce_manifest_option {
	char *name;
	struct ce_manifest_choice {
		char *value;
		char **words;
	} *choices;
	size_t choice_count;
};

struct ce_manifest_runtime {
	char *name;
	char **aliases;
	char **shortcuts;                 /* names of the language that mean this runtime of it */
	char **packages;                  /* Debian packages "a" or "a | b", npm packages "npm:NAME@VERSION" */
	char **requires;                  /* programs and files beyond the commands' first words */
	char *cannot[CE_TEST_KINDS];      /* why it has no test of that kind, or NULL */
	struct ce_manifest_prebuild prebuild;
	struct ce_manifest_layers layers;
	char *prebuilt;                   /* where a cell shows what prebuild made */
	bool opt_in;                      /* installed only when asked for by name */
	bool uses_runtimes;               /* needs the runtimes directory in its cells */
	struct ce_manifest_option *options;
	size_t option_count;
	char **version;                   /* command that prints its version, or NULL */
	struct ce_manifest_mount *mounts; /* beyond the standard root; for both stages */
	size_t mount_count;
	bool has_compile;
	struct ce_manifest_stage compile;
	struct ce_manifest_stage run;
	bool available;
	char *unavailable_reason; /* NULL if available */
	size_t line, column;      /* where the manifest says all this */
};

struct ce_manifest_test {
	char *name;
	char *code;
	size_t code_size;
	char *input; /* NULL: none */
	size_t input_size;
	char **args;
	char **options; /* NAME=value; NULL: none */
	struct ce_manifest_files files;
	struct ce_limits limits, compile_limits;
	enum ce_test_kind kind;
	char **runtimes; /* NULL: all of them */
	/* expectations; NULL / negative / 0 are not checked */
	char *stdout_is;
	size_t stdout_size;
	char *stdout_has;
	char *stderr_has;
	uint64_t outcomes;       /* bits 1 << CE_OUTCOME_*: any of them; success alone when none is given */
	int exit_code;           /* -1: not checked */
	char *diagnostic_type;   /* NULL: not checked */
	int64_t diagnostic_line; /* 0: not checked */
	size_t line, column;     /* where the manifest says all this */
};

struct ce_executor {
	char *path; /* of the manifest */
	char *name;
	char *title;
	char **aliases, **extensions, **shebangs;
	char *source_name;
	char *plugin_name; /* "command" unless the manifest names its own */
	char **diagnostics; /* patterns of what error output looks like */
	struct ce_manifest_runtime *runtimes;
	size_t runtime_count;
	struct ce_manifest_test *tests;
	size_t test_count;
	/* Borrowed from the registry's loaded plugins; NULL if it was refused. `fallback` is the default
	 * plugin, which does the hooks that `plugin` leaves out. */
	const struct ce_plugin *plugin, *fallback;
};

struct ce_registry {
	struct ce_executor **executors; /* owned, sorted by name */
	size_t count;
	ce_error **load_errors; /* owned */
	size_t load_error_count;
	void *plugins; /* loaded plugin objects, owned by loader.c */
};

/* Reads one manifest. CE_ERR_MANIFEST "file:line:column: message". No plugin is loaded. */
int ce__manifest_read(const char *path, struct ce_executor **out, ce_error **error);
/* The same from memory; `path` is only for messages. The fuzz target's entry. */
int ce__manifest_parse(const char *path, const void *text, size_t size, struct ce_executor **out,
		       ce_error **error);
void ce__manifest_free(struct ce_executor *executor);
/* Reads a manifest with all its checks and forgets it. */
int ce__manifest_lint(const char *path, ce_error **error);

/* "hello", "stdin", ... or NULL: no such kind. */
const char *ce__manifest_kind_name(enum ce_test_kind kind);
bool ce__manifest_test_applies(const struct ce_manifest_test *test, const struct ce_manifest_runtime *runtime);
/* Has the runtime a test of that kind? */
bool ce__manifest_has_kind(const struct ce_executor *executor, const struct ce_manifest_runtime *runtime,
			   enum ce_test_kind kind);

/* Loads every <dir>/<name>/<name>.yaml and <dir>/<name>.yaml, then the plugins, then probes the runtimes.
 * Both lists are NULL-terminated. Broken ones go to load_errors; only lack of memory is an error. Later
 * directories do not replace executors of earlier ones: a duplicate name or alias is a load error.
 * `runtimes_dir` is the host's directory that cells show as CE_RUNTIMES_TARGET. */
int ce__registry_load(const char *const *executor_dirs, const char *const *plugin_dirs, const char *runtimes_dir,
		      const struct ce_log *log, struct ce_registry **out, ce_error **error);
void ce__registry_free(struct ce_registry *registry);

/* Who knows what version a runtime is of. The answer is borrowed; "" if it does not tell. */
struct ce_version_source {
	const char *(*ask)(void *context, const struct ce_executor *executor, size_t runtime);
	void *context;
};

/* "python", "py", "python@cpython", "python@3.11", "c@clang@14". `runtime` becomes the index of the one to use: the
 * first available one of that name and version. CE_ERR_NOT_FOUND lists near names or what there is,
 * CE_ERR_UNAVAILABLE says why and names the package. With `any_state` an unavailable executor is found too.
 * `versions` is asked only if a version is; NULL: none matches. */
int ce__registry_find(const struct ce_registry *registry, const char *language, bool any_state,
		      const struct ce_version_source *versions, const struct ce_executor **out, size_t *runtime,
		      ce_error **error);

/* What the plugin made of a request for one stage; the plan room turns it into a plan. Owned by the caller.
 */
struct ce_stage_inputs {
	char **argv; /* argv[0] absolute, or relative to the work directory beginning with "./" */
	char **env;  /* the executor's; neither the base environment nor ce_request.env */
	char **artifacts;
	char **seccomp;
	struct ce_manifest_mount *mounts;
	size_t mount_count;
	struct ce_limits limits; /* the executor's defaults; 0: the library's */
	bool rlimit_as;
	struct ce_manifest_warm warm;
};

struct ce_execution_inputs {
	const char *source_name; /* the name that ce_request.code gets; borrowed from the executor */
	bool has_compile;
	struct ce_stage_inputs compile;
	struct ce_stage_inputs run;
};

/* Asks the plugin's name_source hook what the file with this program is called. *out is owned by the caller, and NULL
 * for the executor's usual name. CE_ERR_PLUGIN, CE_ERR_INVALID, CE_ERR_NO_MEMORY. */
int ce__executor_name_source(const struct ce_executor *executor, size_t runtime, const void *code, size_t size,
			     char **out, ce_error **error);

/* Asks the plugin's prepare hook. request->limits and ->compile_limits are the effective ones (for
 * {memory_mib}), or NULL: the manifest's. request->files is already checked. CE_ERR_PLUGIN, CE_ERR_INVALID,
 * CE_ERR_NO_MEMORY. */
int ce__executor_prepare(const struct ce_executor *executor, size_t runtime, const struct ce_request *request,
			 struct ce_execution_inputs *out, ce_error **error);
/* The same for the command that prints a runtime's version: a run stage alone. CE_ERR_NOT_FOUND if it has
 * none. */
int ce__executor_prepare_version(const struct ce_executor *executor, size_t runtime,
				 struct ce_execution_inputs *out, ce_error **error);
/* The same for its prebuild command. */
int ce__executor_prepare_prebuild(const struct ce_executor *executor, size_t runtime,
				  struct ce_execution_inputs *out, ce_error **error);
/* What tells one installed version of the runtime's program from another: its file's numbers. */
struct ce_program_identity {
	uint64_t device, inode, size, changed_ns;
};
void ce__executor_identity(const struct ce_executor *executor, size_t runtime, struct ce_program_identity *out);
void ce__execution_inputs_finish(struct ce_execution_inputs *inputs);

/* A diagnostic with its texts owned. */
struct ce_owned_diagnostic {
	uint64_t stage;
	char *severity, *type, *message, *file;
	uint64_t line, column;
};

struct ce_explain_input {
	ce_stage stage; /* the stage that decided the outcome */
	ce_outcome outcome;
	int exit_code, signal;
	const void *output;
	size_t output_size; /* stdout of that stage; borrowed */
	const void *errors;
	size_t errors_size; /* stderr of that stage; borrowed */
};

/* Asks the plugin's explain hook; a plugin that fails or has none gives no diagnostics. At most 100 are kept.
 */
void ce__executor_explain(const struct ce_executor *executor, size_t runtime,
			  const struct ce_explain_input *input, struct ce_owned_diagnostic **out,
			  size_t *count);
void ce__diagnostics_free(struct ce_owned_diagnostic *diagnostics, size_t count);

#endif
