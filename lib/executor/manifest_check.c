/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What only a whole manifest shows: names used twice, expectations that can never be met. And its end. */
#include "executor/manifest.h"

#include <string.h>

#include "executor/options.h"

/* Members of struct ce_limits after its size are all uint64_t. */
static void merge_limits(struct ce_limits *limits, const struct ce_limits *common)
{
	static const size_t members[] = {
	    offsetof(struct ce_limits, wall_time_ms), offsetof(struct ce_limits, cpu_time_ms),
	    offsetof(struct ce_limits, memory_bytes), offsetof(struct ce_limits, disk_bytes),
	    offsetof(struct ce_limits, disk_inodes),  offsetof(struct ce_limits, file_size_bytes),
	    offsetof(struct ce_limits, stack_bytes),  offsetof(struct ce_limits, processes),
	    offsetof(struct ce_limits, open_files),   offsetof(struct ce_limits, output_bytes),
	};

	limits->size = sizeof(*limits);
	for (size_t i = 0; i < CE_ARRAY_SIZE(members); i++) {
		uint64_t *own = (uint64_t *)(void *)((char *)limits + members[i]);
		const uint64_t *other = (const uint64_t *)(const void *)((const char *)common + members[i]);

		if (*own == 0)
			*own = *other;
	}
}

static bool ensure_list(char ***list)
{
	if (!*list)
		*list = calloc(1, sizeof(**list));
	return *list != NULL;
}

static bool complete_stage(struct ce_manifest_stage *stage, const struct ce_limits *common)
{
	merge_limits(&stage->limits, common);
	return ensure_list(&stage->command) && ensure_list(&stage->env) && ensure_list(&stage->artifacts) &&
	       ensure_list(&stage->seccomp) && ensure_list(&stage->toolchain);
}

static bool complete_lists(struct ce_manifest_draft *draft)
{
	struct ce_executor *e = &draft->executor;

	if (!ensure_list(&e->aliases) || !ensure_list(&e->extensions) || !ensure_list(&e->shebangs) ||
	    !ensure_list(&e->diagnostics))
		return false;
	if (!e->plugin_name)
		e->plugin_name = strdup("command");
	if (!e->plugin_name)
		return false;
	for (size_t i = 0; i < e->runtime_count; i++) {
		struct ce_manifest_runtime *runtime = &e->runtimes[i];

		if (!ensure_list(&runtime->aliases) || !ensure_list(&runtime->shortcuts) || !ensure_list(&runtime->packages) ||
		    !ensure_list(&runtime->requires) ||
		    !complete_stage(&runtime->compile, &draft->compile_limits) ||
		    !complete_stage(&runtime->run, &draft->run_limits) || !ce__manifest_place_runtime(e, runtime))
			return false;
	}
	for (size_t i = 0; i < e->test_count; i++) {
		e->tests[i].limits.size = sizeof(e->tests[i].limits);
		e->tests[i].compile_limits.size = sizeof(e->tests[i].compile_limits);
		if (!ensure_list(&e->tests[i].args))
			return false;
	}
	return true;
}

static bool runtime_is_called(const struct ce_manifest_runtime *runtime, const char *name)
{
	return strcmp(runtime->name, name) == 0 || ce__strv_has(runtime->aliases, name);
}

static int check_runtime_names(struct ce_yaml *yaml, const struct ce_executor *e)
{
	for (size_t i = 0; i < e->runtime_count; i++) {
		const struct ce_manifest_runtime *runtime = &e->runtimes[i];
		const struct ce_yaml_mark mark = {runtime->line, runtime->column};

		if (ce__strv_has(runtime->aliases, runtime->name))
			return ce__yaml_fail(yaml, mark, "runtime \"%s\" has its own name as an alias",
					     runtime->name);
		for (size_t j = 0; j < i; j++) {
			const char *taken =
			    runtime_is_called(&e->runtimes[j], runtime->name) ? runtime->name : NULL;

			for (char **alias = runtime->aliases; !taken && *alias; alias++)
				taken = runtime_is_called(&e->runtimes[j], *alias) ? *alias : NULL;
			if (taken)
				return ce__yaml_fail(yaml, mark, "two runtimes are called \"%s\"", taken);
		}
	}
	return 0;
}

/* With a shortcut a caller says language and runtime in one word, so it is nothing else of the language. */
static int check_shortcuts(struct ce_yaml *yaml, const struct ce_executor *e)
{
	for (size_t i = 0; i < e->runtime_count; i++) {
		const struct ce_yaml_mark mark = {e->runtimes[i].line, e->runtimes[i].column};

		for (char **word = e->runtimes[i].shortcuts; *word; word++) {
			bool taken = strcmp(e->name, *word) == 0 || ce__strv_has(e->aliases, *word);

			for (size_t j = 0; j < i; j++)
				taken = taken || ce__strv_has(e->runtimes[j].shortcuts, *word);
			if (taken)
				return ce__yaml_fail(yaml, mark, "the shortcut \"%s\" means something else already", *word);
		}
	}
	return 0;
}

static int check_test_runtimes(struct ce_yaml *yaml, const struct ce_executor *e,
			       const struct ce_manifest_test *test)
{
	const struct ce_yaml_mark mark = {test->line, test->column};

	for (char **name = test->runtimes; name && *name; name++) {
		size_t i = 0;

		while (i < e->runtime_count && strcmp(e->runtimes[i].name, *name) != 0)
			i++;
		if (i == e->runtime_count)
			return ce__yaml_fail(yaml, mark, "test \"%s\" is for the runtime \"%s\", which there is not",
					     test->name, *name);
	}
	return 0;
}

/* Every runtime that the test is for must have what it chooses. */
static int check_test_options(struct ce_yaml *yaml, const struct ce_executor *e, const struct ce_manifest_test *test)
{
	const struct ce_yaml_mark mark = {test->line, test->column};

	for (size_t i = 0; test->options && i < e->runtime_count; i++) {
		CE_CLEANUP_STRV struct ce_strv words = {0}, settled = {0};
		CE_CLEANUP_ERROR ce_error *error = NULL;

		if (ce__manifest_test_applies(test, &e->runtimes[i]) &&
		    ce__options_settle(e, &e->runtimes[i], (const char *const *)test->options, &words, &settled, &error))
			return ce__yaml_fail(yaml, mark, "test \"%s\": %s", test->name,
					     error ? ce_error_message(error) : "its options do not fit");
	}
	return 0;
}

static int check_tests(struct ce_yaml *yaml, const struct ce_executor *e)
{
	bool compiles = false;
	int r;

	for (size_t i = 0; i < e->runtime_count; i++)
		compiles = compiles || e->runtimes[i].has_compile;
	for (size_t i = 0; i < e->test_count; i++) {
		const struct ce_manifest_test *test = &e->tests[i];
		const struct ce_yaml_mark mark = {test->line, test->column};

		for (size_t j = 0; j < i; j++)
			if (strcmp(e->tests[j].name, test->name) == 0)
				return ce__yaml_fail(yaml, mark, "two tests are called \"%s\"", test->name);
		if (test->outcomes == UINT64_C(1) << CE_OUTCOME_COMPILATION_ERROR && !compiles)
			return ce__yaml_fail(
			    yaml, mark, "test \"%s\" expects a compilation_error, but no runtime compiles",
			    test->name);
		if ((test->diagnostic_type || test->diagnostic_line) &&
		    strcmp(e->plugin_name, "command") == 0 && !e->diagnostics[0])
			return ce__yaml_fail(
			    yaml, mark,
			    "test \"%s\" expects a diagnostic, but the manifest has no \"diagnostics\" and no plugin",
			    test->name);
		for (size_t j = 0; j < test->files.count; j++)
			if (strcmp(test->files.items[j].name, e->source_name) == 0)
				return ce__yaml_fail(yaml, mark,
						     "test \"%s\" has the file \"%s\" twice: it is its code",
						     test->name, e->source_name);
		r = check_test_runtimes(yaml, e, test);
		if (!r)
			r = check_test_options(yaml, e, test);
		if (!r)
			r = ce__manifest_check_kind(yaml, test);
		if (r)
			return r;
	}
	return 0;
}

int ce__manifest_complete(struct ce_yaml *yaml, struct ce_manifest_draft *draft)
{
	static const struct ce_yaml_mark start = {1, 1};
	struct ce_executor *e = &draft->executor;
	int r;

	if (!complete_lists(draft))
		return ce__error_no_memory(yaml->error);
	if (ce__strv_has(e->aliases, e->name))
		return ce__yaml_fail(yaml, start, "executor \"%s\" has its own name as an alias", e->name);
	r = check_runtime_names(yaml, e);
	if (!r)
		r = check_shortcuts(yaml, e);
	if (!r)
		r = check_tests(yaml, e);
	return r ? r : ce__manifest_check_cannot(yaml, draft);
}

static void finish_stage(struct ce_manifest_stage *stage)
{
	ce__strv_free(stage->command);
	ce__strv_free(stage->env);
	ce__strv_free(stage->artifacts);
	ce__strv_free(stage->seccomp);
	ce__strv_free(stage->toolchain);
}

static void finish_runtime(struct ce_manifest_runtime *runtime)
{
	free(runtime->name);
	ce__strv_free(runtime->aliases);
	ce__strv_free(runtime->shortcuts);
	ce__strv_free(runtime->packages);
	ce__strv_free(runtime->version);
	for (size_t i = 0; i < runtime->mount_count; i++) {
		free(runtime->mounts[i].source);
		free(runtime->mounts[i].target);
	}
	free(runtime->mounts);
	ce__strv_free(runtime->requires);
	for (size_t i = 0; i < CE_TEST_KINDS; i++)
		free(runtime->cannot[i]);
	ce__strv_free(runtime->prebuild.command);
	ce__strv_free(runtime->prebuild.outputs);
	ce__manifest_finish_files(&runtime->prebuild.files);
	free(runtime->prebuilt);
	free(runtime->layers.env);
	free(runtime->layers.path);
	free(runtime->layers.root);
	free(runtime->layers.registry);
	free(runtime->layers.compile_option);
	free(runtime->layers.run_option);
	ce__manifest_finish_options(runtime);
	finish_stage(&runtime->compile);
	finish_stage(&runtime->run);
	free(runtime->unavailable_reason);
}

static void finish_test(struct ce_manifest_test *test)
{
	free(test->name);
	free(test->code);
	free(test->input);
	ce__strv_free(test->args);
	ce__strv_free(test->options);
	ce__manifest_finish_files(&test->files);
	ce__strv_free(test->runtimes);
	free(test->stdout_is);
	free(test->stdout_has);
	free(test->stderr_has);
	free(test->diagnostic_type);
}

void ce__manifest_finish(struct ce_executor *executor)
{
	free(executor->path);
	free(executor->name);
	free(executor->title);
	ce__strv_free(executor->aliases);
	ce__strv_free(executor->extensions);
	ce__strv_free(executor->shebangs);
	free(executor->source_name);
	free(executor->plugin_name);
	ce__strv_free(executor->diagnostics);
	for (size_t i = 0; i < executor->runtime_count; i++)
		finish_runtime(&executor->runtimes[i]);
	free(executor->runtimes);
	for (size_t i = 0; i < executor->test_count; i++)
		finish_test(&executor->tests[i]);
	free(executor->tests);
}

void ce__manifest_free(struct ce_executor *executor)
{
	if (!executor)
		return;
	ce__manifest_finish(executor);
	free(executor);
}
