/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The words that people use for languages, held against the manifests that come with the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "executor/executor.h"

static struct ce_registry *load(void)
{
	const char *const executor_dirs[] = {getenv("CE_TEST_EXECUTORS_DIR"), NULL};
	const char *const plugin_dirs[] = {getenv("CE_TEST_PLUGIN_DIR"), NULL};
	struct ce_registry *registry = NULL;

	assert_non_null(executor_dirs[0]);
	assert_non_null(plugin_dirs[0]);
	assert_int_equal(ce__registry_load(executor_dirs, plugin_dirs, NULL, NULL, &registry, NULL), 0);
	return registry;
}

static void assert_means(const struct ce_registry *registry, const char *word, const char *language, const char *runtime)
{
	const struct ce_executor *executor = NULL;
	ce_error *error = NULL;
	size_t found = 0;

	if (ce__registry_find(registry, word, true, NULL, &executor, &found, &error))
		fail_msg("\"%s\": %s", word, ce_error_message(error));
	if (strcmp(executor->name, language) != 0)
		fail_msg("\"%s\" is %s, not %s", word, executor->name, language);
	if (strcmp(runtime, "-") != 0 && strcmp(executor->runtimes[found].name, runtime) != 0)
		fail_msg("\"%s\" is %s@%s, not %s@%s", word, executor->name, executor->runtimes[found].name, language, runtime);
}

static void every_usual_name_finds_its_language(void **state)
{
	const char *path = getenv("CE_TEST_LANGUAGES");
	struct ce_registry *registry = load();
	FILE *file = path ? fopen(path, "r") : NULL;
	char line[256];
	size_t words = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char word[64], language[64], runtime[64];

		if (line[0] == '#')
			continue;
		if (sscanf(line, "%63s %63s %63s", word, language, runtime) != 3)
			fail_msg("not three words: %s", line);
		assert_means(registry, word, language, runtime);
		words++;
	}
	assert_true(words >= 100);
	fclose(file);
	ce__registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_usual_name_finds_its_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
