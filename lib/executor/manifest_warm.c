/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * warm: {mode: fork, ...}: whether and how an interpreter can be started before there is a program for it. */
#include "executor/manifest.h"

#include <string.h>

static int read_mode(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct {
		const char *name;
		enum ce_warm_mode mode;
	} modes[] = {
	    {"fork", CE_WARM_FORK},
	    {"park", CE_WARM_PARK},
	    {"none", CE_WARM_NONE},
	};
	int r = ce__fields_expect_text(yaml, field->key, CE_NAME_MAX, false);

	if (r)
		return r;
	for (size_t i = 0; i < CE_ARRAY_SIZE(modes); i++) {
		if (strcmp(yaml->text, modes[i].name))
			continue;
		*(enum ce_warm_mode *)member = modes[i].mode;
		return 0;
	}
	return ce__yaml_fail(yaml, yaml->mark, "\"mode\" must be \"fork\", \"park\" or \"none\", not \"%.64s\"", yaml->text);
}

static int read_trigger(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = ce__fields_expect_text(yaml, field->key, CE_NAME_MAX, false);

	if (r)
		return r;
	if (strcmp(yaml->text, "open") && strcmp(yaml->text, "second-read"))
		return ce__yaml_fail(yaml, yaml->mark, "\"trigger\" must be \"open\" or \"second-read\", not \"%.64s\"",
				     yaml->text);
	*(bool *)member = strcmp(yaml->text, "open") != 0;
	return 0;
}

int ce__manifest_read_warm(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	static const struct ce_field fields[] = {
	    CE_FIELD(struct ce_manifest_warm, "mode", mode, read_mode, 0, true),
	    CE_FIELD(struct ce_manifest_warm, "trigger", second_read, read_trigger, 0, false),
	    CE_FIELD(struct ce_manifest_warm, "min", min, ce__fields_read_count, CE_WARM_MOST, false),
	    CE_FIELD(struct ce_manifest_warm, "max", max, ce__fields_read_count, CE_WARM_MOST, false),
	    CE_FIELD(struct ce_manifest_warm, "max_uses", max_uses, ce__fields_read_count, CE_WARM_USES_MOST, false),
	    CE_FIELD(struct ce_manifest_warm, "max_age", max_age_ms, ce__fields_read_duration, CE_WARM_AGE_MOST_MS, false),
	    CE_FIELD(struct ce_manifest_warm, "fast_exit", fast_exit, ce__fields_read_bool, 0, false),
	};
	struct ce_yaml_mark mark = yaml->mark;
	struct ce_manifest_warm *warm = member;
	int r;

	*warm = (struct ce_manifest_warm){ .min = 1, .max = 8, .max_uses = 500, .max_age_ms = 600000, .fast_exit = true };
	r = ce__fields_read_map(yaml, fields, CE_ARRAY_SIZE(fields), warm, field->key);
	if (!r && warm->min > warm->max)
		return ce__yaml_fail(yaml, mark, "\"min\" must not be more than \"max\"");
	if (!r && warm->mode == CE_WARM_NONE)
		*warm = (struct ce_manifest_warm){ .mode = CE_WARM_NONE };
	return r;
}
