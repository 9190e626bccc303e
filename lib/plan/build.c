/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Writes a plan: the tables with their spans first, then texts and bytes as they come, in one growing block. */
#include "plan/build.h"

#include <string.h>

struct writer {
	char *data;
	size_t size, capacity;
	bool failed; /* out of memory or too large; checked once at the end */
	bool no_memory; /* which of the two */
};

static bool reserve(struct writer *w, size_t more)
{
	size_t wanted;
	char *p;

	if (w->failed || more > CE_PLAN_MAX_BYTES || w->size + more > CE_PLAN_MAX_BYTES) {
		w->failed = true;
		return false;
	}
	if (w->size + more <= w->capacity)
		return true;
	wanted = w->capacity ? w->capacity * 2 : 16384;
	while (wanted < w->size + more)
		wanted *= 2;
	p = realloc(w->data, wanted);
	if (!p) {
		w->failed = w->no_memory = true;
		return false;
	}
	w->data = p;
	w->capacity = wanted;
	return true;
}

static struct ce_span put(struct writer *w, const void *data, size_t size)
{
	struct ce_span span = { (uint32_t)w->size, (uint32_t)size };

	if (!size || !reserve(w, size))
		return (struct ce_span){ 0, 0 };
	memcpy(w->data + w->size, data, size);
	w->size += size;
	return span;
}

static struct ce_span put_text(struct writer *w, const char *text)
{
	return text ? put(w, text, strlen(text) + 1) : (struct ce_span){ 0, 0 };
}

static void align(struct writer *w)
{
	static const char zeros[8];

	if (w->size % 8)
		put(w, zeros, 8 - w->size % 8);
}

static struct ce_span put_table(struct writer *w, const void *data, size_t size)
{
	align(w);
	return put(w, data, size);
}

/* Appends lists to one array of texts, which must be written without anything between. */
static void put_list(struct writer *w, struct ce_plan_strings *strings, const char *const *list)
{
	for (; list && *list; list++) {
		struct ce_span span = put_text(w, *list);

		if (!strings->count)
			strings->bytes.offset = span.offset;
		strings->bytes.size += span.size;
		strings->count++;
	}
}

static bool same_name(const char *assignment, const char *other)
{
	size_t n = strcspn(assignment, "=");

	return !strncmp(assignment, other, n) && other[n] == '=';
}

static bool overridden(const char *assignment, const char *const *later)
{
	for (; later && *later; later++)
		if (same_name(assignment, *later))
			return true;
	return false;
}

static const char *const base_env[] = {
	"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8", "USER=sandbox", NULL,
};

/* Later sources win: base, executor, request; within one list the last. */
static void put_env(struct writer *w, struct ce_plan_strings *out, const struct ce_build_stage *stage)
{
	const char *const *executor = stage->inputs ? (const char *const *)stage->inputs->env : NULL;
	const char *const *sources[] = { base_env, executor, stage->user_env };

	for (size_t i = 0; i < CE_ARRAY_SIZE(sources); i++) {
		for (const char *const *p = sources[i]; p && *p; p++) {
			const char *one[] = { *p, NULL };
			bool gone = overridden(*p, p + 1);

			for (size_t k = i + 1; k < CE_ARRAY_SIZE(sources); k++)
				gone = gone || overridden(*p, sources[k]);
			if (!gone)
				put_list(w, out, one);
		}
	}
}

static void put_mounts(struct writer *w, const struct ce_build_inputs *inputs, const struct ce_build_stage *from,
		       struct ce_plan_stage *out)
{
	struct ce_plan_mount mounts[CE_PLAN_MAX_MOUNTS];
	size_t count = 0, extra = from->inputs ? from->inputs->mount_count : 0;

	for (size_t i = 0; i < inputs->root->count; i++) {
		const struct ce_root_entry *e = &inputs->root->entries[i];
		struct ce_plan_mount *m = &mounts[count++];

		*m = (struct ce_plan_mount){ .type = e->type, .flags = e->optional ? CE_MOUNT_OPTIONAL : 0 };
		m->source = put_text(w, e->source);
		m->target = put_text(w, e->target);
		if (e->type == CE_MOUNT_SYMLINK)
			m->content = put_text(w, e->content);
		else if (e->content)
			m->content = put(w, e->content, strlen(e->content));
	}
	if (from->trigger && count < CE_ARRAY_SIZE(mounts)) {
		mounts[count++] = (struct ce_plan_mount){
			.type = CE_MOUNT_BIND,
			.source = put_text(w, from->park_object),
			.target = put_text(w, CE_PLAN_PARK_OBJECT),
		};
	}
	if (count + extra > CE_ARRAY_SIZE(mounts)) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < extra; i++) {
		const struct ce_manifest_mount *e = &from->inputs->mounts[i];

		mounts[count++] = (struct ce_plan_mount){
			.type = CE_MOUNT_BIND,
			.flags = e->optional ? CE_MOUNT_OPTIONAL : 0,
			.source = put_text(w, e->source),
			.target = put_text(w, e->target ? e->target : e->source),
		};
	}
	out->mounts = put_table(w, mounts, count * sizeof(*mounts));
	out->mount_count = count;
}

static uint64_t milliseconds_to_us(uint64_t ms)
{
	return ms > UINT64_MAX / 1000 ? UINT64_MAX : ms * 1000;
}

static uint64_t warm_flags(const struct ce_build_stage *from)
{
	const struct ce_manifest_warm *warm = &from->inputs->warm;

	return CE_PLAN_STAGE_PARK | (warm->mode == CE_WARM_FORK ? CE_PLAN_STAGE_FORK : 0) |
	       (warm->second_read ? CE_PLAN_STAGE_SECOND_READ : 0) |
	       (warm->fast_exit && !from->full_exit ? CE_PLAN_STAGE_FAST_EXIT : 0);
}

static void put_stage(struct writer *w, const struct ce_build_inputs *inputs, const struct ce_build_stage *from,
		      struct ce_plan_stage *out)
{
	const ce_limits *l = from->limits;

	*out = (struct ce_plan_stage){
		.stage = from->stage,
		.flags = (from->inputs && from->inputs->rlimit_as ? CE_PLAN_STAGE_RLIMIT_AS : 0) |
			 (from->inputs && from->trigger ? warm_flags(from) : 0),
		.wall_time_us = milliseconds_to_us(l->wall_time_ms),
		.cpu_time_us = milliseconds_to_us(l->cpu_time_ms),
		.memory_bytes = l->memory_bytes,
		.disk_bytes = l->disk_bytes,
		.disk_inodes = l->disk_inodes,
		.file_size_bytes = l->file_size_bytes,
		.stack_bytes = l->stack_bytes,
		.processes = l->processes,
		.open_files = l->open_files,
	};
	if (from->inputs) {
		put_list(w, &out->argv, (const char *const *)from->inputs->argv);
		put_list(w, &out->artifacts, (const char *const *)from->inputs->artifacts);
	}
	put_env(w, &out->env, from);
	out->trigger = put_text(w, from->trigger);
	if (from->inputs && from->trigger) {
		const struct ce_manifest_warm *warm = &from->inputs->warm;

		out->warm_min = warm->min;
		out->warm_max = warm->max;
		out->warm_max_uses = warm->max_uses;
		out->warm_max_age_us = milliseconds_to_us(warm->max_age_ms);
	}
	out->bpf = put_table(w, from->bpf, from->bpf_size);
	put_mounts(w, inputs, from, out);
}

static void put_files(struct writer *w, const struct ce_build_inputs *inputs, struct ce_plan *plan)
{
	CE_CLEANUP_FREE struct ce_plan_file *files = calloc(inputs->file_count + 1, sizeof(*files));

	if (!files) {
		w->failed = w->no_memory = true;
		return;
	}
	for (size_t i = 0; i < inputs->file_count; i++) {
		files[i].name = put_text(w, inputs->files[i].name);
		files[i].data = put(w, inputs->files[i].data, inputs->files[i].data_size);
		files[i].executable = inputs->executable && inputs->executable[i];
	}
	plan->files = put_table(w, files, inputs->file_count * sizeof(*files));
	plan->file_count = inputs->file_count;
}

int ce__build_plan(const struct ce_build_inputs *inputs, void **block, size_t *size, ce_error **error)
{
	struct writer w = { 0 };
	struct ce_plan plan = {
		.magic = CE_PLAN_MAGIC,
		.flags = inputs->flags,
		.network = inputs->network,
		.disable = inputs->disable,
		.tolerate = inputs->tolerate,
		.usage_interval_us = inputs->usage_interval_us,
		.queue_timeout_us = inputs->queue_timeout_us,
		.outputs_max_bytes = inputs->outputs_max_bytes,
		.keep_max_bytes = inputs->keep_max_bytes,
		.stage_count = inputs->stage_count,
	};

	put(&w, &plan, sizeof(plan)); /* its place; the contents follow once the spans are known */
	for (size_t i = 0; i < inputs->stage_count; i++)
		put_stage(&w, inputs, &inputs->stages[i], &plan.stages[i]);
	put_files(&w, inputs, &plan);
	put_list(&w, &plan.outputs, inputs->outputs);
	align(&w);
	if (w.failed) {
		free(w.data);
		if (w.no_memory)
			return ce__error_no_memory(error);
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "the request is too large (files, arguments and environment together)");
	}
	plan.total_size = w.size;
	memcpy(w.data, &plan, sizeof(plan));
	*block = w.data;
	*size = w.size;
	return 0;
}
