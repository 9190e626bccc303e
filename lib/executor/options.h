/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The options that a request chooses: NAME=value. */
#ifndef CE_EXECUTOR_OPTIONS_H
#define CE_EXECUTOR_OPTIONS_H

#include "executor/executor.h"
#include "executor/strv.h"

#define CE_OPTIONS_MAX 16
#define CE_OPTION_CHOICES_MAX 32
#define CE_OPTION_WORDS_MAX 16

/* Settles every option of the runtime: what `chosen` (NULL-terminated, or NULL) says, or the first value. `words` gets what
 * they become in a command, `settled` their NAME=value, both in the manifest's order. CE_ERR_INVALID lists what there is. */
int ce__options_settle(const struct ce_executor *executor, const struct ce_manifest_runtime *runtime,
		       const char *const *chosen, struct ce_strv *words, struct ce_strv *settled, ce_error **error);

#endif
