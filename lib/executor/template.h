/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Command templates. In a word of a command, {source}, {stem}, {memory_mib}, {runtimes} and {prebuilt} are filled in; the words
 * {args}, {options} and {sources} become as many words as there are. {{ is a brace; anything else in braces is an error.
 */
#ifndef CE_EXECUTOR_TEMPLATE_H
#define CE_EXECUTOR_TEMPLATE_H

#include "executor/strv.h"

struct ce_template_values {
	const char *source;      /* name of the program's file */
	char *const *sources;    /* all files with an extension of the language; the program first */
	const char *const *args; /* of the request */
	uint64_t memory_mib;     /* the stage's memory limit */
	const char *prebuilt;    /* directory in the cell */
	char *const *options;    /* words of the chosen options, or NULL */
};

/* 0, or -EINVAL with what is wrong with it in `problem`. */
int ce__template_check(const char *word, char *problem, size_t size);
/* True if the word is that placeholder, for instance "{args}". */
bool ce__template_uses(const char *const *words, const char *placeholder);
/* Appends what the word becomes. 0, -ENOMEM, or -EINVAL for a word that ce__template_check refuses. */
int ce__template_expand(const char *word, const struct ce_template_values *values, struct ce_strv *out);
/* A file name that no program takes for an option or a response file: "-x.c" becomes "./-x.c". False: no
 * memory. */
bool ce__template_add_file(struct ce_strv *out, const char *name);

#endif
