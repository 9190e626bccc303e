/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * From "python", "py" or "c@clang" to an executor and one of its runtimes. */
#include "executor/executor.h"

#include <stdio.h>
#include <string.h>

#include "executor/fields.h"
#include "executor/suggest.h"

#define KNOWN_MAX 12 /* names listed when nothing is near */

static bool is_called(const char *name, char *const *aliases, const char *word)
{
	return strcmp(name, word) == 0 || ce__strv_has(aliases, word);
}

/* ` (known: a, b, c and 4 more)` */
static void list_known(const struct ce_registry *registry, char *out, size_t size)
{
	size_t used = 0, shown = registry->count < KNOWN_MAX ? registry->count : KNOWN_MAX;

	snprintf(out, size, " (no executor was loaded)");
	for (size_t i = 0; i < shown && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? " (known: " : ", ",
					 registry->executors[i]->name);
	if (shown && shown < registry->count && used < size)
		used += (size_t)snprintf(out + used, size - used, " and %zu more", registry->count - shown);
	if (shown && used < size)
		snprintf(out + used, size - used, ")");
}

static int fail_unknown(const struct ce_registry *registry, const char *word, ce_error **error)
{
	struct ce_suggest suggest = {.word = word};
	char hint[CE_NAME_MAX * (KNOWN_MAX + 2) + 64];

	for (size_t i = 0; i < registry->count; i++) {
		const struct ce_executor *e = registry->executors[i];

		ce__suggest_offer(&suggest, e->name);
		for (char **alias = e->aliases; *alias; alias++)
			ce__suggest_offer(&suggest, *alias);
	}
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	if (!hint[0])
		list_known(registry, hint, sizeof(hint));
	return ce__error_set(error, CE_ERR_NOT_FOUND, 0, NULL, "unknown language \"%.64s\"%s", word, hint);
}

static int fail_unknown_runtime(const struct ce_executor *e, const char *word, ce_error **error)
{
	char known[CE_NAME_MAX * (KNOWN_MAX + 2)] = "";
	size_t used = 0;

	for (size_t i = 0; i < e->runtime_count && i < KNOWN_MAX && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
					 e->runtimes[i].name);
	return ce__error_set(error, CE_ERR_NOT_FOUND, 0, NULL,
			     "language \"%s\" has no runtime \"%.64s\" (known: %s)", e->name, word, known);
}

static int fail_unavailable(const struct ce_executor *e, const char *runtime, const char *reason,
			    ce_error **error)
{
	return ce__error_set(error, CE_ERR_UNAVAILABLE, 0, NULL, "language \"%s%s%s\" cannot run here: %s",
			     e->name, runtime ? "@" : "", runtime ? runtime : "",
			     reason ? reason : "unknown reason");
}

static int find_named_runtime(const struct ce_executor *e, const char *word, bool any_state, size_t *out,
			      ce_error **error)
{
	for (size_t i = 0; i < e->runtime_count; i++) {
		if (!is_called(e->runtimes[i].name, e->runtimes[i].aliases, word))
			continue;
		if (!e->runtimes[i].available && !any_state)
			return fail_unavailable(e, e->runtimes[i].name, e->runtimes[i].unavailable_reason,
						error);
		*out = i;
		return 0;
	}
	return fail_unknown_runtime(e, word, error);
}

static int find_first_runtime(const struct ce_executor *e, bool any_state, size_t *out, ce_error **error)
{
	*out = 0;
	for (size_t i = 0; i < e->runtime_count; i++) {
		if (e->runtimes[i].available) {
			*out = i;
			return 0;
		}
	}
	/* The first runtime is the one that the manifest's author prefers: the one to install. */
	return any_state ? 0 : fail_unavailable(e, NULL, e->runtimes[0].unavailable_reason, error);
}

int ce__registry_find(const struct ce_registry *registry, const char *language, bool any_state,
		      const struct ce_executor **out, size_t *runtime, ce_error **error)
{
	const char *at = language ? strchr(language, '@') : NULL;
	CE_CLEANUP_FREE char *word = NULL;
	int r;

	if (!language || !language[0])
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "no language was given");
	word = at ? strndup(language, (size_t)(at - language)) : strdup(language);
	if (!word)
		return ce__error_no_memory(error);
	for (size_t i = 0; i < registry->count; i++) {
		const struct ce_executor *e = registry->executors[i];

		if (!is_called(e->name, e->aliases, word))
			continue;
		r = at ? find_named_runtime(e, at + 1, any_state, runtime, error)
		       : find_first_runtime(e, any_state, runtime, error);
		if (!r)
			*out = e;
		return r;
	}
	return fail_unknown(registry, word, error);
}
