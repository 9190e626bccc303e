/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A growing list of owned texts that is a NULL-terminated vector at any moment, once something was added. */
#ifndef CE_EXECUTOR_STRV_H
#define CE_EXECUTOR_STRV_H

#include "base/base.h"

struct ce_strv {
	char **items; /* owned; NULL while empty */
	size_t count;
	size_t capacity;
};

#define CE_CLEANUP_STRV __attribute__((cleanup(ce__strv_finish)))

/* All return false when there is no memory left. */
bool ce__strv_add(struct ce_strv *list, const char *text);
/* Takes `text` over, also on failure; NULL counts as no memory. */
bool ce__strv_take(struct ce_strv *list, char *text);
bool ce__strv_add_all(struct ce_strv *list, char *const *texts);
/* Adds "NAME=value" or replaces the entry with the same NAME. */
bool ce__strv_set_env(struct ce_strv *list, const char *assignment);
bool ce__strv_has(char *const *texts, const char *text);
/* Hands the vector over, an empty one if nothing was added; NULL when there is no memory left. */
char **ce__strv_steal(struct ce_strv *list);
/* The same in the place of another vector, which is freed; on failure that one stays. */
bool ce__strv_replace(char ***vector, struct ce_strv *list);
void ce__strv_finish(struct ce_strv *list);
/* Frees a vector and its texts; accepts NULL. */
void ce__strv_free(char **texts);

#endif
