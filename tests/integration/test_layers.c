/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Dependencies and layers as the library sees them: which layers count, which request gets which of them, and what is refused
 * with which words. Layers are written by hand here; building them is in layers.sh. */
#include <codeexec/layers.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "fixture.h"

#define OLD "11111111111111111111111111111111"
#define NEW "22222222222222222222222222222222"
#define BAD "33333333333333333333333333333333"

static char top[64];

static void put(const char *id, const char *file, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/layers/python/%s/%s", top, id, file);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void make_directory(const char *id, const char *below)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/layers/python/%s%s", top, id, below);
	assert_int_equal(mkdir(path, 0755), 0);
}

/* A layer with a module of its name, which says what it is. */
static void make_layer(const char *id, const char *manifest, const char *module, const char *text, time_t built)
{
	struct utimbuf times = { built, built };
	char path[256];

	make_directory(id, "");
	make_directory(id, "/files");
	snprintf(path, sizeof(path), "files/%s.py", module);
	put(id, path, text);
	put(id, "layer", manifest);
	snprintf(path, sizeof(path), "%s/layers/python/%s/layer", top, id);
	assert_int_equal(utime(path, &times), 0);
}

static int prepare_directory(void **state)
{
	char path[128];

	snprintf(top, sizeof(top), "/tmp/codeexec-layers-XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chmod(top, 0755), 0);
	snprintf(path, sizeof(path), "%s/layers", top);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/layers/python", top);
	assert_int_equal(mkdir(path, 0755), 0);
	return fixture_before(state);
}

static int remove_directory(void **state)
{
	int r = fixture_after(state);
	char command[96];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", top);
	return system(command) ? -1 : r;
}

static ce_sandbox *open_sandbox(void)
{
	ce_sandbox_options options = fixture_options();

	options.runtimes_dir = top;
	return fixture_create(&options);
}

static void two_layers(void)
{
	make_layer(OLD, "codeexec-layer 1\npackage tiny 1.0\narchive 00 tiny.whl\nfile 00 18 tiny.py\n", "tiny", "word = 'old'\n", 1000);
	make_layer(NEW, "codeexec-layer 1\npackage tiny 2.0\npackage other 1.0\nfile 00 18 tiny.py\nfile 00 2 x y.py\n", "tiny",
		   "word = 'new'\n", 2000);
}

/* ---- requests ---- */

static void expect_word(ce_sandbox *sandbox, const ce_dependency *d, size_t count, const char *said)
{
	ce_request request = fixture_request("python", "import tiny; print(tiny.word)");

	request.dependencies = d;
	request.dependency_count = count;
	expect_says(fixture_run(sandbox, &request), said);
}

static void a_request_gets_the_layer_that_has_its_version(void **state)
{
	const ce_dependency any = { "tiny", NULL, NULL }, star = { "tiny", "*", "layer" }, first = { "tiny", "1.0", "" };
	const ce_dependency range = { "TINY", ">=1,<2", NULL }, partial = { "tiny", "2", NULL }, newest = { "tiny", ">=1", NULL };
	const ce_dependency both[] = { { "other", "1.0", NULL }, { "tiny", "2.0", NULL } };
	ce_sandbox *sandbox;

	(void)state;
	two_layers();
	sandbox = open_sandbox();
	fixture_need_language(sandbox, "python");
	expect_word(sandbox, &any, 1, "new\n");
	expect_word(sandbox, &star, 1, "new\n");
	expect_word(sandbox, &first, 1, "old\n");
	expect_word(sandbox, &range, 1, "old\n");
	expect_word(sandbox, &partial, 1, "new\n");
	expect_word(sandbox, &newest, 1, "new\n");
	expect_word(sandbox, both, 2, "new\n");
}

static void refuses(ce_sandbox *sandbox, const char *language, ce_dependency d, int code, const char *words)
{
	ce_request request = fixture_request(language, "x");

	request.dependencies = &d;
	request.dependency_count = 1;
	fixture_refuses(sandbox, &request, code, words);
}

static void what_no_layer_has_is_told_with_the_command_that_would_build_it(void **state)
{
	const ce_dependency many[] = { { "a", "1", NULL }, { "python3-no-such-thing", NULL, "debian" }, { "b", NULL, NULL } };
	ce_sandbox *sandbox;
	ce_request request = fixture_request("python", "x");
	char longest[128];

	(void)state;
	two_layers();
	sandbox = open_sandbox();
	fixture_need_language(sandbox, "python");
	refuses(sandbox, "python", (ce_dependency){ "tiny", "3.0", NULL }, CE_ERR_NOT_FOUND, "run: codeexec layer build python tiny@3.0");
	request.dependencies = many;
	request.dependency_count = COUNT(many);
	fixture_refuses(sandbox, &request, CE_ERR_NOT_FOUND,
			"run: codeexec layer build python a@1 b@VERSION; apt-get install python3-no-such-thing");
	refuses(sandbox, "python", (ce_dependency){ "tiny", ">=3 'x'", NULL }, CE_ERR_NOT_FOUND, "python 'tiny@>=3 '\\''x'\\'''");
	refuses(sandbox, "python", (ce_dependency){ "tiny", "*", "debian" }, CE_ERR_NOT_FOUND, "run: apt-get install tiny");
	refuses(sandbox, "bash", (ce_dependency){ "tiny", "1", NULL }, CE_ERR_INVALID, "bash@bash takes no dependencies but Debian's");
	refuses(sandbox, "python", (ce_dependency){ NULL, "1", NULL }, CE_ERR_INVALID, "\"\" is no name");
	refuses(sandbox, "python", (ce_dependency){ "../x", "1", NULL }, CE_ERR_INVALID, "\"../x\" is no name");
	refuses(sandbox, "python", (ce_dependency){ "tiny", "1", "pypi" }, CE_ERR_INVALID, "not \"pypi\"");
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	refuses(sandbox, "python", (ce_dependency){ "tiny", longest, NULL }, CE_ERR_INVALID, "is no name");
}

static void what_debian_has_installed_counts(void **state)
{
	ce_sandbox *sandbox = open_sandbox();
	ce_request request = fixture_request("python", "print('ran')");
	ce_dependency d = { "base-files", "", "debian" };

	(void)state;
	fixture_need_language(sandbox, "python");
	if (access("/var/lib/dpkg/info/base-files.list", R_OK) < 0)
		fixture_not_here("this is no Debian");
	request.dependencies = &d;
	request.dependency_count = 1;
	expect_says(fixture_run(sandbox, &request), "ran\n");
	d.version = "0.0.1";
	fixture_refuses(sandbox, &request, CE_ERR_NOT_FOUND, "apt-get install base-files");
}

/* A process started ahead serves those alone that want the same layers. */
static void a_start_ahead_knows_its_layers(void **state)
{
	static const char *const python[] = { "python", NULL };
	static const char code[] = "try:\n import tiny\n print(tiny.word)\nexcept ImportError:\n print('none')\n";
	ce_sandbox_options options = fixture_options();
	const ce_dependency old = { "tiny", "1", NULL }, new = { "tiny", "2", NULL };
	ce_request request = fixture_request("python", code);
	ce_sandbox *sandbox;
	ce_error *error = NULL;

	(void)state;
	two_layers();
	options.runtimes_dir = top;
	options.warm_memory_bytes = UINT64_C(256) << 20;
	sandbox = fixture_create(&options);
	fixture_need_language(sandbox, "python");
	if (ce_sandbox_prewarm(sandbox, python, &error))
		ce_error_free(error);
	for (int i = 0; i < 12; i++) {
		request.dependencies = i % 3 == 2 ? NULL : i % 3 ? &new : &old;
		request.dependency_count = i % 3 != 2;
		expect_says(fixture_run(sandbox, &request), i % 3 == 2 ? "none\n" : i % 3 ? "new\n" : "old\n");
	}
}

static void a_runtime_says_where_its_packages_come_from(void **state)
{
	static const char *const wanted[][2] = { { "python", "pip" }, { "javascript", "npm" }, { "ruby", "" }, { "bash", NULL } };
	ce_sandbox *sandbox = open_sandbox();

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const ce_executor *executor = NULL;

		ce_sandbox_find_executor(sandbox, wanted[i][0], &executor, NULL);
		if (!executor)
			continue;
		if (wanted[i][1])
			assert_string_equal(ce_executor_layer_registry(executor, 0), wanted[i][1]);
		else
			assert_null(ce_executor_layer_registry(executor, 0));
		assert_null(ce_executor_layer_registry(executor, 1000));
	}
}

/* ---- lists ---- */

struct seen {
	char ids[256];
	uint64_t files, bytes;
};

static void see(const ce_layer *layer, void *user_data)
{
	struct seen *seen = user_data;
	size_t n = strlen(seen->ids);

	assert_int_equal(layer->size, sizeof(*layer));
	assert_string_equal(layer->language, "python");
	snprintf(seen->ids + n, sizeof(seen->ids) - n, "%.1s ", layer->id);
	seen->files += layer->file_count;
	seen->bytes += layer->bytes;
}

static void what_makes_no_sense_is_no_layer(void **state)
{
	static const char *const manifests[] = { "", "codeexec-layer 2\npackage a 1\n", "codeexec-layer 1\n",
						 "codeexec-layer 1\npackage a\n", "codeexec-layer 1\npackage a 1\nfile x\n",
						 "codeexec-layer 1\npackage a 1\nsurprise\n" };
	ce_sandbox *sandbox;

	(void)state;
	make_layer(BAD, "", "a", "", 1);
	make_directory("short", "");
	sandbox = open_sandbox();
	for (size_t i = 0; i < COUNT(manifests); i++) {
		put(BAD, "layer", manifests[i]);
		assert_int_equal(ce_sandbox_layers(sandbox, "python", see, NULL, NULL), 0);
	}
	two_layers();
	assert_int_equal(ce_sandbox_layers(sandbox, NULL, NULL, NULL, NULL), 2);
}

static void layers_are_listed_newest_first_and_swept_when_replaced(void **state)
{
	struct seen seen = { "", 0, 0 }, removed = { "", 0, 0 };
	struct utimbuf long_ago = { 1000, 1000 };
	ce_sandbox *sandbox;
	ce_error *error = NULL;
	char path[128];

	(void)state;
	two_layers();
	make_layer(BAD, "codeexec-layer 1\npackage tiny 2.0\n", "tiny", "", 500); /* newer ones have all of it */
	make_directory("broken.off", "");
	make_directory("fresh.one", "");
	snprintf(path, sizeof(path), "%s/layers/python/broken.off", top);
	assert_int_equal(utime(path, &long_ago), 0);
	sandbox = open_sandbox();
	assert_int_equal(ce_sandbox_layers(sandbox, "python", see, &seen, &error), 3);
	assert_string_equal(seen.ids, "2 1 3 ");
	assert_int_equal(seen.files, 3);
	assert_int_equal(seen.bytes, 38);
	assert_int_equal(ce_sandbox_layers_gc(sandbox, see, &removed, &error), 1);
	assert_string_equal(removed.ids, "3 ");
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/layers/python/fresh.one", top);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(ce_sandbox_layers(sandbox, "python", NULL, NULL, &error), 2);
	fixture_check_error(ce_sandbox_layers(NULL, NULL, NULL, NULL, &error), &error, CE_ERR_INVALID, "sandbox");
	fixture_check_error(ce_sandbox_layers_gc(NULL, NULL, NULL, &error), &error, CE_ERR_INVALID, "sandbox");
	fixture_check_error(ce_sandbox_layers(sandbox, "nonesuch", NULL, NULL, &error), &error, CE_ERR_NOT_FOUND, "nonesuch");
}

/* ---- builds ---- */

static void builds_nothing(ce_sandbox *sandbox, ce_dependency package, ce_file archive, const char *words)
{
	ce_error *error = NULL;
	int r = ce_sandbox_layer_build(sandbox, "python", package.name ? &package : NULL, package.name ? 1 : 0,
				       archive.name ? &archive : NULL, archive.name ? 1 : 0, NULL, NULL, &error);

	fixture_check_error(r, &error, CE_ERR_INVALID, words);
}

static void a_build_of_nothing_sensible_is_refused(void **state)
{
	const ce_dependency good = { "a", "1", NULL };
	const ce_file junk = { "a.whl", "this is no zip", 14 };
	ce_sandbox *sandbox = open_sandbox();
	ce_error *error = NULL;

	(void)state;
	fixture_need_language(sandbox, "python");
	builds_nothing(sandbox, (ce_dependency){ NULL, NULL, NULL }, junk, "from 1 to 1024 packages");
	builds_nothing(sandbox, good, (ce_file){ NULL, NULL, 0 }, "from 1 to 2048 archives");
	builds_nothing(sandbox, (ce_dependency){ "a", NULL, NULL }, junk, "\"a@\" is no name@version");
	builds_nothing(sandbox, (ce_dependency){ "a", "1@2", NULL }, junk, "\"a@1@2\" is no name@version");
	builds_nothing(sandbox, (ce_dependency){ "a b", "1", NULL }, junk, "is no name@version");
	builds_nothing(sandbox, good, (ce_file){ "/a.whl", "x", 1 }, "\"/a.whl\" is no name of an archive");
	builds_nothing(sandbox, good, (ce_file){ "a/../b.whl", "x", 1 }, "is no name of an archive");
	builds_nothing(sandbox, good, (ce_file){ "a.whl", NULL, 1 }, "is no name of an archive");
	builds_nothing(sandbox, good, junk, "a.whl");
	fixture_check_error(ce_sandbox_layer_build(sandbox, "bash", &good, 1, &junk, 1, NULL, NULL, &error), &error, CE_ERR_INVALID,
			    "bash takes no layers");
	fixture_check_error(ce_sandbox_layer_build(NULL, "python", &good, 1, &junk, 1, NULL, NULL, &error), &error, CE_ERR_INVALID,
			    "sandbox");
	assert_int_equal(ce_sandbox_layers(sandbox, NULL, NULL, NULL, NULL), 0);
}

#define LAYERS_TEST(function) cmocka_unit_test_setup_teardown(function, prepare_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAYERS_TEST(a_request_gets_the_layer_that_has_its_version),
		LAYERS_TEST(what_no_layer_has_is_told_with_the_command_that_would_build_it),
		LAYERS_TEST(what_debian_has_installed_counts),
		LAYERS_TEST(a_start_ahead_knows_its_layers),
		LAYERS_TEST(a_runtime_says_where_its_packages_come_from),
		LAYERS_TEST(what_makes_no_sense_is_no_layer),
		LAYERS_TEST(layers_are_listed_newest_first_and_swept_when_replaced),
		LAYERS_TEST(a_build_of_nothing_sensible_is_refused),
	};

	return fixture_main("layers", tests);
}
