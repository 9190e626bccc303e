/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "text.h"

struct parser {
	const char *command;
	const struct option_set *sets[2];
	int argc;
	char **argv;
	int next;
};

const char *options_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = strlen(word) / 3 + 2; /* a short word must match better than a long one */

	for (; *names; names++) {
		size_t distance = text_distance(word, *names);

		if (!strncmp(word, *names, strlen(word)) && strlen(word) >= 2)
			distance = 1;
		if (distance < best_distance) {
			best_distance = distance;
			best = *names;
		}
	}
	return best;
}

static const char *nearest_option(const struct parser *parser, const char *word)
{
	const char *names[64];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		if (parser->sets[i])
			for (const struct option_spec *s = parser->sets[i]->specs; s->name && n < 63; s++)
				names[n++] = s->name;
	names[n] = NULL;
	return options_nearest(word, names);
}

static int unknown_option(const struct parser *parser, const char *argument, const char *word)
{
	const char *near = word ? nearest_option(parser, word) : NULL;

	if (near)
		return console_error("unknown option '%s' (did you mean --%s?)", argument, near);
	if (parser->command)
		return console_error("unknown option '%s' (see 'codeexec %s --help')", argument,
				     parser->command);
	return console_error("unknown option '%s' (see 'codeexec --help')", argument);
}

static const struct option_spec *find_spec(const struct parser *parser, const char *name, size_t length,
					   char letter, const struct option_set **set)
{
	for (size_t i = 0; i < 2; i++) {
		*set = parser->sets[i];
		if (!*set)
			continue;
		for (const struct option_spec *s = (*set)->specs; s->name; s++)
			if (letter ? s->letter == letter
				   : (strlen(s->name) == length && !memcmp(s->name, name, length)))
				return s;
	}
	return NULL;
}

static int give(const struct option_set *set, const struct option_spec *spec, const char *value)
{
	return set->on_option(set->context, spec->id, value);
}

/* The next argument as the value of `spec`. */
static int give_next(struct parser *parser, const struct option_set *set, const struct option_spec *spec)
{
	if (parser->next >= parser->argc)
		return console_error("option --%s needs a value (see 'codeexec %s%s--help')", spec->name,
				     parser->command ? parser->command : "", parser->command ? " " : "");
	return give(set, spec, parser->argv[parser->next++]);
}

/* "--name", "--name value" or "--name=value" */
static int parse_long(struct parser *parser, const char *argument)
{
	const char *name = argument + 2, *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_set *set;
	const struct option_spec *spec = find_spec(parser, name, length, 0, &set);

	if (!spec) {
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)(length < 60 ? length : 60), name);
		return unknown_option(parser, argument, word);
	}
	if (!spec->has_value)
		return equals ? console_error("option --%s takes no value", spec->name)
			      : give(set, spec, NULL);
	return equals ? give(set, spec, equals + 1) : give_next(parser, set, spec);
}

/* "-l value", "-lvalue"; letters without a value may be joined. */
static int parse_short(struct parser *parser, const char *argument)
{
	const struct option_set *long_set;

	/* "-limit" would otherwise be "-l imit" and "-code" be "-c ode". */
	if (argument[2] && find_spec(parser, argument + 1, strlen(argument + 1), 0, &long_set))
		return console_error("unknown option '%s' (did you mean -%s?)", argument, argument);
	for (const char *p = argument + 1; *p; p++) {
		const struct option_set *set;
		const struct option_spec *spec = find_spec(parser, NULL, 0, *p, &set);
		int r;

		if (!spec) /* "-limti" is more likely a long option than five short ones */
			return unknown_option(parser, argument, p == argument + 1 && p[1] ? p : NULL);
		if (spec->has_value)
			return p[1] ? give(set, spec, p + 1) : give_next(parser, set, spec);
		r = give(set, spec, NULL);
		if (r)
			return r;
	}
	return 0;
}

int options_parse(const char *command, const struct option_set *own, const struct option_set *global,
		  bool first_only, int argc, char **argv, struct arguments *out)
{
	struct parser parser = {.command = command, .sets = {own, global}, .argc = argc, .argv = argv};

	memset(out, 0, sizeof(*out));
	out->plain = argv;
	while (parser.next < argc) {
		char *argument = argv[parser.next++];
		int r;

		if (!strcmp(argument, "--") && !first_only) {
			out->rest = argv + parser.next;
			break;
		}
		if (argument[0] != '-' || !argument[1]) {
			if (first_only) {
				out->plain = argv + parser.next - 1;
				out->plain_count = (size_t)(argc - parser.next + 1);
				return 0;
			}
			argv[out->plain_count++] = argument; /* the slots up to `next` are free */
			continue;
		}
		r = argument[1] == '-' ? parse_long(&parser, argument) : parse_short(&parser, argument);
		if (r)
			return r;
	}
	/* Ends the list where an option, a "--" or argv's own NULL stood. */
	out->plain[out->plain_count] = NULL;
	return 0;
}
