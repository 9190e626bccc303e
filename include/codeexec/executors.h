/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What tools want to know of languages beyond running them: their runtimes one by one, the kinds of their self-tests,
 * what is made once when a runtime is installed. The rules of codeexec.h hold here too.
 */
#ifndef CODEEXEC_EXECUTORS_H
#define CODEEXEC_EXECUTORS_H

#include <codeexec/codeexec.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- runtimes; `index` as for ce_executor_runtime_name --------------------------------------- */

/* Another name of the runtime by number; NULL past the end. */
CE_API const char *ce_executor_runtime_alias(const ce_executor *executor, size_t index, size_t alias);
CE_API int ce_executor_runtime_has_compile_stage(const ce_executor *executor, size_t index);
/* "park" if the manifest says that it can be started ahead, else "none". Static string. */
CE_API const char *ce_executor_runtime_warm_mode(const ce_executor *executor, size_t index);
/* 1 if it is installed only when asked for by name. */
CE_API int ce_executor_runtime_opt_in(const ce_executor *executor, size_t index);
/* Why it cannot run here, with the package that would bring it; "" if it can. */
CE_API const char *ce_executor_runtime_unavailable_reason(const ce_executor *executor, size_t index);
/* Fills `limits`, up to limits->size, with what the manifest says for that stage; 0 where it says nothing.
 * 0 or CE_ERR_INVALID. */
CE_API int ce_executor_runtime_limits(const ce_executor *executor, size_t index, ce_stage stage, ce_limits *limits);

/* ---- self-tests ------------------------------------------------------------------------------ */

/* "hello", "stdin", "exit_code", "runtime_error", "compile_error", "endless_loop", "memory", "two_files": what
 * every runtime has a test of, or a reason why not. NULL past the end. */
CE_API const char *ce_test_kind_name(size_t index);

/* The kind of a self-test by its name, "" if it has none; NULL: there is no such test. */
CE_API const char *ce_executor_test_kind(const ce_executor *executor, const char *test);

enum {
	CE_KIND_MISSING = 0, /* neither tested nor excused */
	CE_KIND_TESTED = 1,
	CE_KIND_EXCUSED = 2 /* the manifest says why the language cannot do it */
};

/* How a runtime stands to a kind: CE_KIND_*, or CE_ERR_INVALID for a kind or runtime that there is not. `reason`, which
 * may be NULL, becomes the excuse, or "". */
CE_API int ce_executor_kind_state(const ce_executor *executor, size_t index, const char *kind, const char **reason);

/* What is no error in a manifest, and still better done. One line, "file:line:column: message". */
typedef void (*ce_review_fn)(const char *message, void *user_data);

/* As ce_manifest_lint; then calls back for every kind of self-test that a runtime lacks without an excuse. Returns the
 * number of calls, or a CE_ERR_*. */
CE_API int ce_manifest_review(const char *path, ce_review_fn on_warning, void *user_data, ce_error **error);

/* ---- what is made once ----------------------------------------------------------------------- */

#define CE_PREBUILD_FORCE (UINT64_C(1) << 0) /* also when what is there is of the same version */

/* Runs the `prebuild` of a runtime, "java" or "java@openjdk", in a cell of its own and keeps its files in the
 * runtimes directory, which must be writable. Returns 1 if it did, 0 if the manifest has none or nothing was
 * to be done, or a CE_ERR_*; a command that fails is CE_ERR_UNAVAILABLE with the end of its stderr. Blocks. */
CE_API int ce_sandbox_prebuild(ce_sandbox *sandbox, const char *language, uint64_t flags, ce_error **error);

#ifdef __cplusplus
}
#endif
#endif
