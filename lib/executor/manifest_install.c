/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The part of a manifest that is about installing a runtime: what must be there, what is built once, and where
 * that lies. A cell shows the runtimes directory at one fixed place, whatever the host calls it, for some of what
 * is built there (class data archives, precompiled headers) remembers paths. */
#include "executor/manifest.h"

#include <string.h>

#include "plan/plan.h"

static int read_file_entry(struct ce_yaml *yaml, const char *name, struct ce_yaml_mark mark, void *context)
{
	static const struct ce_field blob = {
	    .key = "files",
	    .size_offset =
		offsetof(struct ce_manifest_file, data_size) - offsetof(struct ce_manifest_file, data),
	    .max = CE_BLOB_MAX,
	};
	struct ce_manifest_files *files = context;
	struct ce_manifest_file *items;

	if (!ce__plan_name_ok(name, strlen(name)))
		return ce__yaml_fail(
		    yaml, mark,
		    "\"%.64s\" is not a file name: it must be relative, without empty, \".\" and "
		    "\"..\" parts",
		    name);
	items = reallocarray(files->items, files->count + 1, sizeof(*items));
	if (!items)
		return ce__error_no_memory(yaml->error);
	files->items = items;
	items += files->count++;
	memset(items, 0, sizeof(*items));
	items->name = strdup(name);
	if (!items->name)
		return ce__error_no_memory(yaml->error);
	return ce__fields_read_blob(yaml, &blob, &items->data);
}

int ce__manifest_read_files(struct ce_yaml *yaml, const struct ce_field *field, void *files)
{
	return ce__fields_read_free_map(yaml, field->key, field->max, read_file_entry, files);
}

void ce__manifest_finish_files(struct ce_manifest_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].name);
		free(files->items[i].data);
	}
	free(files->items);
}

int ce__manifest_read_prebuild(struct ce_yaml *yaml, const struct ce_field *field, void *prebuild)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_prebuild, "command", command, ce__manifest_read_command, 0, true),
	    CE_FIELD(struct ce_manifest_prebuild, "files", files, ce__manifest_read_files,
		     CE_MANIFEST_FILES_MAX, false),
	    CE_FIELD(struct ce_manifest_prebuild, "outputs", outputs, ce__manifest_read_globs, 0, true),
	    CE_FIELD(struct ce_manifest_prebuild, "limits", limits, ce__manifest_read_limits, 0, false),
	};
	struct ce_manifest_prebuild *out = prebuild;
	int r;

	(void)field;
	r = ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), out, "\"prebuild\"");
	out->limits.size = sizeof(out->limits);
	return r;
}

static int read_variable(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = ce__fields_expect_text(yaml, field->key, field->max, false);

	if (r)
		return r;
	if (!ce__manifest_env_name_ok(yaml->text) || strchr(yaml->text, '='))
		return ce__yaml_fail(yaml, yaml->mark, "\"%.64s\" is not a name of an environment variable", yaml->text);
	return ce__fields_read_text(yaml, field, member);
}

static int read_layer_path(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = ce__fields_expect_text(yaml, field->key, field->max, false);

	if (r)
		return r;
	if (!ce__manifest_glob_ok(yaml->text) || strchr(yaml->text, ':'))
		return ce__yaml_fail(yaml, yaml->mark, "\"%.64s\" in \"layers\" must be a relative path without \":\"",
				     yaml->text);
	return ce__fields_read_text(yaml, field, member);
}

static int read_layer_root(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = ce__fields_expect_text(yaml, field->key, field->max, false);
	const char *problem = r ? NULL : ce__manifest_mount_problem(yaml->text, yaml->text);

	if (problem)
		return ce__yaml_fail(yaml, yaml->mark, "\"%.64s\" in \"layers\": %s", yaml->text, problem);
	return r ? r : ce__fields_read_text(yaml, field, member);
}

static int read_layer_registry(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = ce__fields_expect_text(yaml, field->key, field->max, false);

	if (!r && strcmp(yaml->text, "npm") != 0 && strcmp(yaml->text, "pip") != 0)
		return ce__yaml_fail(yaml, yaml->mark, "\"registry\" in \"layers\" must be npm or pip, not \"%.64s\"", yaml->text);
	return r ? r : ce__fields_read_text(yaml, field, member);
}

int ce__manifest_read_layers(struct ce_yaml *yaml, const struct ce_field *field, void *layers)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_layers, "env", env, read_variable, 64, true),
	    CE_FIELD(struct ce_manifest_layers, "path", path, read_layer_path, 255, false),
	    CE_FIELD(struct ce_manifest_layers, "root", root, read_layer_root, 255, false),
	    CE_FIELD(struct ce_manifest_layers, "registry", registry, read_layer_registry, 16, false),
	    CE_FIELD(struct ce_manifest_layers, "compile_option", compile_option, ce__fields_read_line, 64, false),
	    CE_FIELD(struct ce_manifest_layers, "run_option", run_option, ce__fields_read_line, 64, false),
	};

	(void)field;
	return ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), layers, "\"layers\"");
}

static int read_required(struct ce_yaml *yaml, const char *key, void *context)
{
	int r = ce__fields_expect_text(yaml, key, CE_TEXT_MAX - 1, false);

	if (r)
		return r;
	if (yaml->text[0] == '/' ? !ce__manifest_glob_ok(yaml->text + 1)
				 : strchr(yaml->text, '/') && strncmp(yaml->text, "{runtimes}/", 11) != 0)
		return ce__yaml_fail(yaml, yaml->mark,
				     "\"%.64s\" in \"%s\" must be a program's bare name, an absolute path, or a "
				     "path beginning with {runtimes}/",
				     yaml->text, key);
	return ce__strv_add(context, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

int ce__manifest_read_requires(struct ce_yaml *yaml, const struct ce_field *field, void *list)
{
	CE_CLEANUP_STRV struct ce_strv words = {0};
	char ***out = list;
	int r = ce__fields_read_list(yaml, field->key, field->max, true, read_required, &words);

	if (r)
		return r;
	*out = ce__strv_steal(&words);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

/* What is put in for {runtimes} and {prebuilt}; `used` becomes true with the first. */
struct places {
	const char *prebuilt;
	bool used;
};

/* With `out` NULL only the length is found. In commands "{{" is a brace. */
static size_t fill_in(struct places *places, const char *word, bool is_template, char *out)
{
	size_t used = 0;

	for (const char *p = word; *p;) {
		const char *value = p;
		size_t skip = is_template && p[0] == '{' && p[1] == '{' ? 2 : 1, length = skip;

		if (skip == 1 && strncmp(p, "{runtimes}", 10) == 0)
			value = CE_RUNTIMES_TARGET, skip = 10;
		else if (skip == 1 && strncmp(p, "{prebuilt}", 10) == 0)
			value = places->prebuilt, skip = 10;
		if (value != p) {
			length = strlen(value);
			places->used = true;
		}
		if (out)
			memcpy(out + used, value, length);
		used += length;
		p += skip;
	}
	return used;
}

static bool place_words(struct places *places, char **words, bool is_template)
{
	for (; words && *words; words++) {
		size_t length;
		char *text;

		if (!strchr(*words, '{'))
			continue;
		length = fill_in(places, *words, is_template, NULL);
		text = malloc(length + 1);
		if (!text)
			return false;
		fill_in(places, *words, is_template, text);
		text[length] = '\0';
		free(*words);
		*words = text;
	}
	return true;
}

bool ce__manifest_place_runtime(const struct ce_executor *executor, struct ce_manifest_runtime *runtime)
{
	CE_CLEANUP_FREE char *prebuilt =
	    ce__base_asprintf("%s/prebuilt/%s-%s", CE_RUNTIMES_TARGET, executor->name, runtime->name);
	struct places places = {prebuilt, false};

	if (!prebuilt || !place_words(&places, runtime->version, true) ||
	    !place_words(&places, runtime->requires, false) ||
	    !place_words(&places, runtime->compile.command, true) ||
	    !place_words(&places, runtime->compile.env, false) ||
	    !place_words(&places, runtime->run.command, true) || !place_words(&places, runtime->run.env, false) ||
	    !place_words(&places, runtime->prebuild.command, true))
		return false;
	runtime->prebuilt = ce__steal_pointer(&prebuilt);
	/* Its plugin may look there even if no command does. */
	runtime->uses_runtimes = places.used || runtime->prebuild.command;
	return true;
}
