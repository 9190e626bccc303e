/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "limits.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "options.h"
#include "units.h"

#define MIB(n) ((uint64_t)(n) << 20)

/* `run` are the library's documented defaults. `compile` are ceilings that no manifest's own compile limits
 * exceed: a ceiling below a manifest's default would refuse the compilation outright. */
struct limit_key {
	const char *name;
	enum unit_kind kind;
	size_t offset;
	uint64_t run, compile;
	uint64_t bit;
};

static const struct limit_key keys[] = {
    {"timeout", UNIT_TIME, offsetof(ce_limits, wall_time_ms), 30000, 600000, CE_LIMIT_WALL_TIME},
    {"cpu_time", UNIT_TIME, offsetof(ce_limits, cpu_time_ms), 30000, 600000, CE_LIMIT_CPU_TIME},
    {"memory", UNIT_BYTES, offsetof(ce_limits, memory_bytes), MIB(256), MIB(4096), CE_LIMIT_MEMORY},
    {"processes", UNIT_COUNT, offsetof(ce_limits, processes), 32, 1024, CE_LIMIT_PROCESSES},
    {"file_size", UNIT_BYTES, offsetof(ce_limits, file_size_bytes), MIB(10), MIB(4096), CE_LIMIT_FILE_SIZE},
    {"disk_space", UNIT_BYTES, offsetof(ce_limits, disk_bytes), MIB(100), MIB(4096), CE_LIMIT_DISK},
    {"output", UNIT_BYTES, offsetof(ce_limits, output_bytes), MIB(1), MIB(16), CE_LIMIT_OUTPUT},
    {"open_files", UNIT_COUNT, offsetof(ce_limits, open_files), 256, 4096, 0},
    {"stack", UNIT_BYTES, offsetof(ce_limits, stack_bytes), MIB(64), MIB(1024), 0},
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static uint64_t *member(ce_limits *limits, const struct limit_key *key)
{
	return (uint64_t *)(void *)((char *)limits + key->offset);
}

static int unknown_key(const char *option, const char *name, size_t length)
{
	const char *names[KEY_COUNT + 1], *near;
	char word[64], list[256] = "";

	for (size_t i = 0; i < KEY_COUNT; i++) {
		names[i] = keys[i].name;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 keys[i].name);
	}
	names[KEY_COUNT] = NULL;
	snprintf(word, sizeof(word), "%.*s", (int)(length < 60 ? length : 60), name);
	near = options_nearest(word, names);
	if (near)
		return console_error("--%s: unknown limit '%s' (did you mean %s?)", option, word, near);
	return console_error("--%s: unknown limit '%s' (there are %s)", option, word, list);
}

int limits_read(const char *option, const char *text, ce_limits *limits)
{
	const char *equals = strchr(text, '='), *reason;
	size_t length = equals ? (size_t)(equals - text) : strlen(text);

	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct limit_key *key = &keys[i];

		if (strlen(key->name) != length || memcmp(key->name, text, length) != 0)
			continue;
		if (!equals)
			return console_error("--%s %s: a value is missing (write for instance %s=%s)", option,
					     key->name, key->name,
					     key->kind == UNIT_TIME    ? "2s"
					     : key->kind == UNIT_BYTES ? "64MiB"
								       : "32");
		if (units_parse(key->kind, equals + 1, member(limits, key), &reason))
			return console_error("--%s %s: '%s' %s", option, key->name, equals + 1, reason);
		return 0;
	}
	return unknown_key(option, text, length);
}

ce_limits limits_ceilings(const ce_limits *asked, ce_stage stage)
{
	ce_limits ceilings = ce_limits_init(), copy = *asked;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		uint64_t value = *member(&copy, &keys[i]);
		uint64_t floor = stage == CE_STAGE_RUN ? keys[i].run : keys[i].compile;

		/* What was not asked for stays 0, so that the library's own defaults hold. */
		if (value > floor)
			*member(&ceilings, &keys[i]) = value;
		else if (value && stage == CE_STAGE_COMPILE)
			*member(&ceilings, &keys[i]) = floor;
	}
	return ceilings;
}

const char *limits_key_of(uint64_t bit)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].bit && keys[i].bit == bit)
			return keys[i].name;
	return NULL;
}
