/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The host's side of a plugin call: failures, memory, programs. */
#include "executor/call.h"

#include <stdio.h>
#include <string.h>

#include "executor/program.h"

struct ce_call_block {
	struct ce_call_block *next;
	max_align_t data[];
};

int ce__call_fail(struct ce_plugin_call *call, int code, const char *fmt, ...)
{
	va_list args;
	int n;

	if (call->code)
		return code;
	call->code = code;
	va_start(args, fmt);
	n = vasprintf(&call->message, fmt, args);
	va_end(args);
	if (n < 0)
		call->message = NULL;
	return code;
}

static int host_fail(ce_plugin_call *call, int code, const char *message)
{
	/* A plugin must not end a call well by failing it with a nonsensical code. */
	if (code >= 0 || code < CE_ERR_UNAVAILABLE)
		code = CE_ERR_PLUGIN;
	return ce__call_fail(call, code, "%s", message ? message : "no reason given");
}

static void *host_allocate(ce_plugin_call *call, size_t size)
{
	struct ce_call_block *block;

	if (size > CE_CALL_MEMORY_MAX - call->allocated) {
		ce__call_fail(call, CE_ERR_PLUGIN, "asked for more than %llu MiB of memory",
			      (unsigned long long)(CE_CALL_MEMORY_MAX >> 20));
		return NULL;
	}
	block = calloc(1, sizeof(*block) + size);
	if (!block) {
		ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
		return NULL;
	}
	call->allocated += size;
	block->next = call->blocks;
	call->blocks = block;
	return block->data;
}

static const char *host_text(ce_plugin_call *call, const char *bytes, size_t size)
{
	char *text;

	if (size >= CE_CALL_MEMORY_MAX) {
		host_allocate(call, SIZE_MAX); /* fails the call with the right words */
		return NULL;
	}
	text = host_allocate(call, size + 1);
	if (!text)
		return NULL;
	for (size_t i = 0; i < size; i++)
		text[i] = bytes[i] ? bytes[i] : '?';
	return text;
}

const char *ce__call_find_program(struct ce_plugin_call *call, const char *name)
{
	CE_CLEANUP_FREE char *path = NULL;
	int r = ce__program_find(name, call->runtime->mounts, call->runtime->mount_count, &path, NULL);

	if (r == -ENOMEM)
		ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
	return r == 0 ? host_text(call, path, strlen(path)) : NULL;
}

/* "; install the package gcc", "; install the packages gcc, libc6-dev", or "". */
static char *remedy(char *const *packages)
{
	char *text = strdup("");

	for (size_t i = 0; text && packages[i]; i++) {
		CE_CLEANUP_FREE char *before = text;
		const char *word = i > 0         ? ", "
				   : packages[1] ? "; install the packages "
						 : "; install the package ";

		text = ce__base_asprintf("%s%s%s", before, word, packages[i]);
	}
	return text;
}

static int host_find_file(ce_plugin_call *call, const char *path)
{
	int r = ce__program_find_file(path, call->runtime->mounts, call->runtime->mount_count);

	if (r == -ENOMEM)
		ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
	return r == 0;
}

int ce__call_require(struct ce_plugin_call *call, const char *const *command)
{
	CE_CLEANUP_FREE char *path = NULL;
	CE_CLEANUP_FREE char *real = NULL;
	CE_CLEANUP_FREE char *hint = NULL;
	int r;

	if (!command || !command[0])
		return ce__call_fail(call, CE_ERR_PLUGIN, "requires an empty command");
	if (strncmp(command[0], "./", 2) == 0)
		return 0;
	r = ce__program_find(command[0], call->runtime->mounts, call->runtime->mount_count, &path, &real);
	if (r == 0)
		return 0;
	if (r == -EXDEV)
		return ce__call_fail(
		    call, CE_ERR_UNAVAILABLE,
		    "\"%s\" leads to %s, outside of what a cell shows; add a mount to the manifest",
		    command[0], real ? real : "a place");
	hint = r == -ENOMEM ? NULL : remedy(call->runtime->packages);
	if (!hint)
		return ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
	return ce__call_fail(call, CE_ERR_UNAVAILABLE, "\"%s\" is not %s%s", command[0],
			     r == -EACCES ? "an executable file" : "installed", hint);
}

/* What the manifest lists under `requires`: bare names are programs, paths are files. */
int ce__call_require_all(struct ce_plugin_call *call)
{
	const struct ce_manifest_runtime *runtime = call->runtime;

	for (char **word = runtime->requires; *word && !call->code; word++) {
		const char *const command[] = {*word, NULL};
		CE_CLEANUP_FREE char *hint = NULL;

		if ((*word)[0] != '/') {
			ce__call_require(call, command);
			continue;
		}
		if (host_find_file(call, *word) || call->code)
			continue;
		hint = remedy(runtime->packages);
		if (!hint)
			return ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
		ce__call_fail(call, CE_ERR_UNAVAILABLE, "there is no %s%s", *word, hint);
	}
	return call->code;
}

static const char *const *as_borrowed(char **list)
{
	return (const char *const *)list;
}

static ce_plugin_stage stage_view(const struct ce_manifest_stage *stage)
{
	return (ce_plugin_stage){
	    .size = sizeof(ce_plugin_stage),
	    .command = as_borrowed(stage->command),
	    .env = as_borrowed(stage->env),
	    .artifacts = as_borrowed(stage->artifacts),
	    .seccomp = as_borrowed(stage->seccomp),
	    .limits = &stage->limits,
	};
}

void ce__call_init(struct ce_plugin_call *call, enum ce_call_hook hook, const struct ce_executor *executor,
		   const struct ce_manifest_runtime *runtime)
{
	memset(call, 0, sizeof(*call));
	call->hook = hook;
	call->executor = executor;
	call->runtime = runtime;
	call->compile_view = stage_view(&runtime->compile);
	call->run_view = stage_view(&runtime->run);
	call->view = (ce_plugin_runtime){
	    .size = sizeof(ce_plugin_runtime),
	    .executor = executor->name,
	    .source_name = executor->source_name,
	    .name = runtime->name,
	    .packages = as_borrowed(runtime->packages),
	    .version = as_borrowed(runtime->version),
	    .compile = runtime->has_compile ? &call->compile_view : NULL,
	    .run = &call->run_view,
	    .prebuilt = runtime->prebuilt,
	    .diagnostics = as_borrowed(executor->diagnostics),
	};
}

void ce__call_finish(struct ce_plugin_call *call)
{
	while (call->blocks) {
		struct ce_call_block *next = call->blocks->next;

		free(call->blocks);
		call->blocks = next;
	}
	ce__call_finish_stage(&call->compile);
	ce__call_finish_stage(&call->run);
	ce__diagnostics_free(call->diagnostics, call->diagnostic_count);
	free(call->message);
	memset(call, 0, sizeof(*call));
}

int ce__call_result(struct ce_plugin_call *call, int returned, const char *hook, ce_error **error)
{
	const struct ce_executor *executor = call->executor;

	if (returned && !call->code)
		host_fail(call, returned, NULL);
	if (!call->code)
		return 0;
	if (call->code == CE_ERR_NO_MEMORY)
		return ce__error_no_memory(error);
	if (call->code == CE_ERR_PLUGIN)
		return ce__error_set(error, CE_ERR_PLUGIN, 0, NULL, "plugin \"%s\" failed to %s \"%s\": %s",
				     executor->plugin_name, hook, executor->name,
				     call->message ? call->message : "no reason given");
	return ce__error_set(error, call->code, 0, NULL, "%s: %s", executor->name,
			     call->message ? call->message : "no reason given");
}

const struct ce_plugin_host ce__call_host = {
    .size = sizeof(struct ce_plugin_host),
    .fail = host_fail,
    .allocate = host_allocate,
    .text = host_text,
    .find_program = ce__call_find_program,
    .require = ce__call_require,
    .add_argument = ce__call_add_argument,
    .expand = ce__call_expand,
    .add_env = ce__call_add_env,
    .add_artifact = ce__call_add_artifact,
    .add_seccomp = ce__call_add_seccomp,
    .add_mount = ce__call_mount,
    .skip_compile = ce__call_skip_compile,
    .add_diagnostic = ce__call_add_diagnostic,
    .find_file = host_find_file,
};
