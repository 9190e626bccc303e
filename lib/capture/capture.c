/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "capture/capture.h"

#include <string.h>

static bool grow(struct ce_capture *c, size_t wanted)
{
	size_t capacity = c->capacity ? c->capacity : 256;
	char *p;

	while (capacity < wanted) {
		if (capacity > SIZE_MAX / 2)
			return false;
		capacity *= 2;
	}
	if (capacity == c->capacity)
		return true;
	p = realloc(c->data, capacity);
	if (!p)
		return false;
	c->data = p;
	c->capacity = capacity;
	return true;
}

size_t ce__capture_add(struct ce_capture *capture, const void *data, size_t size)
{
	uint64_t room = capture->limit - capture->size;
	size_t kept = size < room ? size : (size_t)room;

	capture->total += size;
	/* A gap would be worse than an end: after the first byte dropped nothing more is kept. */
	if (capture->total - size != capture->size)
		return 0;
	if (!grow(capture, capture->size + kept + 1)) {
		capture->no_memory = kept > 0;
		return 0;
	}
	memcpy(capture->data + capture->size, data, kept);
	capture->size += kept;
	capture->data[capture->size] = '\0';
	return kept;
}

void ce__capture_finish(struct ce_capture *capture)
{
	free(capture->data);
	memset(capture, 0, sizeof(*capture));
}
