/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef SERVER_SHA256_H
#define SERVER_SHA256_H

#include <stddef.h>

#define SHA256_HEX_BYTES 65

/* Lower-case hexadecimal digits and a NUL. */
void sha256_hex(const void *data, size_t size, char out[SHA256_HEX_BYTES]);

#endif
