/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Plans: what is built passes the check and says what was put in; whatever is wrong with one is refused by name. And the limits
 * that go into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "plan/build.h"
#include "plan/effective.h"

#define MIB (UINT64_C(1) << 20)

static char *const argv_words[] = { (char *)"/usr/bin/cc", (char *)"-o", (char *)"", NULL };
static char *const executor_env[] = { (char *)"PATH=/opt/bin", (char *)"A=executor", (char *)"B=executor", NULL };
static const char *const user_env[] = { "A=first", "A=user", "C=", NULL };
static char *const artifacts[] = { (char *)"main", (char *)"lib/*.so", NULL };
static const char *const outputs[] = { "out.txt", NULL };
static const uint64_t filter[] = { 1, 2, 3 };
static const ce_file files[] = { { "main.c", "int main;", 9 }, { "sub/empty", NULL, 0 } };
static const bool executable[] = { false, true };
static struct ce_manifest_mount mounts[] = { { (char *)"/opt/a", (char *)"/opt/b", true } };

static const struct ce_root_table root = {
	.entries = { { CE_MOUNT_BIND, false, "/usr", "/usr", NULL },
		     { CE_MOUNT_SYMLINK, false, NULL, "/bin", "usr/bin" },
		     { CE_MOUNT_FILE, false, NULL, "/etc/hosts", "127.0.0.1 localhost\n" } },
	.count = 3,
};

struct built {
	struct ce_plan *plan;
	size_t size;
};

static ce_limits run_limits(void)
{
	struct ce_limits_sources none = { 0 };
	ce_limits l;

	assert_int_equal(ce__effective_limits(&none, CE_STAGE_RUN, "limits", &l, NULL), 0);
	return l;
}

static int build(void **state)
{
	static struct built built;
	struct ce_stage_inputs inputs = {
		.argv = (char **)(uintptr_t)argv_words,
		.env = (char **)(uintptr_t)executor_env,
		.artifacts = (char **)(uintptr_t)artifacts,
		.mounts = mounts,
		.mount_count = 1,
		.rlimit_as = true,
	};
	ce_limits limits = run_limits();
	struct ce_build_stage stage = { .stage = CE_STAGE_COMPILE, .inputs = &inputs, .limits = &limits, .bpf = filter,
					.bpf_size = sizeof(filter), .user_env = user_env };
	struct ce_build_inputs in = {
		.root = &root, .stages = { stage, stage }, .stage_count = 2, .files = files, .file_count = 2,
		.executable = executable, .outputs = outputs, .outputs_max_bytes = 77, .network = CE_NETWORK_LOOPBACK,
		.disable = CE_PROTECTION_LANDLOCK, .tolerate = CE_PROTECTION_TIME_NS, .usage_interval_us = 5,
		.queue_timeout_us = 6,
	};
	void *block = NULL;

	in.stages[1].stage = CE_STAGE_RUN;
	if (ce__build_plan(&in, &block, &built.size, NULL))
		return -1;
	built.plan = block;
	*state = &built;
	return 0;
}

static int free_built(void **state)
{
	free(((struct built *)*state)->plan);
	return 0;
}

static bool vector_has(const struct ce_plan *plan, struct ce_plan_strings strings, const char *text)
{
	char **vector = ce__plan_vector(plan, strings);
	bool found = false;

	assert_non_null(vector);
	for (char **p = vector; *p; p++)
		found = found || !strcmp(*p, text);
	free(vector);
	return found;
}

static void built_plan_passes_and_says_what_was_put_in(void **state)
{
	struct built *b = *state;
	struct ce_failure failure = { 0 };
	const struct ce_plan *p = b->plan;
	const struct ce_plan_stage *s = &p->stages[0];
	const struct ce_plan_file *f = ce__plan_at(p, p->files);
	const struct ce_plan_mount *m = ce__plan_at(p, s->mounts);
	char **vector;

	assert_int_equal(ce__plan_check(p, b->size, &failure), 0);
	assert_int_equal(p->network, CE_NETWORK_LOOPBACK);
	assert_int_equal(p->disable, CE_PROTECTION_LANDLOCK);
	assert_int_equal(p->tolerate, CE_PROTECTION_TIME_NS);
	assert_int_equal(p->usage_interval_us, 5);
	assert_int_equal(p->queue_timeout_us, 6);
	assert_int_equal(p->outputs_max_bytes, 77);
	assert_int_equal(p->stage_count, 2);
	assert_int_equal(s->stage, CE_STAGE_COMPILE);
	assert_int_equal(p->stages[1].stage, CE_STAGE_RUN);
	assert_int_equal(s->flags, CE_PLAN_STAGE_RLIMIT_AS);
	assert_int_equal(s->wall_time_us, 30000000);
	assert_int_equal(s->memory_bytes, 256 * MIB);

	vector = ce__plan_vector(p, s->argv);
	assert_string_equal(vector[0], "/usr/bin/cc");
	assert_string_equal(vector[2], "");
	assert_null(vector[3]);
	free(vector);
	assert_true(vector_has(p, s->artifacts, "lib/*.so"));
	assert_true(vector_has(p, p->outputs, "out.txt"));

	assert_int_equal(p->file_count, 2);
	assert_string_equal(ce__plan_text(p, f[0].name), "main.c");
	assert_memory_equal(ce__plan_at(p, f[0].data), "int main;", 9);
	assert_int_equal(f[0].executable, 0);
	assert_string_equal(ce__plan_text(p, f[1].name), "sub/empty");
	assert_int_equal(f[1].data.size, 0);
	assert_int_equal(f[1].executable, 1);

	assert_int_equal(s->bpf.size, sizeof(filter));
	assert_memory_equal(ce__plan_at(p, s->bpf), filter, sizeof(filter));
	assert_int_equal(s->mount_count, 4);
	assert_string_equal(ce__plan_text(p, m[1].content), "usr/bin");
	assert_memory_equal(ce__plan_at(p, m[2].content), "127.0.0.1 localhost\n", m[2].content.size);
	assert_string_equal(ce__plan_text(p, m[3].source), "/opt/a");
	assert_string_equal(ce__plan_text(p, m[3].target), "/opt/b");
	assert_int_equal(m[3].flags, CE_MOUNT_OPTIONAL);
}

static void later_environment_wins_and_no_name_comes_twice(void **state)
{
	struct built *b = *state;
	struct ce_plan_strings env = b->plan->stages[0].env;
	char **vector = ce__plan_vector(b->plan, env);

	assert_non_null(vector);
	for (char **p = vector; *p; p++)
		for (char **q = p + 1; *q; q++)
			assert_true(strcspn(*p, "=") != strcspn(*q, "=") || strncmp(*p, *q, strcspn(*p, "=")) != 0);
	free(vector);
	assert_true(vector_has(b->plan, env, "PATH=/opt/bin"));
	assert_true(vector_has(b->plan, env, "A=user"));
	assert_true(vector_has(b->plan, env, "B=executor"));
	assert_true(vector_has(b->plan, env, "C="));
	assert_true(vector_has(b->plan, env, "HOME=/tmp"));
}

/* ---- what is refused ---- */

static void refused(const struct built *b, const struct ce_plan *copy, const char *what)
{
	struct ce_failure failure = { 0 };

	assert_int_equal(ce__plan_check(copy, b->size, &failure), CE_ERR_INVALID);
	if (!strstr(failure.message, what))
		fail_msg("refused for \"%s\", expected \"%s\"", failure.message, what);
}

/* Makes a copy, spoils it with `statement` and expects a refusal that names `what`. */
#define REFUSED(what, statement)                                                                                       \
	do {                                                                                                           \
		struct ce_plan *p = malloc(b->size);                                                                   \
		struct ce_plan_stage *s;                                                                               \
		struct ce_plan_mount *m;                                                                               \
		struct ce_plan_file *f;                                                                                \
		assert_non_null(p);                                                                                    \
		memcpy(p, b->plan, b->size);                                                                           \
		s = &p->stages[0];                                                                                     \
		m = (void *)((char *)p + s->mounts.offset);                                                            \
		f = (void *)((char *)p + p->files.offset);                                                             \
		(void)s, (void)m, (void)f;                                                                             \
		statement;                                                                                             \
		refused(b, p, what);                                                                                   \
		free(p);                                                                                               \
	} while (0)

static char *at(struct ce_plan *p, struct ce_span span)
{
	return (char *)p + span.offset;
}

static void malformed_header_is_refused(void **state)
{
	const struct built *b = *state;
	struct ce_failure failure;

	REFUSED("header", p->magic++);
	REFUSED("header", p->total_size--);
	REFUSED("flags", p->flags = 8);
	REFUSED("flags", p->flags = CE_PLAN_PROBE | CE_PLAN_PARK);
	REFUSED("flags", p->flags = CE_PLAN_KEEP | CE_PLAN_PROBE);
	REFUSED("flags", (p->flags = CE_PLAN_KEEP) && (p->stage_count = 1));
	REFUSED("flags", p->flags = CE_PLAN_COMPILED); /* of two stages one would be too many */
	REFUSED("flags", (p->flags = CE_PLAN_COMPILED) && (p->stage_count = 1));
	REFUSED("flags", p->network = CE_NETWORK_LOOPBACK + 1);
	REFUSED("stage count", p->stage_count = 0);
	REFUSED("stage count", p->stage_count = 3);
	REFUSED("stage order", p->stages[0].stage = CE_STAGE_RUN);
	REFUSED("stage order", p->stages[1].stage = CE_STAGE_COMPILE);
	REFUSED("stage number", s->stage = 3);
	REFUSED("stage number", s->stage = 0);
	REFUSED("stage flags", s->flags = CE_PLAN_STAGE_FLAGS + 1);
	REFUSED("trigger", s->flags = CE_PLAN_STAGE_FORK);
	assert_int_equal(ce__plan_check(b->plan, sizeof(struct ce_plan) - 1, &failure), CE_ERR_INVALID);
	assert_int_equal(ce__plan_check(b->plan, 0, &failure), CE_ERR_INVALID);
	assert_int_equal(ce__plan_check(b->plan, b->size, NULL), 0);
	assert_int_equal(ce__plan_check((const char *)b->plan + 4, b->size, &failure), CE_ERR_INVALID);
}

/* Compiling and running are two plans where a program is compiled once and run often. */
static void stage_may_come_alone(void **state)
{
	struct built *b = *state;
	struct ce_failure failure = { 0 };

	b->plan->stage_count = 1;
	assert_int_equal(ce__plan_check(b->plan, b->size, &failure), 0);
	b->plan->stages[0].stage = CE_STAGE_RUN;
	assert_int_equal(ce__plan_check(b->plan, b->size, &failure), 0);
	b->plan->flags = CE_PLAN_COMPILED;
	assert_int_equal(ce__plan_check(b->plan, b->size, &failure), 0);
}

static void malformed_limits_are_refused(void **state)
{
	const struct built *b = *state;

	REFUSED("limits", s->memory_bytes = 0);
	REFUSED("limits", s->memory_bytes = UINT64_MAX);
	REFUSED("limits", s->disk_bytes = 0);
	REFUSED("limits", s->disk_bytes = UINT64_C(1) << 63);
	REFUSED("limits", s->disk_inodes = 0);
	REFUSED("limits", s->disk_inodes = UINT64_C(1) << 31);
	REFUSED("limits", s->processes = 0);
	REFUSED("limits", s->processes = UINT64_C(1) << 31);
	REFUSED("limits", s->open_files = 0);
	REFUSED("limits", s->open_files = UINT64_C(1) << 31);
	REFUSED("limits", s->stack_bytes = 0);
	REFUSED("limits", s->stack_bytes = UINT64_MAX);
	REFUSED("limits", s->file_size_bytes = 0);
	REFUSED("limits", s->wall_time_us = 0);
	REFUSED("limits", s->cpu_time_us = 0);
	REFUSED("limits", p->stages[1].cpu_time_us = 0);
}

static void malformed_texts_are_refused(void **state)
{
	const struct built *b = *state;

	REFUSED("texts", s->argv.count++);
	REFUSED("texts", s->argv.count = 0);
	REFUSED("texts", s->argv.bytes.size--);
	REFUSED("texts", s->argv.bytes.size = UINT32_MAX);
	REFUSED("texts", s->argv.bytes.offset = UINT32_MAX);
	REFUSED("texts", (s->argv.bytes.offset = UINT32_MAX, s->argv.bytes.size = UINT32_MAX));
	REFUSED("texts", s->env.count = UINT64_MAX);
	REFUSED("texts", s->env.bytes.size += 1);
	REFUSED("texts", at(p, s->artifacts.bytes)[4] = 'x');
	REFUSED("outputs", p->outputs.count = 2);
	REFUSED("outputs", p->outputs.bytes.offset = (uint32_t)b->size);
	REFUSED("empty command", (s->argv.count = 0, s->argv.bytes.size = 0));
}

static void malformed_files_are_refused(void **state)
{
	const struct built *b = *state;

	REFUSED("file table", p->file_count = 3);
	REFUSED("file table", p->file_count = UINT64_MAX / 8);
	REFUSED("file table", p->files.offset += 4);
	REFUSED("file table", p->files.offset = (uint32_t)b->size);
	REFUSED("file entry", f[0].name.size = 0);
	REFUSED("file entry", f[0].name.size--);
	REFUSED("file entry", at(p, f[0].name)[2] = '\0');
	REFUSED("file entry", f[0].data.size = (uint32_t)b->size);
	REFUSED("file entry", f[0].executable = 2);
	REFUSED("file name", at(p, f[0].name)[0] = '/');
	REFUSED("file name", memcpy(at(p, f[0].name), "../abc", 7));
	REFUSED("file name", memcpy(at(p, f[0].name), "a//abc", 7));
}

static void malformed_mounts_and_filters_are_refused(void **state)
{
	const struct built *b = *state;

	REFUSED("mount table", s->mount_count++);
	REFUSED("mount table", s->mount_count = UINT64_MAX / sizeof(*m));
	REFUSED("mount table", s->mounts.offset += 4);
	REFUSED("mount type", m[0].type = 0);
	REFUSED("mount type", m[0].type = CE_MOUNT_FILE + 1);
	REFUSED("mount type", m[0].flags = 2);
	REFUSED("mount text", m[0].source.size--);
	REFUSED("mount text", m[0].source.offset = UINT32_MAX);
	REFUSED("mount text", m[0].content = ((struct ce_span){ 8, (uint32_t)b->size }));
	REFUSED("mount target", m[0].target.size = 0);
	REFUSED("mount target", at(p, m[0].target)[0] = 'x');
	REFUSED("mount target", memcpy(at(p, m[0].target), "/..x", 4) ? (void)(at(p, m[0].target)[3] = '/') : (void)0);
	REFUSED("mount source", at(p, m[0].source)[0] = '.');
	REFUSED("mount source", m[0].source.size = 0);
	REFUSED("symlink content", m[1].content.size = 0);
	REFUSED("symlink content", at(p, m[1].content)[2] = '\0');
	REFUSED("filter", s->bpf.size = 0);
	REFUSED("filter", s->bpf.size -= 4);
	REFUSED("filter", s->bpf.offset += 4);
	REFUSED("filter", s->bpf.size = (CE_PLAN_MAX_BPF + 1) * 8);
	REFUSED("filter", s->bpf.offset = UINT32_MAX - 7);
}

static void names_are_relative_and_clean(void **state)
{
	static const char *const good[] = { "a", "a/b", ".a", "..a", "a..", "...", "a/.b/c d", "\xff\n" };
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/..", "a/../b", "../a" };
	static char longest[4200];

	(void)state;
	for (size_t i = 0; i < CE_ARRAY_SIZE(good); i++)
		assert_true(ce__plan_name_ok(good[i], strlen(good[i])));
	for (size_t i = 0; i < CE_ARRAY_SIZE(bad); i++)
		assert_false(ce__plan_name_ok(bad[i], strlen(bad[i])));
	assert_false(ce__plan_name_ok("a\0b", 3));
	memset(longest, 'x', sizeof(longest));
	assert_true(ce__plan_name_ok(longest, 255));
	assert_false(ce__plan_name_ok(longest, 256));
	for (size_t i = 200; i < sizeof(longest); i += 200)
		longest[i] = '/';
	assert_true(ce__plan_name_ok(longest, 4095));
	assert_false(ce__plan_name_ok(longest, 4096));
}

static void too_large_a_request_is_refused(void **state)
{
	struct ce_build_inputs in = { .root = &root, .file_count = 1 };
	const ce_file huge = { "x", "", CE_PLAN_MAX_BYTES + 1 };
	ce_error *error = NULL;
	void *block = NULL;
	size_t size;

	(void)state;
	in.files = &huge;
	assert_int_equal(ce__build_plan(&in, &block, &size, &error), CE_ERR_INVALID);
	assert_non_null(strstr(ce_error_message(error), "too large"));
	assert_null(block);
	ce_error_free(error);
}

/* ---- limits ---- */

static ce_limits effective(const ce_limits *ceiling, const ce_limits *manifest, const ce_limits *request, ce_stage stage)
{
	struct ce_limits_sources sources = { ceiling, manifest, request };
	ce_limits out;

	assert_int_equal(ce__effective_limits(&sources, stage, "limits", &out, NULL), 0);
	return out;
}

static void limits_refused(const ce_limits *ceiling, const ce_limits *request, const char *expected)
{
	struct ce_limits_sources sources = { ceiling, NULL, request };
	ce_error *error = NULL;
	ce_limits out;

	assert_int_equal(ce__effective_limits(&sources, CE_STAGE_RUN, "limits", &out, &error), CE_ERR_INVALID);
	if (!strstr(ce_error_message(error), expected))
		fail_msg("\"%s\" does not say \"%s\"", ce_error_message(error), expected);
	ce_error_free(error);
}

static void defaults_are_the_documented_ones(void **state)
{
	ce_limits l = effective(NULL, NULL, NULL, CE_STAGE_RUN);

	(void)state;
	assert_int_equal(l.wall_time_ms, 30000);
	assert_int_equal(l.cpu_time_ms, 30000);
	assert_int_equal(l.memory_bytes, 256 * MIB);
	assert_int_equal(l.disk_bytes, 100 * MIB);
	assert_int_equal(l.disk_inodes, 16384);
	assert_int_equal(l.file_size_bytes, 10 * MIB);
	assert_int_equal(l.stack_bytes, 64 * MIB);
	assert_int_equal(l.processes, 32);
	assert_int_equal(l.open_files, 256);
	assert_int_equal(l.output_bytes, MIB);
}

static void stack_follows_the_memory(void **state)
{
	ce_limits request = ce_limits_init();

	(void)state;
	request.memory_bytes = 32 * MIB;
	assert_int_equal(effective(NULL, NULL, &request, CE_STAGE_RUN).stack_bytes, 16 * MIB);
	request.stack_bytes = MIB;
	assert_int_equal(effective(NULL, NULL, &request, CE_STAGE_RUN).stack_bytes, MIB);
}

static void request_may_ask_for_less_only(void **state)
{
	ce_limits ceiling = ce_limits_init(), request = ce_limits_init();

	(void)state;
	ceiling.processes = 100;
	request.processes = 100;
	assert_int_equal(effective(&ceiling, NULL, &request, CE_STAGE_RUN).processes, 100);
	request.processes = 101;
	limits_refused(&ceiling, &request, "limits.processes: 101 is over the sandbox's ceiling of 100");
	/* Without a ceiling of the caller's, the default is one. */
	request.processes = 33;
	limits_refused(NULL, &request, "limits.processes");
	request = ce_limits_init();
	request.wall_time_ms = CE_UNLIMITED;
	limits_refused(NULL, &request, "limits.wall_time_ms");
	ceiling.wall_time_ms = CE_UNLIMITED;
	assert_true(effective(&ceiling, NULL, &request, CE_STAGE_RUN).wall_time_ms == CE_UNLIMITED);
}

static void ceiling_is_the_default_and_cuts_the_manifest(void **state)
{
	ce_limits ceiling = ce_limits_init(), manifest = ce_limits_init();

	(void)state;
	ceiling.memory_bytes = 512 * MIB;
	assert_int_equal(effective(&ceiling, NULL, NULL, CE_STAGE_RUN).memory_bytes, 512 * MIB);
	manifest.memory_bytes = 1024 * MIB;
	assert_int_equal(effective(&ceiling, &manifest, NULL, CE_STAGE_RUN).memory_bytes, 512 * MIB);
	manifest.memory_bytes = 64 * MIB;
	assert_int_equal(effective(&ceiling, &manifest, NULL, CE_STAGE_RUN).memory_bytes, 64 * MIB);
	/* A manifest that needs more than the default says so, where no caller has said less. */
	manifest.memory_bytes = 1024 * MIB;
	assert_int_equal(effective(NULL, &manifest, NULL, CE_STAGE_RUN).memory_bytes, 1024 * MIB);
}

static void values_without_sense_are_refused_with_the_range(void **state)
{
	ce_limits request = ce_limits_init();
	ce_error *error = NULL;

	(void)state;
	request.memory_bytes = 1;
	limits_refused(NULL, &request, "limits.memory_bytes: 1 is out of range (2097152 to ");
	request.memory_bytes = CE_UNLIMITED;
	limits_refused(NULL, &request, "limits.memory_bytes: cannot be unlimited");
	request = ce_limits_init();
	request.open_files = UINT64_MAX - 1;
	limits_refused(NULL, &request, "limits.open_files");
	request = ce_limits_init();
	request.disk_bytes = 1;
	assert_int_equal(ce__effective_check(&request, "compile_limits", &error), CE_ERR_INVALID);
	assert_non_null(strstr(ce_error_message(error), "compile_limits.disk_bytes: 1 is out of range"));
	ce_error_free(error);
	request = ce_limits_init();
	assert_int_equal(ce__effective_check(&request, "limits", NULL), 0);
	request.wall_time_ms = CE_UNLIMITED;
	assert_int_equal(ce__effective_check(&request, "limits", NULL), 0);
}

#define WITH_PLAN(test) cmocka_unit_test_setup_teardown(test, build, free_built)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLAN(built_plan_passes_and_says_what_was_put_in),
		WITH_PLAN(later_environment_wins_and_no_name_comes_twice),
		WITH_PLAN(malformed_header_is_refused),
		WITH_PLAN(stage_may_come_alone),
		WITH_PLAN(malformed_limits_are_refused),
		WITH_PLAN(malformed_texts_are_refused),
		WITH_PLAN(malformed_files_are_refused),
		WITH_PLAN(malformed_mounts_and_filters_are_refused),
		cmocka_unit_test(names_are_relative_and_clean),
		cmocka_unit_test(too_large_a_request_is_refused),
		cmocka_unit_test(defaults_are_the_documented_ones),
		cmocka_unit_test(stack_follows_the_memory),
		cmocka_unit_test(request_may_ask_for_less_only),
		cmocka_unit_test(ceiling_is_the_default_and_cuts_the_manifest),
		cmocka_unit_test(values_without_sense_are_refused_with_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
