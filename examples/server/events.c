/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drop_oldest(struct events *events)
{
	struct event *event = events->ring[events->head];

	events->bytes -= event->size;
	events->head = (events->head + 1) % events->capacity;
	events->count--;
	events->first++;
	event->dropped = true;
	if (!event->uses)
		free(event);
}

static bool grow(struct events *events)
{
	size_t capacity = events->capacity ? events->capacity * 2 : 16;
	struct event **ring = calloc(capacity, sizeof(struct event *));

	if (!ring)
		return false;
	for (size_t i = 0; i < events->count; i++)
		ring[i] = events->ring[(events->head + i) % events->capacity];
	free(events->ring);
	events->ring = ring;
	events->capacity = capacity;
	events->head = 0;
	return true;
}

bool events_add(struct events *events, const char *name, const char *data, size_t size)
{
	struct event *event;
	char start[96];
	int n;

	if (!events->first)
		events->first = 1;
	if (events->count == events->capacity && !grow(events))
		return false;
	n = snprintf(start, sizeof(start),
		     "id: %" PRIu64 "\nevent: %s\ndata: ", events->first + events->count, name);
	event = malloc(sizeof(*event) + (size_t)n + size + 2);
	if (!event)
		return false;
	event->uses = 0;
	event->dropped = false;
	event->size = (size_t)n + size + 2;
	memcpy(event->frame, start, (size_t)n);
	memcpy(event->frame + n, data, size);
	memcpy(event->frame + (size_t)n + size, "\n\n", 2);
	events->ring[(events->head + events->count) % events->capacity] = event;
	events->count++;
	events->bytes += event->size;
	while (events->bytes > events->limit && events->count > 1)
		drop_oldest(events);
	return true;
}

void events_free(struct events *events)
{
	while (events->count)
		drop_oldest(events);
	free(events->ring);
	events->ring = NULL;
	events->capacity = events->head = 0;
}

/* Copies from *offset of `size` bytes; true when all of it is out. */
static bool copy_part(const char *from, size_t size, size_t *offset, char *out, size_t room, size_t *written)
{
	size_t part = size - *offset;

	if (part > room - *written)
		part = room - *written;
	memcpy(out + *written, from + *offset, part);
	*offset += part;
	*written += part;
	return *offset == size;
}

static void tell_gap(const struct events *events, struct reader *reader)
{
	reader->gap_offset = 0;
	reader->gap_size = (size_t)snprintf(reader->gap, sizeof(reader->gap),
					    "event: gap\ndata: {\"from\":%" PRIu64 ",\"to\":%" PRIu64 "}\n\n",
					    reader->next, events->first - 1);
	reader->next = events->first;
}

size_t events_read(const struct events *events, struct reader *reader, char *out, size_t size)
{
	size_t written = 0;

	if (!reader->next)
		reader->next = 1;
	while (written < size) {
		if (reader->current) {
			if (copy_part(reader->current->frame, reader->current->size, &reader->offset, out,
				      size, &written))
				events_reader_finish(reader);
			continue;
		}
		if (reader->gap_offset < reader->gap_size) {
			copy_part(reader->gap, reader->gap_size, &reader->gap_offset, out, size, &written);
			continue;
		}
		if (reader->next < events->first) {
			tell_gap(events, reader);
			continue;
		}
		if (reader->next >= events->first + events->count)
			break;
		reader->current =
		    events->ring[(events->head + (reader->next - events->first)) % events->capacity];
		reader->current->uses++;
		reader->offset = 0;
		reader->next++;
	}
	return written;
}

void events_reader_finish(struct reader *reader)
{
	struct event *event = reader->current;

	reader->current = NULL;
	if (event && --event->uses == 0 && event->dropped)
		free(event);
}
