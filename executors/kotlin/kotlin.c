/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Kotlin: the class that holds main is found, the heap follows the memory limit, and what the compiler and the
 * virtual machine say becomes diagnostics. */
#include "common/jvm.h"
#include "common/source.h"

struct unit {
	struct slice package;	/* "a.b", empty for none */
	struct slice jvm_name;	/* @file:JvmName("...") */
	struct slice main_object; /* the first object, or class with a companion, that has a main which is @JvmStatic */
	int has_main;		/* outside of any class */
};

static struct slice take_package(struct tokens *t)
{
	struct slice name = take_line(&t->rest);
	size_t n = 0;

	name = skip_spaces(name);
	while (n < name.size && (is_word_byte((unsigned char)name.text[n]) || name.text[n] == '.'))
		n++;
	name.size = n;
	return name;
}

/* `JvmName("...")`, of which the first word is already gone. */
static struct slice take_jvm_name(struct tokens *t)
{
	struct token token = next_token(t);
	const struct slice none = {"", 0};

	if (!is_same(token.text, "("))
		return none;
	token = next_token(t);
	return token.kind == TOKEN_STRING ? token.text : none;
}

/* Is the class member that begins with this word, or goes on with it, a companion object? */
static int is_companion(int was, struct slice last, struct slice word)
{
	static const char *const others[] = {"class", "fun", "interface", "val", "var"};

	if (is_same(word, "companion"))
		return 1;
	if (is_same(word, "object"))
		return is_same(last, "companion");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (is_same(word, others[i]))
			return 0;
	return was;
}

static struct unit read_unit(const void *code, size_t size)
{
	struct tokens t = {{code, size}, 1, 0};
	struct slice current = {"", 0}, last = current;
	struct unit unit;
	int after_fun = 0, companion = 0, is_static = 0;

	memset(&unit, 0, sizeof(unit));
	unit.package = unit.jvm_name = unit.main_object = current;
	for (;;) {
		int depth = t.depth;
		struct token token = next_token(&t);

		if (token.kind == TOKEN_END)
			return unit;
		if (after_fun && is_same(token.text, "main") && depth == 0)
			unit.has_main = 1;
		else if (after_fun && is_same(token.text, "main") && is_static && (depth == 1 || (depth == 2 && companion)) &&
			 unit.main_object.size == 0)
			unit.main_object = current;
		if (after_fun)
			is_static = 0;
		else if (token.kind == TOKEN_WORD && is_same(token.text, "JvmStatic"))
			is_static = 1;
		after_fun = token.kind == TOKEN_WORD && is_same(token.text, "fun");
		if (depth == 1 && token.kind == TOKEN_WORD)
			companion = is_companion(companion, last, token.text);
		last = token.text;
		if (depth > 0 || token.kind != TOKEN_WORD)
			continue;
		if (is_same(token.text, "package") && unit.package.size == 0)
			unit.package = take_package(&t);
		else if (is_same(token.text, "JvmName") && unit.jvm_name.size == 0 && current.size == 0)
			unit.jvm_name = take_jvm_name(&t);
		else if (is_same(token.text, "object") || is_same(token.text, "class"))
			current = next_token(&t).text;
	}
}

/* main.kt becomes MainKt. */
static void facade_name(const char *file, char *out, size_t size)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.');
	size_t length = dot ? (size_t)(dot - base) : strlen(base), n = 0;

	if (length && base[0] >= '0' && base[0] <= '9')
		out[n++] = '_';
	for (size_t i = 0; i < length && n + 3 < size; i++)
		out[n++] = is_word_byte((unsigned char)base[i]) ? base[i] : '_';
	if (n && out[0] >= 'a' && out[0] <= 'z')
		out[0] = (char)(out[0] - 'a' + 'A');
	memcpy(out + n, "Kt", 3);
}

static const char *main_class(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_request *request)
{
	struct unit unit = read_unit(request->files[0].data, request->files[0].data_size);
	char facade[256], buffer[JVM_NAME_MAX];
	struct slice name;

	facade_name(request->program, facade, sizeof(facade));
	name = (struct slice){facade, strlen(facade)};
	if (!unit.has_main && unit.main_object.size)
		name = unit.main_object;
	else if (unit.jvm_name.size)
		name = unit.jvm_name;
	snprintf(buffer, sizeof(buffer), "%.*s%s%.*s", (int)(unit.package.size < 200 ? unit.package.size : 0),
		 unit.package.text, unit.package.size ? "." : "", (int)(name.size < 256 ? name.size : 0), name.text);
	return host->text(call, buffer, strlen(buffer));
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	static const char *const args[] = {"{args}", NULL};
	const char *const program[] = {runtime->run->command[0], NULL};

	host->expand(call, CE_STAGE_COMPILE, program);
	add_heap(host, call, CE_STAGE_COMPILE, "", request->compile_limits);
	host->expand(call, CE_STAGE_COMPILE, runtime->compile->command + 1);
	host->expand(call, CE_STAGE_RUN, program);
	add_heap(host, call, CE_STAGE_RUN, "", request->limits);
	host->expand(call, CE_STAGE_RUN, runtime->run->command + 1);
	host->add_argument(call, CE_STAGE_RUN, main_class(host, call, request));
	return host->expand(call, CE_STAGE_RUN, args);
}

/* `Main.kt:3:5: error: unresolved reference 'x'.` */
static int explain_compiler(const ce_plugin_host *host, ce_plugin_call *call, struct slice rest)
{
	int r = 0;

	while (rest.size && r == 0) {
		struct slice line = take_line(&rest);
		struct finding f;

		clear_finding(&f);
		if (!take_place(&line, &f) || !read_error_or_warning(line, &f))
			continue;
		f.file = relative(f.file);
		r = report(host, call, &f);
	}
	return r < 0 ? r : 0;
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	(void)runtime;
	if (output->stage == CE_STAGE_COMPILE)
		return explain_compiler(host, call, (struct slice){output->errors, output->errors_size});
	return explain_trace(host, call, output);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "kotlin",
	    .prepare = prepare,
	    .explain = explain,
	};

	return &plugin;
}
