/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * One call of one hook of a plugin: what the host functions work on. */
#ifndef CE_EXECUTOR_CALL_H
#define CE_EXECUTOR_CALL_H

#include "executor/executor.h"
#include "executor/strv.h"
#include "executor/template.h"

#define CE_CALL_MEMORY_MAX (UINT64_C(64) << 20)
#define CE_CALL_WORDS_MAX 32768 /* of one command; half of what a plan can hold */
#define CE_CALL_DIAGNOSTICS_MAX 100
#define CE_CALL_TEXT_MAX 4096

enum ce_call_hook { CE_CALL_PROBE = 1, CE_CALL_PREPARE = 2, CE_CALL_EXPLAIN = 3, CE_CALL_NAME = 4 };

/* A stage while prepare puts it together. All owned. */
struct ce_call_stage {
	struct ce_strv argv, env, artifacts, seccomp;
	struct ce_manifest_mount *mounts;
	size_t mount_count;
	struct ce_template_values values; /* borrowed */
};

struct ce_call_block; /* memory that the plugin asked for */

struct ce_plugin_call {
	enum ce_call_hook hook;
	const struct ce_executor *executor;        /* borrowed */
	const struct ce_manifest_runtime *runtime; /* borrowed */
	int code;                                  /* the first failure, or 0 */
	char *message;                             /* owned; NULL: none given, or no memory */
	struct ce_call_block *blocks;              /* owned */
	uint64_t allocated;

	bool skip_compile;
	struct ce_call_stage compile, run;

	uint64_t stage;                          /* explain: of a diagnostic that names none */
	struct ce_owned_diagnostic *diagnostics; /* owned */
	size_t diagnostic_count;

	/* What the plugin sees; borrowed from the above. */
	ce_plugin_runtime view;
	ce_plugin_stage compile_view, run_view;
};

extern const struct ce_plugin_host ce__call_host;

void ce__call_init(struct ce_plugin_call *call, enum ce_call_hook hook, const struct ce_executor *executor,
		   const struct ce_manifest_runtime *runtime);
void ce__call_finish(struct ce_plugin_call *call);
/* Records the first failure and returns `code`. */
int ce__call_fail(struct ce_plugin_call *call, int code, const char *fmt, ...) CE_PRINTF(3, 4);
/* Turns what the hook returned and what failed in it into an error: 0 or a CE_ERR_*. */
int ce__call_result(struct ce_plugin_call *call, int returned, const char *hook, ce_error **error);
/* Starts a stage with what the manifest says of it. */
int ce__call_start_stage(struct ce_plugin_call *call, struct ce_call_stage *stage,
			 const struct ce_manifest_stage *manifest);
int ce__call_add_mount(struct ce_plugin_call *call, struct ce_call_stage *stage, const char *source,
		       const char *target, bool optional);
void ce__call_finish_stage(struct ce_call_stage *stage);

/* The host functions, in call.c, call_prepare.c and call_explain.c. */
const char *ce__call_find_program(struct ce_plugin_call *call, const char *name);
int ce__call_require(struct ce_plugin_call *call, const char *const *command);
int ce__call_require_all(struct ce_plugin_call *call);
int ce__call_add_argument(struct ce_plugin_call *call, uint64_t stage, const char *argument);
int ce__call_expand(struct ce_plugin_call *call, uint64_t stage, const char *const *words);
int ce__call_add_env(struct ce_plugin_call *call, uint64_t stage, const char *assignment);
int ce__call_add_artifact(struct ce_plugin_call *call, const char *glob);
int ce__call_add_seccomp(struct ce_plugin_call *call, uint64_t stage, const char *group);
int ce__call_mount(struct ce_plugin_call *call, uint64_t stage, const char *source, const char *target,
		   uint64_t flags);
int ce__call_skip_compile(struct ce_plugin_call *call);
int ce__call_add_diagnostic(struct ce_plugin_call *call, const ce_diagnostic *diagnostic);

#endif
