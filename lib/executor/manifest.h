/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What the files that read a manifest share. */
#ifndef CE_EXECUTOR_MANIFEST_H
#define CE_EXECUTOR_MANIFEST_H

#include "executor/executor.h"
#include "executor/fields.h"

#define CE_MANIFEST_RUNTIMES_MAX 16
#define CE_MANIFEST_TESTS_MAX 64
#define CE_MANIFEST_MOUNTS_MAX 64
#define CE_MANIFEST_NAMES_MAX 64
#define CE_MANIFEST_WORDS_MAX 256
#define CE_MANIFEST_ENV_MAX 64
#define CE_MANIFEST_FILES_MAX 32
#define CE_MANIFEST_PATTERNS_MAX 16

/* A manifest while it is read. */
struct ce_manifest_draft {
	struct ce_executor executor;                 /* its members are owned */
	struct ce_limits compile_limits, run_limits; /* for every runtime; 0: the manifest says nothing */
	char *cannot[CE_TEST_KINDS];                 /* for every runtime; owned */
};

/* Readers of whole parts; `member` is what the comment says. */
int ce__manifest_read_runtimes(struct ce_yaml *yaml, const struct ce_field *field, void *draft);
int ce__manifest_read_tests(struct ce_yaml *yaml, const struct ce_field *field, void *draft);
int ce__manifest_read_limits(struct ce_yaml *yaml, const struct ce_field *field, void *limits);
/* warm: of a run stage. */
int ce__manifest_read_warm(struct ce_yaml *yaml, const struct ce_field *field, void *warm);
int ce__manifest_read_cache(struct ce_yaml *yaml, const struct ce_field *field, void *use);
int ce__manifest_read_toolchain(struct ce_yaml *yaml, const struct ce_field *field, void *globs);
int ce__manifest_read_env(struct ce_yaml *yaml, const struct ce_field *field, void *strv);
int ce__manifest_read_command(struct ce_yaml *yaml, const struct ce_field *field, void *words);
int ce__manifest_read_globs(struct ce_yaml *yaml, const struct ce_field *field, void *globs);
int ce__manifest_read_files(struct ce_yaml *yaml, const struct ce_field *field, void *files);
int ce__manifest_read_diagnostics(struct ce_yaml *yaml, const struct ce_field *field, void *list);
int ce__manifest_read_kind(struct ce_yaml *yaml, const struct ce_field *field, void *kind);
/* A map of kinds and reasons into a char *[CE_TEST_KINDS]. */
int ce__manifest_read_cannot(struct ce_yaml *yaml, const struct ce_field *field, void *reasons);
int ce__manifest_read_prebuild(struct ce_yaml *yaml, const struct ce_field *field, void *prebuild);
int ce__manifest_read_layers(struct ce_yaml *yaml, const struct ce_field *field, void *layers);
/* Into a runtime, and a test's own choice into a char **. */
int ce__manifest_read_options(struct ce_yaml *yaml, const struct ce_field *field, void *runtime);
int ce__manifest_read_test_options(struct ce_yaml *yaml, const struct ce_field *field, void *list);
void ce__manifest_finish_options(struct ce_manifest_runtime *runtime);
int ce__manifest_read_requires(struct ce_yaml *yaml, const struct ce_field *field, void *list);

/* Does a test show what its kind says? */
int ce__manifest_check_kind(struct ce_yaml *yaml, const struct ce_manifest_test *test);
/* Hands the language's reasons on to its runtimes, and finds what is both tested and excused. */
int ce__manifest_check_cannot(struct ce_yaml *yaml, struct ce_manifest_draft *draft);
/* Fills {runtimes} and {prebuilt} in, which are known once the manifest is read. False: no memory. */
bool ce__manifest_place_runtime(const struct ce_executor *executor, struct ce_manifest_runtime *runtime);
void ce__manifest_finish_files(struct ce_manifest_files *files);

/* Merges what is said for several stages at once into each of them, replaces missing lists by empty ones, and
 * checks what only the whole manifest shows. */
int ce__manifest_complete(struct ce_yaml *yaml, struct ce_manifest_draft *draft);
/* Frees the members. */
void ce__manifest_finish(struct ce_executor *executor);

/* Gives an absolute path without "", "." and ".." parts that the cell can show as a mount: not "/" and not in
 * /dev, /proc, /sys, /tmp or /work. NULL if it is fine, else why not. */
const char *ce__manifest_mount_problem(const char *source, const char *target);
/* True for [A-Za-z_][A-Za-z0-9_]* followed by the end or '='. */
bool ce__manifest_env_name_ok(const char *assignment);
/* A relative glob without "." and ".." parts. */
bool ce__manifest_glob_ok(const char *glob);

#endif
