/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec prebuild`: makes ahead what manifests want made once. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include <codeexec/executors.h>

#include "page.h"

enum { PREBUILD_FORCE = 100, PREBUILD_ALLOW_WEAKER };

static const struct option_spec prebuild_specs[] = {
    {"force", 'f', false, PREBUILD_FORCE},
    {"allow-weaker", 0, false, PREBUILD_ALLOW_WEAKER},
    {NULL, 0, false, 0},
};

struct prebuild {
	uint64_t flags;
	bool allow_weaker;
	int status;
};

static int prebuild_option(void *context, int id, const char *value)
{
	struct prebuild *prebuild = context;

	(void)value;
	if (id == PREBUILD_FORCE)
		prebuild->flags |= CE_PREBUILD_FORCE;
	else
		prebuild->allow_weaker = true;
	return 0;
}

/* One that fails does not stop the others: each is an improvement of its own. */
static void prebuild_one(struct prebuild *prebuild, ce_sandbox *sandbox, const char *language, bool named)
{
	ce_error *error = NULL;
	struct page page;
	int r = ce_sandbox_prebuild(sandbox, language, prebuild->flags, &error);

	if (r < 0) {
		prebuild->status = cli_error(NULL, error);
		return;
	}
	if ((r == 0 && !named) || page_open(&page))
		return;
	fprintf(page.out, "%s: %s\n", language, r ? "built" : "nothing to do");
	if (page_print(&page))
		prebuild->status = EXIT_OWN_ERROR;
}

static void prebuild_all(struct prebuild *prebuild, ce_sandbox *sandbox)
{
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);

		for (size_t k = 0; k < ce_executor_runtime_count(executor); k++) {
			char language[128];

			if (!ce_executor_runtime_available(executor, k))
				continue;
			snprintf(language, sizeof(language), "%s@%s", ce_executor_name(executor),
				 ce_executor_runtime_name(executor, k));
			prebuild_one(prebuild, sandbox, language, false);
		}
	}
}

int command_prebuild(struct cli_globals *globals, int argc, char **argv)
{
	struct prebuild prebuild = {0};
	struct option_set own = {prebuild_specs, prebuild_option, &prebuild};
	struct arguments arguments;
	ce_sandbox_options options;
	ce_sandbox *sandbox = NULL;
	int r = globals_parse(globals, &own, argc, argv, &arguments);

	if (r)
		return r;
	if (globals->help)
		return help_print("prebuild");
	options = globals_sandbox_options(globals);
	if (prebuild.allow_weaker)
		options.flags |= CE_SANDBOX_ALLOW_WEAKER;
	r = sandbox_open(globals, &options, &sandbox);
	if (r)
		return r;
	if (!arguments.plain_count)
		prebuild_all(&prebuild, sandbox);
	for (size_t i = 0; i < arguments.plain_count; i++)
		prebuild_one(&prebuild, sandbox, arguments.plain[i], true);
	sandbox_note_load_errors(sandbox);
	ce_sandbox_destroy(sandbox);
	return prebuild.status;
}
