/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The name_source hook: what the file of a program is called that came without a name. */
#include "executor/call.h"

#include <string.h>

#include "plan/plan.h"

int ce__executor_name_source(const struct ce_executor *executor, size_t runtime, const void *code, size_t size,
			     char **out, ce_error **error)
{
	const struct ce_plugin *plugin = executor->plugin;
	const ce_file file = {executor->source_name, code, size};
	const char *name = NULL;
	struct ce_plugin_call call;
	int r;

	*out = NULL;
	if (!plugin || !plugin->name_source)
		return 0;
	ce__call_init(&call, CE_CALL_NAME, executor, &executor->runtimes[runtime]);
	r = plugin->name_source(&ce__call_host, &call, &call.view, &file, &name);
	r = ce__call_result(&call, r, "name_source", error);
	/* The plugin made it out of the program, so it is looked at like a name that a caller gives. */
	if (!r && name && (strchr(name, '/') || !ce__plan_name_ok(name, strlen(name))))
		r = ce__error_set(error, CE_ERR_PLUGIN, 0, NULL,
				  "plugin \"%s\" gave a name to the program that is none", executor->plugin_name);
	if (!r && name) {
		*out = strdup(name);
		if (!*out)
			r = ce__error_no_memory(error);
	}
	ce__call_finish(&call);
	return r;
}
