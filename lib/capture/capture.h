/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Keeps the first bytes of a stream and counts the rest. */
#ifndef CE_CAPTURE_CAPTURE_H
#define CE_CAPTURE_CAPTURE_H

#include "base/base.h"

struct ce_capture {
	char *data; /* owned; NUL-terminated behind `size` */
	size_t size, capacity;
	uint64_t limit; /* bytes to keep; UINT64_MAX: all */
	uint64_t total; /* bytes seen */
	bool no_memory; /* bytes that there was room for are not kept */
};

/* Takes `size` more bytes and returns how many of them were kept. When memory runs out the rest counts as not kept. */
size_t ce__capture_add(struct ce_capture *capture, const void *data, size_t size);
void ce__capture_finish(struct ce_capture *capture);

#endif
