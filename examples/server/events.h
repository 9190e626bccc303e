/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The last server-sent events of one execution, in a buffer bounded by bytes, ready to be sent to any number
 * of readers at their own pace. */
#ifndef SERVER_EVENTS_H
#define SERVER_EVENTS_H

#include "util.h"

struct event {
	unsigned uses; /* by readers in the middle of it */
	bool dropped;
	size_t size;
	char frame[]; /* "id: ...\nevent: ...\ndata: ...\n\n" */
};

/* Zeroed, with `limit` set, is empty. */
struct events {
	struct event **ring; /* owned, and so are the events */
	size_t capacity, head, count;
	size_t bytes, limit;
	uint64_t first; /* number of the oldest that is still there, from 1 */
};

struct reader {
	uint64_t next;         /* number of the event that comes next */
	struct event *current; /* in the middle of this one; used */
	size_t offset;
	char gap[128]; /* a frame that tells of lost events */
	size_t gap_size, gap_offset;
};

/* Appends an event; the oldest go as far as the limit demands, but never the newest. False: no memory. */
bool events_add(struct events *events, const char *name, const char *data, size_t size);
void events_free(struct events *events);
/* Copies what is next, up to `size` bytes; 0: nothing yet. */
size_t events_read(const struct events *events, struct reader *reader, char *out, size_t size);
void events_reader_finish(struct reader *reader);

#endif
