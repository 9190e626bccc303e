/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What is right when a call has failed somewhere: an error that names its step, a system_error, or a success in every detail. */
#include "verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What may be missing on a host, and hence after a failure that looks like that: reported, never silent. */
#define OPTIONAL                                                                                             \
	(CE_PROTECTION_TIME_NS | CE_PROTECTION_CGROUP_NS | CE_PROTECTION_LANDLOCK |                          \
	 CE_PROTECTION_LANDLOCK_SCOPE | CE_PROTECTION_SESSION_KEYRING)

uint64_t verdict_wanted;
int verdict_injected;

void verdict_set(struct verdict *v, int bad, const char *fmt, ...)
{
	va_list args;

	if (v->text[0] && !bad)
		return; /* the first one tells, or the worst */
	v->bad = bad;
	va_start(args, fmt);
	vsnprintf(v->text, sizeof(v->text), fmt, args);
	va_end(args);
}

void verdict_error(struct verdict *v, const char *what, const ce_error *error)
{
	const char *step = ce_error_step(error);

	v->met = 1;
	/* Without memory there is none to tell the step with. */
	verdict_set(v, (ce_error_code(error) != CE_ERR_NO_MEMORY && (!step || !*step)) || !ce_error_message(error)[0],
		    "%s: error at step %s: %s", what,
		    step ? step : "(none)", ce_error_message(error));
}

/* The program's own file, and the kernel would not have it: as a shell would say it. Not for want of the host's. */
static bool is_refused_program(const ce_result *r)
{
	const char *message = ce_result_message(r), *reason = strerrordesc_np(verdict_injected);

	if (!verdict_injected || verdict_injected == EMFILE || verdict_injected == ENFILE)
		return false;
	return ce_result_outcome(r) == CE_OUTCOME_ERROR && ce_result_exit_code(r) == 126 &&
	       strncmp(message, "cannot execute ", 15) == 0 && reason && strstr(message, reason);
}

static void judge_result(struct verdict *v, const char *what, const ce_result *r, bool must_succeed)
{
	uint64_t missing = verdict_wanted & ~OPTIONAL & ~ce_result_protections(r, CE_STAGE_RUN);
	ce_output_file file = {.size = sizeof(file)};
	size_t size = 0;
	const char *output = ce_result_output(r, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);

	v->protections = ce_result_protections(r, CE_STAGE_RUN);
	if (ce_result_outcome(r) == CE_OUTCOME_SYSTEM_ERROR) {
		v->met = 1;
		verdict_set(v, must_succeed || !ce_result_message(r)[0], "%s: system_error: %s", what,
			    ce_result_message(r));
		return;
	}
	if (!must_succeed && is_refused_program(r)) {
		v->met = 1;
		verdict_set(v, 0, "%s: %s", what, ce_result_message(r));
		return;
	}
	if (ce_result_outcome(r) != CE_OUTCOME_SUCCESS)
		verdict_set(v, 1, "%s: %s, exit %d, signal %d: %s", what, ce_result_status(r),
			    ce_result_exit_code(r), ce_result_signal(r), ce_result_message(r));
	else if (size != 6 || memcmp(output, "hello\n", 6) != 0)
		verdict_set(v, 1, "%s: success, but with %zu bytes of output", what, size);
	else if (ce_result_file_count(r) != 1 || ce_result_file(r, 0, &file) ||
		 (file.data_size != 4 && (must_succeed || !file.reason[0])))
		verdict_set(v, 1, "%s: success, but without its file (%s)", what, ce_result_message(r));
	else if (file.data_size != 4)
		verdict_set(v, 0, "%s: success, the file skipped: %s", what, file.reason);
	else if (missing)
		verdict_set(v, 1, "%s: success, but without %s", what,
			    ce_protection_name(missing & -missing));
	else
		return;
}

/* The failure may meet either of two executions; once it was seen, all must be well. */
void verdict_execute(struct verdict *v, ce_sandbox *sandbox, const struct program *p, const char *what, bool must_succeed)
{
	static const char *const outputs[] = {"out.txt", NULL};
	ce_request request = ce_request_init();
	ce_result *result = NULL;
	ce_error *error = NULL;

	request.language = p->language;
	request.code = p->code;
	request.code_size = strlen(p->code);
	request.outputs = outputs;
	if (ce_execute(sandbox, &request, &result, &error) == 0)
		judge_result(v, what, result, must_succeed);
	else if (must_succeed)
		verdict_set(v, 1, "%s: %s", what, ce_error_message(error));
	else
		verdict_error(v, what, error);
	ce_error_free(error);
	ce_result_free(result);
}
