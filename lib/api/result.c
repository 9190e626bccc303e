/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "api/sandbox.h"

static const struct ce_result_stage *find(const ce_result *result, ce_stage stage)
{
	if (stage != CE_STAGE_COMPILE && stage != CE_STAGE_RUN)
		return NULL;
	return result->stages[stage - 1].present ? &result->stages[stage - 1] : NULL;
}

/* A stage that broke off may have output although it has no account. */
static const struct ce_capture *capture(const ce_result *result, ce_stage stage, int stream)
{
	if ((stage != CE_STAGE_COMPILE && stage != CE_STAGE_RUN) ||
	    (stream != CE_STREAM_STDOUT && stream != CE_STREAM_STDERR))
		return NULL;
	return &result->stages[stage - 1].streams[stream - 1];
}

static const struct ce_result_stage *deciding(const ce_result *result)
{
	const struct ce_result_stage *run = find(result, CE_STAGE_RUN);

	const struct ce_result_stage *compile = find(result, CE_STAGE_COMPILE);

	if (run || !compile)
		return run;
	/* It compiled, but then something kept the program from running: the compiler's 0 is not its exit code. */
	if (compile->end.outcome == CE_OUTCOME_SUCCESS && result->outcome != CE_OUTCOME_SUCCESS)
		return NULL;
	return compile;
}

ce_outcome ce_result_outcome(const ce_result *result)
{
	return result->outcome;
}

const char *ce_result_status(const ce_result *result)
{
	return ce_outcome_name(result->outcome);
}

int ce_result_exit_code(const ce_result *result)
{
	const struct ce_result_stage *s = deciding(result);

	return s ? (int)s->end.exit_code : -1;
}

int ce_result_signal(const ce_result *result)
{
	const struct ce_result_stage *s = deciding(result);

	return s ? (int)s->end.signal : 0;
}

const char *ce_result_message(const ce_result *result)
{
	return result->message;
}

uint64_t ce_result_limits_hit(const ce_result *result)
{
	uint64_t hit = 0;

	for (size_t i = 0; i < 2; i++) {
		hit |= result->stages[i].end.limits_hit;
		for (size_t k = 0; k < 2; k++)
			if (result->stages[i].streams[k].total > result->stages[i].streams[k].size)
				hit |= CE_LIMIT_OUTPUT;
	}
	return hit;
}

ce_outcome ce_result_stage_outcome(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s ? (ce_outcome)s->end.outcome : (ce_outcome)0;
}

int ce_result_stage_exit_code(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s ? (int)s->end.exit_code : -1;
}

int ce_result_stage_signal(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s ? (int)s->end.signal : 0;
}

size_t ce_result_trace_count(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s && s->trace ? (size_t)s->trace->count : 0;
}

const char *ce_result_trace_step(const ce_result *result, ce_stage stage, size_t index, uint64_t *at_us)
{
	const struct ce_result_stage *s = find(result, stage);
	bool there = s && s->trace && index < s->trace->count;

	if (at_us)
		*at_us = there ? s->trace->points[index].at_us : 0;
	return there ? s->trace->points[index].name : NULL;
}

int ce_result_has_stage(const ce_result *result, ce_stage stage)
{
	return find(result, stage) != NULL;
}

const void *ce_result_output(const ce_result *result, ce_stage stage, int stream, size_t *size)
{
	const struct ce_capture *c = capture(result, stage, stream);

	if (size)
		*size = c ? c->size : 0;
	return c && c->data ? c->data : "";
}

uint64_t ce_result_output_total(const ce_result *result, ce_stage stage, int stream)
{
	const struct ce_capture *c = capture(result, stage, stream);

	return c ? c->total : 0;
}

int ce_result_output_truncated(const ce_result *result, ce_stage stage, int stream)
{
	const struct ce_capture *c = capture(result, stage, stream);

	return c && c->total > c->size;
}

int ce_result_account(const ce_result *result, ce_stage stage, ce_account *account)
{
	const struct ce_result_stage *s = find(result, stage);
	ce_account none = { .size = sizeof(none) };

	return ce__sized_copy_out(account, s ? &s->end.account : &none, sizeof(none)) ? CE_ERR_INVALID : 0;
}

uint64_t ce_result_wall_time_us(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s ? s->end.account.wall_time_us : 0;
}

uint64_t ce_result_cpu_time_us(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s ? s->end.account.cpu_time_us : 0;
}

uint64_t ce_result_memory_peak_bytes(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s ? s->end.account.memory_peak_bytes : 0;
}

uint64_t ce_result_protections(const ce_result *result, ce_stage stage)
{
	const struct ce_result_stage *s = find(result, stage);

	return s ? s->end.protections : 0;
}

const char *ce_result_limits_backend(const ce_result *result)
{
	return result->limits_backend;
}

uint64_t ce_result_host_uid(const ce_result *result)
{
	const struct ce_result_stage *s = find(result, CE_STAGE_RUN);

	if (!s)
		s = find(result, CE_STAGE_COMPILE);
	return s ? s->end.host_uid : 0;
}

const char *ce_result_language(const ce_result *result)
{
	return result->language;
}

const char *ce_result_runtime(const ce_result *result)
{
	return result->runtime;
}

size_t ce_result_diagnostic_count(const ce_result *result)
{
	return result->diagnostic_count;
}

int ce_result_diagnostic(const ce_result *result, size_t index, ce_diagnostic *diagnostic)
{
	ce_diagnostic full = { .size = sizeof(full) };
	const struct ce_owned_diagnostic *d;

	if (index >= result->diagnostic_count)
		return CE_ERR_INVALID;
	d = &result->diagnostics[index];
	full.stage = d->stage;
	full.severity = d->severity ? d->severity : "";
	full.type = d->type ? d->type : "";
	full.message = d->message ? d->message : "";
	full.file = d->file ? d->file : "";
	full.line = d->line;
	full.column = d->column;
	return ce__sized_copy_out(diagnostic, &full, sizeof(full)) ? CE_ERR_INVALID : 0;
}

size_t ce_result_file_count(const ce_result *result)
{
	return result->file_count;
}

int ce_result_file(const ce_result *result, size_t index, ce_output_file *file)
{
	if (index >= result->file_count)
		return CE_ERR_INVALID;
	return ce__sized_copy_out(file, &result->files[index], sizeof(*file)) ? CE_ERR_INVALID : 0;
}
