/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Manifests: whatever the bytes are, they are refused with a position or become an executor that can be
 * freed. */
#include <stdlib.h>
#include <string.h>

#include "executor/executor.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct ce_executor *executor = NULL;
	ce_error *error = NULL;
	int r = ce__manifest_parse("fuzz.yaml", data, size, &executor, &error);

	if (r == 0 && (!executor || error || executor->runtime_count == 0 || !executor->plugin_name))
		abort();
	if (r != 0 && (executor || !error || ce_error_code(error) != r))
		abort();
	if (r == CE_ERR_MANIFEST && strncmp(ce_error_message(error), "fuzz.yaml:", 10) != 0)
		abort();
	ce__manifest_free(executor);
	ce_error_free(error);
	return 0;
}
