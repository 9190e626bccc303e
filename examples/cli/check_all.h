/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec check --all`: one row for each runtime. */
#ifndef CLI_CHECK_ALL_H
#define CLI_CHECK_ALL_H

#include "cli.h"

#define CHECK_KINDS_MAX 16

enum check_format { CHECK_TABLE, CHECK_JSON, CHECK_MARKDOWN };

struct check_failure {
	char *test, *message; /* owned */
};

/* What came of one runtime. Filled by one thread, read by the main one after that. */
struct check_row {
	const ce_executor *executor;
	size_t runtime;
	const char *version;
	const char *kinds[CHECK_KINDS_MAX]; /* "ok", "NO", "-" (excused), "?" (neither tested nor excused) */
	size_t passed, failed, missing;
	double compile_ms, run_ms; /* of hello; negative: none */
	struct check_failure *failures; /* owned */
	size_t failure_count;
};

struct check_rows {
	struct check_row *rows; /* owned */
	size_t count;
	size_t languages;       /* with at least one row */
	size_t passed, failed, missing;
};

/* Checks every available runtime of the languages named, or of all, on `jobs` threads, and prints the result. 0, 1 if
 * a test failed or is missing, or EXIT_OWN_ERROR. */
int check_all(ce_sandbox *sandbox, const struct arguments *languages, enum check_format format, size_t jobs);

/* check_print.c; 0 or EXIT_OWN_ERROR. */
int check_print(ce_sandbox *sandbox, const struct check_rows *rows, enum check_format format);

#endif
