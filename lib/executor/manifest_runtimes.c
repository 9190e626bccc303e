/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The part of a manifest that says how to run the language: runtimes, their stages, mounts, environment,
 * limits. */
#include "executor/manifest.h"

#include <string.h>

#include "executor/suggest.h"
#include "executor/template.h"
#include "plan/seccomp.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define TIB (UINT64_C(1) << 40)

/* A runtime while it is read. */
struct runtime_draft {
	struct ce_manifest_runtime runtime;
	struct ce_strv env; /* for both stages */
};

int ce__manifest_read_limits(struct ce_yaml *yaml, const struct ce_field *field, void *limits)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_limits, "timeout", wall_time_ms, ce__fields_read_duration, DAY_MS, false),
	    CE_FIELD(struct ce_limits, "cpu_time", cpu_time_ms, ce__fields_read_duration, DAY_MS, false),
	    CE_FIELD(struct ce_limits, "memory", memory_bytes, ce__fields_read_bytes, TIB, false),
	    CE_FIELD(struct ce_limits, "disk_space", disk_bytes, ce__fields_read_bytes, TIB, false),
	    CE_FIELD(struct ce_limits, "inodes", disk_inodes, ce__fields_read_count, 100000000, false),
	    CE_FIELD(struct ce_limits, "file_size", file_size_bytes, ce__fields_read_bytes, TIB, false),
	    CE_FIELD(struct ce_limits, "stack", stack_bytes, ce__fields_read_bytes, TIB, false),
	    CE_FIELD(struct ce_limits, "processes", processes, ce__fields_read_count, 1000000, false),
	    CE_FIELD(struct ce_limits, "open_files", open_files, ce__fields_read_count, 1000000, false),
	    CE_FIELD(struct ce_limits, "output", output_bytes, ce__fields_read_bytes, TIB, false),
	};

	(void)field;
	return ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), limits, "limits");
}

bool ce__manifest_env_name_ok(const char *assignment)
{
	size_t n = strspn(assignment, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	return n > 0 && !(assignment[0] >= '0' && assignment[0] <= '9') &&
	       (assignment[n] == '\0' || assignment[n] == '=');
}

static int read_env_entry(struct ce_yaml *yaml, const char *name, struct ce_yaml_mark mark, void *context)
{
	struct ce_strv *env = context;
	int r;

	if (!ce__manifest_env_name_ok(name) || strchr(name, '='))
		return ce__yaml_fail(yaml, mark, "\"%.64s\" is not a name of an environment variable", name);
	r = ce__fields_expect_text(yaml, name, CE_TEXT_MAX, true);
	if (r)
		return r;
	return ce__strv_take(env, ce__base_asprintf("%s=%s", name, yaml->text))
		   ? 0
		   : ce__error_no_memory(yaml->error);
}

int ce__manifest_read_env(struct ce_yaml *yaml, const struct ce_field *field, void *strv)
{
	return ce__fields_read_free_map(yaml, field->key, CE_MANIFEST_ENV_MAX, read_env_entry, strv);
}

static int read_stage_env(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	CE_CLEANUP_STRV struct ce_strv env = {0};
	char ***out = member;
	int r = ce__manifest_read_env(yaml, field, &env);

	if (r)
		return r;
	*out = ce__strv_steal(&env);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

/* The first word is a program: by bare name, by absolute path, or in the work directory. */
static int check_program(struct ce_yaml *yaml, const char *key)
{
	if (strcmp(yaml->text, "") == 0)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" begins with an empty word; it needs a program",
				     key);
	if (yaml->text[0] == '/' || strncmp(yaml->text, "./", 2) == 0 ||
	    strncmp(yaml->text, "{runtimes}/", 11) == 0 || strncmp(yaml->text, "{prebuilt}/", 11) == 0)
		return 0;
	if (strpbrk(yaml->text, "/{"))
		return ce__yaml_fail(
		    yaml, yaml->mark,
		    "\"%s\" must begin with a program: a bare name, an absolute path, or a path "
		    "beginning with \"./\", not \"%.64s\"",
		    key, yaml->text);
	return 0;
}

static int read_word(struct ce_yaml *yaml, const char *key, void *context)
{
	struct ce_strv *words = context;
	char problem[256];
	int r = ce__fields_expect_text(yaml, key, CE_TEXT_MAX, true);

	if (r)
		return r;
	if (words->count == 0) {
		r = check_program(yaml, key);
		if (r)
			return r;
	}
	if (ce__template_check(yaml->text, problem, sizeof(problem)) < 0)
		return ce__yaml_fail(yaml, yaml->mark, "%s", problem);
	return ce__strv_add(words, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

int ce__manifest_read_command(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	CE_CLEANUP_STRV struct ce_strv words = {0};
	char ***out = member;
	int r = ce__fields_read_list(yaml, field->key, CE_MANIFEST_WORDS_MAX, false, read_word, &words);

	if (r)
		return r;
	*out = ce__strv_steal(&words);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

static int read_group(struct ce_yaml *yaml, const char *key, void *context)
{
	struct ce_suggest suggest = {.word = yaml->text};
	const char *name;
	char hint[160];
	int r = ce__fields_expect_text(yaml, key, CE_NAME_MAX, false);

	if (r)
		return r;
	for (size_t i = 0; (name = ce__seccomp_group_name(i)) != NULL; i++) {
		if (strcmp(name, yaml->text) == 0)
			return ce__strv_add(context, name) ? 0 : ce__error_no_memory(yaml->error);
		ce__suggest_offer(&suggest, name);
	}
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	return ce__yaml_fail(yaml, yaml->mark, "unknown seccomp group \"%s\"%s", yaml->text, hint);
}

static int read_groups(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	CE_CLEANUP_STRV struct ce_strv groups = {0};
	char ***out = member;
	int r = ce__fields_read_list(yaml, field->key, CE_SECCOMP_GROUPS_MAX, true, read_group, &groups);

	if (r)
		return r;
	*out = ce__strv_steal(&groups);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

bool ce__manifest_glob_ok(const char *glob)
{
	size_t length = strlen(glob);

	if (length == 0 || length >= CE_TEXT_MAX)
		return false;
	for (const char *part = glob;; part++) {
		size_t n = strcspn(part, "/");

		if (n == 0 || n > 255 || (n <= 2 && strspn(part, ".") >= n))
			return false;
		part += n;
		if (*part == '\0')
			return true;
	}
}

static int read_glob(struct ce_yaml *yaml, const char *key, void *context)
{
	int r = ce__fields_expect_text(yaml, key, CE_TEXT_MAX, false);

	if (r)
		return r;
	if (!ce__manifest_glob_ok(yaml->text))
		return ce__yaml_fail(
		    yaml, yaml->mark,
		    "\"%.64s\" in \"%s\" must be relative to the work directory, without empty, "
		    "\".\" and \"..\" parts",
		    yaml->text, key);
	return ce__strv_add(context, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

int ce__manifest_read_globs(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	CE_CLEANUP_STRV struct ce_strv globs = {0};
	char ***out = member;
	int r = ce__fields_read_list(yaml, field->key, CE_MANIFEST_NAMES_MAX, false, read_glob, &globs);

	if (r)
		return r;
	*out = ce__strv_steal(&globs);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

#define STAGE_FIELDS                                                                                         \
	CE_FIELD(struct ce_manifest_stage, "command", command, ce__manifest_read_command, 0, true),                       \
	    CE_FIELD(struct ce_manifest_stage, "env", env, read_stage_env, 0, false),                        \
	    CE_FIELD(struct ce_manifest_stage, "limits", limits, ce__manifest_read_limits, 0, false),        \
	    CE_FIELD(struct ce_manifest_stage, "seccomp", seccomp, read_groups, 0, false),                   \
	    CE_FIELD(struct ce_manifest_stage, "rlimit_as", rlimit_as, ce__fields_read_bool, 0, false)

static int read_run(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct ce_field fields[] = {
	    STAGE_FIELDS,
	    CE_FIELD(struct ce_manifest_stage, "warm", warm, ce__manifest_read_warm, 0, false),
	};

	(void)field;
	return ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), member, "\"run\"");
}

static int read_compile(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct ce_field fields[] = {
	    STAGE_FIELDS,
	    CE_FIELD(struct ce_manifest_stage, "artifacts", artifacts, ce__manifest_read_globs, 0, true),
	    CE_FIELD(struct ce_manifest_stage, "cache", cache, ce__manifest_read_cache, 0, false),
	    CE_FIELD(struct ce_manifest_stage, "toolchain", toolchain, ce__manifest_read_toolchain, 0, false),
	};
	struct ce_manifest_runtime *runtime = member;

	(void)field;
	runtime->has_compile = true;
	return ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), &runtime->compile, "\"compile\"");
}

static bool absolute_path_ok(const char *path)
{
	return path[0] == '/' && ce__manifest_glob_ok(path + 1);
}

const char *ce__manifest_mount_problem(const char *source, const char *target)
{
	static const char *const reserved[] = {"/dev", "/proc", "/sys", "/tmp", "/work"};

	if (!absolute_path_ok(source) || !absolute_path_ok(target))
		return "paths must be absolute, without empty, \".\" and \"..\" parts";
	for (size_t i = 0; i < CE_ARRAY_SIZE(reserved); i++) {
		size_t n = strlen(reserved[i]);

		if (strncmp(target, reserved[i], n) == 0 && (target[n] == '\0' || target[n] == '/'))
			return "nothing can be mounted in /dev, /proc, /sys, /tmp and /work";
	}
	return NULL;
}

static int read_mount_item(struct ce_yaml *yaml, const char *key, void *context)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_mount, "source", source, ce__fields_read_line, CE_TEXT_MAX - 1, true),
	    CE_FIELD(struct ce_manifest_mount, "target", target, ce__fields_read_line, CE_TEXT_MAX - 1,
		     false),
	    CE_FIELD(struct ce_manifest_mount, "optional", optional, ce__fields_read_bool, 0, false),
	};
	struct ce_manifest_runtime *runtime = context;
	struct ce_yaml_mark mark = yaml->mark;
	struct ce_manifest_mount *mount, *mounts;
	const char *problem;
	int r;

	mounts = reallocarray(runtime->mounts, runtime->mount_count + 1, sizeof(*mounts));
	if (!mounts)
		return ce__error_no_memory(yaml->error);
	runtime->mounts = mounts;
	mount = &mounts[runtime->mount_count++];
	memset(mount, 0, sizeof(*mount));
	if (yaml->kind == CE_YAML_SCALAR)
		r = ce__fields_read_line(yaml, &(struct ce_field){.key = key, .max = CE_TEXT_MAX - 1},
					 &mount->source);
	else
		r = ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), mount, "a mount");
	if (r)
		return r;
	if (!mount->target)
		mount->target = strdup(mount->source);
	if (!mount->target)
		return ce__error_no_memory(yaml->error);
	problem = ce__manifest_mount_problem(mount->source, mount->target);
	return problem ? ce__yaml_fail(yaml, mark, "%s", problem) : 0;
}

static int read_mounts(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	return ce__fields_read_list(yaml, field->key, CE_MANIFEST_MOUNTS_MAX, true, read_mount_item, member);
}

static int read_runtime_map(struct ce_yaml *yaml, struct runtime_draft *draft)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct runtime_draft, "name", runtime.name, ce__fields_read_name, CE_NAME_MAX, true),
	    CE_FIELD(struct runtime_draft, "aliases", runtime.aliases, ce__fields_read_names,
		     CE_MANIFEST_NAMES_MAX, false),
	    CE_FIELD(struct runtime_draft, "shortcuts", runtime.shortcuts, ce__fields_read_names,
		     CE_MANIFEST_NAMES_MAX, false),
	    CE_FIELD(struct runtime_draft, "packages", runtime.packages, ce__fields_read_texts,
		     CE_MANIFEST_NAMES_MAX, false),
	    CE_FIELD(struct runtime_draft, "requires", runtime.requires, ce__manifest_read_requires,
		     CE_MANIFEST_NAMES_MAX, false),
	    CE_FIELD(struct runtime_draft, "opt_in", runtime.opt_in, ce__fields_read_bool, 0, false),
	    CE_FIELD(struct runtime_draft, "cannot", runtime.cannot, ce__manifest_read_cannot, 0, false),
	    CE_FIELD(struct runtime_draft, "prebuild", runtime.prebuild, ce__manifest_read_prebuild, 0, false),
	    CE_FIELD(struct runtime_draft, "layers", runtime.layers, ce__manifest_read_layers, 0, false),
	    CE_FIELD(struct runtime_draft, "version", runtime.version, ce__manifest_read_command, 0, false),
	    CE_FIELD(struct runtime_draft, "options", runtime, ce__manifest_read_options, 0, false),
	    CE_FIELD(struct runtime_draft, "mounts", runtime, read_mounts, 0, false),
	    CE_FIELD(struct runtime_draft, "env", env, ce__manifest_read_env, 0, false),
	    CE_FIELD(struct runtime_draft, "compile", runtime, read_compile, 0, false),
	    CE_FIELD(struct runtime_draft, "run", runtime.run, read_run, 0, true),
	};

	return ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), draft, "a runtime");
}

/* stage environment = the runtime's, then the stage's own */
static bool merge_env(const struct ce_strv *common, struct ce_manifest_stage *stage)
{
	CE_CLEANUP_STRV struct ce_strv merged = {0};

	if (!ce__strv_add_all(&merged, common->items))
		return false;
	for (char **own = stage->env; own && *own; own++)
		if (!ce__strv_set_env(&merged, *own))
			return false;
	return ce__strv_replace(&stage->env, &merged);
}

static int read_runtime_item(struct ce_yaml *yaml, const char *key, void *context)
{
	struct ce_executor *executor = context;
	struct runtime_draft draft = {0};
	struct ce_manifest_runtime *runtimes;
	int r;

	(void)key;
	runtimes = reallocarray(executor->runtimes, executor->runtime_count + 1, sizeof(*runtimes));
	if (!runtimes)
		return ce__error_no_memory(yaml->error);
	executor->runtimes = runtimes;
	draft.runtime.line = yaml->mark.line;
	draft.runtime.column = yaml->mark.column;
	r = read_runtime_map(yaml, &draft);
	if (!r &&
	    (!merge_env(&draft.env, &draft.runtime.compile) || !merge_env(&draft.env, &draft.runtime.run)))
		r = ce__error_no_memory(yaml->error);
	ce__strv_finish(&draft.env);
	/* Handed over even if it is broken: the executor's owner frees it. */
	executor->runtimes[executor->runtime_count++] = draft.runtime;
	return r;
}

int ce__manifest_read_runtimes(struct ce_yaml *yaml, const struct ce_field *field, void *draft)
{
	struct ce_manifest_draft *d = draft;

	return ce__fields_read_list(yaml, field->key, field->max, false, read_runtime_item, &d->executor);
}
