/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Bytes of a connection: the verdict does not depend on how they arrive, and a refusal always has a reason.
 */
#include <stdlib.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct wire whole = {0}, parts = {0};
	bool good = wire_feed(&whole, data, size), still = true;
	size_t step = size ? data[0] % 7 + 1u : 1;

	for (size_t i = 0; i < size && still; i += step)
		still = wire_feed(&parts, data + i, step < size - i ? step : size - i);
	if (good != still || whole.state != parts.state || whole.left != parts.left)
		abort();
	if (!good && (!whole.problem || (whole.status != 400 && whole.status != 431)))
		abort();
	return 0;
}
