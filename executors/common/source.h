/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Tokens of a source text in a language with braces: enough to find what is declared at its outermost levels. It is
 * the user's text, so anything may be in it; what is not understood is passed over. */
#ifndef CE_EXECUTORS_SOURCE_H
#define CE_EXECUTORS_SOURCE_H

#include "common/text.h"

enum token_kind { TOKEN_END = 0, TOKEN_WORD, TOKEN_STRING, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	struct slice text; /* of a string: what is between its quotes */
};

struct tokens {
	struct slice rest;
	int nested_comments; /* as Kotlin has them */
	int depth;	     /* of braces */
};

/* Past the end of a comment whose first two bytes are already gone. */
static inline struct slice skip_block_comment(struct slice s, int nested)
{
	int depth = 1;

	while (s.size) {
		if (starts_with(s, "*/")) {
			s = skip(s, 2);
			if (--depth == 0)
				return s;
		} else if (nested && starts_with(s, "/*")) {
			depth++;
			s = skip(s, 2);
		} else {
			s = skip(s, 1);
		}
	}
	return s;
}

static inline struct slice skip_blanks_and_comments(struct slice s, int nested)
{
	for (;;) {
		while (s.size && strchr(" \t\r\n\f", s.text[0]) && s.text[0])
			s = skip(s, 1);
		if (starts_with(s, "//") || starts_with(s, "#!"))
			take_line(&s);
		else if (starts_with(s, "/*"))
			s = skip_block_comment(skip(s, 2), nested);
		else
			return s;
	}
}

/* A string or a character in quotes; it ends at its quote, or at the end of its line. */
static inline struct slice take_quoted(struct slice *s)
{
	char quote = s->text[0];
	struct slice inside = skip(*s, 1);
	const char *end;
	size_t n = 0;

	if (quote == '"' && starts_with(*s, "\"\"\"")) {
		inside = skip(*s, 3);
		end = find(inside, "\"\"\"");
		n = end ? (size_t)(end - inside.text) : inside.size;
		*s = skip(inside, n + (end ? 3 : 0));
		inside.size = n;
		return inside;
	}
	while (n < inside.size && inside.text[n] != quote && inside.text[n] != '\n')
		n += inside.text[n] == '\\' && n + 1 < inside.size && inside.text[n + 1] != '\n' ? 2 : 1;
	*s = skip(inside, n < inside.size && inside.text[n] == quote ? n + 1 : n);
	inside.size = n;
	return inside;
}

static inline struct token next_token(struct tokens *t)
{
	struct token token = {TOKEN_END, {"", 0}};
	size_t n = 0;

	t->rest = skip_blanks_and_comments(t->rest, t->nested_comments);
	if (t->rest.size == 0)
		return token;
	if (t->rest.text[0] == '"' || t->rest.text[0] == '\'') {
		token.kind = TOKEN_STRING;
		token.text = take_quoted(&t->rest);
		return token;
	}
	while (n < t->rest.size && is_word_byte((unsigned char)t->rest.text[n]))
		n++;
	token.kind = n ? TOKEN_WORD : TOKEN_SIGN;
	token.text = (struct slice){t->rest.text, n ? n : 1};
	if (token.text.text[0] == '{')
		t->depth++;
	else if (token.text.text[0] == '}' && t->depth > 0)
		t->depth--;
	t->rest = skip(t->rest, token.text.size);
	return token;
}

#endif
