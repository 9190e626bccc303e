/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The host functions of the prepare hook. */
#include "executor/call.h"

#include <string.h>

#include "executor/manifest.h"
#include "plan/seccomp.h"

static int no_memory(struct ce_plugin_call *call)
{
	return ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
}

/* NULL, and the call has failed, if there is no such stage or the plugin is in another hook. */
static struct ce_call_stage *find_stage(struct ce_plugin_call *call, uint64_t stage)
{
	if (call->hook != CE_CALL_PREPARE) {
		ce__call_fail(call, CE_ERR_PLUGIN, "used a function of the prepare hook in another one");
		return NULL;
	}
	if (stage == CE_STAGE_RUN)
		return &call->run;
	if (stage == CE_STAGE_COMPILE && call->runtime->has_compile)
		return &call->compile;
	ce__call_fail(call, CE_ERR_PLUGIN, "named stage %llu, which runtime \"%s\" does not have",
		      (unsigned long long)stage, call->runtime->name);
	return NULL;
}

static int check_words(struct ce_plugin_call *call, const struct ce_call_stage *stage)
{
	if (stage->argv.count > CE_CALL_WORDS_MAX)
		return ce__call_fail(call, CE_ERR_INVALID, "too many arguments (more than %d)",
				     CE_CALL_WORDS_MAX);
	return 0;
}

int ce__call_add_argument(struct ce_plugin_call *call, uint64_t stage, const char *argument)
{
	struct ce_call_stage *s = find_stage(call, stage);

	if (!s)
		return call->code;
	if (!ce__strv_add(&s->argv, argument))
		return no_memory(call);
	return check_words(call, s);
}

int ce__call_expand(struct ce_plugin_call *call, uint64_t stage, const char *const *words)
{
	struct ce_call_stage *s = find_stage(call, stage);

	if (!s)
		return call->code;
	for (; words && *words; words++) {
		char problem[256] = "";
		int r;

		if (ce__template_check(*words, problem, sizeof(problem)) < 0)
			return ce__call_fail(call, CE_ERR_PLUGIN, "\"%s\": %s", *words, problem);
		r = ce__template_expand(*words, &s->values, &s->argv);
		if (r == -ENOMEM)
			return no_memory(call);
		if (check_words(call, s))
			return call->code;
	}
	return 0;
}

int ce__call_add_env(struct ce_plugin_call *call, uint64_t stage, const char *assignment)
{
	struct ce_call_stage *s = find_stage(call, stage);

	if (!s)
		return call->code;
	if (!ce__manifest_env_name_ok(assignment) || !strchr(assignment, '='))
		return ce__call_fail(call, CE_ERR_PLUGIN, "\"%s\" is not NAME=value", assignment);
	return ce__strv_set_env(&s->env, assignment) ? 0 : no_memory(call);
}

int ce__call_add_artifact(struct ce_plugin_call *call, const char *glob)
{
	struct ce_call_stage *s = find_stage(call, CE_STAGE_COMPILE);

	if (!s)
		return call->code;
	if (!ce__manifest_glob_ok(glob))
		return ce__call_fail(call, CE_ERR_PLUGIN,
				     "artifact \"%s\" is not relative to the work directory", glob);
	return ce__strv_has(s->artifacts.items, glob) || ce__strv_add(&s->artifacts, glob) ? 0
											   : no_memory(call);
}

int ce__call_add_seccomp(struct ce_plugin_call *call, uint64_t stage, const char *group)
{
	struct ce_call_stage *s = find_stage(call, stage);
	const char *name;

	if (!s)
		return call->code;
	for (size_t i = 0; (name = ce__seccomp_group_name(i)) != NULL; i++)
		if (strcmp(name, group) == 0)
			return ce__strv_has(s->seccomp.items, name) || ce__strv_add(&s->seccomp, name)
				   ? 0
				   : no_memory(call);
	return ce__call_fail(call, CE_ERR_PLUGIN, "unknown seccomp group \"%s\"", group);
}

int ce__call_add_mount(struct ce_plugin_call *call, struct ce_call_stage *stage, const char *source,
		       const char *target, bool optional)
{
	struct ce_manifest_mount *mounts, mount = {strdup(source), strdup(target), optional};

	mounts = reallocarray(stage->mounts, stage->mount_count + 1, sizeof(*mounts));
	if (mounts)
		stage->mounts = mounts;
	if (!mounts || !mount.source || !mount.target) {
		free(mount.source);
		free(mount.target);
		return no_memory(call);
	}
	mounts[stage->mount_count++] = mount;
	return 0;
}

int ce__call_mount(struct ce_plugin_call *call, uint64_t stage, const char *source, const char *target,
		   uint64_t flags)
{
	struct ce_call_stage *s = find_stage(call, stage);
	const char *problem;

	if (!s)
		return call->code;
	problem = ce__manifest_mount_problem(source, target);
	if (problem)
		return ce__call_fail(call, CE_ERR_PLUGIN, "mount of %s at %s: %s", source, target, problem);
	if (flags & ~CE_PLUGIN_MOUNT_OPTIONAL)
		return ce__call_fail(call, CE_ERR_TOO_NEW,
				     "mount of %s has flags that this library does not know", source);
	if (s->mount_count >= CE_MANIFEST_MOUNTS_MAX)
		return ce__call_fail(call, CE_ERR_PLUGIN, "more than %d mounts", CE_MANIFEST_MOUNTS_MAX);
	return ce__call_add_mount(call, s, source, target, (flags & CE_PLUGIN_MOUNT_OPTIONAL) != 0);
}

int ce__call_skip_compile(struct ce_plugin_call *call)
{
	if (!find_stage(call, CE_STAGE_COMPILE))
		return call->code;
	call->skip_compile = true;
	return 0;
}

int ce__call_start_stage(struct ce_plugin_call *call, struct ce_call_stage *stage,
			 const struct ce_manifest_stage *manifest)
{
	const struct ce_manifest_runtime *runtime = call->runtime;

	if (!ce__strv_add_all(&stage->env, manifest->env) ||
	    !ce__strv_add_all(&stage->artifacts, manifest->artifacts) ||
	    !ce__strv_add_all(&stage->seccomp, manifest->seccomp))
		return no_memory(call);
	for (size_t i = 0; i < runtime->mount_count; i++)
		if (ce__call_add_mount(call, stage, runtime->mounts[i].source, runtime->mounts[i].target,
				       runtime->mounts[i].optional))
			return call->code;
	return 0;
}

void ce__call_finish_stage(struct ce_call_stage *stage)
{
	ce__strv_finish(&stage->argv);
	ce__strv_finish(&stage->env);
	ce__strv_finish(&stage->artifacts);
	ce__strv_finish(&stage->seccomp);
	for (size_t i = 0; i < stage->mount_count; i++) {
		free(stage->mounts[i].source);
		free(stage->mounts[i].target);
	}
	free(stage->mounts);
	memset(stage, 0, sizeof(*stage));
}
