/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * C: what gcc, clang and the linker say becomes diagnostics. The linker's have the type "linker", warnings
 * the name of their option. */
#include <codeexec/plugin.h>

#include <string.h>
#include <unistd.h>

#define NUMBER_MAX 10000000

struct slice {
	const char *text; /* borrowed */
	size_t size;
};

struct finding {
	const char *severity; /* static; NULL: the line says nothing of use */
	struct slice type, file, message;
	uint64_t line, column;
};

static const struct {
	const char *text;
	const char *severity;
} severities[] = {
    {"fatal error: ", "error"},
    {"error: ", "error"},
    {"warning: ", "warning"},
    {"note: ", "note"},
};

static int starts_with(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.size >= n && memcmp(s.text, prefix, n) == 0;
}

static const char *find(struct slice s, const char *needle)
{
	return memmem(s.text, s.size, needle, strlen(needle));
}

static struct slice skip(struct slice s, size_t n)
{
	s.text += n;
	s.size -= n;
	return s;
}

static struct slice before(struct slice s, const char *end)
{
	s.size = (size_t)(end - s.text);
	return s;
}

static struct slice take_line(struct slice *rest)
{
	const char *end = memchr(rest->text, '\n', rest->size);
	struct slice line = {rest->text, end ? (size_t)(end - rest->text) : rest->size};

	*rest = skip(*rest, line.size + (end ? 1 : 0));
	return line;
}

/* `:NUMBER` at the beginning of *s is taken off; 0 if there is none. */
static uint64_t take_number(struct slice *s)
{
	struct slice rest = *s;
	uint64_t number = 0;

	if (!starts_with(rest, ":"))
		return 0;
	for (rest = skip(rest, 1); rest.size && rest.text[0] >= '0' && rest.text[0] <= '9';
	     rest = skip(rest, 1))
		if (number <= NUMBER_MAX)
			number = number * 10 + (uint64_t)(rest.text[0] - '0');
	if (number > NUMBER_MAX)
		number = 0;
	if (number)
		*s = rest;
	return number;
}

/* `... [-Wunused-variable]` at the end of a message is its type. */
static void split_option(struct finding *f)
{
	struct slice m = f->message;
	size_t i = m.size;

	if (m.size == 0 || m.text[m.size - 1] != ']')
		return;
	while (i > 0 && m.text[i - 1] != '[')
		i--;
	if (i < 2 || m.text[i - 2] != ' ' || !starts_with(skip(m, i), "-W"))
		return;
	f->type = (struct slice){m.text + i, m.size - i - 1};
	f->message.size = i - 2;
}

static int read_severity(struct slice rest, struct finding *f)
{
	for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++) {
		if (!starts_with(rest, severities[i].text))
			continue;
		f->severity = severities[i].severity;
		f->message = skip(rest, strlen(severities[i].text));
		split_option(f);
		return 1;
	}
	return 0;
}

/* `FILE:LINE[:COLUMN]: SEVERITY: MESSAGE`; FILE ends at the first colon that a number follows. */
static int read_compiler(struct slice line, struct finding *f)
{
	for (size_t i = 1; i < line.size; i++) {
		struct slice rest = skip(line, i);

		if (line.text[i] != ':')
			continue;
		f->line = take_number(&rest);
		if (!f->line)
			continue;
		f->column = take_number(&rest);
		f->file = before(line, line.text + i);
		return starts_with(rest, ": ") && read_severity(skip(rest, 2), f);
	}
	return 0;
}

/* `FILE:(SECTION+OFFSET): MESSAGE` or `FILE:LINE: undefined reference to ...`, perhaps after the linker's
 * path, and
 * `/usr/bin/ld: cannot find -lfoo: ...` */
static int read_linker(struct slice line, struct finding *f)
{
	const char *ld = find(line, "ld: ");
	const char *section, *close;
	struct slice rest = line;

	/* /usr/bin/ld, x86_64-linux-gnu-ld, ld.gold, ... */
	if (ld && !memchr(line.text, ' ', (size_t)(ld - line.text)))
		rest = skip(line, (size_t)(ld - line.text) + strlen("ld: "));
	section = find(rest, ":(.");
	close = section ? find(skip(rest, (size_t)(section - rest.text)), "): ") : NULL;
	if (close) {
		f->file = before(rest, section);
		f->message = skip(rest, (size_t)(close - rest.text) + strlen("): "));
	} else if (find(rest, "undefined reference to ") || find(rest, "multiple definition of ") ||
		   (rest.text != line.text && starts_with(rest, "cannot find "))) {
		f->message = rest;
	} else {
		return 0;
	}
	/* The object files are the compiler's temporary ones: their names tell nothing. */
	if (starts_with(f->file, "/tmp/"))
		f->file.size = 0;
	f->severity = "error";
	f->type = (struct slice){"linker", 6};
	return 1;
}

/* `gcc: fatal error: no input files` */
static int read_driver(struct slice line, struct finding *f)
{
	const char *end = find(line, ": ");

	if (!end || memchr(line.text, ' ', (size_t)(end - line.text)))
		return 0;
	return read_severity(skip(line, (size_t)(end - line.text) + 2), f);
}

/* "ld returned 1 exit status" after the linker has told what was wrong. */
static int is_echo(const struct finding *f)
{
	return starts_with(f->message, "ld returned ") || starts_with(f->message, "linker command failed ");
}

static int report(const ce_plugin_host *host, ce_plugin_call *call, const struct finding *f)
{
	ce_diagnostic diagnostic;

	memset(&diagnostic, 0, sizeof(diagnostic));
	diagnostic.size = sizeof(diagnostic);
	diagnostic.severity = f->severity;
	diagnostic.type = host->text(call, f->type.text, f->type.size);
	diagnostic.message = host->text(call, f->message.text, f->message.size);
	diagnostic.file = host->text(call, f->file.text, f->file.size);
	diagnostic.line = f->line;
	diagnostic.column = f->column;
	return host->add_diagnostic(call, &diagnostic);
}

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	struct slice rest = {output->errors, output->errors_size};
	size_t found = 0;
	int r = 0;

	(void)runtime;
	if (output->stage != CE_STAGE_COMPILE)
		return 0;
	while (rest.size && r == 0) {
		struct slice line = take_line(&rest);
		struct finding f;
		const struct slice none = {"", 0};

		memset(&f, 0, sizeof(f));
		f.type = f.file = f.message = none;
		if (!read_compiler(line, &f)) {
			f.line = f.column = 0;
			f.file = none;
			if (!read_linker(line, &f) && (!read_driver(line, &f) || (is_echo(&f) && found)))
				continue;
		}
		found++;
		r = report(host, call, &f);
	}
	return r < 0 ? r : 0;
}

/* gcc without the C library's headers compiles nothing worth running. */
static int probe(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime)
{
	int r = runtime->compile ? host->require(call, runtime->compile->command) : 0;

	if (r)
		return r;
	if (access("/usr/include/stdio.h", R_OK) < 0)
		return host->fail(call, CE_ERR_UNAVAILABLE,
				  "the C library's headers are not installed; install the package libc6-dev");
	return host->require(call, runtime->run->command);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "c",
	    .probe = probe,
	    .explain = explain,
	};

	return &plugin;
}
