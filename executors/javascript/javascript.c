/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * JavaScript: an uncaught exception becomes one diagnostic. */
#include "common/v8.h"

static int explain(const ce_plugin_host *host, ce_plugin_call *call, const ce_plugin_runtime *runtime,
		   const ce_plugin_output *output)
{
	(void)runtime;
	return explain_script(host, call, output);
}

const ce_plugin *ce_plugin_entry(void)
{
	static const ce_plugin plugin = {
	    .abi = CE_PLUGIN_ABI,
	    .size = sizeof(plugin),
	    .name = "javascript",
	    .explain = explain,
	};

	return &plugin;
}
