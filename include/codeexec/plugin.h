/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The interface between libcodeexec and an executor plugin: a shared object that knows what a language needs
 * beyond what its manifest can say. Most languages need none; their manifests name no plugin and get the
 * installed default one, `command`, which fills in the manifest's command templates.
 *
 * A plugin is one file, <plugindir>/<name>.so, exporting one function, ce_plugin_entry. It links nothing of
 * libcodeexec: everything that it wants done it asks of the host through a table of functions.
 *
 * Rules that hold for the whole interface
 *
 * Trust: a plugin runs inside the process that uses the library, with all its rights. It is loaded only
 * from a directory that belongs to root or to the user, and that nobody else may write. It never runs the
 * program itself: it says how to run it, and what its output meant. Output is the program's, so hostile: it
 * is not NUL-terminated, not UTF-8, not what the runtime would have printed.
 *
 * Order: the library checks the manifest's `abi`, then the plugin's directory and file, then loads it and
 * checks abi and size of its table. The table must stay valid until the object is unloaded.
 *
 * Ownership: everything that a hook is given is borrowed until the hook returns. The host copies what it is
 * given. A plugin that needs memory for the length of a call gets it from host->allocate, and frees
 * nothing.
 *
 * Errors: a hook returns 0 or a negative CE_ERR_* value and tells the reason with host->fail; without a
 * reason the host makes one up. Host functions return 0 or a negative CE_ERR_*, and the first failure
 * sticks: the call fails even if the hook goes on and returns 0. So a hook may check at its end, or never.
 *
 * Threads: hooks of one plugin are called from many threads at once. A plugin has no mutable global state,
 * does not block, starts no thread, and touches neither signals, working directory, environment nor locale.
 * A ce_plugin_call belongs to the thread that the hook was called on, until it returns.
 *
 * Growth: structs begin with (or contain, in the plugin's own table after `abi`) their size and grow at the
 * end only. A plugin may be built against an older header than the library's: it sees a longer struct than
 * it knows. It may be built against a newer one: before it uses a member that its oldest supported library
 * lacks it compares the struct's size, see CE_PLUGIN_HAS. CE_PLUGIN_ABI changes only when that is not
 * enough.
 *
 * Since: everything here is available since ABI 1 unless it says otherwise.
 */
#ifndef CODEEXEC_PLUGIN_H
#define CODEEXEC_PLUGIN_H

#include <codeexec/codeexec.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a manifest says as `abi:` and a plugin in the first member of its table. */
#define CE_PLUGIN_ABI 1

/* True if `object`, which has a size member, is long enough to have `member`. */
#define CE_PLUGIN_HAS(type, object, member)                                                                  \
	((object)->size >= offsetof(type, member) + sizeof((object)->member))

/* One call of one hook. Opaque; passed back to every host function. */
typedef struct ce_plugin_call ce_plugin_call;

/* ---- what a hook is given ------------------------------------------------------------------- */

/* What the manifest says of one stage. Lists are NULL-terminated and never NULL themselves. */
typedef struct ce_plugin_stage {
	size_t size;
	const char *const *command;   /* with its placeholders, for host->expand */
	const char *const *env;       /* NAME=value */
	const char *const *artifacts; /* globs of the files that the run stage gets; empty in the run stage */
	const char *const *seccomp;   /* names of groups of system calls */
	const ce_limits *limits;      /* the manifest's; 0: the library's default */
} ce_plugin_stage;

/* One way to run a language, out of its manifest. */
typedef struct ce_plugin_runtime {
	size_t size;
	const char *executor;           /* name of the language */
	const char *source_name;        /* what the program's file is called, for instance "main.py" */
	const char *name;               /* for instance "gcc" */
	const char *const *packages;    /* that bring it; NULL-terminated */
	const char *const *version;     /* the command that prints its version, or NULL */
	const ce_plugin_stage *compile; /* NULL: this runtime has no compile stage */
	const ce_plugin_stage *run;
	const char *prebuilt;           /* where a cell shows what the manifest's prebuild made, if it was run */
	const char *const *diagnostics; /* the manifest's patterns of error output; NULL-terminated */
} ce_plugin_runtime;

/* What the caller of ce_execute asked for, its names already checked. */
typedef struct ce_plugin_request {
	size_t size;
	const char *program;             /* name of the program's own file: files[0].name */
	const ce_file *files;            /* all files, the program's first */
	size_t file_count;               /* at least 1 */
	const char *const *args;         /* NULL-terminated, never NULL */
	const ce_limits *limits;         /* of the run stage, or NULL: not known yet */
	const ce_limits *compile_limits; /* of the compile stage, or NULL */
	const char *const *options;      /* NAME=value of every option of the runtime; NULL-terminated, never NULL. Since 0.2 */
} ce_plugin_request;

/* What a stage left behind. The bytes are hostile, see Trust above. */
typedef struct ce_plugin_output {
	size_t size;
	uint64_t stage;     /* CE_STAGE_*: the one that decided the outcome */
	uint64_t outcome;   /* CE_OUTCOME_* */
	int64_t exit_code;  /* -1 unless it exited by itself */
	int64_t signal;     /* 0 unless a signal ended it */
	const char *output; /* stdout as kept, cut at the output limit; never NULL */
	size_t output_size;
	const char *errors; /* stderr in the same way */
	size_t errors_size;
} ce_plugin_output;

/* ---- what a hook may ask of the host -------------------------------------------------------- */

/* Flags of add_mount. */
#define CE_PLUGIN_MOUNT_OPTIONAL (UINT64_C(1) << 0) /* leave it out if there is no source when it starts */

typedef struct ce_plugin_host {
	size_t size;

	/* ---- in every hook ---- */

	/* Makes the call fail with this one-line message, unless it has failed before. Returns `code`, a
	 * CE_ERR_* value, so that a hook can end with `return host->fail(call, CE_ERR_INVALID, "...")`. */
	int (*fail)(ce_plugin_call *call, int code, const char *message);

	/* Zeroed memory, aligned for anything, that lives until the hook returns. NULL: out of memory, and
	 * the call has failed; the same for more than 64 MiB in one call. */
	void *(*allocate)(ce_plugin_call *call, size_t size);

	/* A NUL-terminated copy of `size` bytes, living as long. NUL bytes in it become '?'. NULL as above.
	 */
	const char *(*text)(ce_plugin_call *call, const char *bytes, size_t size);

	/* Looks for a program as a cell would: a bare name in /usr/local/bin, /usr/bin and /bin, or an
	 * absolute path. Gives the path inside the cell, living as long, or NULL if there is none, or if it
	 * (or what a symbolic link leads to) is outside of what the cell shows: /usr and the runtime's
	 * mounts. A miss is not a failure of the call. */
	const char *(*find_program)(ce_plugin_call *call, const char *name);

	/* ---- in probe ---- */

	/* Fails the call with CE_ERR_UNAVAILABLE and a reason that names program and package if `command`
	 * begins with a program that find_program does not find. A command that begins with "./" is what the
	 * compile stage makes, and passes. */
	int (*require)(ce_plugin_call *call, const char *const *command);

	/* ---- in prepare; `stage` is CE_STAGE_COMPILE or CE_STAGE_RUN ---- */

	/* Appends one argument to the stage's command as it is. The first one is the program: a bare name,
	 * which the host looks up, an absolute path in the cell, or a path beginning with "./". */
	int (*add_argument)(ce_plugin_call *call, uint64_t stage, const char *argument);

	/* Appends a command template, its placeholders filled in: see docs/executors.md for their list. */
	int (*expand)(ce_plugin_call *call, uint64_t stage, const char *const *words);

	/* Adds "NAME=value"; replaces what the manifest or an earlier call says of NAME. What the caller of
	 * ce_execute sets comes later and wins. */
	int (*add_env)(ce_plugin_call *call, uint64_t stage, const char *assignment);

	/* Adds a glob of files, relative to the work directory, that the run stage gets. */
	int (*add_artifact)(ce_plugin_call *call, const char *glob);

	/* Adds a named group of system calls. */
	int (*add_seccomp)(ce_plugin_call *call, uint64_t stage, const char *group);

	/* Shows the host's `source` read-only as `target` in the cell; both absolute, without "." and "..",
	 * not in /dev, /proc, /sys, /tmp or /work. */
	int (*add_mount)(ce_plugin_call *call, uint64_t stage, const char *source, const char *target,
			 uint64_t flags);

	/* Leaves out the compile stage that the manifest has: nothing is to be compiled for this request. */
	int (*skip_compile)(ce_plugin_call *call);

	/* ---- in explain ---- */

	/* Adds a diagnostic. `diagnostic` starts with its size; texts may be NULL for "", line and column 0
	 * for unknown, stage 0 for the one explained. Texts are cut at 4096 bytes. From the 101st on
	 * diagnostics are dropped, and the return value is 1: the hook may stop. */
	int (*add_diagnostic)(ce_plugin_call *call, const ce_diagnostic *diagnostic);

	/* ---- in every hook ---- */

	/* 1 if the cell shows a file or directory of that absolute path: something that prebuild made, an
	 * archive of classes. 0 if not. */
	int (*find_file)(ce_plugin_call *call, const char *path);
} ce_plugin_host;

/* ---- what a plugin gives -------------------------------------------------------------------- */

typedef struct ce_plugin {
	uint64_t abi;     /* CE_PLUGIN_ABI; first for ever */
	size_t size;      /* sizeof(ce_plugin) */
	const char *name; /* the file's name without ".so" */

	/* A hook that is NULL is done by the default plugin `command`. */

	/* Can this runtime be used here? Called once when a sandbox is created. Looks for programs and files;
	 * runs nothing. 0, or CE_ERR_UNAVAILABLE with the reason and, where one is known, the package to
	 * install. Default: host->require of the commands of both stages. */
	int (*probe)(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime);

	/* Says how to carry out a request: the command of each stage. The manifest's env, artifacts, seccomp
	 * groups, mounts and limits are in place already, and this hook adds to them. CE_ERR_INVALID for a
	 * request that the language cannot carry out. Called for every execution, so it is quick.
	 * Default: host->expand of the commands of both stages. */
	int (*prepare)(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		       const ce_plugin_request *request);

	/* Reads diagnostics out of the output of a stage that did not succeed, or of any compile stage that
	 * said something. A failure here loses the diagnostics, nothing else. Default: none. */
	int (*explain)(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		       const ce_plugin_output *output);

	/* What the file of a program that came as ce_request.code is called, where the language wants that to
	 * follow from what is in it (Java's public classes). `code` is that file under its usual name; *name,
	 * from host->text, becomes the other one: one part, no '/'. Left NULL: the usual name. Not asked when the
	 * caller names the file. Since 0.2. Default: the usual name. */
	int (*name_source)(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
			   const ce_file *code, const char **name);
} ce_plugin;

#if defined(__GNUC__)
#define CE_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define CE_PLUGIN_EXPORT
#endif

/* The one symbol of a plugin. Returns its table, which is static; NULL: it does not want to be used.
 * Called once per loading, from any thread, before any hook. */
CE_PLUGIN_EXPORT const ce_plugin *ce_plugin_entry(void);

#ifdef __cplusplus
}
#endif

#endif
