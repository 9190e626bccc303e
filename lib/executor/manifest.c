/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The top level of a manifest, and the entry points. docs/executors.md describes every key. */
#include "executor/manifest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int read_abi(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int64_t abi = 0;
	int r = ce__fields_read_number(yaml, field, &abi);

	(void)member;
	if (r)
		return r;
	if (abi != CE_PLUGIN_ABI)
		return ce__yaml_fail(yaml, yaml->mark, "made for executor ABI %lld; this library has %d",
				     (long long)abi, CE_PLUGIN_ABI);
	return 0;
}

static int read_source_name(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";
	int r = ce__fields_expect_text(yaml, field->key, field->max, false);

	if (r)
		return r;
	if (strspn(yaml->text, allowed) != yaml->length || strchr(".-+", yaml->text[0]))
		return ce__yaml_fail(yaml, yaml->mark,
				     "\"source\" must be a plain file name of letters, digits and ._+-, "
				     "such as main.py, not \"%s\"",
				     yaml->text);
	return ce__fields_read_text(yaml, field, member);
}

static int read_extension(struct ce_yaml *yaml, const char *key, void *context)
{
	int r = ce__fields_expect_text(yaml, key, 16, false);

	if (r)
		return r;
	if (yaml->text[0] == '.')
		return ce__yaml_fail(yaml, yaml->mark,
				     "an extension is written without its dot (did you mean \"%s\"?)",
				     yaml->text + 1);
	if (strpbrk(yaml->text, "./ \t\n"))
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" is not a file extension", yaml->text);
	return ce__strv_add(context, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

static int read_extensions(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	CE_CLEANUP_STRV struct ce_strv list = {0};
	char ***out = member;
	int r = ce__fields_read_list(yaml, field->key, field->max, true, read_extension, &list);

	if (r)
		return r;
	*out = ce__strv_steal(&list);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

static int read_stage_limits(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_draft, "compile", compile_limits, ce__manifest_read_limits, 0, false),
	    CE_FIELD(struct ce_manifest_draft, "run", run_limits, ce__manifest_read_limits, 0, false),
	};

	(void)field;
	return ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), member, "\"limits\"");
}

static const struct ce_field top_fields[] = {
    {.key = "abi", .read = read_abi, .max = 1000000, .required = true, .first = true},
    CE_FIELD(struct ce_manifest_draft, "name", executor.name, ce__fields_read_name, CE_NAME_MAX, true),
    CE_FIELD(struct ce_manifest_draft, "title", executor.title, ce__fields_read_line, 80, true),
    CE_FIELD(struct ce_manifest_draft, "aliases", executor.aliases, ce__fields_read_names,
	     CE_MANIFEST_NAMES_MAX, false),
    CE_FIELD(struct ce_manifest_draft, "extensions", executor.extensions, read_extensions,
	     CE_MANIFEST_NAMES_MAX, false),
    CE_FIELD(struct ce_manifest_draft, "shebangs", executor.shebangs, ce__fields_read_names,
	     CE_MANIFEST_NAMES_MAX, false),
    CE_FIELD(struct ce_manifest_draft, "source", executor.source_name, read_source_name, 64, true),
    CE_FIELD(struct ce_manifest_draft, "plugin", executor.plugin_name, ce__fields_read_name, CE_NAME_MAX,
	     false),
    {.key = "limits", .read = read_stage_limits},
    CE_FIELD(struct ce_manifest_draft, "diagnostics", executor.diagnostics, ce__manifest_read_diagnostics,
	     CE_MANIFEST_PATTERNS_MAX, false),
    CE_FIELD(struct ce_manifest_draft, "cannot", cannot, ce__manifest_read_cannot, 0, false),
    {.key = "runtimes",
     .read = ce__manifest_read_runtimes,
     .max = CE_MANIFEST_RUNTIMES_MAX,
     .required = true},
    {.key = "tests", .read = ce__manifest_read_tests, .max = CE_MANIFEST_TESTS_MAX},
};

static int read_document(struct ce_yaml *yaml, struct ce_manifest_draft *draft)
{
	int r = ce__fields_read_map(yaml, top_fields, CE_ARRAY_SIZE(top_fields), draft, "a manifest");

	if (r)
		return r;
	r = ce__manifest_complete(yaml, draft);
	if (r)
		return r;
	return ce__yaml_next(yaml); /* refuses a second document */
}

int ce__manifest_parse(const char *path, const void *text, size_t size, struct ce_executor **out,
		       ce_error **error)
{
	struct ce_manifest_draft draft = {0};
	struct ce_yaml yaml;
	struct ce_executor *executor = NULL;
	int r = ce__yaml_open(&yaml, path, text, size, error);

	if (!r)
		r = read_document(&yaml, &draft);
	ce__yaml_close(&yaml);
	for (size_t i = 0; i < CE_TEST_KINDS; i++)
		free(draft.cannot[i]);
	if (!r) {
		draft.executor.path = strdup(path);
		executor = calloc(1, sizeof(*executor));
		if (!draft.executor.path || !executor) {
			free(executor);
			r = ce__error_no_memory(error);
		}
	}
	if (r) {
		ce__manifest_finish(&draft.executor);
		return r;
	}
	*executor = draft.executor;
	*out = executor;
	return 0;
}

int ce__manifest_read(const char *path, struct ce_executor **out, ce_error **error)
{
	CE_CLEANUP_FREE char *text = malloc(CE_YAML_MAX_BYTES + 1);
	CE_CLEANUP_FD int fd = -1;
	struct stat st;
	ssize_t n;

	if (!text)
		return ce__error_no_memory(error);
	/* O_NONBLOCK: a fifo in the place of a manifest must not block the host. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return ce__error_set(error, errno == ENOENT ? CE_ERR_NOT_FOUND : CE_ERR_OS, errno, "open",
				     "%s", path);
	if (!S_ISREG(st.st_mode))
		return ce__error_set(error, CE_ERR_MANIFEST, 0, NULL, "%s:1:1: not a regular file", path);
	n = ce__io_read_full(fd, text, CE_YAML_MAX_BYTES + 1);
	if (n < 0)
		return ce__error_set(error, CE_ERR_OS, (int)-n, "read", "%s", path);
	return ce__manifest_parse(path, text, (size_t)n, out, error);
}

int ce__manifest_lint(const char *path, ce_error **error)
{
	struct ce_executor *executor = NULL;
	int r = ce__manifest_read(path, &executor, error);

	ce__manifest_free(executor);
	return r;
}
