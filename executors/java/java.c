/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Java: the program's file is called as its public class wants it, the class with main is found, the heap follows the
 * memory limit, and what javac and the virtual machine say becomes diagnostics. */
#include "common/jvm.h"
#include "common/source.h"

/* What a source declares at its outermost level. */
struct unit {
	struct slice package;	  /* "a.b", empty for none */
	struct slice public_type; /* the first one */
	struct slice first_type;
	struct slice main_type; /* the first one with a main method */
};

static int is_type_keyword(struct slice word)
{
	return is_same(word, "class") || is_same(word, "interface") || is_same(word, "enum") ||
	       is_same(word, "record");
}

/* From the word after `package` up to the semicolon; written without blanks by everybody. */
static struct slice take_package(struct tokens *t)
{
	const char *start = skip_blanks_and_comments(t->rest, 0).text;
	struct token token = next_token(t);
	struct slice name = {"", 0};

	while (token.kind == TOKEN_WORD || is_same(token.text, ".")) {
		name = (struct slice){start, (size_t)(token.text.text + token.text.size - start)};
		token = next_token(t);
	}
	return name;
}

static void note_type(struct unit *unit, struct slice *current, struct slice name, int is_public)
{
	*current = name;
	if (unit->first_type.size == 0)
		unit->first_type = name;
	if (is_public && unit->public_type.size == 0)
		unit->public_type = name;
}

static struct unit read_unit(const void *code, size_t size)
{
	struct tokens t = {{code, size}, 0, 0};
	struct slice current = {"", 0};
	struct unit unit;
	int is_public = 0;

	memset(&unit, 0, sizeof(unit));
	unit.package = unit.public_type = unit.first_type = unit.main_type = current;
	for (;;) {
		int depth = t.depth;
		struct token token = next_token(&t);

		if (token.kind == TOKEN_END)
			return unit;
		if (depth == 0 && token.kind == TOKEN_WORD) {
			if (is_same(token.text, "package"))
				unit.package = take_package(&t);
			else if (is_same(token.text, "public"))
				is_public = 1;
			else if (is_type_keyword(token.text))
				note_type(&unit, &current, next_token(&t).text, is_public);
		} else if (depth == 1 && is_same(token.text, "main") && unit.main_type.size == 0 &&
			   starts_with(skip_blanks_and_comments(t.rest, 0), "(")) {
			unit.main_type = current;
		}
		if (depth == 0 && (is_same(token.text, ";") || is_same(token.text, "}")))
			is_public = 0;
		if (depth > 0 && t.depth == 0)
			is_public = 0;
	}
}

static int is_usable_name(struct slice name)
{
	for (size_t i = 0; i < name.size; i++)
		if (!is_word_byte((unsigned char)name.text[i]))
			return 0;
	return name.size > 0 && name.size < 128;
}

/* A public class must be in a file of its name. */
static int name_source(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		       const ce_file *code, const char **name)
{
	struct unit unit = read_unit(code->data, code->data_size);
	char buffer[160];

	(void)runtime;
	if (!is_usable_name(unit.public_type))
		return 0;
	snprintf(buffer, sizeof(buffer), "%.*s.java", (int)unit.public_type.size, unit.public_type.text);
	*name = host->text(call, buffer, strlen(buffer));
	return *name ? 0 : CE_ERR_NO_MEMORY;
}

/* Main in which package; the file's name if the source does not tell. */
static const char *main_class(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_request *request)
{
	struct unit unit = read_unit(request->files[0].data, request->files[0].data_size);
	struct slice name = unit.main_type.size	    ? unit.main_type
			    : unit.public_type.size ? unit.public_type
						    : unit.first_type;
	char buffer[JVM_NAME_MAX];

	if (!is_usable_name(name) || unit.package.size > 256)
		return "Main";
	snprintf(buffer, sizeof(buffer), "%.*s%s%.*s", (int)unit.package.size, unit.package.text,
		 unit.package.size ? "." : "", (int)name.size, name.text);
	return host->text(call, buffer, strlen(buffer));
}

/* The heap comes right after the program, where java and javac both take it. */
static int expand_with_heap(const ce_plugin_host *host, ce_plugin_call *call, uint64_t stage,
			    const char *const *command, const char *prefix, const ce_limits *limits)
{
	const char *const program[] = {command[0], NULL};

	host->expand(call, stage, program);
	add_heap(host, call, stage, prefix, limits);
	return host->expand(call, stage, command + 1);
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	static const char *const args[] = {"{args}", NULL};

	if (runtime->compile)
		expand_with_heap(host, call, CE_STAGE_COMPILE, runtime->compile->command, "-J",
				 request->compile_limits);
	expand_with_heap(host, call, CE_STAGE_RUN, runtime->run->command, "", request->limits);
	/* A runtime that compiles as it runs is given the file. */
	if (runtime->compile) {
		host->add_argument(call, CE_STAGE_RUN, main_class(host, call, request));
		host->expand(call, CE_STAGE_RUN, args);
	}
	return 0;
}

/* `Main.java:3: error: ';' expected`, and two lines on a caret under the column. */
static int explain_javac(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	int r = 0;

	while (rest.size && r == 0) {
		struct slice line = take_line(&rest), ahead = rest;
		struct finding f;

		clear_finding(&f);
		if (!take_place(&line, &f) || !ends_with(f.file, ".java") || !read_error_or_warning(line, &f))
			continue;
		f.column = 0;
		for (int i = 0; i < 6 && ahead.size && f.column == 0; i++) {
			struct slice caret = take_line(&ahead), mark = skip_spaces(caret);

			if (is_same(mark, "^"))
				f.column = (uint64_t)(mark.text - caret.text) + 1;
		}
		r = report(host, call, &f);
	}
	return r < 0 ? r : 0;
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	int r = 0;

	/* Without a compile stage the compiler speaks in the run stage. */
	if (output->stage == CE_STAGE_COMPILE || !runtime->compile)
		r = explain_javac(host, call, (struct slice){output->errors, output->errors_size});
	return r || output->stage == CE_STAGE_COMPILE ? r : explain_trace(host, call, output);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "java",
	    .prepare = prepare,
	    .explain = explain,
	    .name_source = name_source,
	};

	return &plugin;
}
