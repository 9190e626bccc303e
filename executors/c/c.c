/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * C and C++: linked with mold where it is installed, C++ with headers that were compiled ahead; what gcc, clang and the
 * linker say becomes diagnostics. The linker's have the type "linker", warnings the name of their option. */
#include "c/headers.h"

#include <stdio.h>
#include <unistd.h>

static const struct {
	const char *text;
	const char *severity;
} severities[] = {
    {"fatal error: ", "error"},
    {"error: ", "error"},
    {"warning: ", "warning"},
    {"note: ", "note"},
};

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

/* `FILE:LINE[:COLUMN]: SEVERITY: MESSAGE` */
static int read_compiler(struct slice line, struct finding *f)
{
	return take_place(&line, f) && starts_with(line, ": ") && read_severity(skip(line, 2), f);
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

/* `mold: error: undefined symbol: f`, and tcc, which is its own linker: `tcc: error: undefined symbol 'f'` */
static int read_other_linker(struct slice line, struct finding *f)
{
	static const char *const heads[] = {"mold: error: ", "mold: fatal: ", "tcc: error: undefined symbol "};
	size_t i = 0;

	while (i < 3 && !starts_with(line, heads[i]))
		i++;
	if (i == 3)
		return 0;
	f->severity = "error";
	f->type = (struct slice){"linker", 6};
	f->message = skip(line, strlen(i < 2 ? heads[i] : "tcc: error: "));
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

		clear_finding(&f);
		if (!read_compiler(line, &f)) {
			clear_finding(&f);
			if (!read_linker(line, &f) && !read_other_linker(line, &f) &&
			    (!read_driver(line, &f) || (is_echo(&f) && found)))
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

/* Only if all sources begin with it: what is included ahead is so for all of them. */
static const char *common_header(const ce_plugin_request *request)
{
	static const char *const known[] = {"bits/stdc++.h", "iostream", NULL};
	const char *common = NULL;

	for (size_t i = 0; i < request->file_count; i++) {
		const ce_file *file = &request->files[i];
		const struct slice name = {file->name, strlen(file->name)};
		const char *header;

		/* Headers are read where the sources include them. */
		if (i > 0 && !ends_with(name, ".cpp") && !ends_with(name, ".cc") && !ends_with(name, ".cxx"))
			continue;
		header = leading_header((struct slice){file->data, file->data_size}, known);
		if (!header || (common && strcmp(common, header) != 0))
			return NULL;
		common = header;
	}
	return common;
}

/* gcc takes the one of <header>.gch/ that fits its options, and the header itself if none does. */
static int add_header(const ce_plugin_host *host, ce_plugin_call *call, const char *directory,
		      const ce_plugin_request *request)
{
	const char *header = common_header(request);
	char path[512];

	if (!header)
		return 0;
	snprintf(path, sizeof(path), "%s/%s.h", directory, strcmp(header, "iostream") == 0 ? header : "stdc++");
	if (!host->find_file(call, path))
		return 0;
	host->add_argument(call, CE_STAGE_COMPILE, "-include");
	return host->add_argument(call, CE_STAGE_COMPILE, path);
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	/* tcc is a linker of its own. */
	int has_linker = strcmp(runtime->name, "tcc") != 0;

	host->expand(call, CE_STAGE_COMPILE, runtime->compile->command);
	if (has_linker && host->find_program(call, "mold"))
		host->add_argument(call, CE_STAGE_COMPILE, "-fuse-ld=mold");
	if (runtime->prebuilt)
		add_header(host, call, runtime->prebuilt, request);
	return host->expand(call, CE_STAGE_RUN, runtime->run->command);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "c",
	    .probe = probe,
	    .prepare = prepare,
	    .explain = explain,
	};

	return &plugin;
}
