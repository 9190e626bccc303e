/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_API_LAYERS_H
#define CE_API_LAYERS_H

#include <codeexec/layers.h>

#include "executor/layers.h"

/* Calls back, if there is a function, with what the API shows of a layer. */
void ce__layer_tell(const struct ce_layer_entry *entry, const char *language, ce_layer_fn fn, void *user_data);

#endif
