/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The explain hook: output of a program in, diagnostics out. */
#include "executor/call.h"

#include <string.h>

/* A copy of at most CE_CALL_TEXT_MAX bytes that does not end inside a UTF-8 character. */
static char *copy_text(const char *text)
{
	size_t n = text ? strnlen(text, CE_CALL_TEXT_MAX + 1) : 0;

	if (n > CE_CALL_TEXT_MAX) {
		n = CE_CALL_TEXT_MAX;
		for (int i = 0; i < 3 && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; i++)
			n--;
	}
	return n ? strndup(text, n) : strdup("");
}

static void finish_diagnostic(struct ce_owned_diagnostic *d)
{
	free(d->severity);
	free(d->type);
	free(d->message);
	free(d->file);
}

int ce__call_add_diagnostic(struct ce_plugin_call *call, const ce_diagnostic *diagnostic)
{
	struct ce_owned_diagnostic *list, d = {0};
	ce_diagnostic given;
	int r;

	if (call->hook != CE_CALL_EXPLAIN)
		return ce__call_fail(call, CE_ERR_PLUGIN, "gave a diagnostic outside of the explain hook");
	if (call->diagnostic_count == CE_CALL_DIAGNOSTICS_MAX)
		return 1;
	r = ce__sized_copy_in(&given, sizeof(given), diagnostic);
	if (r < 0)
		return ce__call_fail(call, r == -E2BIG ? CE_ERR_TOO_NEW : CE_ERR_PLUGIN,
				     "gave a diagnostic of a wrong size");
	list = reallocarray(call->diagnostics, call->diagnostic_count + 1, sizeof(*list));
	if (!list)
		return ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
	call->diagnostics = list;
	d.stage = given.stage ? given.stage : call->stage;
	d.severity = copy_text(given.severity ? given.severity : "error");
	d.type = copy_text(given.type);
	d.message = copy_text(given.message);
	d.file = copy_text(given.file);
	d.line = given.line;
	d.column = given.column;
	if (!d.severity || !d.type || !d.message || !d.file) {
		finish_diagnostic(&d);
		return ce__call_fail(call, CE_ERR_NO_MEMORY, "out of memory");
	}
	list[call->diagnostic_count++] = d;
	return 0;
}

void ce__diagnostics_free(struct ce_owned_diagnostic *diagnostics, size_t count)
{
	for (size_t i = 0; i < count; i++)
		finish_diagnostic(&diagnostics[i]);
	free(diagnostics);
}

void ce__executor_explain(const struct ce_executor *executor, size_t runtime,
			  const struct ce_explain_input *input, struct ce_owned_diagnostic **out,
			  size_t *count)
{
	const ce_plugin_output output = {
	    .size = sizeof(output),
	    .stage = input->stage,
	    .outcome = input->outcome,
	    .exit_code = input->exit_code,
	    .signal = input->signal,
	    .output = input->output ? input->output : "",
	    .output_size = input->output ? input->output_size : 0,
	    .errors = input->errors ? input->errors : "",
	    .errors_size = input->errors ? input->errors_size : 0,
	};
	const struct ce_plugin *plugin = executor->plugin;
	struct ce_plugin_call call;
	int r;

	*out = NULL;
	*count = 0;
	if (plugin && !plugin->explain)
		plugin = executor->fallback;
	if (!plugin || !plugin->explain || runtime >= executor->runtime_count)
		return;
	ce__call_init(&call, CE_CALL_EXPLAIN, executor, &executor->runtimes[runtime]);
	call.stage = input->stage;
	r = plugin->explain(&ce__call_host, &call, &call.view, &output);
	if (r == 0 && call.code == 0) {
		*out = ce__steal_pointer(&call.diagnostics);
		*count = call.diagnostic_count;
		call.diagnostic_count = 0;
	}
	ce__call_finish(&call);
}
