/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The standard read-only root of every cell: which of the host's directories it shows and which files are made up. */
#ifndef CE_PLAN_ROOT_TABLE_H
#define CE_PLAN_ROOT_TABLE_H

#include "plan/plan.h"

struct ce_root_entry {
	enum ce_plan_mount_type type;
	bool optional;
	const char *source;  /* host path, or NULL */
	const char *target;
	const char *content; /* of symlinks and files, or NULL */
};

#define CE_ROOT_ENTRIES_MAX 64

struct ce_root_table {
	struct ce_root_entry entries[CE_ROOT_ENTRIES_MAX];
	size_t count;
	char links[8][64]; /* contents of /bin, /lib, ... as read from the host */
};

/* Looks at the host once (is /bin a symbolic link?). */
void ce__root_table_init(struct ce_root_table *table);

#endif
