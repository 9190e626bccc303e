/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_EXECUTOR_PROGRAM_H
#define CE_EXECUTOR_PROGRAM_H

#include "executor/executor.h"

/* Where a cell looks for programs. */
#define CE_PROGRAM_PATH "/usr/local/bin:/usr/bin:/bin"

/* Finds the program that a cell with these mounts would start for `name`: a bare name or an absolute path. 0
 * with its path in the cell (owned by the caller), -ENOENT, -EACCES (there, but no executable file), -EXDEV
 * (there, but it leads outside of what the cell shows), -ENOMEM. `real` (which may be NULL) then becomes the
 * place that it leads to, or NULL; owned by the caller. */
int ce__program_find(const char *name, const struct ce_manifest_mount *mounts, size_t mount_count,
		     char **path, char **real);
/* Is there a file or a directory of that absolute path, or of one that the glob stands for, in such a cell? 0, -ENOENT, -EXDEV (not of
 * globs), -ENOMEM. */
int ce__program_find_file(const char *path, const struct ce_manifest_mount *mounts, size_t mount_count);

/* Fills in what tells the file that `name` leads to from another one; zeros if it leads nowhere. */
void ce__program_identify(const char *name, const struct ce_manifest_mount *mounts, size_t mount_count,
			  struct ce_program_identity *out);

#endif
