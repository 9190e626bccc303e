/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Where the time goes: each step's share, by the trace that the library makes of an execution (CE_REQUEST_TRACE). The supervisor
 * and the cell work at the same time, so each step counts from the one before it in the same of the two. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 80

struct step {
	char name[40];
	double *samples;
	unsigned count;
};

struct table {
	struct step steps[STEPS_MAX];
	unsigned count, rounds;
};

static void note(struct table *t, const char *name, double us)
{
	unsigned i = 0;

	while (i < t->count && strcmp(t->steps[i].name, name) != 0)
		i++;
	if (i == STEPS_MAX)
		return;
	if (i == t->count) {
		snprintf(t->steps[i].name, sizeof(t->steps[i].name), "%s", name);
		t->steps[i].samples = calloc(t->rounds, sizeof(double));
		t->count++;
	}
	if (t->steps[i].samples && t->steps[i].count < t->rounds)
		t->steps[i].samples[t->steps[i].count++] = us;
}

static void note_result(struct table *t, const ce_result *result, double begin, double end)
{
	double before[2] = { begin, begin }; /* supervisor, cell */
	size_t count = ce_result_trace_count(result, CE_STAGE_RUN);

	for (size_t i = 0; i < count; i++) {
		uint64_t at_us = 0;
		const char *name = ce_result_trace_step(result, CE_STAGE_RUN, i, &at_us);
		int cell = strncmp(name, "cell: ", 6) == 0;

		note(t, name, (double)at_us - before[cell]);
		before[cell] = (double)at_us;
		if (!strcmp(name, "prepared") || !strcmp(name, "admitted"))
			before[1] = (double)at_us;
		else if (!strcmp(name, "cell: ended"))
			before[0] = (double)at_us;
	}
	note(t, "result at the caller", end - before[0]);
	note(t, "all of it", end - begin);
}

int bench_print_steps(const struct bench_context *context, const struct bench_workload *workload)
{
	struct table table = { .rounds = context->rounds };
	int failed = 0;

	for (unsigned i = 0; i < context->rounds && !failed; i++) {
		ce_request request = ce_request_init();
		ce_result *result = NULL;
		double begin;

		bench_pause(5); /* as between two requests: cells are made ahead in it */
		begin = bench_clock_us();
		request.language = workload->language;
		request.code = "";
		request.flags = CE_REQUEST_TRACE;
		failed = ce_execute(context->sandbox, &request, &result, NULL);
		if (!failed)
			note_result(&table, result, begin, bench_clock_us());
		ce_result_free(result);
	}
	printf("\n%-28s %9s %9s\n", workload->name, "min us", "median");
	for (unsigned i = 0; i < table.count; i++) {
		struct bench_summary s = bench_summarise(table.steps[i].samples, table.steps[i].count);

		printf("  %-26s %9.0f %9.0f\n", table.steps[i].name, s.min, s.median);
		free(table.steps[i].samples);
	}
	return failed ? -1 : 0;
}
