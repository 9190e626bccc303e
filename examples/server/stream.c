/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "http.h"

#define BLOCK_BYTES 16384
#define SILENCE_US 15000000

struct stream {
	struct job *job;           /* NULL: none any more */
	struct exchange *exchange; /* borrowed */
	struct reader reader;
	bool suspended, gone, cancels, beat;
	uint64_t last_us;
	struct stream *next; /* of the job's */
};

static void detach(struct stream *stream)
{
	struct stream **at;

	if (!stream->job)
		return;
	for (at = &stream->job->streams; *at; at = &(*at)->next)
		if (*at == stream) {
			*at = stream->next;
			break;
		}
	stream->job = NULL;
}

static ssize_t next_bytes(void *cls, uint64_t position, char *out, size_t size)
{
	static const char beat[] = ": still here\n\n";
	struct stream *stream = cls;
	size_t n;

	(void)position;
	if (stream->gone)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = events_read(&stream->job->events, &stream->reader, out, size);
	if (!n && stream->beat && size >= sizeof(beat) - 1) {
		n = sizeof(beat) - 1;
		memcpy(out, beat, n);
	}
	stream->beat = false;
	if (n) {
		stream->last_us = clock_us();
		stream->exchange->response_bytes += n;
		return (ssize_t)n;
	}
	if (stream->job->state == JOB_FINISHED)
		return MHD_CONTENT_READER_END_OF_STREAM;
	/* Nothing yet: without this libmicrohttpd would ask again and again. */
	stream->suspended = true;
	MHD_suspend_connection(stream->exchange->mhd);
	return 0;
}

static void wake(struct stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = false;
	MHD_resume_connection(stream->exchange->mhd);
	stream->exchange->server->http_due = true;
}

static void release(void *cls)
{
	struct stream *stream = cls;

	events_reader_finish(&stream->reader);
	detach(stream);
	free(stream);
}

int stream_open(struct exchange *x, struct job *job, uint64_t last, bool cancels)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct MHD_Response *response;

	if (!stream)
		return -1;
	response =
	    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, next_bytes, stream, release);
	if (!response) {
		free(stream);
		return -1;
	}
	stream->exchange = x;
	stream->job = job;
	stream->cancels = cancels;
	stream->last_us = clock_us();
	/* A number from the future means everything that is new from now on. */
	stream->reader.next = last + 1;
	if (job->events.first && stream->reader.next > job->events.first + job->events.count)
		stream->reader.next = job->events.first + job->events.count;
	stream->next = job->streams;
	job->streams = stream;
	x->stream = stream;
	MHD_add_response_header(response, "Content-Type", "text/event-stream; charset=utf-8");
	MHD_add_response_header(response, "X-Accel-Buffering", "no");
	memcpy(x->job_id, job->id, sizeof(x->job_id));
	exchange_reply_response(x, 200, response);
	return 0;
}

void streams_wake(struct job *job)
{
	for (struct stream *stream = job->streams; stream; stream = stream->next)
		wake(stream);
}

void streams_tick(struct job *job, uint64_t now_us)
{
	for (struct stream *stream = job->streams; stream; stream = stream->next) {
		if (!stream->suspended || now_us - stream->last_us < SILENCE_US)
			continue;
		stream->beat = true;
		wake(stream);
	}
}

void stream_abort(struct exchange *x, bool over)
{
	struct stream *stream = x->stream;
	struct job *job = stream->job;

	x->stream = NULL;
	stream->gone = true;
	if (over)
		stream->suspended = false;
	wake(stream);
	detach(stream);
	if (job && stream->cancels)
		job_cancel(job);
}
