/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The default plugin: a language that is nothing but its manifest's commands. It also does the hooks that
 * other plugins leave out. */
#include <codeexec/plugin.h>

#include <string.h>

static int probe(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime)
{
	int r = 0;

	if (runtime->compile)
		r = host->require(call, runtime->compile->command);
	return r ? r : host->require(call, runtime->run->command);
}

static int takes_args(const char *const *command)
{
	for (; *command; command++)
		if (strcmp(*command, "{args}") == 0)
			return 1;
	return 0;
}

static int prepare(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_request *request)
{
	/* Better no execution than one whose arguments were lost without a word. */
	if (request->args[0] && !takes_args(runtime->run->command))
		return host->fail(call, CE_ERR_INVALID, "programs in this language take no arguments");
	if (runtime->compile)
		host->expand(call, CE_STAGE_COMPILE, runtime->compile->command);
	return host->expand(call, CE_STAGE_RUN, runtime->run->command);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "command",
	    .probe = probe,
	    .prepare = prepare,
	};

	return &plugin;
}
