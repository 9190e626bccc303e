/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Shapes: which requests one process that was started ahead can serve, told from their plans. */
#include "monitor/shape.h"

#include <string.h>
#include <sys/mman.h>

#define SHAPES_MAX 32

static bool same_bytes(const struct ce_plan *a, struct ce_span x, const struct ce_plan *b, struct ce_span y)
{
	return x.size == y.size && (!x.size || memcmp(ce__plan_at(a, x), ce__plan_at(b, y), x.size) == 0);
}

static bool same_strings(const struct ce_plan *a, struct ce_plan_strings x, const struct ce_plan *b, struct ce_plan_strings y)
{
	return x.count == y.count && same_bytes(a, x.bytes, b, y.bytes);
}

static bool same_mounts(const struct ce_plan *a, const struct ce_plan_stage *x, const struct ce_plan *b,
			const struct ce_plan_stage *y)
{
	const struct ce_plan_mount *m = ce__plan_at(a, x->mounts), *n = ce__plan_at(b, y->mounts);

	if (x->mount_count != y->mount_count)
		return false;
	for (uint64_t i = 0; i < x->mount_count; i++)
		if (m[i].type != n[i].type || m[i].flags != n[i].flags || !same_bytes(a, m[i].source, b, n[i].source) ||
		    !same_bytes(a, m[i].target, b, n[i].target) || !same_bytes(a, m[i].content, b, n[i].content))
			return false;
	return true;
}

bool ce__shape_same_cell(const struct ce_plan *a, const struct ce_plan *b)
{
	const struct ce_plan_stage *x = &a->stages[0], *y = &b->stages[0];

	return a->stage_count == 1 && b->stage_count == 1 && a->network == b->network && a->disable == b->disable &&
	       a->tolerate == b->tolerate && x->memory_bytes == y->memory_bytes && x->processes == y->processes &&
	       x->disk_bytes == y->disk_bytes && x->disk_inodes == y->disk_inodes && same_mounts(a, x, b, y);
}

bool ce__shape_same(const struct ce_plan *a, const struct ce_plan *b)
{
	const struct ce_plan_stage *x = &a->stages[0], *y = &b->stages[0];

	/* Not the times: their clocks start at the hand-over. */
	return ce__shape_same_cell(a, b) && x->stage == y->stage && x->flags == y->flags &&
	       x->file_size_bytes == y->file_size_bytes && x->stack_bytes == y->stack_bytes && x->open_files == y->open_files &&
	       same_bytes(a, x->trigger, b, y->trigger) && same_strings(a, x->argv, b, y->argv) &&
	       same_strings(a, x->env, b, y->env) && same_bytes(a, x->bpf, b, y->bpf);
}

struct ce_plan *ce__shape_copy_plan(const struct ce_plan *plan, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	memcpy(p, plan, size);
	if (madvise(p, size, MADV_DONTFORK) < 0) {
		munmap(p, size);
		return NULL;
	}
	return p;
}

static void erase(struct ce_plan *plan, struct ce_span *span)
{
	memset((char *)plan + span->offset, 0, span->size);
	*span = (struct ce_span){ 0, 0 };
}

/* What is the request's own must not lie in a cell that waits for another. */
static void strip(struct ce_plan *plan)
{
	struct ce_plan_file *files = (struct ce_plan_file *)((char *)plan + plan->files.offset);

	for (uint64_t i = 0; i < plan->file_count; i++) {
		erase(plan, &files[i].name);
		erase(plan, &files[i].data);
	}
	erase(plan, &plan->files);
	erase(plan, &plan->outputs.bytes);
	plan->file_count = plan->outputs.count = 0;
	plan->flags = 0;
	plan->usage_interval_us = plan->queue_timeout_us = 0;
}

static struct ce_span put(struct ce_plan *to, const struct ce_plan *from, struct ce_span span)
{
	struct ce_span here = { (uint32_t)to->total_size, span.size };

	memcpy((char *)to + here.offset, ce__plan_at(from, span), span.size);
	to->total_size += span.size;
	return here;
}

struct ce_plan *ce__shape_copy_cell(const struct ce_plan *plan, size_t *size)
{
	const struct ce_plan_stage *stage = &plan->stages[0];
	const struct ce_plan_mount *from = ce__plan_at(plan, stage->mounts);
	size_t table = stage->mount_count * sizeof(*from), total = sizeof(*plan) + table;
	struct ce_plan_mount *to;
	struct ce_plan *copy;

	for (uint64_t i = 0; i < stage->mount_count; i++)
		total += (size_t)from[i].source.size + from[i].target.size + from[i].content.size;
	copy = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return NULL;
	*copy = (struct ce_plan){
		.magic = plan->magic,
		.total_size = sizeof(*plan) + table,
		.network = plan->network,
		.disable = plan->disable,
		.tolerate = plan->tolerate,
		.stage_count = 1,
		.stages = { {
			.stage = stage->stage,
			.memory_bytes = stage->memory_bytes,
			.processes = stage->processes,
			.disk_bytes = stage->disk_bytes,
			.disk_inodes = stage->disk_inodes,
			.mounts = { sizeof(*plan), (uint32_t)table },
			.mount_count = stage->mount_count,
		} },
	};
	to = (struct ce_plan_mount *)((char *)copy + copy->stages[0].mounts.offset);
	for (uint64_t i = 0; i < stage->mount_count; i++)
		to[i] = (struct ce_plan_mount){ from[i].type, from[i].flags, put(copy, plan, from[i].source),
						put(copy, plan, from[i].target), put(copy, plan, from[i].content) };
	*size = total;
	return copy;
}

static bool in_use(const struct ce_supervisor *s, const struct ce_shape *shape)
{
	for (const struct ce_job *job = s->jobs; job; job = job->next)
		if (job->shape == shape)
			return true;
	return shape->pinned;
}

/* Forgets the one that was used longest ago. */
static bool make_room(struct ce_supervisor *s)
{
	struct ce_shape **oldest = NULL, *gone;
	size_t count = 0;

	for (struct ce_shape **link = &s->shapes; *link; link = &(*link)->next) {
		count++;
		if (!in_use(s, *link) && (!oldest || (*link)->used_us < (*oldest)->used_us))
			oldest = link;
	}
	if (count < SHAPES_MAX)
		return true;
	if (!oldest)
		return false;
	gone = *oldest;
	*oldest = gone->next;
	ce__base_close(&gone->plan_fd);
	munmap(gone->plan, gone->plan_size);
	free(gone);
	return true;
}

struct ce_shape *ce__shape_find(struct ce_supervisor *s, const struct ce_plan *plan)
{
	struct ce_shape *shape;

	for (shape = s->shapes; shape; shape = shape->next)
		/* The rlimit behind the CPU time can be lowered at the hand-over, not raised. */
		if (shape->plan->stages[0].cpu_time_us >= plan->stages[0].cpu_time_us && ce__shape_same(shape->plan, plan))
			return shape;
	shape = make_room(s) ? calloc(1, sizeof(*shape)) : NULL;
	if (!shape)
		return NULL;
	shape->plan_fd = -1;
	shape->plan_size = plan->total_size;
	shape->plan = ce__shape_copy_plan(plan, shape->plan_size);
	if (!shape->plan) {
		free(shape);
		return NULL;
	}
	strip(shape->plan);
	shape->next = s->shapes;
	s->shapes = shape;
	return shape;
}
