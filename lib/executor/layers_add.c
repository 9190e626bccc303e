/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Putting the layers that a request needs into its stages. */
#include <stdio.h>
#include <string.h>

#include "executor/layers.h"
#include "executor/version.h"

#define DPKG_STATUS "/var/lib/dpkg/status"
#define DPKG_STATUS_MAX (64u << 20)
#define ROOT_MOUNTS_MAX 64

/* What is put together for one request. */
struct use {
	const struct ce_executor *executor;
	const struct ce_manifest_runtime *runtime;
	struct ce_layer_list layers;
	char *dpkg;              /* owned; read when needed */
	const struct ce_layer_entry *used[64];
	size_t used_count;
	struct ce_strv missing;
};

/* An epoch and a Debian revision are none of upstream's: "1:1.24.2-1+deb12u1" is 1.24.2. */
static bool debian_version_matches(const char *version, const char *wanted)
{
	const char *colon = strchr(version, ':');

	if (!wanted || !*wanted || !strcmp(wanted, "*") || !strcmp(wanted, version))
		return true;
	return ce__version_in_range(colon ? colon + 1 : version, wanted) == 1;
}

/* Debian's packages are in /usr, which every cell shows: it is enough that one is installed. */
static bool is_in_debian(struct use *use, const ce_dependency *d)
{
	CE_CLEANUP_FREE char *head = ce__base_asprintf("\nPackage: %s\n", d->name);
	char *start, *end, *field, version[128] = "";
	bool found = false;

	if (!use->dpkg)
		use->dpkg = ce__layers_read_text(DPKG_STATUS, DPKG_STATUS_MAX);
	start = head && use->dpkg ? strstr(use->dpkg, head) : NULL;
	end = start ? strstr(start + 1, "\n\n") : NULL;
	if (!end)
		return false;
	*end = '\0';
	field = strstr(start, "\nVersion: ");
	if (field && strstr(start, "\nStatus: install ok installed\n") && sscanf(field, "\nVersion: %127s", version) == 1)
		found = debian_version_matches(version, d->version);
	*end = '\n';
	return found;
}

static int take_dependency(struct use *use, const ce_dependency *d, ce_error **error)
{
	const struct ce_layer_entry *layer;
	bool debian = d->source && !strcmp(d->source, "debian");

	if (!d->name || !ce__layers_name_ok(d->name) || (d->version && *d->version && strlen(d->version) > 100))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "dependencies: \"%.64s\" is no name of a package",
				     d->name ? d->name : "");
	if (d->source && *d->source && !debian && strcmp(d->source, "layer") != 0)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "dependencies: %s: the source must be \"layer\" or \"debian\", not \"%.32s\"", d->name, d->source);
	if (debian && is_in_debian(use, d))
		return 0;
	if (!debian && !use->runtime->layers.env)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "%s@%s takes no dependencies but Debian's (debian:NAME): its manifest has no \"layers\"",
				     use->executor->name, use->runtime->name);
	layer = debian ? NULL : ce__layers_find(&use->layers, use->runtime->layers.registry, d);
	if (!layer)
		return ce__strv_take(&use->missing, ce__base_asprintf("%s%s%s%s", debian ? "debian:" : "", d->name,
								      d->version && *d->version ? "@" : "",
								      d->version ? d->version : ""))
			   ? 0
			   : ce__error_no_memory(error);
	for (size_t i = 0; i < use->used_count; i++)
		if (use->used[i] == layer)
			return 0;
	if (use->used_count == CE_ARRAY_SIZE(use->used))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "dependencies: more than %zu layers", CE_ARRAY_SIZE(use->used));
	use->used[use->used_count++] = layer;
	return 0;
}

/* A word as a shell takes it. */
static void print_word(FILE *out, const char *word)
{
	if (*word && word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@/._+-:,%")] == '\0') {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
	fputc('\'', out);
}

/* "NAME@VERSION" as it was asked for; a version that was not is for the reader to fill in. */
static void print_package(FILE *out, const char *package)
{
	const char *at = strrchr(package + 1, '@');

	if (at && strcmp(at, "@*") != 0)
		print_word(out, package);
	else
		fprintf(out, "%.*s@VERSION", at ? (int)(at - package) : (int)strlen(package), package);
}

static void print_missing(FILE *out, const struct use *use)
{
	const char *between = "";
	bool begun = false;

	for (char **m = use->missing.items; *m; m++)
		fprintf(out, "%s%s", m == use->missing.items ? "" : ", ", *m);
	fprintf(out, "; run:");
	for (char **m = use->missing.items; *m; m++) {
		if (strncmp(*m, "debian:", 7) == 0)
			continue;
		if (!begun)
			fprintf(out, " codeexec layer build %s%s", use->runtime->layers.registry ? "" : "--from DIR ",
				use->executor->name);
		begun = true;
		fputc(' ', out);
		print_package(out, *m);
		between = ";";
	}
	begun = false;
	for (char **m = use->missing.items; *m; m++) {
		if (strncmp(*m, "debian:", 7) != 0)
			continue;
		if (!begun)
			fprintf(out, "%s apt-get install", between);
		begun = true;
		fprintf(out, " %.*s", (int)strcspn(*m + 7, "@"), *m + 7);
	}
}

/* "python: these dependencies are not there: a@1, b; run: codeexec layer build python a@1 b@VERSION" */
static int fail_missing(const struct use *use, ce_error **error)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return ce__error_no_memory(error);
	print_missing(out, use);
	r = fclose(out) ? ce__error_no_memory(error)
			: ce__error_set(error, CE_ERR_NOT_FOUND, 0, NULL, "%s: these dependencies are not there: %s",
					use->executor->name, text);
	free(text);
	return r;
}

/* Takes `source` and `target` over, also on failure. */
static bool add_mount(struct ce_stage_inputs *stage, char *source, char *target, bool optional)
{
	struct ce_manifest_mount *mounts = reallocarray(stage->mounts, stage->mount_count + 1, sizeof(*mounts));

	if (mounts)
		stage->mounts = mounts;
	if (!mounts || !source || !target) {
		free(source);
		free(target);
		return false;
	}
	mounts[stage->mount_count++] = (struct ce_manifest_mount){source, target, optional};
	return true;
}

static bool has_target(const struct ce_stage_inputs *stage, const char *target)
{
	for (size_t i = 0; i < stage->mount_count; i++)
		if (!strcmp(stage->mounts[i].target, target))
			return true;
	return false;
}

/* Each package of a layer on its own: PATH/x.tgz is the directory PATH/x. What an earlier layer has stays. */
static bool add_packages(const struct use *use, struct ce_stage_inputs *stage, const struct ce_layer_entry *layer)
{
	const struct ce_manifest_layers *how = &use->runtime->layers;
	size_t n = strlen(how->path), first = stage->mount_count;

	for (char **archive = layer->archives.items; archive && *archive; archive++) {
		const char *name = *archive + n + 1, *dot = strrchr(*archive, '.');
		CE_CLEANUP_FREE char *target = NULL;

		if (strncmp(*archive, how->path, n) != 0 || (*archive)[n] != '/' || !dot || dot < name || strstr(name, how->path) ||
		    stage->mount_count - first >= ROOT_MOUNTS_MAX)
			continue;
		target = ce__base_asprintf("%s/%.*s", how->root, (int)(dot - name), name);
		if (!target)
			return false;
		if (!has_target(stage, target) &&
		    !add_mount(stage, ce__base_asprintf("%s/files/%.*s", layer->directory, (int)(dot - *archive), *archive),
			       ce__steal_pointer(&target), true))
			return false;
	}
	return true;
}

static bool add_mounts(const struct use *use, struct ce_stage_inputs *stage)
{
	const struct ce_manifest_layers *how = &use->runtime->layers;

	for (size_t i = 0; i < use->used_count; i++) {
		const struct ce_layer_entry *layer = use->used[i];

		if (!add_mount(stage, ce__base_asprintf("%s/files", layer->directory),
			       ce__base_asprintf("%s/%s", CE_LAYERS_TARGET, layer->id), false))
			return false;
		if (how->root && how->path && use->used_count > 1 && !add_packages(use, stage, layer))
			return false;
	}
	if (!how->root || !how->path || use->used_count != 1)
		return true;
	return add_mount(stage, ce__base_asprintf("%s/files/%s", use->used[0]->directory, how->path), strdup(how->root), true);
}

static bool add_to_list(char **list, const char *id, const char *below)
{
	CE_CLEANUP_FREE char *before = *list;

	*list = ce__base_asprintf("%s%s%s/%s%s%s", before ? before : "", before ? ":" : "", CE_LAYERS_TARGET, id, *below ? "/" : "",
				  below);
	return *list != NULL;
}

/* The directories, or the files of that kind, joined with ':'. NULL: no memory left. */
static char *list_places(const struct use *use)
{
	const char *path = use->runtime->layers.path;
	char *list = NULL;
	bool good = true;

	for (size_t i = 0; i < use->used_count && good; i++) {
		const struct ce_layer_entry *layer = use->used[i];

		if (!path || *path != '*') {
			good = add_to_list(&list, layer->id, path ? path : "");
			continue;
		}
		for (char **archive = layer->archives.items; archive && *archive && good; archive++)
			if (strlen(*archive) >= strlen(path) &&
			    !strcmp(*archive + strlen(*archive) - strlen(path + 1), path + 1))
				good = add_to_list(&list, layer->id, *archive);
	}
	return good && !list ? strdup("") : list;
}

/* Before what the manifest says of the same variable. */
static bool add_variable(const struct use *use, struct ce_stage_inputs *stage, const char *list)
{
	const char *name = use->runtime->layers.env;
	CE_CLEANUP_FREE char *value = ce__base_asprintf("%s=%s", name, list);
	CE_CLEANUP_STRV struct ce_strv env = {0};
	size_t n = strlen(name);

	for (char **old = stage->env; value && *old; old++) {
		CE_CLEANUP_FREE char *before = NULL;

		if (strncmp(*old, name, n) != 0 || (*old)[n] != '=')
			continue;
		before = value;
		value = ce__base_asprintf("%s:%s", before, *old + n + 1);
	}
	if (!value || !ce__strv_add_all(&env, stage->env) || !ce__strv_set_env(&env, value))
		return false;
	return ce__strv_replace(&stage->env, &env);
}

/* After what the command gives that option already, or as two words more at its end. */
static bool add_option(struct ce_stage_inputs *stage, const char *option, const char *list)
{
	CE_CLEANUP_STRV struct ce_strv argv = {0};
	bool there = false;

	for (char **word = stage->argv; *word; word++) {
		bool is_value = !there && word != stage->argv && !strcmp(word[-1], option);

		there = there || is_value;
		if (!(is_value ? ce__strv_take(&argv, ce__base_asprintf("%s:%s", *word, list)) : ce__strv_add(&argv, *word)))
			return false;
	}
	if (!there && (!ce__strv_add(&argv, option) || !ce__strv_add(&argv, list)))
		return false;
	return ce__strv_replace(&stage->argv, &argv);
}

static int add_to_stages(const struct use *use, struct ce_execution_inputs *inputs, ce_error **error)
{
	const struct ce_manifest_layers *how = &use->runtime->layers;
	struct ce_stage_inputs *stages[] = {&inputs->run, inputs->has_compile ? &inputs->compile : NULL};
	const char *options[] = {how->run_option, how->compile_option};
	CE_CLEANUP_FREE char *list = NULL;

	if (!use->used_count)
		return 0;
	list = list_places(use);
	for (size_t s = 0; s < CE_ARRAY_SIZE(stages) && stages[s]; s++)
		if (!list || !add_mounts(use, stages[s]) || (*list && !add_variable(use, stages[s], list)) ||
		    (*list && options[s] && !add_option(stages[s], options[s], list)))
			return ce__error_no_memory(error);
	return 0;
}

int ce__layers_add(const char *runtimes_dir, const struct ce_executor *executor, size_t runtime,
		   const ce_dependency *dependencies, size_t count, struct ce_execution_inputs *inputs, ce_error **error)
{
	struct use use = {.executor = executor, .runtime = &executor->runtimes[runtime]};
	int r = ce__layers_read(runtimes_dir, executor->name, &use.layers, error);

	for (size_t i = 0; !r && i < count; i++)
		r = take_dependency(&use, &dependencies[i], error);
	if (!r && use.missing.count)
		r = fail_missing(&use, error);
	if (!r)
		r = add_to_stages(&use, inputs, error);
	ce__layers_finish(&use.layers);
	ce__strv_finish(&use.missing);
	free(use.dpkg);
	return r;
}
