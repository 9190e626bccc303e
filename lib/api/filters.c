/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Compiling a filter takes about a millisecond, so each set of groups is compiled once per sandbox. */
#include <string.h>

#include "api/sandbox.h"
#include "plan/seccomp.h"

static char *join(const char *const *groups)
{
	size_t size = 1;
	char *text, *p;

	for (const char *const *g = groups; g && *g; g++)
		size += strlen(*g) + 1;
	text = p = malloc(size);
	if (!text)
		return NULL;
	for (const char *const *g = groups; g && *g; g++) {
		p = stpcpy(p, *g);
		*p++ = ',';
	}
	*p = '\0';
	return text;
}

static int build(ce_sandbox *sandbox, const char *const *groups, char *key, struct ce_filter **out, ce_error **error)
{
	struct ce_filter *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return ce__error_no_memory(error);
	r = ce__seccomp_build(groups, &f->bytes, &f->size, error);
	if (r) {
		free(f);
		return r;
	}
	f->groups = key;
	f->next = sandbox->filters;
	sandbox->filters = f;
	*out = f;
	return 0;
}

int ce__filters_get(ce_sandbox *sandbox, const char *const *groups, const void **bytes, size_t *size, ce_error **error)
{
	char *key = join(groups);
	struct ce_filter *f;
	int r = 0;

	if (!key)
		return ce__error_no_memory(error);
	pthread_mutex_lock(&sandbox->lock);
	for (f = sandbox->filters; f && strcmp(f->groups, key) != 0; f = f->next)
		;
	if (!f) {
		r = build(sandbox, groups, key, &f, error);
		if (!r)
			key = NULL; /* the filter's now */
	}
	pthread_mutex_unlock(&sandbox->lock);
	free(key);
	if (!r) {
		*bytes = f->bytes;
		*size = f->size;
	}
	return r;
}

void ce__filters_free(ce_sandbox *sandbox)
{
	while (sandbox->filters) {
		struct ce_filter *next = sandbox->filters->next;

		free(sandbox->filters->groups);
		free(sandbox->filters->bytes);
		free(sandbox->filters);
		sandbox->filters = next;
	}
}
