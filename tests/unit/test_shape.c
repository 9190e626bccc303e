/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Shapes: which requests may be served by one process that was started ahead, or by one cell that was made ahead, and that neither
 * keeps anything of the request that it was taken from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>

#include "monitor/shape.h"
#include "plan/build.h"
#include "plan/effective.h"

static const struct ce_root_table root = {
	.entries = { { CE_MOUNT_BIND, false, "/usr", "/usr", NULL } },
	.count = 1,
};
static const uint64_t filter[] = { 1, 2, 3 }, other_filter[] = { 1, 2, 4 };

/* What the tests vary. */
struct variant {
	const char *code, *argument, *env, *trigger;
	const uint64_t *bpf;
	uint64_t memory_bytes, wall_time_ms, cpu_time_ms, network, disable, usage_interval_us;
	const char *output;
};

static const struct variant plain = { "print('secret')", "main.py", "A=1", "main.py", filter, 1 << 28, 1000, 2000, 0, 0, 0, "out" };

static struct ce_plan *plan_of(const struct variant *v)
{
	char *argv[] = { (char *)(uintptr_t)"/usr/bin/python3", (char *)(uintptr_t)v->argument, NULL };
	char *env[] = { (char *)(uintptr_t)v->env, NULL };
	const char *outputs[] = { v->output, NULL };
	struct ce_stage_inputs inputs = { .argv = argv, .env = env,
					  .warm = { CE_WARM_FORK, false, true, 1, 8, 500, 600000 } };
	struct ce_limits_sources none = { 0 };
	ce_file file = { "main.py", v->code, strlen(v->code) };
	struct ce_build_inputs in = { .root = &root, .stage_count = 1, .files = &file, .file_count = 1, .outputs = outputs,
				      .network = v->network, .disable = v->disable, .usage_interval_us = v->usage_interval_us };
	struct ce_failure failure = { 0 };
	void *block = NULL;
	size_t size = 0;
	ce_limits limits;

	assert_int_equal(ce__effective_limits(&none, CE_STAGE_RUN, "limits", &limits, NULL), 0);
	limits.memory_bytes = v->memory_bytes;
	limits.wall_time_ms = v->wall_time_ms;
	limits.cpu_time_ms = v->cpu_time_ms;
	in.stages[0] = (struct ce_build_stage){ .stage = CE_STAGE_RUN, .inputs = &inputs, .limits = &limits, .bpf = v->bpf,
						.bpf_size = sizeof(filter), .trigger = v->trigger,
						.park_object = "/usr/lib/park.so" };
	assert_int_equal(ce__build_plan(&in, &block, &size, NULL), 0);
	if (ce__plan_check(block, size, &failure))
		fail_msg("%s", failure.message);
	return block;
}

static bool same(const struct variant *a, const struct variant *b)
{
	struct ce_plan *p = plan_of(a), *q = plan_of(b);
	bool result = ce__shape_same(p, q);

	assert_int_equal(result, ce__shape_same(q, p));
	free(p);
	free(q);
	return result;
}

static void files_outputs_and_clocks_make_no_shape(void **state)
{
	struct variant v = plain;

	(void)state;
	assert_true(same(&plain, &v));
	v.code = "something(else)";
	v.output = "another name";
	v.wall_time_ms = 77;
	v.cpu_time_ms = 78;
	v.usage_interval_us = 5000;
	assert_true(same(&plain, &v));
}

/* Each of them against the plain one. */
static void expect_all(bool expected, bool (*alike)(const struct variant *, const struct variant *), const struct variant *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (alike(&plain, &v[i]) != expected)
			fail_msg("variant %zu is taken for %s", i, expected ? "another" : "the same");
}

static void everything_else_does(void **state)
{
	struct variant v[8];

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(v); i++)
		v[i] = plain;
	v[0].argument = "main.pz";
	v[1].env = "A=2";
	v[2].trigger = "main.pz";
	v[3].bpf = other_filter;
	v[4].memory_bytes++;
	v[5].network = CE_NETWORK_LOOPBACK;
	v[6].disable = CE_PROTECTION_LANDLOCK;
	v[7].argument = "main.py2";
	expect_all(false, same, v, CE_ARRAY_SIZE(v));
}

static void less_cpu_time_fits_and_more_does_not(void **state)
{
	struct variant more = plain, less = plain;
	struct ce_supervisor s;
	struct ce_plan *plans[3];
	struct ce_shape *shape;

	(void)state;
	memset(&s, 0, sizeof(s));
	more.cpu_time_ms = plain.cpu_time_ms + 1;
	less.cpu_time_ms = plain.cpu_time_ms - 1;
	plans[0] = plan_of(&plain);
	plans[1] = plan_of(&less);
	plans[2] = plan_of(&more);
	shape = ce__shape_find(&s, plans[0]);
	assert_non_null(shape);
	assert_ptr_equal(ce__shape_find(&s, plans[1]), shape);
	assert_ptr_not_equal(ce__shape_find(&s, plans[2]), shape);
	for (size_t i = 0; i < CE_ARRAY_SIZE(plans); i++)
		free(plans[i]);
	while (s.shapes) {
		shape = s.shapes;
		s.shapes = shape->next;
		munmap(shape->plan, shape->plan_size);
		free(shape);
	}
}

static bool has(const struct ce_plan *plan, const char *text)
{
	return memmem(plan, plan->total_size, text, strlen(text)) != NULL;
}

static void a_shape_keeps_nothing_of_its_first_request(void **state)
{
	struct ce_supervisor s;
	struct ce_plan *plan = plan_of(&plain), *copy;
	struct ce_shape *shape;
	struct ce_failure failure = { 0 };

	(void)state;
	memset(&s, 0, sizeof(s));
	assert_true(has(plan, "secret"));
	shape = ce__shape_find(&s, plan);
	assert_non_null(shape);
	assert_ptr_equal(ce__shape_find(&s, plan), shape);
	assert_false(has(shape->plan, "secret"));
	assert_false(has(shape->plan, "out"));
	assert_true(has(shape->plan, "A=1"));
	copy = ce__shape_copy_plan(shape->plan, shape->plan_size);
	assert_non_null(copy);
	assert_int_equal(ce__plan_check(copy, shape->plan_size, &failure), 0);
	assert_int_equal(copy->file_count, 0);
	assert_int_equal(copy->outputs.count, 0);
	munmap(copy, shape->plan_size);
	munmap(shape->plan, shape->plan_size);
	free(shape);
	free(plan);
}

static bool same_cell(const struct variant *a, const struct variant *b)
{
	size_t size = 0;
	struct ce_plan *p = plan_of(a), *q = plan_of(b), *copy = ce__shape_copy_cell(p, &size);
	bool result = ce__shape_same_cell(p, q);

	assert_non_null(copy);
	assert_int_equal(result, ce__shape_same_cell(copy, q)); /* a kind is told from what was kept of its first request */
	munmap(copy, size);
	free(p);
	free(q);
	return result;
}

static void what_runs_in_it_makes_no_other_cell(void **state)
{
	struct variant v[6];

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(v); i++)
		v[i] = plain;
	v[0].code = "something(else)";
	v[0].output = "another name";
	v[1].argument = "main.pz";
	v[2].env = "A=2";
	v[3].bpf = other_filter;
	v[4].cpu_time_ms++;
	v[5].wall_time_ms++;
	expect_all(true, same_cell, v, CE_ARRAY_SIZE(v));
	for (size_t i = 0; i < 3; i++)
		v[i] = plain;
	v[0].memory_bytes++;
	v[1].network = CE_NETWORK_LOOPBACK;
	v[2].disable = CE_PROTECTION_LANDLOCK;
	expect_all(false, same_cell, v, 3);
}

static void a_large_request_makes_no_large_cell(void **state)
{
	char *code = calloc(1, 1 << 20);
	struct variant v = plain;
	struct ce_plan *plan, *copy;
	size_t size = 0;

	(void)state;
	assert_non_null(code);
	memset(code, 'x', (1 << 20) - 1);
	v.code = code;
	plan = plan_of(&v);
	copy = ce__shape_copy_cell(plan, &size);
	assert_non_null(copy);
	assert_true(plan->total_size > 1 << 20);
	assert_true(size < 4096);
	munmap(copy, size);
	free(plan);
	free(code);
}

static void a_cell_keeps_nothing_of_any_request(void **state)
{
	size_t size = 0;
	struct ce_plan *plan = plan_of(&plain), *copy = ce__shape_copy_cell(plan, &size);
	const char *const own[] = { "secret", "out", "A=1", "main.py", "python3" };

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i < CE_ARRAY_SIZE(own); i++) {
		assert_true(has(plan, own[i]));
		assert_false(has(copy, own[i]));
	}
	assert_null(memmem(copy, copy->total_size, filter, sizeof(filter)));
	assert_int_equal(copy->file_count + copy->outputs.count + copy->stages[0].argv.count + copy->stages[0].env.count, 0);
	assert_int_equal(copy->stages[0].flags, 0);
	assert_int_equal(copy->total_size, size);
	assert_string_equal(ce__plan_text(copy, ((const struct ce_plan_mount *)ce__plan_at(copy, copy->stages[0].mounts))->source), "/usr");
	munmap(copy, size);
	free(plan);
}

/* A stream of requests that never come again must not grow the supervisor. */
static void shapes_are_bounded_and_the_oldest_goes(void **state)
{
	struct ce_supervisor s;
	struct variant v = plain;
	size_t count = 0;

	(void)state;
	memset(&s, 0, sizeof(s));
	for (uint64_t i = 0; i < 200; i++) {
		struct ce_plan *plan;
		struct ce_shape *shape;

		v.memory_bytes = plain.memory_bytes + i;
		plan = plan_of(&v);
		shape = ce__shape_find(&s, plan);
		assert_non_null(shape);
		shape->used_us = i + 1;
		shape->pinned = i == 3;
		free(plan);
	}
	for (struct ce_shape *shape = s.shapes, *next; shape; shape = next) {
		assert_true(shape->pinned || shape->used_us > 150);
		count++;
		next = shape->next;
		munmap(shape->plan, shape->plan_size);
		free(shape);
	}
	assert_in_range(count, 8, 64);
}

static void a_trigger_out_of_place_is_refused(void **state)
{
	static const char *const bad[] = { "/main.p", "../a.py", "a//b" };
	struct ce_failure failure = { 0 };
	struct ce_plan *plan;

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(bad); i++) {
		struct variant v = plain;

		plan = plan_of(&v);
		assert_true(plan->stages[0].trigger.size > strlen(bad[i]));
		strcpy((char *)plan + plan->stages[0].trigger.offset, bad[i]);
		plan->stages[0].trigger.size = (uint32_t)strlen(bad[i]) + 1;
		assert_int_equal(ce__plan_check(plan, plan->total_size, &failure), CE_ERR_INVALID);
		assert_non_null(strstr(failure.message, "trigger"));
		free(plan);
	}
	plan = plan_of(&plain);
	plan->stages[0].flags &= ~(uint64_t)CE_PLAN_STAGE_PARK; /* a trigger, but nothing to be parked */
	assert_int_equal(ce__plan_check(plan, plan->total_size, &failure), CE_ERR_INVALID);
	plan->stages[0].trigger.size = 0;
	assert_int_equal(ce__plan_check(plan, plan->total_size, &failure), CE_ERR_INVALID); /* nor how many of them */
	plan->stages[0].flags = 0;
	plan->stages[0].warm_min = plan->stages[0].warm_max = plan->stages[0].warm_max_uses = 0;
	plan->stages[0].warm_max_age_us = 0;
	assert_int_equal(ce__plan_check(plan, plan->total_size, &failure), 0);
	plan->flags = CE_PLAN_PARK;
	assert_int_equal(ce__plan_check(plan, plan->total_size, &failure), CE_ERR_INVALID);
	free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_outputs_and_clocks_make_no_shape),
		cmocka_unit_test(everything_else_does),
		cmocka_unit_test(less_cpu_time_fits_and_more_does_not),
		cmocka_unit_test(a_shape_keeps_nothing_of_its_first_request),
		cmocka_unit_test(what_runs_in_it_makes_no_other_cell),
		cmocka_unit_test(a_cell_keeps_nothing_of_any_request),
		cmocka_unit_test(a_large_request_makes_no_large_cell),
		cmocka_unit_test(shapes_are_bounded_and_the_oldest_goes),
		cmocka_unit_test(a_trigger_out_of_place_is_refused),
	};

	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
