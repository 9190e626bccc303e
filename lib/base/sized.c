/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/base.h"

#include <string.h>

int ce__sized_copy_in(void *out, size_t known, const void *in)
{
	const unsigned char *bytes = in;
	size_t given;

	memcpy(&given, in, sizeof(given));
	if (given < sizeof(given))
		return -EINVAL;
	memset(out, 0, known);
	memcpy(out, in, given < known ? given : known);
	memcpy(out, &known, sizeof(known));
	for (size_t i = known; i < given; i++)
		if (bytes[i] != 0)
			return -E2BIG;
	return 0;
}

int ce__sized_copy_out(void *out, const void *in, size_t known)
{
	size_t given;

	memcpy(&given, out, sizeof(given));
	if (given < sizeof(given))
		return -EINVAL;
	memset(out, 0, given);
	memcpy(out, in, given < known ? given : known);
	memcpy(out, &given, sizeof(given));
	return 0;
}
