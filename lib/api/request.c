/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Input validation: what a request may say. Every refusal names what it refuses. */
#include <stdio.h>
#include <string.h>

#include "api/sandbox.h"
#include "plan/effective.h"

#define FLAGS_KNOWN (CE_REQUEST_INTERACTIVE | CE_REQUEST_TRACE | CE_REQUEST_NO_CACHE)
#define DEFAULT_OUTPUTS_BYTES (UINT64_C(10) << 20)
#define ARGUMENT_MAX (UINT64_C(128) << 10) /* the kernel's MAX_ARG_STRLEN */
#define ARGUMENTS_MAX (UINT64_C(1) << 20)
#define LIST_MAX 4096
#define DEPENDENCIES_MAX 256
#define USAGE_INTERVAL_MAX_MS UINT64_C(86400000) /* it is multiplied on its way */

static int invalid(ce_error **error, const char *what, const char *name, const char *why)
{
	char shown[80];

	/* A name may be anything, so it is shown cut and printable. */
	snprintf(shown, sizeof(shown), "%.*s", (int)(sizeof(shown) - 4), name);
	for (char *p = shown; *p; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			*p = '?';
	return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s \"%s%s\": %s", what, shown,
			     strlen(name) > strlen(shown) ? "..." : "", why);
}

static int check_file_name(const char *name, ce_error **error)
{
	if (!name)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "files: a name is NULL");
	if (!*name)
		return invalid(error, "file", name, "the name is empty");
	if (*name == '/')
		return invalid(error, "file", name, "must be relative to the work directory");
	if (!ce__plan_name_ok(name, strlen(name)))
		return invalid(error, "file", name,
			       "has an empty, \".\", \"..\" or over-long part (255 bytes at most each, 4095 in all)");
	return 0;
}

/* Also "a" and "a/b": one of them would have to be a file and a directory at once. */
static bool clash(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), least = n < m ? n : m;

	return !strncmp(a, b, least) && (n == m || (n < m ? b : a)[least] == '/');
}

static int compare_names(const void *a, const void *b)
{
	const unsigned char *x = (const void *)(*(const ce_file *const *)a)->name;
	const unsigned char *y = (const void *)(*(const ce_file *const *)b)->name;

	/* '/' sorts before everything, so that a directory is next to what lies in it. */
	while (*x && *x == *y)
		x++, y++;
	return (*x == '/' ? 1 : *x ? *x + 1 : 0) - (*y == '/' ? 1 : *y ? *y + 1 : 0);
}

static int check_duplicates(const ce_file *files, size_t count, ce_error **error)
{
	CE_CLEANUP_FREE const ce_file **sorted = calloc(count + 1, sizeof(*sorted));

	if (!sorted)
		return ce__error_no_memory(error);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &files[i];
	qsort(sorted, count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < count; i++)
		if (clash(sorted[i - 1]->name, sorted[i]->name))
			return invalid(error, "file", sorted[i]->name, "the name is given twice, or is also a directory");
	return 0;
}

static int check_files(const ce_request *r, ce_error **error)
{
	uint64_t total = r->code_size;

	if (r->code_size && !r->code)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "code is NULL, but code_size is not 0");
	if (r->code_size > CE_PLAN_MAX_BYTES) /* the sum must not wrap around */
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "code: too large");
	if (!r->code && r->file_count == 0 && !r->program)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "the request has neither code nor files");
	if (r->file_count && !r->files)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "files is NULL, but file_count is not 0");
	if (r->file_count >= CE_PLAN_MAX_FILES)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "too many files (%d at most)", CE_PLAN_MAX_FILES - 1);
	for (size_t i = 0; i < r->file_count; i++) {
		int e = check_file_name(r->files[i].name, error);

		if (e)
			return e;
		if (r->files[i].data_size && !r->files[i].data)
			return invalid(error, "file", r->files[i].name, "data is NULL, but data_size is not 0");
		if (r->files[i].data_size > CE_PLAN_MAX_BYTES)
			return invalid(error, "file", r->files[i].name, "too large");
		total += r->files[i].data_size;
	}
	if (total > CE_PLAN_MAX_BYTES / 2)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "the files are too large (512 MiB together at most)");
	return 0;
}

static int check_list(const char *const *list, const char *what, uint64_t *total, ce_error **error)
{
	size_t count = 0;

	for (; list && *list; list++) {
		size_t n = strlen(*list) + 1;

		if (n > ARGUMENT_MAX)
			return invalid(error, what, *list, "too long (128 KiB at most)");
		*total += n;
		if (++count > LIST_MAX || *total > ARGUMENTS_MAX)
			return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s: too many (%d, or 1 MiB with the others, at most)",
					     what, LIST_MAX);
	}
	return 0;
}

static int check_lists(const ce_request *r, ce_error **error)
{
	uint64_t total = 0;
	int e = check_list(r->args, "argument", &total, error);

	if (!e)
		e = check_list(r->env, "environment variable", &total, error);
	if (!e)
		e = check_list(r->outputs, "output", &total, error);
	if (!e)
		e = check_list(r->options, "option", &total, error);
	for (const char *const *p = r->env; !e && p && *p; p++)
		if ((*p)[0] == '=' || !strchr(*p, '='))
			e = invalid(error, "environment variable", *p, "must be NAME=value");
	for (const char *const *p = r->outputs; !e && p && *p; p++)
		if (!ce__plan_name_ok(*p, strlen(*p)))
			e = invalid(error, "output", *p, "must be a name or glob relative to the work directory");
	return e;
}

static int take_limits(const ce_limits *in, const char *who, ce_limits *out, ce_error **error)
{
	int r;

	*out = ce_limits_init();
	if (!in)
		return 0;
	r = ce__sized_copy_in(out, sizeof(*out), in);
	if (r == -E2BIG)
		return ce__error_set(error, CE_ERR_TOO_NEW, 0, NULL, "%s: a member that this library does not know is set", who);
	if (r)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s.size is too small", who);
	return ce__effective_check(out, who, error);
}

int ce__request_check(const ce_request *request, struct ce_checked_request *out, ce_error **error)
{
	ce_request *r = &out->request;
	int e;

	memset(out, 0, sizeof(*out));
	if (!request)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request must not be NULL");
	e = ce__sized_copy_in(r, sizeof(*r), request);
	if (e == -E2BIG || (!e && (r->flags & ~FLAGS_KNOWN)))
		return ce__error_set(error, CE_ERR_TOO_NEW, 0, NULL, "request: a member or flag that this library does not know is set");
	if (e)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request.size is too small: use ce_request_init()");
	if (r->program && (r->language || r->code))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request.program has its own language and code: leave them NULL");
	if (r->program && r->options && r->options[0])
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request.options are those that request.program was made with");
	if (!r->program && (!r->language || !*r->language))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request.language is empty");
	if (r->input_size && !r->input)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "input is NULL, but input_size is not 0");
	if (r->network > CE_NETWORK_LOOPBACK)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "request.network: %llu is no CE_NETWORK_*",
				     (unsigned long long)r->network);
	if (r->usage_interval_ms && (r->usage_interval_ms < 10 || r->usage_interval_ms > USAGE_INTERVAL_MAX_MS))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "request.usage_interval_ms: 10 at the least, 86400000 (a day) at most");
	if (r->dependency_count && !r->dependencies)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "dependencies is NULL, but dependency_count is not 0");
	if (r->dependency_count > DEPENDENCIES_MAX)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "too many dependencies (%d at most)", DEPENDENCIES_MAX);
	if (!r->outputs_max_bytes)
		r->outputs_max_bytes = DEFAULT_OUTPUTS_BYTES;
	if (!r->usage_interval_ms)
		r->usage_interval_ms = 100;
	e = check_files(r, error);
	if (!e)
		e = check_lists(r, error);
	if (!e)
		e = take_limits(r->limits, "limits", &out->limits, error);
	if (!e)
		e = take_limits(r->compile_limits, "compile_limits", &out->compile_limits, error);
	return e;
}

static int allocate_files(struct ce_checked_request *checked, size_t count, ce_error **error)
{
	checked->files = calloc(count + 1, sizeof(*checked->files));
	checked->executable = calloc(count + 1, sizeof(*checked->executable));
	return checked->files && checked->executable ? 0 : ce__error_no_memory(error);
}

/* The request's own files come last; from here on the request shows all of them. */
static int take_files(struct ce_checked_request *checked, ce_error **error)
{
	ce_request *r = &checked->request;

	for (size_t i = 0; i < r->file_count; i++)
		checked->files[checked->file_count++] = r->files[i];
	r->code = NULL;
	r->code_size = 0;
	r->files = checked->files;
	r->file_count = checked->file_count;
	return check_duplicates(checked->files, checked->file_count, error);
}

int ce__request_name_program(struct ce_checked_request *checked, const struct ce_executor *executor, size_t runtime,
			     ce_error **error)
{
	const ce_request *r = &checked->request;
	int e = allocate_files(checked, r->file_count + 1, error);

	if (!e && r->code)
		e = ce__executor_name_source(executor, runtime, r->code, r->code_size, &checked->source_name, error);
	if (e)
		return e;
	if (r->code)
		checked->files[checked->file_count++] = (ce_file){
			checked->source_name ? checked->source_name : executor->source_name, r->code, r->code_size };
	return take_files(checked, error);
}

int ce__request_add_program(struct ce_checked_request *checked, ce_error **error)
{
	const struct ce_program *p = checked->request.program;
	size_t artifacts = p->compiled ? p->compiled->file_count : 0;
	int e = allocate_files(checked, p->file_count + artifacts + checked->request.file_count, error);

	if (e)
		return e;
	for (size_t i = 0; i < p->file_count; i++)
		checked->files[checked->file_count++] = p->files[i];
	for (size_t i = 0; i < artifacts; i++) {
		const ce_output_file *f = &p->compiled->files[i];
		bool known = (f->flags & CE_OUTPUT_FILE_SKIPPED) != 0;

		/* A file of the request keeps its own bytes, whatever the compile stage did to its copy. */
		for (size_t k = 0; k < p->file_count && !known; k++)
			known = !strcmp(p->files[k].name, f->name);
		if (known)
			continue;
		checked->executable[checked->file_count] = (f->flags & CE_OUTPUT_FILE_EXECUTABLE) != 0;
		checked->files[checked->file_count++] = (ce_file){ f->name, f->data, f->data_size };
	}
	return take_files(checked, error);
}

void ce__request_finish(struct ce_checked_request *checked)
{
	free(checked->source_name);
	free(checked->files);
	free(checked->executable);
	checked->source_name = NULL;
	checked->files = NULL;
	checked->executable = NULL;
}
