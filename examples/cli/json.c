/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Jansson's *_new setters take NULL for an error of the value, leave the object without that member and say
 * so only by their return value; `put` remembers it for all members of one object. */
#include "json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "text.h"

struct builder {
	json_t *object;
	bool failed;
};

static struct builder builder_start(void)
{
	struct builder builder = {json_object(), false};

	builder.failed = !builder.object;
	return builder;
}

static void put(struct builder *builder, const char *key, json_t *value)
{
	if (!builder->object || json_object_set_new(builder->object, key, value))
		builder->failed = true;
}

static void put_number(struct builder *builder, const char *key, uint64_t value)
{
	put(builder, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

static json_t *builder_end(struct builder *builder)
{
	if (!builder->failed)
		return builder->object;
	json_decref(builder->object);
	return NULL;
}

json_t *json_text(const void *data, size_t size)
{
	char *text;
	size_t length;
	json_t *value;

	if (!data)
		return json_null();
	text = text_to_utf8(data, size, &length);
	value = text ? json_stringn(text, length) : NULL;
	free(text);
	return value;
}

json_t *json_c_text(const char *text)
{
	return json_text(text, text ? strlen(text) : 0);
}

/* `key` as text, and `key`_base64 with the very bytes where the text cannot have them. */
static void put_bytes(struct builder *builder, const char *key, const void *data, size_t size)
{
	char name[64], *encoded;

	put(builder, key, json_text(data ? data : "", size));
	if (!size || text_is_utf8(data, size))
		return;
	snprintf(name, sizeof(name), "%s_base64", key);
	encoded = text_to_base64(data, size);
	put(builder, name, encoded ? json_string(encoded) : NULL);
	free(encoded);
}

json_t *json_names(uint64_t mask, unsigned count, const char *(*name)(uint64_t bit))
{
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++)
		if (mask >> i & 1 && json_array_append_new(list, json_string(name(UINT64_C(1) << i)))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static void put_output(struct builder *builder, const ce_result *result, ce_stage stage)
{
	struct builder truncated = builder_start(), totals = builder_start();
	static const struct {
		const char *name;
		int stream;
	} streams[] = {{"stdout", CE_STREAM_STDOUT}, {"stderr", CE_STREAM_STDERR}};

	for (size_t i = 0; i < 2; i++) {
		size_t size = 0;
		const void *data = ce_result_output(result, stage, streams[i].stream, &size);

		put_bytes(builder, streams[i].name, data, size);
		put(&truncated, streams[i].name,
		    json_boolean(ce_result_output_truncated(result, stage, streams[i].stream)));
		put_number(&totals, streams[i].name,
			   ce_result_output_total(result, stage, streams[i].stream));
	}
	put(builder, "truncated", builder_end(&truncated));
	put(builder, "total_bytes", builder_end(&totals));
}

static void put_usage(struct builder *builder, const ce_account *account)
{
	put_number(builder, "execution_time", account->wall_time_us / 1000);
	put_number(builder, "wall_us", account->wall_time_us);
	put_number(builder, "memory_usage", (account->memory_peak_bytes + 1023) / 1024);
	put(builder, "memory_source",
	    json_string(account->flags & CE_ACCOUNT_MEMORY_IS_RSS ? "rss" : "cgroup"));
}

static json_t *process_stats(const ce_account *account)
{
	struct builder stats = builder_start();

	put_number(&stats, "cpu_time_us", account->cpu_time_us);
	put_number(&stats, "user_time_us", account->user_time_us);
	put_number(&stats, "system_time_us", account->system_time_us);
	put_number(&stats, "max_rss", account->max_rss_bytes / 1024);
	put_number(&stats, "memory_anon", account->memory_anon_bytes / 1024);
	put_number(&stats, "memory_file", account->memory_file_bytes / 1024);
	put_number(&stats, "memory_shmem", account->memory_shmem_bytes / 1024);
	put(&stats, "memory_split_sampled", json_boolean(account->flags & CE_ACCOUNT_SPLIT_SAMPLED));
	put_number(&stats, "tasks_peak", account->tasks_peak);
	put(&stats, "tasks_peak_sampled", json_boolean(account->flags & CE_ACCOUNT_TASKS_SAMPLED));
	put_number(&stats, "minor_faults", account->minor_faults);
	put_number(&stats, "major_faults", account->major_faults);
	put_number(&stats, "voluntary_switches", account->voluntary_switches);
	put_number(&stats, "involuntary_switches", account->involuntary_switches);
	put_number(&stats, "blocks_read", account->blocks_read);
	put_number(&stats, "blocks_written", account->blocks_written);
	put_number(&stats, "disk_bytes", account->disk_bytes);
	put_number(&stats, "disk_inodes", account->disk_inodes);
	return builder_end(&stats);
}

static void put_end(struct builder *builder, int code, int number)
{
	const char *abbreviation = number ? sigabbrev_np(number) : NULL;
	char name[32];

	snprintf(name, sizeof(name), "SIG%s", abbreviation ? abbreviation : "");
	put(builder, "exit_code", code < 0 ? json_null() : json_integer(code));
	put(builder, "signal", number ? json_integer(number) : json_null());
	put(builder, "signal_name", abbreviation ? json_string(name) : json_null());
}

static json_t *compile_stage(const ce_result *result)
{
	struct builder compile = builder_start();
	ce_account account = {.size = sizeof(account)};

	ce_result_account(result, CE_STAGE_COMPILE, &account);
	put(&compile, "status",
	    json_string(ce_outcome_name(ce_result_stage_outcome(result, CE_STAGE_COMPILE))));
	put_end(&compile, ce_result_stage_exit_code(result, CE_STAGE_COMPILE),
		ce_result_stage_signal(result, CE_STAGE_COMPILE));
	put_output(&compile, result, CE_STAGE_COMPILE);
	put_usage(&compile, &account);
	put(&compile, "process_stats", process_stats(&account));
	return builder_end(&compile);
}

static json_t *diagnostics(const ce_result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ce_result_diagnostic_count(result); i++) {
		ce_diagnostic diagnostic = {.size = sizeof(diagnostic)};
		struct builder item = builder_start();

		if (ce_result_diagnostic(result, i, &diagnostic)) {
			json_decref(item.object);
			continue;
		}
		put(&item, "stage", json_string(ce_stage_name((ce_stage)diagnostic.stage)));
		put(&item, "severity", json_c_text(diagnostic.severity));
		put(&item, "type", json_c_text(diagnostic.type));
		put(&item, "message", json_c_text(diagnostic.message));
		put(&item, "file", json_c_text(diagnostic.file));
		put(&item, "line", diagnostic.line ? json_integer((json_int_t)diagnostic.line) : json_null());
		put(&item, "column",
		    diagnostic.column ? json_integer((json_int_t)diagnostic.column) : json_null());
		if (json_array_append_new(list, builder_end(&item))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *output_files(const ce_result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ce_result_file_count(result); i++) {
		ce_output_file file = {.size = sizeof(file)};
		struct builder item = builder_start();
		bool skipped;

		if (ce_result_file(result, i, &file)) {
			json_decref(item.object);
			continue;
		}
		skipped = file.flags & CE_OUTPUT_FILE_SKIPPED;
		put_bytes(&item, "name", file.name, strlen(file.name));
		put(&item, "skipped", json_boolean(skipped));
		put(&item, "reason", json_c_text(file.reason));
		put_number(&item, "size", file.data_size);
		if (!skipped)
			put_bytes(&item, "content", file.data, file.data_size);
		if (json_array_append_new(list, builder_end(&item))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *isolation(const ce_result *result, ce_stage stage)
{
	struct builder isolation = builder_start();
	uint64_t in_force = ce_result_protections(result, stage);

	put(&isolation, "protections", json_names(in_force, CE_PROTECTION_COUNT, ce_protection_name));
	put(&isolation, "missing", json_names(~in_force, CE_PROTECTION_COUNT, ce_protection_name));
	put(&isolation, "limits_backend", json_c_text(ce_result_limits_backend(result)));
	put_number(&isolation, "host_uid", ce_result_host_uid(result));
	return builder_end(&isolation);
}

json_t *json_from_result(const ce_result *result)
{
	struct builder top = builder_start();
	ce_account account = {.size = sizeof(account)};
	bool compiled = ce_result_has_stage(result, CE_STAGE_COMPILE),
	     ran = ce_result_has_stage(result, CE_STAGE_RUN);

	ce_result_account(result, CE_STAGE_RUN, &account);
	put(&top, "status", json_string(ce_result_status(result)));
	put(&top, "message", json_c_text(ce_result_message(result)));
	put(&top, "language", json_c_text(ce_result_language(result)));
	put(&top, "runtime", json_c_text(ce_result_runtime(result)));
	put_end(&top, ce_result_exit_code(result), ce_result_signal(result));
	put_output(&top, result, CE_STAGE_RUN);
	put(&top, "limit_hit", json_names(ce_result_limits_hit(result), 64, ce_limit_name));
	put_usage(&top, &account);
	put(&top, "process_stats", process_stats(&account));
	put(&top, "compile", compiled ? compile_stage(result) : json_null());
	put(&top, "diagnostics", diagnostics(result));
	put(&top, "outputs", output_files(result));
	put(&top, "isolation", isolation(result, ran || !compiled ? CE_STAGE_RUN : CE_STAGE_COMPILE));
	return builder_end(&top);
}

int json_print(json_t *value)
{
	size_t flags = isatty(STDOUT_FILENO) ? JSON_INDENT(2) : 0;
	char *text = value ? json_dumps(value, flags | JSON_ENCODE_ANY) : NULL, *line = NULL;
	int n = text ? asprintf(&line, "%s\n", text) : -1, r;

	r = n < 0 ? console_error("no memory left") : console_print(line, (size_t)n);
	free(text);
	if (n >= 0)
		free(line);
	json_decref(value);
	return r;
}
