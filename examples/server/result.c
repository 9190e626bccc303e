/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "result.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void put_text(struct buffer *out, const char *name, const char *text)
{
	buffer_printf(out, "\"%s\":", name);
	if (text)
		buffer_json_string(out, text, strlen(text));
	else
		buffer_text(out, "null");
}

static void put_number(struct buffer *out, const char *name, uint64_t value)
{
	buffer_printf(out, ",\"%s\":%" PRIu64, name, value > INT64_MAX ? INT64_MAX : value);
}

static void put_base64(struct buffer *out, const char *name, const void *data, size_t size)
{
	char *encoded = text_to_base64(data, size);

	if (!encoded)
		out->failed = true;
	else
		buffer_printf(out, ",\"%s\":\"%s\"", name, encoded);
	free(encoded);
}

static void put_stream(struct buffer *out, const char *name, const void *data, size_t size,
		       bool always_base64)
{
	char base64[32];

	buffer_printf(out, ",\"%s\":", name);
	buffer_json_string(out, data ? data : "", size);
	snprintf(base64, sizeof(base64), "%s_base64", name);
	if (always_base64 || (size && !text_is_utf8(data, size)))
		put_base64(out, base64, data ? data : "", size);
}

static void put_output(struct buffer *out, const ce_result *result, ce_stage stage, bool always_base64)
{
	static const char *const names[] = {"stdout", "stderr"};
	const char *cut[2];
	uint64_t total[2];

	for (int i = 0; i < 2; i++) {
		int stream = i ? CE_STREAM_STDERR : CE_STREAM_STDOUT;
		size_t size = 0;
		const void *data = ce_result_output(result, stage, stream, &size);

		put_stream(out, names[i], data, size, always_base64);
		cut[i] = ce_result_output_truncated(result, stage, stream) ? "true" : "false";
		total[i] = ce_result_output_total(result, stage, stream);
	}
	buffer_printf(out, ",\"truncated\":{\"stdout\":%s,\"stderr\":%s}", cut[0], cut[1]);
	buffer_printf(out, ",\"total_bytes\":{\"stdout\":%" PRIu64 ",\"stderr\":%" PRIu64 "}", total[0],
		      total[1]);
}

static void put_end(struct buffer *out, int code, int number)
{
	const char *abbreviation = number ? sigabbrev_np(number) : NULL;

	if (code < 0)
		buffer_text(out, ",\"exit_code\":null");
	else
		buffer_printf(out, ",\"exit_code\":%d", code);
	if (number)
		buffer_printf(out, ",\"signal\":%d", number);
	else
		buffer_text(out, ",\"signal\":null");
	if (abbreviation)
		buffer_printf(out, ",\"signal_name\":\"SIG%s\"", abbreviation);
	else
		buffer_text(out, ",\"signal_name\":null");
}

static void put_account(struct buffer *out, const ce_account *a)
{
	put_number(out, "execution_time", a->wall_time_us / 1000);
	put_number(out, "wall_us", a->wall_time_us);
	put_number(out, "cpu_time_us", a->cpu_time_us);
	put_number(out, "memory_usage", (a->memory_peak_bytes + 1023) / 1024);
	buffer_printf(out, ",\"memory_source\":\"%s\"",
		      a->flags & CE_ACCOUNT_MEMORY_IS_RSS ? "rss" : "cgroup");
	buffer_printf(out, ",\"process_stats\":{\"max_rss\":%" PRIu64, a->max_rss_bytes / 1024);
	put_number(out, "user_time_us", a->user_time_us);
	put_number(out, "system_time_us", a->system_time_us);
	put_number(out, "minor_faults", a->minor_faults);
	put_number(out, "major_faults", a->major_faults);
	put_number(out, "blocks_read", a->blocks_read);
	put_number(out, "blocks_written", a->blocks_written);
	put_number(out, "voluntary_switches", a->voluntary_switches);
	put_number(out, "involuntary_switches", a->involuntary_switches);
	put_number(out, "tasks_peak", a->tasks_peak);
	buffer_printf(out, ",\"tasks_peak_sampled\":%s",
		      a->flags & CE_ACCOUNT_TASKS_SAMPLED ? "true" : "false");
	put_number(out, "memory_anon", a->memory_anon_bytes / 1024);
	put_number(out, "memory_file", a->memory_file_bytes / 1024);
	put_number(out, "memory_shmem", a->memory_shmem_bytes / 1024);
	put_number(out, "disk_bytes", a->disk_bytes);
	put_number(out, "disk_inodes", a->disk_inodes);
	buffer_text(out, "}");
}

static void put_position(struct buffer *out, const char *name, uint64_t value)
{
	if (value)
		put_number(out, name, value);
	else
		buffer_printf(out, ",\"%s\":null", name);
}

/* Those of one stage, or of both (0). */
static void put_diagnostics(struct buffer *out, const ce_result *result, uint64_t stage)
{
	bool first = true;

	buffer_text(out, ",\"diagnostics\":[");
	for (size_t i = 0; i < ce_result_diagnostic_count(result); i++) {
		ce_diagnostic d = {.size = sizeof(d)};

		if (ce_result_diagnostic(result, i, &d) || (stage && d.stage != stage))
			continue;
		buffer_printf(out, "%s{\"stage\":\"%s\",", first ? "" : ",",
			      ce_stage_name((ce_stage)d.stage));
		put_text(out, "severity", d.severity);
		buffer_text(out, ",");
		put_text(out, "type", d.type);
		buffer_text(out, ",");
		put_text(out, "message", d.message);
		buffer_text(out, ",");
		put_text(out, "file", d.file);
		put_position(out, "line", d.line);
		put_position(out, "column", d.column);
		buffer_text(out, "}");
		first = false;
	}
	buffer_text(out, "]");
}

bool result_was_cached(const ce_result *result)
{
	ce_account account = {.size = sizeof(account)};

	ce_result_account(result, CE_STAGE_COMPILE, &account);
	return (account.flags & CE_ACCOUNT_CACHED) != 0;
}

void result_write_compile(struct buffer *out, const ce_result *result, bool always_base64)
{
	ce_account account = {.size = sizeof(account)};

	if (!ce_result_has_stage(result, CE_STAGE_COMPILE)) {
		buffer_text(out, "null");
		return;
	}
	ce_result_account(result, CE_STAGE_COMPILE, &account);
	buffer_printf(out, "{\"status\":\"%s\"",
		      ce_outcome_name(ce_result_stage_outcome(result, CE_STAGE_COMPILE)));
	put_end(out, ce_result_stage_exit_code(result, CE_STAGE_COMPILE),
		ce_result_stage_signal(result, CE_STAGE_COMPILE));
	put_output(out, result, CE_STAGE_COMPILE, always_base64);
	put_account(out, &account);
	buffer_printf(out, ",\"cached\":%s", account.flags & CE_ACCOUNT_CACHED ? "true" : "false");
	put_diagnostics(out, result, CE_STAGE_COMPILE);
	buffer_text(out, "}");
}

static void put_names(struct buffer *out, const char *name, uint64_t mask, unsigned count,
		      const char *(*bit_name)(uint64_t bit))
{
	bool first = true;

	buffer_printf(out, "\"%s\":[", name);
	for (unsigned i = 0; i < count; i++) {
		const char *text = mask >> i & 1 ? bit_name(UINT64_C(1) << i) : NULL;

		if (text)
			buffer_printf(out, "%s\"%s\"", first ? "" : ",", text);
		first &= !text;
	}
	buffer_text(out, "]");
}

static void put_files(struct buffer *out, const ce_result *result)
{
	bool first = true;

	buffer_text(out, ",\"outputs\":[");
	for (size_t i = 0; i < ce_result_file_count(result); i++) {
		ce_output_file file = {.size = sizeof(file)};
		bool skipped;

		if (ce_result_file(result, i, &file))
			continue;
		skipped = file.flags & CE_OUTPUT_FILE_SKIPPED;
		buffer_text(out, first ? "{" : ",{");
		put_text(out, "name", file.name);
		put_number(out, "size", file.data_size);
		buffer_printf(out, ",\"skipped\":%s,", skipped ? "true" : "false");
		put_text(out, "reason", file.reason);
		if (skipped)
			buffer_text(out, ",\"content_base64\":null");
		else
			put_base64(out, "content_base64", file.data, file.data_size);
		buffer_text(out, "}");
		first = false;
	}
	buffer_text(out, "]");
}

static void put_isolation(struct buffer *out, const ce_result *result)
{
	ce_stage stage = ce_result_has_stage(result, CE_STAGE_RUN) ? CE_STAGE_RUN : CE_STAGE_COMPILE;
	uint64_t in_force = ce_result_protections(result, stage);

	buffer_text(out, ",\"isolation\":{");
	put_names(out, "protections", in_force, CE_PROTECTION_COUNT, ce_protection_name);
	buffer_text(out, ",");
	put_names(out, "missing", ~in_force, CE_PROTECTION_COUNT, ce_protection_name);
	buffer_printf(out, ",\"limits_backend\":\"%s\"", ce_result_limits_backend(result));
	put_number(out, "host_uid", ce_result_host_uid(result));
	buffer_text(out, "}");
}

static void put_frame(struct buffer *out, const struct result_frame *frame, const char *status,
		      const char *message)
{
	buffer_text(out, "{");
	put_text(out, "id", frame->id);
	buffer_text(out, ",");
	put_text(out, "status", status);
	buffer_text(out, ",");
	put_text(out, "message", message);
	put_number(out, "queue_ms", frame->queue_ms);
	buffer_text(out, ",");
}

void result_write(struct buffer *out, const struct result_frame *frame, const ce_result *result)
{
	ce_account account = {.size = sizeof(account)};

	ce_result_account(result, CE_STAGE_RUN, &account);
	put_frame(out, frame, ce_result_status(result), ce_result_message(result));
	put_text(out, "language", ce_result_language(result));
	buffer_text(out, ",");
	put_text(out, "runtime", ce_result_runtime(result));
	put_end(out, ce_result_exit_code(result), ce_result_signal(result));
	buffer_text(out, ",");
	put_names(out, "limit_hit", ce_result_limits_hit(result), 64, ce_limit_name);
	put_output(out, result, CE_STAGE_RUN, frame->always_base64);
	put_account(out, &account);
	buffer_text(out, ",\"compile\":");
	result_write_compile(out, result, frame->always_base64);
	put_diagnostics(out, result, 0);
	put_files(out, result);
	put_isolation(out, result);
	if (ce_result_outcome(result) == CE_OUTCOME_SYSTEM_ERROR) {
		struct api_error error;

		api_error_set(&error, 500, "system_error", NULL, "%s", ce_result_message(result));
		buffer_text(out, ",\"error\":");
		result_write_error(out, &error);
	}
	buffer_text(out, "}");
}

void result_write_never_ran(struct buffer *out, const struct result_frame *frame, const char *status,
			    const char *message, const struct api_error *error)
{
	static const ce_account nothing = {.size = sizeof(nothing)};

	put_frame(out, frame, status, message);
	put_text(out, "language", frame->language);
	buffer_text(out, ",\"runtime\":null");
	put_end(out, -1, 0);
	buffer_text(out, ",\"limit_hit\":[],\"stdout\":\"\",\"stderr\":\"\",\"truncated\":{\"stdout\":false,"
			 "\"stderr\":false},\"total_bytes\":{\"stdout\":0,\"stderr\":0}");
	put_account(out, &nothing);
	buffer_text(out, ",\"compile\":null,\"diagnostics\":[],\"outputs\":[],\"isolation\":null");
	if (error) {
		buffer_text(out, ",\"error\":");
		result_write_error(out, error);
	}
	buffer_text(out, "}");
}

void result_write_error(struct buffer *out, const struct api_error *error)
{
	buffer_text(out, "{");
	put_text(out, "code", error->code);
	buffer_text(out, ",");
	put_text(out, "message", error->message);
	buffer_text(out, ",");
	put_text(out, "field", *error->field ? error->field : NULL);
	buffer_text(out, "}");
}
