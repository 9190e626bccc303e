/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The part of a manifest that says what may be kept of what was compiled, and what makes it stale. */
#include "executor/manifest.h"

#include <string.h>

int ce__manifest_read_cache(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const char *const words[] = {
	    [CE_CACHE_PRIVATE] = "private",
	    [CE_CACHE_SHARED] = "shared",
	    [CE_CACHE_NONE] = "none",
	};
	int r = ce__fields_expect_text(yaml, field->key, CE_NAME_MAX, false);

	if (r)
		return r;
	for (size_t i = 0; i < CE_ARRAY_SIZE(words); i++)
		if (strcmp(yaml->text, words[i]) == 0) {
			*(enum ce_cache_use *)member = (enum ce_cache_use)i;
			return 0;
		}
	return ce__yaml_fail(yaml, yaml->mark, "\"cache\" must be \"private\", \"shared\" or \"none\", not \"%.64s\"",
			     yaml->text);
}

static int read_toolchain_glob(struct ce_yaml *yaml, const char *key, void *context)
{
	int r = ce__fields_expect_text(yaml, key, CE_TEXT_MAX, false);

	if (r)
		return r;
	if (yaml->text[0] != '/' || !ce__manifest_glob_ok(yaml->text + 1))
		return ce__yaml_fail(yaml, yaml->mark,
				     "\"%.64s\" in \"%s\" must be absolute, without empty, \".\" and \"..\" parts",
				     yaml->text, key);
	return ce__strv_add(context, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

int ce__manifest_read_toolchain(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	CE_CLEANUP_STRV struct ce_strv globs = {0};
	char ***out = member;
	int r = ce__fields_read_list(yaml, field->key, CE_MANIFEST_NAMES_MAX, false, read_toolchain_glob, &globs);

	if (r)
		return r;
	*out = ce__strv_steal(&globs);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}
