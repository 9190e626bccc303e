/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_TESTS_SHA256_H
#define CE_TESTS_SHA256_H

#include <stddef.h>

/* Writes 64 hexadecimal digits and a NUL. */
void sha256_hex(const void *data, size_t size, char *out);

#endif
