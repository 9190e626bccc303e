/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "request_limits.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "text.h"
#include "util.h"

enum kind { KIND_SECONDS, KIND_WHOLE };

#define NO_CEILING ((size_t)-1)

static const struct limit {
	const char *name;
	const char *member; /* of ce_limits, as the library's messages have it */
	enum kind kind;
	bool compile_only;
	size_t offset;  /* in ce_limits */
	size_t ceiling; /* in struct config */
} limits_table[] = {
    {"timeout", "wall_time_ms", KIND_SECONDS, true, offsetof(ce_limits, wall_time_ms), NO_CEILING},
    {"cpu_time", "cpu_time_ms", KIND_SECONDS, false, offsetof(ce_limits, cpu_time_ms),
     offsetof(struct config, max_cpu_time_ms)},
    {"memory", "memory_bytes", KIND_WHOLE, false, offsetof(ce_limits, memory_bytes),
     offsetof(struct config, max_memory)},
    {"processes", "processes", KIND_WHOLE, false, offsetof(ce_limits, processes),
     offsetof(struct config, max_processes)},
    {"file_size", "file_size_bytes", KIND_WHOLE, false, offsetof(ce_limits, file_size_bytes),
     offsetof(struct config, max_file_size)},
    {"disk_space", "disk_bytes", KIND_WHOLE, false, offsetof(ce_limits, disk_bytes),
     offsetof(struct config, max_disk_space)},
    {"output", "output_bytes", KIND_WHOLE, false, offsetof(ce_limits, output_bytes),
     offsetof(struct config, max_output)},
    {"open_files", "open_files", KIND_WHOLE, false, offsetof(ce_limits, open_files), NO_CEILING},
    {"stack", "stack_bytes", KIND_WHOLE, false, offsetof(ce_limits, stack_bytes), NO_CEILING},
};

static int over(const char *field, const char *unit, double value, double ceiling, struct api_error *error)
{
	return api_error_set(error, 400, "over_limit", field,
			     "%s: %.15g%s is over this server's ceiling of %.15g%s", field, value, unit,
			     ceiling, unit);
}

int request_limit_seconds(const char *field, const json_t *value, uint64_t ceiling_ms, uint64_t *out_ms,
			  struct api_error *error)
{
	double seconds = json_number_value(value);

	if (!json_is_number(value))
		return api_error_set(error, 400, "invalid_request", field, "%s must be a number of seconds",
				     field);
	if (!(seconds > 0))
		return api_error_set(error, 400, "invalid_request", field, "%s must be greater than 0",
				     field);
	if (seconds > (double)ceiling_ms / 1000)
		return over(field, " s", seconds, (double)ceiling_ms / 1000, error);
	*out_ms = (uint64_t)ceil(seconds * 1000); /* what is asked for is never cut to 0 */
	return 0;
}

static int read_whole(const char *field, const json_t *value, uint64_t ceiling, uint64_t *out,
		      struct api_error *error)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return api_error_set(error, 400, "invalid_request", field, "%s must be a whole number",
				     field);
	if (number <= 0)
		return api_error_set(error, 400, "invalid_request", field, "%s must be greater than 0",
				     field);
	if ((uint64_t)number > ceiling)
		return over(field, "", (double)number, (double)ceiling, error);
	*out = (uint64_t)number;
	return 0;
}

static int read_limit(const char *path, const struct limit *limit, const json_t *value,
		      const struct config *config, bool compile, ce_limits *limits, struct api_error *error)
{
	uint64_t *out = (uint64_t *)(void *)((char *)limits + limit->offset);
	uint64_t ceiling = INT64_MAX / 1000;

	if (!compile && limit->ceiling != NO_CEILING)
		ceiling = *(const uint64_t *)(const void *)((const char *)config + limit->ceiling);
	if (limit->kind == KIND_SECONDS)
		return request_limit_seconds(path, value, ceiling, out, error);
	return read_whole(path, value, ceiling, out, error);
}

static const struct limit *find(const char *name, bool compile, const char **near)
{
	size_t least = strlen(name) / 3 + 2;

	*near = NULL;
	for (size_t i = 0; i < COUNT_OF(limits_table); i++) {
		size_t distance = text_distance(name, limits_table[i].name);

		if (limits_table[i].compile_only && !compile)
			continue;
		if (!distance)
			return &limits_table[i];
		if (distance < least) {
			least = distance;
			*near = limits_table[i].name;
		}
	}
	return NULL;
}

int request_limits_read(const char *field, const json_t *value, const struct config *config, bool compile,
			ce_limits *limits, struct api_error *error)
{
	const char *name, *near;
	json_t *item;

	if (!json_is_object(value))
		return api_error_set(error, 400, "invalid_request", field, "%s must be an object of numbers",
				     field);
	json_object_foreach((json_t *)(uintptr_t)value, name, item)
	{
		const struct limit *limit = find(name, compile, &near);
		char path[96];

		snprintf(path, sizeof(path), "%s.%.60s", field, name);
		if (!limit)
			return api_error_set(error, 400, "unknown_field", path, "unknown limit '%.60s'%s%s%s",
					     name, near ? " (did you mean " : "", near ? near : "",
					     near ? "?)" : "");
		if (json_is_null(item))
			continue;
		if (read_limit(path, limit, item, config, compile, limits, error))
			return -1;
	}
	return 0;
}

void request_limits_finish(ce_limits *limits, const struct config *config)
{
	uint64_t standard = config->default_timeout_ms;

	if (!limits->wall_time_ms)
		limits->wall_time_ms = standard;
	if (!limits->cpu_time_ms)
		limits->cpu_time_ms = standard < config->max_cpu_time_ms ? standard : config->max_cpu_time_ms;
}

void request_limits_translate(struct api_error *error)
{
	size_t prefix = strcspn(error->message, "."), n;
	const char *member = error->message + prefix + 1;

	if (strncmp(error->message, "limits.", 7) != 0 && strncmp(error->message, "compile_limits.", 15) != 0)
		return;
	n = strcspn(member, ":");
	for (size_t i = 0; i < COUNT_OF(limits_table); i++) {
		const struct limit *limit = &limits_table[i];
		char field[64], rest[sizeof(error->message)];
		bool is_timeout = limit->compile_only && !strncmp(error->message, "limits.", 7);

		if (strlen(limit->member) != n || strncmp(limit->member, member, n) != 0)
			continue;
		snprintf(field, sizeof(field), "%.*s%s", is_timeout ? 0 : (int)prefix + 1, error->message,
			 limit->name);
		snprintf(rest, sizeof(rest), "%.*s%s", 300, member + n,
			 limit->kind == KIND_SECONDS ? " (milliseconds)" : "");
		api_error_set(error, error->status, error->code, field, "%s%s", field, rest);
		return;
	}
}
