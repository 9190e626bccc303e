/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What versions the runtimes are of: their own commands are asked, in a cell, once. And how requests choose by it. */
#include <string.h>

#include "api/sandbox.h"
#include "executor/version.h"
#include "plan/effective.h"

static char *ask_version(ce_sandbox *sandbox, const struct ce_executor *executor, size_t runtime)
{
	const struct ce_limits_sources sources = { &sandbox->limits, &executor->runtimes[runtime].run.limits, NULL };
	struct ce_execution_inputs inputs;
	ce_execution *execution = NULL;
	ce_result *result = NULL;
	char *text = NULL;
	ce_limits limits;

	memset(&inputs, 0, sizeof(inputs));
	if (ce__executor_prepare_version(executor, runtime, &inputs, NULL))
		return strdup("");
	if (!ce__effective_limits(&sources, CE_STAGE_RUN, "limits", &limits, NULL) &&
	    !ce__execute_start(sandbox,
			       &(struct ce_start_request){ .executor = executor, .runtime = runtime, .inputs = &inputs,
							   .run_limits = &limits },
			       &execution, NULL) &&
	    !ce__execute_wait(execution, -1, NULL) && !ce_execution_take_result(execution, &result, NULL)) {
		for (int stream = CE_STREAM_STDOUT; !(text && *text) && stream <= CE_STREAM_STDERR; stream++) {
			size_t size;
			const char *output = ce_result_output(result, CE_STAGE_RUN, stream, &size);

			free(text);
			text = ce__version_find(output, size);
		}
	}
	ce_result_free(result);
	ce_execution_destroy(execution);
	ce__execution_inputs_finish(&inputs);
	return text; /* NULL: it could not be asked now, and is asked again */
}

static bool is_of(const struct ce_version_cache *v, const ce_executor *executor, size_t index,
		  const struct ce_program_identity *identity)
{
	return v->executor == executor && v->runtime == index && memcmp(&v->identity, identity, sizeof(*identity)) == 0;
}

const char *ce_sandbox_runtime_version(ce_sandbox *sandbox, const ce_executor *executor, size_t index)
{
	struct ce_program_identity identity;
	struct ce_version_cache *v, *mine;

	if (index >= executor->runtime_count || !executor->runtimes[index].available)
		return "";
	/* An upgrade under a sandbox that lives for months is another program. */
	ce__executor_identity(executor, index, &identity);
	pthread_mutex_lock(&sandbox->lock);
	for (v = sandbox->versions; v && !is_of(v, executor, index, &identity); v = v->next)
		;
	pthread_mutex_unlock(&sandbox->lock);
	if (v)
		return v->text;
	mine = calloc(1, sizeof(*mine));
	if (!mine)
		return "";
	mine->executor = executor;
	mine->runtime = index;
	mine->identity = identity;
	mine->text = ask_version(sandbox, executor, index); /* not under the lock: it takes a while */
	if (!mine->text) {
		free(mine);
		return "";
	}
	/* Two threads may have asked at once, and older answers were given away: all of them stay. */
	pthread_mutex_lock(&sandbox->lock);
	mine->next = sandbox->versions;
	sandbox->versions = mine;
	pthread_mutex_unlock(&sandbox->lock);
	return mine->text;
}

static const char *ask_sandbox(void *context, const struct ce_executor *executor, size_t runtime)
{
	return ce_sandbox_runtime_version(context, executor, runtime);
}

int ce__sandbox_find(ce_sandbox *sandbox, const char *language, bool any_state, const struct ce_executor **out,
		     size_t *runtime, ce_error **error)
{
	const struct ce_version_source versions = { ask_sandbox, sandbox };

	return ce__registry_find(sandbox->registry, language, any_state, &versions, out, runtime, error);
}
