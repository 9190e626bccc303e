/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Which precompiled header a C++ program can begin with. The headers of the standard library may be included in any
 * order and any number of times. So if nothing but such headers stands before it, the one that was compiled ahead
 * may as well come first. */
#ifndef CE_EXECUTORS_C_HEADERS_H
#define CE_EXECUTORS_C_HEADERS_H

#include "common/source.h"

/* `#include <NAME>` and nothing more but a comment; 0: anything else. */
static inline int read_include(struct slice line, struct slice *name)
{
	const char *close;

	line = skip_spaces(line);
	if (!starts_with(line, "#"))
		return 0;
	line = skip_spaces(skip(line, 1));
	if (!starts_with(line, "include"))
		return 0;
	line = skip_spaces(skip(line, strlen("include")));
	close = memchr(line.text, '>', line.size);
	if (!starts_with(line, "<") || !close)
		return 0;
	*name = before(skip(line, 1), close);
	line = skip_spaces(skip(line, name->size + 2));
	return line.size == 0 || starts_with(line, "//") || starts_with(line, "/*");
}

/* Standard ones have no extension; those of C and of the system behave differently after others have been included
 * only if a macro like _GNU_SOURCE was defined between them, and a definition ends the search. */
static inline int is_standard(struct slice name)
{
	if (is_same(name, "bits/stdc++.h"))
		return 1;
	for (size_t i = 0; i < name.size; i++)
		if (name.text[i] == '/')
			return 0;
	return name.size > 0;
}

/* The best of the headers in `known`, of which earlier ones hold more, or NULL. */
static inline const char *leading_header(struct slice code, const char *const known[])
{
	size_t best = 0;
	struct slice name;

	while (known[best])
		best++;
	for (;;) {
		struct slice line;

		code = skip_blanks_and_comments(code, 0);
		line = take_line(&code);
		/* A comment that begins behind an include may end in another line. */
		if (!read_include(line, &name) || !is_standard(name) || find(line, "/*"))
			return known[best];
		for (size_t i = 0; i < best; i++)
			if (is_same(name, known[i]))
				best = i;
	}
}

#endif
