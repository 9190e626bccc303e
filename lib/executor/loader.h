/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_EXECUTOR_LOADER_H
#define CE_EXECUTOR_LOADER_H

#include "executor/executor.h"

/* The plugins that one registry has loaded. */
struct ce_loader;

struct ce_loader *ce__loader_create(void); /* NULL: no memory */
/* Unloads them all: no executor may use them any more. */
void ce__loader_destroy(struct ce_loader *loader);
/* Loads <dir>/<name>.so of the first directory that has it, once. CE_ERR_PLUGIN with the reason. */
int ce__loader_load(struct ce_loader *loader, const char *const *plugin_dirs, const char *name,
		    const struct ce_plugin **out, ce_error **error);
/* What can be wrong with a plugin's table; for tests too. CE_ERR_PLUGIN. */
int ce__loader_check_table(const struct ce_plugin *plugin, const char *name, const char *path,
			   ce_error **error);

#endif
