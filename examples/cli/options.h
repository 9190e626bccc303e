/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The command line: options may stand before, between and after the other arguments; `--` ends them and what
 * follows it belongs to the program that is run. getopt_long() would mix the two up and cannot say "did you
 * mean". */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct option_spec {
	const char *name; /* without the dashes; NULL ends a table */
	char letter;      /* of the short form, or 0 */
	bool has_value;
	int id;
};

/* 0, or EXIT_OWN_ERROR after a message. */
typedef int (*option_fn)(void *context, int id, const char *value);

struct option_set {
	const struct option_spec *specs;
	option_fn on_option;
	void *context;
};

struct arguments {
	char **plain; /* what is no option, in its order: moved to the front of argv; NULL-terminated */
	size_t plain_count;
	char **rest; /* what stands after "--", NULL-terminated, or NULL */
};

/* Goes through argv[0..argc), which it reorders, looking each option up in `own` (which may be NULL) and then
 * in `global`. `command` is for messages and may be NULL. With `first_only` it stops at the first plain
 * argument and leaves that and all that follows in out->plain. */
int options_parse(const char *command, const struct option_set *own, const struct option_set *global,
		  bool first_only, int argc, char **argv, struct arguments *out);

/* The name of those that is nearest to `word`, or NULL if none is near. `names` is NULL-terminated. */
const char *options_nearest(const char *word, const char *const *names);

#endif
