/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "client/result.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define FILES_MAX 4096

static int take_record(ce_output_file *file, const char *name, const struct ce_file_record *record)
{
	char *text = strndup(name, record->name_size);
	char *data = malloc(record->data_size + 1);
	char *reason = strndup(record->reason, sizeof(record->reason));

	if (!text || !data || !reason) {
		free(text);
		free(data);
		free(reason);
		return -ENOMEM;
	}
	memcpy(data, name + CE_PADDED(record->name_size), record->data_size);
	data[record->data_size] = '\0';
	*file = (ce_output_file){
		.size = sizeof(*file),
		.name = text,
		.data = data,
		.data_size = (size_t)record->data_size,
		.flags = record->flags,
		.reason = reason,
	};
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const ce_output_file *)a)->name, ((const ce_output_file *)b)->name);
}

static void free_file(ce_output_file *file)
{
	free((void *)(uintptr_t)file->name);
	free((void *)(uintptr_t)file->data);
	free((void *)(uintptr_t)file->reason);
}

/* Two patterns may have found the same file. */
static void sort_files(struct ce_result *result)
{
	size_t kept = 0;

	if (result->file_count == 0)
		return;
	qsort(result->files, result->file_count, sizeof(*result->files), compare_files);
	for (size_t i = 0; i < result->file_count; i++) {
		ce_output_file *last = kept ? &result->files[kept - 1] : NULL;

		if (!last || strcmp(last->name, result->files[i].name) != 0) {
			result->files[kept++] = result->files[i];
		} else if ((last->flags & CE_OUTPUT_FILE_SKIPPED) && !(result->files[i].flags & CE_OUTPUT_FILE_SKIPPED)) {
			free_file(last);
			*last = result->files[i];
		} else {
			free_file(&result->files[i]);
		}
	}
	result->file_count = kept;
}

static int read_records(struct ce_result *result, const char *map, uint64_t size)
{
	uint64_t at = 0;
	size_t capacity = 0;

	while (size - at >= sizeof(struct ce_file_record) && result->file_count < FILES_MAX) {
		struct ce_file_record record;
		uint64_t need;
		int r;

		memcpy(&record, map + at, sizeof(record));
		at += sizeof(record);
		if (record.name_size > 4096 || record.data_size > size)
			break;
		need = CE_PADDED(record.name_size) + CE_PADDED(record.data_size);
		if (need > size - at)
			break;
		if (result->file_count == capacity) {
			ce_output_file *p;

			capacity = capacity ? capacity * 2 : 16;
			p = reallocarray(result->files, capacity, sizeof(*p));
			if (!p)
				return -ENOMEM;
			result->files = p;
		}
		r = take_record(&result->files[result->file_count], map + at, &record);
		if (r)
			return r;
		result->file_count++;
		at += need;
	}
	return 0;
}

int ce__result_read_files(struct ce_result *result, int memfd)
{
	struct stat st;
	void *map;
	int r;

	if (fstat(memfd, &st) < 0)
		return -errno;
	if (st.st_size <= 0)
		return 0;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, memfd, 0);
	if (map == MAP_FAILED)
		return -errno;
	r = read_records(result, map, (uint64_t)st.st_size);
	munmap(map, (size_t)st.st_size);
	sort_files(result);
	return r;
}

struct ce_result_stage *ce__result_deciding_stage(struct ce_result *result)
{
	struct ce_result_stage *run = &result->stages[CE_STAGE_RUN - 1];

	return run->present ? run : &result->stages[CE_STAGE_COMPILE - 1];
}

static void explain(struct ce_result *result, const struct ce_executor *executor, size_t runtime)
{
	/* Both stages may have something to say: a compiler's warnings, then a traceback. */
	for (size_t i = 0; i < 2; i++) {
		const struct ce_result_stage *s = &result->stages[i];
		struct ce_owned_diagnostic *more = NULL, *p;
		size_t count = 0;

		if (!s->present)
			continue;
		ce__executor_explain(executor, runtime,
				     &(struct ce_explain_input){
					     .stage = (ce_stage)(i + 1),
					     .outcome = (ce_outcome)s->end.outcome,
					     .exit_code = (int)s->end.exit_code,
					     .signal = (int)s->end.signal,
					     .output = s->streams[0].data ? s->streams[0].data : "",
					     .output_size = s->streams[0].size,
					     .errors = s->streams[1].data ? s->streams[1].data : "",
					     .errors_size = s->streams[1].size,
				     },
				     &more, &count);
		if (count == 0)
			continue;
		p = reallocarray(result->diagnostics, result->diagnostic_count + count, sizeof(*p));
		if (!p) {
			ce__diagnostics_free(more, count);
			continue;
		}
		memcpy(p + result->diagnostic_count, more, count * sizeof(*p));
		free(more); /* the array; its texts have moved */
		result->diagnostics = p;
		result->diagnostic_count += count;
	}
}

void ce__result_conclude(struct ce_result *result, const struct ce_executor *executor, size_t runtime, bool cancelled)
{
	const struct ce_result_stage *compile = &result->stages[CE_STAGE_COMPILE - 1];
	const struct ce_result_stage *s = ce__result_deciding_stage(result);

	if (result->outcome == 0 && cancelled) {
		result->outcome = CE_OUTCOME_CANCELLED;
		snprintf(result->message, sizeof(result->message), "cancelled before the program was started");
	} else if (result->outcome == 0 && !s->present) {
		result->outcome = CE_OUTCOME_SYSTEM_ERROR;
		snprintf(result->message, sizeof(result->message), "nothing was run");
	} else if (result->outcome == 0) {
		result->outcome = (ce_outcome)s->end.outcome;
		if (s == compile && result->outcome != CE_OUTCOME_SUCCESS && result->outcome != CE_OUTCOME_CANCELLED &&
		    result->outcome != CE_OUTCOME_SYSTEM_ERROR) {
			result->outcome = CE_OUTCOME_COMPILATION_ERROR;
			snprintf(result->message, sizeof(result->message), "the compile stage %s", s->end.message);
		} else {
			snprintf(result->message, sizeof(result->message), "%s", s->end.message);
		}
	}
	explain(result, executor, runtime);
}

void ce_result_free(ce_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < 2; k++)
			ce__capture_finish(&result->stages[i].streams[k]);
		free(result->stages[i].trace);
	}
	for (size_t i = 0; i < result->file_count; i++)
		free_file(&result->files[i]);
	free(result->files);
	ce__diagnostics_free(result->diagnostics, result->diagnostic_count);
	free((void *)(uintptr_t)result->language);
	free((void *)(uintptr_t)result->runtime);
	free(result);
}
