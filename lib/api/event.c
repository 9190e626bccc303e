/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "api/sandbox.h"

int ce_event_type(const ce_event *event)
{
	return event->type;
}

int ce_event_status(const ce_event *event)
{
	return event->status;
}

ce_stage ce_event_stage(const ce_event *event)
{
	return event->stage;
}

const void *ce_event_output(const ce_event *event, int *stream, size_t *size)
{
	if (stream)
		*stream = event->stream;
	if (size)
		*size = event->size;
	return event->data ? event->data : "";
}

int ce_event_usage(const ce_event *event, ce_usage *usage)
{
	if (event->type != CE_EVENT_USAGE || ce__sized_copy_out(usage, &event->usage, sizeof(event->usage)))
		return CE_ERR_INVALID;
	return 0;
}
