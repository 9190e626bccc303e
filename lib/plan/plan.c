/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Checks a plan that came from outside. The supervisor runs this before it believes a single offset, so it is
 * also the fuzz target's entry. */
#include "plan/plan.h"

#include <codeexec/codeexec.h>
#include <string.h>

struct checker {
	const char *block;
	uint64_t size;
	struct ce_failure *failure;
};

static int refuse(const struct checker *c, const char *what)
{
	return ce__failure_set(c->failure, CE_ERR_INVALID, 0, "plan", "malformed plan: %s", what);
}

static bool span_inside(const struct checker *c, struct ce_span span)
{
	return (uint64_t)span.offset + span.size <= c->size;
}

/* One text: its NUL is the last byte and the only one. An empty span is the empty text. */
static bool text_ok(const struct checker *c, struct ce_span span)
{
	if (!span_inside(c, span))
		return false;
	return span.size == 0 || memchr(c->block + span.offset, 0, span.size) == c->block + span.offset + span.size - 1;
}

static bool array_ok(const struct checker *c, struct ce_span span, uint64_t count, uint64_t max, size_t item)
{
	return span_inside(c, span) && span.offset % 8 == 0 && count <= max && (uint64_t)span.size == count * item;
}

static bool strings_ok(const struct checker *c, struct ce_plan_strings strings)
{
	uint64_t found = 0;

	if (!span_inside(c, strings.bytes) || strings.count > CE_PLAN_MAX_STRINGS)
		return false;
	for (uint32_t i = 0; i < strings.bytes.size; i++)
		found += c->block[strings.bytes.offset + i] == '\0';
	if (found != strings.count)
		return false;
	return strings.bytes.size == 0 || c->block[strings.bytes.offset + strings.bytes.size - 1] == '\0';
}

bool ce__plan_name_ok(const char *name, size_t length)
{
	size_t start = 0;

	if (length == 0 || length > 4095 || memchr(name, 0, length))
		return false;
	for (size_t i = 0; i <= length; i++) {
		size_t part;

		if (i < length && name[i] != '/')
			continue;
		part = i - start;
		if (part == 0 || part > 255)
			return false;
		if (name[start] == '.' && (part == 1 || (part == 2 && name[start + 1] == '.')))
			return false;
		start = i + 1;
	}
	return true;
}

/* "/a/b": absolute, and clean behind the first slash. */
static bool target_ok(const char *text)
{
	return text[0] == '/' && ce__plan_name_ok(text + 1, strlen(text + 1));
}

static int check_mounts(const struct checker *c, const struct ce_plan *plan, const struct ce_plan_stage *stage)
{
	const struct ce_plan_mount *mounts;

	if (!array_ok(c, stage->mounts, stage->mount_count, CE_PLAN_MAX_MOUNTS, sizeof(*mounts)))
		return refuse(c, "mount table");
	mounts = ce__plan_at(plan, stage->mounts);
	for (uint64_t i = 0; i < stage->mount_count; i++) {
		const struct ce_plan_mount *m = &mounts[i];
		bool needs_source = m->type == CE_MOUNT_BIND || m->type == CE_MOUNT_DEVICE;

		if (m->type < CE_MOUNT_BIND || m->type > CE_MOUNT_FILE || m->flags > CE_MOUNT_OPTIONAL)
			return refuse(c, "mount type");
		if (!text_ok(c, m->source) || !text_ok(c, m->target) || !span_inside(c, m->content))
			return refuse(c, "mount text");
		if (!target_ok(ce__plan_text(plan, m->target)))
			return refuse(c, "mount target");
		if (needs_source && ce__plan_text(plan, m->source)[0] != '/')
			return refuse(c, "mount source");
		if (m->type == CE_MOUNT_SYMLINK && (m->content.size == 0 || !text_ok(c, m->content)))
			return refuse(c, "symlink content");
	}
	return 0;
}

static int check_files(const struct checker *c, const struct ce_plan *plan)
{
	const struct ce_plan_file *files;

	if (!array_ok(c, plan->files, plan->file_count, CE_PLAN_MAX_FILES, sizeof(*files)))
		return refuse(c, "file table");
	files = ce__plan_at(plan, plan->files);
	for (uint64_t i = 0; i < plan->file_count; i++) {
		if (!text_ok(c, files[i].name) || files[i].name.size == 0 || !span_inside(c, files[i].data) ||
		    files[i].executable > 1)
			return refuse(c, "file entry");
		if (!ce__plan_name_ok(ce__plan_text(plan, files[i].name), files[i].name.size - 1u))
			return refuse(c, "file name");
	}
	return 0;
}

static bool trigger_ok(const struct checker *c, const struct ce_plan *plan, const struct ce_plan_stage *stage)
{
	const uint64_t only_then = CE_PLAN_STAGE_FORK | CE_PLAN_STAGE_SECOND_READ | CE_PLAN_STAGE_FAST_EXIT;

	if (!(stage->flags & CE_PLAN_STAGE_PARK))
		return stage->trigger.size == 0 && !(stage->flags & only_then) && !stage->warm_min && !stage->warm_max &&
		       !stage->warm_max_uses && !stage->warm_max_age_us;
	return stage->warm_min >= 1 && stage->warm_min <= stage->warm_max && stage->warm_max <= CE_PLAN_MAX_WARM &&
	       stage->warm_max_uses >= 1 && stage->warm_max_age_us >= 1 && stage->stage == CE_STAGE_RUN && plan->stage_count == 1 && !(plan->flags & CE_PLAN_PROBE) &&
	       text_ok(c, stage->trigger) && stage->trigger.size > 1 && stage->trigger.size <= CE_PLAN_MAX_TRIGGER &&
	       ce__plan_name_ok(ce__plan_text(plan, stage->trigger), stage->trigger.size - 1u);
}

/* At most one of them, traced or not; each asks for its kind of stages. */
static bool flags_ok(const struct ce_plan *plan)
{
	switch (plan->flags & ~(uint64_t)CE_PLAN_TRACE) {
	case 0:
	case CE_PLAN_PROBE:
	case CE_PLAN_PARK:
		return true;
	case CE_PLAN_KEEP:
		return plan->stage_count == 2;
	case CE_PLAN_COMPILED:
		return plan->stage_count == 1 && plan->stages[0].stage == CE_STAGE_RUN &&
		       !(plan->stages[0].flags & CE_PLAN_STAGE_PARK);
	default:
		return false;
	}
}

static int check_stage(const struct checker *c, const struct ce_plan *plan, const struct ce_plan_stage *stage)
{
	if (stage->stage != CE_STAGE_COMPILE && stage->stage != CE_STAGE_RUN)
		return refuse(c, "stage number");
	if (stage->flags & ~(uint64_t)CE_PLAN_STAGE_FLAGS)
		return refuse(c, "stage flags");
	if (!trigger_ok(c, plan, stage))
		return refuse(c, "trigger");
	if (stage->memory_bytes == 0 || stage->memory_bytes > INT64_MAX || stage->disk_bytes == 0 ||
	    stage->disk_bytes > INT64_MAX || stage->disk_inodes == 0 || stage->disk_inodes > INT32_MAX ||
	    stage->processes == 0 || stage->processes > INT32_MAX || stage->open_files == 0 ||
	    stage->open_files > INT32_MAX || stage->stack_bytes == 0 || stage->stack_bytes > INT64_MAX ||
	    stage->file_size_bytes == 0 || stage->wall_time_us == 0 || stage->cpu_time_us == 0)
		return refuse(c, "limits");
	if (!strings_ok(c, stage->argv) || !strings_ok(c, stage->env) || !strings_ok(c, stage->artifacts))
		return refuse(c, "texts");
	if (stage->argv.count == 0 && !(plan->flags & CE_PLAN_PROBE))
		return refuse(c, "empty command");
	if (!span_inside(c, stage->bpf) || stage->bpf.offset % 8 || stage->bpf.size % 8 ||
	    stage->bpf.size / 8 > CE_PLAN_MAX_BPF || stage->bpf.size == 0)
		return refuse(c, "filter");
	return check_mounts(c, plan, stage);
}

int ce__plan_check(const void *block, size_t size, struct ce_failure *failure)
{
	struct checker c = { block, size, failure };
	const struct ce_plan *plan = block;
	int r;

	if (size < sizeof(*plan) || size > CE_PLAN_MAX_BYTES || (uintptr_t)block % 8)
		return refuse(&c, "size");
	if (plan->magic != CE_PLAN_MAGIC || plan->total_size != size)
		return refuse(&c, "header");
	if (plan->network > CE_NETWORK_LOOPBACK)
		return refuse(&c, "flags");
	if (plan->stage_count < 1 || plan->stage_count > CE_PLAN_MAX_STAGES)
		return refuse(&c, "stage count");
	if (!flags_ok(plan))
		return refuse(&c, "flags");
	if (!strings_ok(&c, plan->outputs))
		return refuse(&c, "outputs");
	r = check_files(&c, plan);
	for (uint64_t i = 0; !r && i < plan->stage_count; i++)
		r = check_stage(&c, plan, &plan->stages[i]);
	if (r)
		return r;
	if ((plan->flags & CE_PLAN_PARK) && !(plan->stages[0].flags & CE_PLAN_STAGE_PARK))
		return refuse(&c, "nothing to park");
	if (plan->stage_count == 2 &&
	    (plan->stages[0].stage != CE_STAGE_COMPILE || plan->stages[1].stage != CE_STAGE_RUN))
		return refuse(&c, "stage order");
	return 0;
}

void ce__plan_fill_vector(const struct ce_plan *plan, struct ce_plan_strings strings, char **vector)
{
	const char *p = ce__plan_at(plan, strings.bytes);

	for (uint64_t i = 0; i < strings.count; i++) {
		vector[i] = (char *)(uintptr_t)p;
		p += strlen(p) + 1;
	}
	vector[strings.count] = NULL;
}

char **ce__plan_vector(const struct ce_plan *plan, struct ce_plan_strings strings)
{
	char **vector = calloc(strings.count + 1, sizeof(*vector));

	if (vector)
		ce__plan_fill_vector(plan, strings, vector);
	return vector;
}
