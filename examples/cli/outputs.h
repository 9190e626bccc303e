/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include <codeexec/codeexec.h>

/* Writes the files that were brought back into `directory`, which is made if need be. Their names and
 * contents come from the sandbox, so nothing is written through a symbolic link or outside `directory`. 0, or
 * EXIT_OWN_ERROR. */
int outputs_save(const ce_result *result, const char *directory);

#endif
