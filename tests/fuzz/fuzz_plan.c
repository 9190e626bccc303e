/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Plans: whatever the bytes are, they are refused, or everything that the supervisor and a cell will read of them can be read. */
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static volatile uint64_t sink;

static void touch_bytes(const struct ce_plan *plan, struct ce_span span)
{
	const unsigned char *p = ce__plan_at(plan, span);

	for (uint32_t i = 0; i < span.size; i++)
		sink += p[i];
}

static void touch_text(const struct ce_plan *plan, struct ce_span span)
{
	size_t length = strlen(ce__plan_text(plan, span));

	if (length != (span.size ? span.size - 1 : 0))
		abort();
}

static void touch_strings(const struct ce_plan *plan, struct ce_plan_strings strings)
{
	char **vector = ce__plan_vector(plan, strings);
	size_t total = 0;

	if (!vector)
		return;
	for (uint64_t i = 0; i < strings.count; i++)
		total += strlen(vector[i]) + 1;
	if (vector[strings.count] || total != strings.bytes.size)
		abort();
	free(vector);
}

static void touch_stage(const struct ce_plan *plan, const struct ce_plan_stage *stage)
{
	const struct ce_plan_mount *mounts = ce__plan_at(plan, stage->mounts);

	touch_strings(plan, stage->argv);
	touch_strings(plan, stage->env);
	touch_strings(plan, stage->artifacts);
	touch_bytes(plan, stage->bpf);
	for (uint64_t i = 0; i < stage->mount_count; i++) {
		touch_text(plan, mounts[i].source);
		touch_text(plan, mounts[i].target);
		touch_bytes(plan, mounts[i].content);
		if (mounts[i].type == CE_MOUNT_SYMLINK)
			touch_text(plan, mounts[i].content);
		if (ce__plan_text(plan, mounts[i].target)[0] != '/')
			abort();
	}
	if (stage->argv.count == 0 && !(plan->flags & CE_PLAN_PROBE))
		abort();
}

static void touch_plan(const struct ce_plan *plan)
{
	const struct ce_plan_file *files = ce__plan_at(plan, plan->files);

	for (uint64_t i = 0; i < plan->file_count; i++) {
		const char *name = ce__plan_text(plan, files[i].name);

		touch_text(plan, files[i].name);
		touch_bytes(plan, files[i].data);
		if (!ce__plan_name_ok(name, strlen(name)))
			abort();
	}
	touch_strings(plan, plan->outputs);
	for (uint64_t i = 0; i < plan->stage_count; i++)
		touch_stage(plan, &plan->stages[i]);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct ce_failure failure = { 0 };
	void *block = malloc(size ? size : 1); /* aligned, and not a byte longer */
	int r;

	if (!block)
		return 0;
	memcpy(block, data, size);
	r = ce__plan_check(block, size, &failure);
	if ((r != 0) != (failure.code != 0) || (r && failure.message[0] == '\0'))
		abort();
	if (r == 0)
		touch_plan(block);
	free(block);
	return 0;
}
