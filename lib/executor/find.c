/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * From "python", "py", "c@clang" or "python@3.11" to an executor and one of its runtimes. */
#include "executor/executor.h"

#include <stdio.h>
#include <string.h>

#include "executor/fields.h"
#include "executor/suggest.h"
#include "executor/version.h"

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
		for (size_t j = 0; j < e->runtime_count; j++)
			for (char **shortcut = e->runtimes[j].shortcuts; *shortcut; shortcut++)
				ce__suggest_offer(&suggest, *shortcut);
	}
	ce__suggest_hint(&suggest, hint, sizeof(hint));
	if (!hint[0])
		list_known(registry, hint, sizeof(hint));
	return ce__error_set(error, CE_ERR_NOT_FOUND, 0, NULL, "unknown language \"%.64s\"%s", word, hint);
}

/* One search among the runtimes of a language. */
struct search {
	const struct ce_executor *executor;
	const char *word; /* what follows the first '@' */
	bool any_state;
	const struct ce_version_source *versions; /* or NULL */
	ce_error **error;
};

static const char *version_of(const struct search *s, size_t runtime)
{
	const char *version = "";

	if (s->versions && s->executor->runtimes[runtime].available)
		version = s->versions->ask(s->versions->context, s->executor, runtime);
	return version ? version : "";
}

/* "python has cpython 3.11.2; pypy is not available" */
static int fail_unknown_runtime(const struct search *s)
{
	const struct ce_executor *e = s->executor;
	char list[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < e->runtime_count && used < sizeof(list); i++) {
		const char *version = version_of(s, i);

		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s%s%s%s", i ? ", " : "", e->runtimes[i].name,
					 version[0] ? " " : "", version,
					 e->runtimes[i].available ? "" : " (not available)");
	}
	return ce__error_set(s->error, CE_ERR_NOT_FOUND, 0, NULL,
			     "language \"%s\" has no runtime or version \"%.64s\" (%s has %s)", e->name, s->word, e->name,
			     list);
}

static int fail_unavailable(const struct ce_executor *e, const char *runtime, const char *reason,
			    ce_error **error)
{
	return ce__error_set(error, CE_ERR_UNAVAILABLE, 0, NULL, "language \"%s%s%s\" cannot run here: %s",
			     e->name, runtime ? "@" : "", runtime ? runtime : "",
			     reason ? reason : "unknown reason");
}

/* Of the runtimes with that name (or any, if it is NULL) the first whose version lies in the range. */
static int find_version(const struct search *s, const char *name, const char *range, size_t *out)
{
	const struct ce_executor *e = s->executor;

	if (ce__version_in_range("1", range) < 0)
		return ce__error_set(s->error, CE_ERR_INVALID, 0, NULL,
				     "language \"%s\": \"%.64s\" is no version, such as 3, 3.11, \">=3.10,<4\" or *", e->name,
				     range);
	for (size_t i = 0; i < e->runtime_count; i++) {
		if (!e->runtimes[i].available ||
		    (name && !is_called(e->runtimes[i].name, e->runtimes[i].aliases, name)))
			continue;
		if (strcmp(range, "*") == 0 || ce__version_in_range(version_of(s, i), range) == 1) {
			*out = i;
			return 0;
		}
	}
	return fail_unknown_runtime(s);
}

/* What follows the '@' is a runtime's name or alias, a version, or both with another '@' between them. */
static int find_named_runtime(const struct search *s, size_t *out)
{
	const struct ce_executor *e = s->executor;
	const char *at = strchr(s->word, '@');
	CE_CLEANUP_FREE char *name = at ? strndup(s->word, (size_t)(at - s->word)) : strdup(s->word);

	if (!name)
		return ce__error_no_memory(s->error);
	for (size_t i = 0; i < e->runtime_count; i++) {
		const struct ce_manifest_runtime *runtime = &e->runtimes[i];

		if (!is_called(runtime->name, runtime->aliases, name))
			continue;
		if (!runtime->available && (!s->any_state || at))
			return fail_unavailable(e, runtime->name, runtime->unavailable_reason, s->error);
		if (at)
			return find_version(s, name, at + 1, out);
		*out = i;
		return 0;
	}
	return !at && ce__version_is_range(name) ? find_version(s, NULL, name, out) : fail_unknown_runtime(s);
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

/* "clang" is "c@clang", and "clang@14" is "c@clang@14": the runtime that has the word as its shortcut. */
static const struct ce_manifest_runtime *find_shortcut(const struct ce_executor *e, const char *word)
{
	for (size_t i = 0; i < e->runtime_count; i++)
		if (ce__strv_has(e->runtimes[i].shortcuts, word))
			return &e->runtimes[i];
	return NULL;
}

static int find_by_shortcut(const struct ce_executor *e, const struct ce_manifest_runtime *shortcut, const char *at,
			    const struct search *search, size_t *runtime)
{
	CE_CLEANUP_FREE char *named = ce__base_asprintf("%s%s", shortcut->name, at ? at : "");
	struct search s = *search;

	if (!named)
		return ce__error_no_memory(s.error);
	s.executor = e;
	s.word = named;
	return find_named_runtime(&s, runtime);
}

int ce__registry_find(const struct ce_registry *registry, const char *language, bool any_state,
		      const struct ce_version_source *versions, const struct ce_executor **out, size_t *runtime,
		      ce_error **error)
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
		const struct ce_manifest_runtime *shortcut = find_shortcut(e, word);
		const struct search search = {e, NULL, any_state, versions, error};

		if (!shortcut && !is_called(e->name, e->aliases, word))
			continue;
		if (shortcut)
			r = find_by_shortcut(e, shortcut, at, &search, runtime);
		else
			r = at ? find_named_runtime(&(struct search){e, at + 1, any_state, versions, error}, runtime)
			       : find_first_runtime(e, any_state, runtime, error);
		if (!r)
			*out = e;
		return r;
	}
	return fail_unknown(registry, word, error);
}
