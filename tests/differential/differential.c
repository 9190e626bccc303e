/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * differential LANGUAGE CORPUS [--every N] [--only NAME] [--both cold]: runs each program of the corpus, and the self-tests of the language's
 * manifest, in a process that is started for it and in one that was started ahead, and says how what came of it differs. A program
 * that differs from itself between two starts is a fault of the corpus, and said to be; --both cold looks for those alone. TAP on
 * stdout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "corpus.h"
#include "fixture.h"

#define WARM_TRIES 200
#define WARM_PAUSE_MS 15
#define STALL_MS 60000

struct dialogue {
	const struct corpus_program *program;
	size_t step;
	char *heard; /* owned */
	size_t size;
};

static unsigned done, failed;

static void fatal(const char *what, ce_error *error)
{
	printf("Bail out! %s: %s\n", what, error ? ce_error_message(error) : "no reason given");
	exit(1);
}

static void report(const char *name, bool ok, const char *why)
{
	done++;
	failed += !ok;
	printf("%s %u - %s\n", ok ? "ok" : "not ok", done, name);
	for (const char *p = why; p && *p;) {
		size_t n = strcspn(p, "\n");

		printf("# %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
	fflush(stdout);
}

/* ---- running ---- */

static void converse(ce_execution *execution, const ce_event *event, void *user_data)
{
	struct dialogue *d = user_data;
	const void *data;
	size_t size = 0;
	int stream = 0;

	if (ce_event_type(event) != CE_EVENT_OUTPUT)
		return;
	data = ce_event_output(event, &stream, &size);
	if (stream != CE_STREAM_STDOUT)
		return;
	d->heard = realloc(d->heard, d->size + size + 1);
	if (!d->heard)
		exit(1);
	memcpy(d->heard + d->size, data, size);
	d->size += size;
	while (d->step < d->program->step_count) {
		const struct corpus_step *s = &d->program->steps[d->step];

		if (!memmem(d->heard, d->size, s->when, strlen(s->when)))
			return;
		d->step++;
		d->size = 0; /* each waits for what comes after the one before */
		if (s->say ? ce_execution_write(execution, s->say, strlen(s->say), NULL) :
			     ce_execution_close_input(execution, NULL))
			fatal("input", NULL);
	}
}

static ce_result *run(ce_sandbox *sandbox, const char *language, const struct corpus_program *p)
{
	struct dialogue dialogue = { .program = p };
	ce_request request = ce_request_init();
	ce_limits limits = ce_limits_init();
	ce_execution *execution = NULL;
	ce_result *result = NULL;
	ce_error *error = NULL;

	limits.wall_time_ms = p->wall_ms;
	request.language = language;
	request.code = p->code;
	request.code_size = p->code_size;
	request.files = p->file_count ? p->files : NULL;
	request.file_count = p->file_count;
	request.input = p->input;
	request.input_size = p->input_size;
	request.args = p->args[0] ? p->args : NULL;
	request.env = p->env[0] ? p->env : NULL;
	request.outputs = p->outputs[0] ? p->outputs : NULL;
	request.limits = p->wall_ms ? &limits : NULL;
	request.flags = p->step_count ? CE_REQUEST_INTERACTIVE : 0;
	if (ce_execution_start(sandbox, &request, p->step_count ? converse : NULL, &dialogue, &execution, &error) ||
	    ce_execution_wait(execution, STALL_MS, &error) || ce_execution_take_result(execution, &result, &error))
		fatal(p->name, error);
	ce_execution_destroy(execution);
	free(dialogue.heard);
	return result;
}

static bool was_warm(const ce_result *result)
{
	ce_account a = { .size = sizeof(a) };

	ce_result_account(result, CE_STAGE_RUN, &a);
	return (a.flags & CE_ACCOUNT_WARM) != 0;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ 0, ms * 1000000 }, NULL);
}

/* The next process is started ahead while nothing else runs: the first tries may come too early. */
static ce_result *run_warm(ce_sandbox *sandbox, const char *language, const struct corpus_program *p)
{
	for (int i = 0;; i++) {
		ce_result *result = run(sandbox, language, p);

		if (was_warm(result) || p->cold || i == WARM_TRIES)
			return result;
		ce_result_free(result);
		pause_ms(WARM_PAUSE_MS);
	}
}

/* ---- comparing ---- */

struct account {
	char text[4000];
	size_t size;
};

static void say(struct account *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct account *a, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(a->text + a->size, sizeof(a->text) - a->size, format, list);
	va_end(list);
	if (n > 0)
		a->size = a->size + (size_t)n < sizeof(a->text) ? a->size + (size_t)n : sizeof(a->text) - 1;
}

static void say_bytes(struct account *a, const char *who, const char *data, size_t size, size_t from)
{
	size_t start = from > 40 ? from - 40 : 0, end = from + 120 < size ? from + 120 : size;

	say(a, "  %s (%zu bytes), from %zu: \"", who, size, start);
	for (size_t i = start; i < end; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\n')
			say(a, "\\n");
		else if (c < 32 || c > 126)
			say(a, "\\x%02x", c);
		else
			say(a, "%c", c);
	}
	say(a, "\"\n");
}

static void compare_bytes(struct account *a, const char *what, const char *x, size_t xs, const char *y, size_t ys)
{
	size_t at = 0;

	if (xs == ys && !memcmp(x, y, xs))
		return;
	while (at < xs && at < ys && x[at] == y[at])
		at++;
	say(a, "%s differs at byte %zu\n", what, at);
	say_bytes(a, "cold", x, xs, at);
	say_bytes(a, "warm", y, ys, at);
}

static void compare_numbers(struct account *a, const char *what, uint64_t x, uint64_t y)
{
	if (x != y)
		say(a, "%s: cold %lld, warm %lld\n", what, (long long)x, (long long)y);
}

static void compare_files(struct account *a, const ce_result *x, const ce_result *y)
{
	compare_numbers(a, "number of files", ce_result_file_count(x), ce_result_file_count(y));
	for (size_t i = 0; i < ce_result_file_count(x) && i < ce_result_file_count(y); i++) {
		ce_output_file f = { .size = sizeof(f) }, g = { .size = sizeof(g) };

		ce_result_file(x, i, &f);
		ce_result_file(y, i, &g);
		compare_bytes(a, "name of a file", f.name, strlen(f.name), g.name, strlen(g.name));
		compare_bytes(a, f.name, f.data ? f.data : "", f.data_size, g.data ? g.data : "", g.data_size);
		compare_numbers(a, "flags of a file", f.flags, g.flags);
	}
}

static void compare_diagnostics(struct account *a, const ce_result *x, const ce_result *y)
{
	compare_numbers(a, "number of diagnostics", ce_result_diagnostic_count(x), ce_result_diagnostic_count(y));
	for (size_t i = 0; i < ce_result_diagnostic_count(x) && i < ce_result_diagnostic_count(y); i++) {
		ce_diagnostic d = { .size = sizeof(d) }, e = { .size = sizeof(e) };

		ce_result_diagnostic(x, i, &d);
		ce_result_diagnostic(y, i, &e);
		compare_bytes(a, "a diagnostic", d.message, strlen(d.message), e.message, strlen(e.message));
		compare_numbers(a, "its line", d.line, e.line);
	}
}

/* What a user could see; "" if nothing of it differs. */
static void compare(struct account *a, const ce_result *x, const ce_result *y)
{
	*a = (struct account){ .size = 0 };
	if (ce_result_outcome(x) != ce_result_outcome(y))
		say(a, "status: cold %s, warm %s\n", ce_result_status(x), ce_result_status(y));
	compare_numbers(a, "exit code", (uint64_t)ce_result_exit_code(x), (uint64_t)ce_result_exit_code(y));
	compare_numbers(a, "signal", (uint64_t)ce_result_signal(x), (uint64_t)ce_result_signal(y));
	compare_numbers(a, "limits hit", ce_result_limits_hit(x), ce_result_limits_hit(y));
	compare_numbers(a, "protections", ce_result_protections(x, CE_STAGE_RUN), ce_result_protections(y, CE_STAGE_RUN));
	for (int stream = CE_STREAM_STDOUT; stream <= CE_STREAM_STDERR; stream++) {
		size_t xs = 0, ys = 0;
		const char *p = ce_result_output(x, CE_STAGE_RUN, stream, &xs);
		const char *q = ce_result_output(y, CE_STAGE_RUN, stream, &ys);

		compare_bytes(a, stream == CE_STREAM_STDOUT ? "stdout" : "stderr", p, xs, q, ys);
		compare_numbers(a, "bytes written", ce_result_output_total(x, CE_STAGE_RUN, stream),
				ce_result_output_total(y, CE_STAGE_RUN, stream));
	}
	compare_files(a, x, y);
	compare_diagnostics(a, x, y);
}

/* A program must at least have run: two that broke alike prove nothing. */
static bool is_broken(const ce_result *result)
{
	return ce_result_outcome(result) == CE_OUTCOME_SYSTEM_ERROR || ce_result_outcome(result) == CE_OUTCOME_CANCELLED;
}

/* `warm_sandbox` may be the other one again: then it is the corpus that is tried. */
static unsigned try_program(ce_sandbox *cold_sandbox, ce_sandbox *warm_sandbox, const char *language, const struct corpus_program *p)
{
	ce_result *cold = run(cold_sandbox, language, p);
	ce_result *warm = warm_sandbox == cold_sandbox ? run(cold_sandbox, language, p) : run_warm(warm_sandbox, language, p);
	bool is_warm = was_warm(warm), wanted = is_warm || p->cold || warm_sandbox == cold_sandbox;
	struct account difference;

	compare(&difference, cold, warm);
	if (difference.size) {
		ce_result *again = run(cold_sandbox, language, p);
		struct account own;

		compare(&own, cold, again);
		if (own.size)
			say(&difference, "(it differs from itself when run cold twice: repair the corpus)\n");
		ce_result_free(again);
	}
	if (!wanted)
		say(&difference, "no process started ahead ever served it\n");
	if (is_broken(cold))
		say(&difference, "it did not run: %s\n", ce_result_message(cold));
	report(p->name, !difference.size, difference.text);
	ce_result_free(cold);
	ce_result_free(warm);
	return is_warm;
}

/* ---- the manifest's own tests ---- */

struct check {
	bool wants_warm;
	unsigned passed, failed, warm;
	struct account why;
};

static void on_test(const ce_executor *executor, const char *runtime, const char *test, int passed, const char *message,
		    const ce_result *result, void *user_data)
{
	struct check *check = user_data;

	(void)executor, (void)runtime;
	check->passed += passed != 0;
	check->failed += passed == 0;
	check->warm += result && was_warm(result);
	if (!passed)
		say(&check->why, "%s: %s\n", test, message);
	if (check->wants_warm)
		pause_ms(5 * WARM_PAUSE_MS); /* the next one is started ahead meanwhile */
}

static void try_self_tests(ce_sandbox *sandbox, const char *language)
{
	struct check check = { .wants_warm = true };
	ce_error *error = NULL;

	for (int i = 0; i < 5 && !check.warm; i++)
		if (ce_sandbox_check(sandbox, language, on_test, &check, &error) < 0)
			fatal("self-tests", error);
	if (!check.warm)
		say(&check.why, "none of them was served by a process started ahead\n");
	report("the manifest's self-tests", !check.failed && check.passed && check.warm, check.why.text);
}

static ce_sandbox *make_sandbox(uint64_t warm_memory_bytes)
{
	ce_sandbox_options o = fixture_options();
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;

	o.warm_memory_bytes = warm_memory_bytes;
	if (ce_sandbox_create(&o, &sandbox, &error))
		fatal("sandbox", error);
	return sandbox;
}

int main(int argc, char **argv)
{
	const char *language = argc > 2 ? argv[1] : NULL, *only = NULL;
	ce_sandbox *cold_sandbox, *warm_sandbox = NULL;
	const ce_executor *executor = NULL;
	unsigned every = 1, warm = 0, ran = 0;
	bool both_cold = false;
	ce_error *error = NULL;
	struct corpus corpus;

	for (int i = 3; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--every"))
			every = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--only"))
			only = argv[i + 1];
		else if (!strcmp(argv[i], "--both") && !strcmp(argv[i + 1], "cold"))
			both_cold = true;
	}
	if (!language || !every) {
		fprintf(stderr, "usage: differential LANGUAGE CORPUS [--every N] [--only NAME]\n");
		return 2;
	}
	corpus = corpus_read(argv[2]);
	if (fixture_begin(NULL))
		return 1;
	cold_sandbox = make_sandbox(0);
	if (ce_sandbox_find_executor(cold_sandbox, language, &executor, &error) || !ce_executor_available(executor)) {
		const char *must = getenv("CE_TESTS_MUST_RUN");

		printf("1..0 # SKIP %s: %s\n", language,
		       executor ? ce_executor_unavailable_reason(executor) : ce_error_message(error));
		ce_sandbox_destroy(cold_sandbox);
		fixture_end(NULL);
		return must && !strcmp(must, "1") && executor;
	}
	if (!both_cold) {
		warm_sandbox = make_sandbox(256 * MIB);
		if (ce_sandbox_prewarm(warm_sandbox, (const char *const[]){ language, NULL }, &error))
			fatal("prewarm", error);
		try_self_tests(warm_sandbox, language);
	}
	for (size_t i = 0; i < corpus.count; i++) {
		if ((only && strcmp(only, corpus.programs[i].name) != 0) || (!only && i % every))
			continue;
		warm += try_program(cold_sandbox, both_cold ? cold_sandbox : warm_sandbox, language, &corpus.programs[i]);
		ran++;
	}
	printf("1..%u\n# %u programs, %u of them served by a process started ahead; %u failures\n", done, ran, warm, failed);
	ce_sandbox_destroy(warm_sandbox);
	ce_sandbox_destroy(cold_sandbox);
	fixture_end(NULL);
	return failed != 0;
}
