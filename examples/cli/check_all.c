/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The self-tests of all runtimes on several threads: the sandbox is shared, each row belongs to one thread. */
#include "check_all.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <codeexec/executors.h>

struct work {
	ce_sandbox *sandbox;
	struct check_rows *rows;
	pthread_mutex_t lock;
	size_t next; /* under lock */
	bool broken; /* under lock: a check could not be made */
};

static bool add_failure(struct check_row *row, const char *test, const char *message)
{
	struct check_failure *list = reallocarray(row->failures, row->failure_count + 1, sizeof(*list));

	if (!list)
		return false;
	row->failures = list;
	list += row->failure_count++;
	list->test = strdup(test ? test : "");
	list->message = strdup(message ? message : "");
	return list->test && list->message;
}

static void note_kind(struct check_row *row, const char *kind, int passed)
{
	const char *name;

	for (size_t i = 0; i < CHECK_KINDS_MAX && (name = ce_test_kind_name(i)); i++)
		if (!strcmp(name, kind) && (!passed || strcmp(row->kinds[i], "NO") != 0))
			row->kinds[i] = passed ? "ok" : "NO";
}

static void on_test(const ce_executor *executor, const char *runtime, const char *test, int passed,
		    const char *message, const ce_result *result, void *user_data)
{
	const char *kind = ce_executor_test_kind(executor, test);
	struct check_row *row = user_data;

	(void)runtime;
	row->passed += passed != 0;
	row->failed += passed == 0;
	if (!passed)
		add_failure(row, test, message);
	if (!kind)
		return;
	note_kind(row, kind, passed);
	if (strcmp(kind, "hello") != 0 || !result)
		return;
	if (ce_result_has_stage(result, CE_STAGE_COMPILE))
		row->compile_ms = (double)ce_result_wall_time_us(result, CE_STAGE_COMPILE) / 1000;
	if (ce_result_has_stage(result, CE_STAGE_RUN))
		row->run_ms = (double)ce_result_wall_time_us(result, CE_STAGE_RUN) / 1000;
}

static void start_row(struct check_row *row, const ce_executor *executor, size_t runtime)
{
	static const char *const states[] = {"?", "?", "-"};
	const char *name;

	memset(row, 0, sizeof(*row));
	row->executor = executor;
	row->runtime = runtime;
	row->compile_ms = row->run_ms = -1;
	for (size_t i = 0; i < CHECK_KINDS_MAX && (name = ce_test_kind_name(i)); i++) {
		int state = ce_executor_kind_state(executor, runtime, name, NULL);

		row->kinds[i] = states[state < 0 ? 0 : state];
		row->missing += state == CE_KIND_MISSING;
	}
}

static int check_row(struct work *work, struct check_row *row)
{
	char language[128];
	ce_error *error = NULL;
	int r;

	row->version = ce_sandbox_runtime_version(work->sandbox, row->executor, row->runtime);
	snprintf(language, sizeof(language), "%s@%s", ce_executor_name(row->executor),
		 ce_executor_runtime_name(row->executor, row->runtime));
	r = ce_sandbox_check(work->sandbox, language, on_test, row, &error);
	if (r < 0) {
		row->failed++;
		add_failure(row, "", error ? ce_error_message(error) : "no memory left");
	}
	ce_error_free(error);
	return r < 0 ? -1 : 0;
}

static void *worker(void *context)
{
	struct work *work = context;
	int r = 0;

	for (;;) {
		size_t mine;

		pthread_mutex_lock(&work->lock);
		mine = work->next++;
		work->broken = work->broken || r;
		pthread_mutex_unlock(&work->lock);
		if (mine >= work->rows->count)
			return NULL;
		r = check_row(work, &work->rows->rows[mine]);
	}
}

/* Fewer threads than asked for are no reason not to begin. */
static void run_work(struct work *work, size_t jobs)
{
	pthread_t threads[64];
	size_t started = 0;

	while (started + 1 < jobs && started < sizeof(threads) / sizeof(threads[0]) &&
	       !pthread_create(&threads[started], NULL, worker, work))
		started++;
	worker(work);
	while (started)
		pthread_join(threads[--started], NULL);
}

static bool is_named(ce_sandbox *sandbox, const char *word, const ce_executor *executor, size_t index)
{
	const char *at = strchr(word, '@');
	const ce_executor *found = NULL;

	if (ce_sandbox_find_executor(sandbox, word, &found, NULL) || found != executor)
		return false;
	return !at || !strcmp(at + 1, ce_executor_runtime_name(executor, index));
}

static bool is_wanted(ce_sandbox *sandbox, const struct arguments *languages, const ce_executor *executor, size_t index)
{
	for (size_t i = 0; i < languages->plain_count; i++)
		if (is_named(sandbox, languages->plain[i], executor, index))
			return true;
	return !languages->plain_count;
}

static int collect_rows(ce_sandbox *sandbox, const struct arguments *languages, struct check_rows *out)
{
	for (size_t i = 0; i < ce_sandbox_executor_count(sandbox); i++) {
		const ce_executor *executor = ce_sandbox_executor(sandbox, i);
		size_t before = out->count;

		for (size_t k = 0; k < ce_executor_runtime_count(executor); k++) {
			struct check_row *rows;

			if (!ce_executor_runtime_available(executor, k) || !is_wanted(sandbox, languages, executor, k))
				continue;
			rows = reallocarray(out->rows, out->count + 1, sizeof(*rows));
			if (!rows)
				return console_error("no memory left");
			out->rows = rows;
			start_row(&rows[out->count++], executor, k);
		}
		out->languages += out->count > before;
	}
	return 0;
}

/* What was named and is not here has not passed. */
static int find_absent(ce_sandbox *sandbox, const struct arguments *languages, const struct check_rows *rows)
{
	for (size_t i = 0; i < languages->plain_count; i++) {
		const char *word = languages->plain[i];
		const ce_executor *executor = NULL;
		size_t k = 0;

		while (k < rows->count && !is_named(sandbox, word, rows->rows[k].executor, rows->rows[k].runtime))
			k++;
		if (k < rows->count)
			continue;
		if (!ce_sandbox_find_executor(sandbox, word, &executor, NULL) && !ce_executor_available(executor))
			return console_error("%s: %s", word, ce_executor_unavailable_reason(executor));
		return console_error("%s: not installed here", word);
	}
	return 0;
}

static void free_rows(struct check_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		for (size_t k = 0; k < rows->rows[i].failure_count; k++) {
			free(rows->rows[i].failures[k].test);
			free(rows->rows[i].failures[k].message);
		}
		free(rows->rows[i].failures);
	}
	free(rows->rows);
}

int check_all(ce_sandbox *sandbox, const struct arguments *languages, enum check_format format, size_t jobs)
{
	struct check_rows rows = {0};
	struct work work = {.sandbox = sandbox, .rows = &rows, .lock = PTHREAD_MUTEX_INITIALIZER};
	int r = collect_rows(sandbox, languages, &rows);

	if (!r)
		r = find_absent(sandbox, languages, &rows);
	if (!r) {
		run_work(&work, jobs);
		for (size_t i = 0; i < rows.count; i++) {
			rows.passed += rows.rows[i].passed;
			rows.failed += rows.rows[i].failed;
			rows.missing += rows.rows[i].missing;
		}
		r = check_print(sandbox, &rows, format);
	}
	if (!r)
		r = work.broken ? EXIT_OWN_ERROR : rows.failed || rows.missing ? 1 : 0;
	free_rows(&rows);
	return r;
}
