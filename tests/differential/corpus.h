/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Programs to be run in two ways and compared, many in one file. "### name" begins one; lines "## word ..." right after it say how it
 * is run; the rest is its code:
 *
 *	## input TEXT		standard input, with \n, \t, \\ and \xHH
 *	## input-lines N	N numbered lines
 *	## arg TEXT		one argument; may come again
 *	## env NAME=value	one variable; may come again
 *	## file NAME		one more file: the lines up to "## end" are it; may come again
 *	## output NAME		a file to bring back
 *	## when TEXT say TEXT	interactive: once stdout has the first, the second is written; may come again, in that order
 *	## when TEXT close	the same, and the end of the input
 *	## wall MS		wall time limit
 *	## cold			its settings may keep it from being served by a process started ahead */
#ifndef CE_TESTS_CORPUS_H
#define CE_TESTS_CORPUS_H

#include <codeexec/codeexec.h>
#include <stdbool.h>

#define CORPUS_LIST_MAX 8

struct corpus_step {
	const char *when, *say; /* say NULL: close */
};

/* All owned by the corpus. */
struct corpus_program {
	const char *name, *code;
	size_t code_size;
	const char *input;
	size_t input_size;
	const char *args[CORPUS_LIST_MAX], *env[CORPUS_LIST_MAX], *outputs[CORPUS_LIST_MAX];
	ce_file files[CORPUS_LIST_MAX];
	size_t file_count;
	struct corpus_step steps[CORPUS_LIST_MAX];
	size_t step_count;
	uint64_t wall_ms;
	bool cold;
};

struct corpus {
	struct corpus_program *programs;
	size_t count;
};

/* Prints what is wrong with it and exits: a corpus is part of the test. */
struct corpus corpus_read(const char *path);

#endif
