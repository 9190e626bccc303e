/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Output that arrives in pieces: put together, the texts of the events are the text of the whole, and a
 * reader who takes the events' frames in pieces of any size gets their bytes. */
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void add_text(struct buffer *out, const void *data, size_t size)
{
	size_t n;
	char *text = text_to_utf8(data, size, &n);

	if (!text)
		abort();
	buffer_add(out, text, n);
	free(text);
}

static void check_pieces(const unsigned char *data, size_t size, size_t step)
{
	struct buffer pieces = {0}, held = {0}, whole = {0};

	for (size_t i = 0; i < size; i += step) {
		size_t tail;

		buffer_add(&held, data + i, step < size - i ? step : size - i);
		tail = utf8_incomplete_tail(held.data, held.size);
		if (tail > 3 || tail > held.size)
			abort();
		add_text(&pieces, held.data, held.size - tail);
		memmove(held.data, held.data + held.size - tail, tail);
		held.size = tail;
	}
	add_text(&pieces, held.data ? held.data : "", held.size);
	add_text(&whole, data, size);
	if (pieces.size != whole.size || memcmp(pieces.data, whole.data, whole.size) != 0)
		abort();
	buffer_free(&pieces);
	buffer_free(&held);
	buffer_free(&whole);
}

static void check_events(const unsigned char *data, size_t size, size_t step)
{
	struct events events = {.limit = 512};
	struct reader slow = {0}, late = {0};
	char room[64];

	for (size_t i = 0; i < size; i += step) {
		events_add(&events, "stdout", (const char *)data + i, step < size - i ? step : size - i);
		events_read(&events, &slow, room, data[i] % sizeof(room));
		if (events.bytes > events.limit && events.count > 1)
			abort();
	}
	while (events_read(&events, &late, room, sizeof(room)) > 0)
		;
	events_reader_finish(&late);
	events_free(&events);
	events_reader_finish(&slow);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	size_t step = size ? data[0] % 17 + 1u : 1;

	check_pieces(data, size, step);
	check_events(data, size, step);
	return 0;
}
