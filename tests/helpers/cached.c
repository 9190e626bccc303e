/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "cached.h"
#include "fixture.h"

ce_sandbox *caching(uint64_t bytes, uint64_t flags)
{
	ce_sandbox_options o = fixture_options();
	ce_sandbox *sandbox;

	o.cache_bytes = bytes;
	o.flags |= flags;
	sandbox = fixture_create(&o);
	fixture_need_language(sandbox, "c");
	return sandbox;
}

ce_cache_usage usage_of(ce_sandbox *sandbox)
{
	ce_cache_usage u = { .size = sizeof(u) };

	assert_int_equal(ce_sandbox_cache_usage(sandbox, &u), 0);
	return u;
}

ce_account compile_account(const ce_result *result)
{
	ce_account a = { .size = sizeof(a) };

	assert_int_equal(ce_result_account(result, CE_STAGE_COMPILE, &a), 0);
	return a;
}

bool was_kept(const ce_result *result)
{
	assert_true(ce_result_has_stage(result, CE_STAGE_COMPILE));
	return (compile_account(result).flags & CE_ACCOUNT_CACHED) != 0;
}

bool run_kept(ce_sandbox *sandbox, const ce_request *request, const char *says)
{
	ce_result *result = fixture_run(sandbox, request);

	expect_says(result, says);
	return was_kept(result);
}
