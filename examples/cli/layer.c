/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * `codeexec layer`: what programs may depend on, built ahead, listed, swept. */
#include "layer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <codeexec/layers.h>

#include "page.h"

enum { LAYER_FROM = 100, LAYER_ALLOW_WEAKER };

static const struct option_spec layer_specs[] = {
    {"from", 0, true, LAYER_FROM},
    {"allow-weaker", 0, false, LAYER_ALLOW_WEAKER},
    {NULL, 0, false, 0},
};

struct layer_options {
	const char *from;
	bool allow_weaker;
};

static int layer_option(void *context, int id, const char *value)
{
	struct layer_options *options = context;

	if (id == LAYER_FROM)
		options->from = value;
	else
		options->allow_weaker = true;
	return 0;
}

static void print_layer(const ce_layer *layer, void *user_data)
{
	FILE *out = user_data;
	time_t built = (time_t)layer->built_s;
	struct tm day;
	char date[32] = "";

	if (gmtime_r(&built, &day))
		strftime(date, sizeof(date), "%Y-%m-%d", &day);
	fprintf(out, "%-12s %s  %s  %6llu files  %8.1f KiB ", layer->language, layer->id, date,
		(unsigned long long)layer->file_count, (double)layer->bytes / 1024);
	for (size_t i = 0; layer->packages[i]; i++)
		fprintf(out, " %s", layer->packages[i]);
	fprintf(out, "\n");
}

static int list_layers(ce_sandbox *sandbox, const struct arguments *arguments)
{
	ce_error *error = NULL;
	struct page page;
	int r;

	if (page_open(&page))
		return EXIT_OWN_ERROR;
	r = ce_sandbox_layers(sandbox, arguments->plain[1], print_layer, page.out, &error);
	if (page_print(&page))
		return EXIT_OWN_ERROR;
	return r < 0 ? cli_error(NULL, error) : 0;
}

struct show {
	const char *id;
	FILE *out;
	bool found;
};

/* The manifest as it is; its digests are what people want to compare. */
static void show_layer(const ce_layer *layer, void *user_data)
{
	struct show *show = user_data;
	char path[4096], line[4096];
	FILE *manifest;

	if (strncmp(layer->id, show->id, strlen(show->id)) != 0)
		return;
	show->found = true;
	fprintf(show->out, "language %s\nid %s\ndirectory %s\n", layer->language, layer->id, layer->directory);
	snprintf(path, sizeof(path), "%s/layer", layer->directory);
	manifest = fopen(path, "re");
	while (manifest && fgets(line, sizeof(line), manifest))
		fputs(line, show->out);
	if (manifest)
		fclose(manifest);
}

static int show_layers(ce_sandbox *sandbox, const struct arguments *arguments)
{
	struct show show = {.id = arguments->plain[1]};
	ce_error *error = NULL;
	struct page page;
	int r;

	if (!show.id || !*show.id)
		return console_error("layer show: an ID is missing ('codeexec layer list' has them)");
	if (page_open(&page))
		return EXIT_OWN_ERROR;
	show.out = page.out;
	r = ce_sandbox_layers(sandbox, NULL, show_layer, &show, &error);
	if (page_print(&page))
		return EXIT_OWN_ERROR;
	if (r < 0)
		return cli_error(NULL, error);
	return show.found ? 0 : console_error("'%s': there is no such layer", show.id);
}

static int sweep_layers(ce_sandbox *sandbox)
{
	ce_error *error = NULL;
	struct page page;
	int r;

	if (page_open(&page))
		return EXIT_OWN_ERROR;
	r = ce_sandbox_layers_gc(sandbox, print_layer, page.out, &error);
	if (r >= 0)
		fprintf(page.out, "%d removed\n", r);
	if (page_print(&page))
		return EXIT_OWN_ERROR;
	return r < 0 ? cli_error(NULL, error) : 0;
}

/* As its runtimes say; NULL: none of them takes layers. */
static const char *find_registry(const ce_executor *executor)
{
	const char *registry = NULL;

	for (size_t i = 0; ce_executor_runtime_name(executor, i) && !registry; i++)
		registry = ce_executor_layer_registry(executor, i);
	return registry;
}

static int build_layer(ce_sandbox *sandbox, const struct layer_options *options, const struct arguments *arguments)
{
	const ce_executor *executor = NULL;
	const char *registry;
	struct layer_archives archives = {0};
	ce_error *error = NULL;
	struct page page;
	int r;

	if (arguments->plain_count < 3)
		return console_error("layer build: LANG NAME@VERSION... are missing (see 'codeexec layer --help')");
	if (ce_sandbox_find_executor(sandbox, arguments->plain[1], &executor, &error))
		return cli_error(NULL, error);
	registry = find_registry(executor);
	if (!registry)
		return console_error("%s takes no layers: its manifest has no \"layers\"", ce_executor_name(executor));
	r = layer_fetch(*registry ? registry : ce_executor_name(executor), options->from, arguments->plain + 2, &archives);
	if (!r && page_open(&page))
		r = EXIT_OWN_ERROR;
	else if (!r) {
		if (ce_sandbox_layer_build(sandbox, arguments->plain[1], archives.packages, archives.package_count,
					   archives.files, archives.file_count, print_layer, page.out, &error))
			r = cli_error(NULL, error);
		if (page_print(&page))
			r = EXIT_OWN_ERROR;
	}
	layer_release(&archives);
	return r;
}

int command_layer(struct cli_globals *globals, int argc, char **argv)
{
	struct layer_options own = {0};
	struct option_set set = {layer_specs, layer_option, &own};
	struct arguments arguments;
	ce_sandbox_options options;
	ce_sandbox *sandbox = NULL;
	const char *verb;
	int r = globals_parse(globals, &set, argc, argv, &arguments);

	if (r)
		return r;
	if (globals->help)
		return help_print("layer");
	verb = arguments.plain_count ? arguments.plain[0] : "";
	if (strcmp(verb, "build") && strcmp(verb, "list") && strcmp(verb, "show") && strcmp(verb, "gc"))
		return console_error("layer: build, list, show or gc, not '%s' (see 'codeexec layer --help')", verb);
	options = globals_sandbox_options(globals);
	/* Only to build is anything run. */
	if (own.allow_weaker || strcmp(verb, "build") != 0)
		options.flags |= CE_SANDBOX_ALLOW_WEAKER;
	r = sandbox_open(globals, &options, &sandbox);
	if (r)
		return r;
	if (!strcmp(verb, "build"))
		r = build_layer(sandbox, &own, &arguments);
	else if (!strcmp(verb, "list"))
		r = list_layers(sandbox, &arguments);
	else
		r = !strcmp(verb, "show") ? show_layers(sandbox, &arguments) : sweep_layers(sandbox);
	ce_sandbox_destroy(sandbox);
	return r;
}
