/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "warm.h"

#include <time.h>

#include "fixture.h"

ce_sandbox *warm_sandbox_with(const char *language, uint64_t flags)
{
	const char *languages[] = { language, NULL };
	ce_sandbox_options o = fixture_options();
	ce_error *error = NULL;
	ce_sandbox *sandbox;

	o.warm_memory_bytes = 256 * MIB;
	o.flags |= flags;
	sandbox = fixture_create(&o);
	fixture_need_language(sandbox, language);
	if (ce_sandbox_prewarm(sandbox, languages, &error))
		fail_msg("prewarm: %s", ce_error_message(error));
	return sandbox;
}

ce_sandbox *warm_sandbox(const char *language)
{
	return warm_sandbox_with(language, 0);
}

ce_account account_of(const ce_result *result)
{
	ce_account a = { .size = sizeof(a) };

	assert_int_equal(ce_result_account(result, CE_STAGE_RUN, &a), 0);
	return a;
}

bool was_warm(const ce_result *result)
{
	return (account_of(result).flags & CE_ACCOUNT_WARM) != 0;
}

void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

ce_result *run_until_warm(ce_sandbox *sandbox, const ce_request *request)
{
	for (int i = 0; i < 200; i++) {
		ce_result *result = fixture_run(sandbox, request);

		if (was_warm(result))
			return result;
		pause_ms(50);
	}
	fail_msg("no request was ever served by a process started ahead");
	return NULL;
}
