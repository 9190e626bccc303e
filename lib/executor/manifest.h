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

/* A manifest while it is read. */
struct ce_manifest_draft {
	struct ce_executor executor;                 /* its members are owned */
	struct ce_limits compile_limits, run_limits; /* for every runtime; 0: the manifest says nothing */
};

/* Readers of whole parts; `member` is what the comment says. */
int ce__manifest_read_runtimes(struct ce_yaml *yaml, const struct ce_field *field, void *draft);
int ce__manifest_read_tests(struct ce_yaml *yaml, const struct ce_field *field, void *draft);
int ce__manifest_read_limits(struct ce_yaml *yaml, const struct ce_field *field, void *limits);
int ce__manifest_read_env(struct ce_yaml *yaml, const struct ce_field *field, void *strv);

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
