/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A flat mapping of settings in YAML; a list of scalars becomes a comma-separated one. Anything more is
 * refused. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "util.h"

#define KEYS_MAX 64

struct reader {
	struct config *config;
	const char *path;
	char *why;
	size_t size;
	yaml_parser_t parser;
	yaml_event_t event;
	bool have_event;
	char *keys[KEYS_MAX]; /* seen; owned */
	size_t key_count;
};

static int refuse(struct reader *r, yaml_mark_t mark, const char *message)
{
	snprintf(r->why, r->size, "%s:%zu:%zu: %s", r->path, mark.line + 1, mark.column + 1, message);
	return -1;
}

static int next(struct reader *r)
{
	if (r->have_event)
		yaml_event_delete(&r->event);
	r->have_event = yaml_parser_parse(&r->parser, &r->event) == 1;
	if (!r->have_event)
		return refuse(r, r->parser.problem_mark, r->parser.problem ? r->parser.problem : "not YAML");
	return 0;
}

static int refuse_event(struct reader *r, const char *wanted)
{
	char message[120];

	snprintf(message, sizeof(message), "%s is expected here", wanted);
	return refuse(r, r->event.start_mark, message);
}

/* The scalar that the parser stands at, without tags, anchors and NULs. */
static int check_scalar(struct reader *r, const char *what)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse_event(r, what);
	if (r->event.data.scalar.tag || r->event.data.scalar.anchor ||
	    strlen((const char *)r->event.data.scalar.value) != r->event.data.scalar.length)
		return refuse(r, r->event.start_mark, "tags, anchors and NUL have no place here");
	return 0;
}

static int read_list(struct reader *r, struct buffer *value)
{
	for (;;) {
		if (next(r))
			return -1;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (check_scalar(r, "a text"))
			return -1;
		if (value->size)
			buffer_text(value, ",");
		buffer_text(value, (const char *)r->event.data.scalar.value);
	}
}

static int read_entry(struct reader *r, const char *key)
{
	struct buffer value = {0};
	char reason[300];
	yaml_mark_t mark;
	int status = 0;

	if (next(r))
		return -1;
	mark = r->event.start_mark;
	if (r->event.type == YAML_SEQUENCE_START_EVENT)
		status = read_list(r, &value);
	else if (!(status = check_scalar(r, "a value or a list of values")))
		buffer_text(&value, (const char *)r->event.data.scalar.value);
	if (!status &&
	    config_set_yaml(r->config, key, value.data ? value.data : "", reason, sizeof(reason))) {
		char message[400];

		snprintf(message, sizeof(message), "%s: %s", key, reason);
		status = refuse(r, mark, message);
	}
	buffer_free(&value);
	return status;
}

static int read_key(struct reader *r, char **key)
{
	char reason[300];

	if (check_scalar(r, "the name of a setting"))
		return -1;
	*key = strdup((const char *)r->event.data.scalar.value);
	if (!*key || r->key_count == KEYS_MAX)
		return refuse(r, r->event.start_mark, "too many settings");
	for (size_t i = 0; i < r->key_count; i++)
		if (!strcmp(r->keys[i], *key))
			return refuse(r, r->event.start_mark, "this setting stands here twice");
	if (!config_knows_yaml(*key)) {
		char message[400];

		config_set_yaml(r->config, *key, "", reason, sizeof(reason));
		snprintf(message, sizeof(message), "%.60s: %s", *key, reason);
		return refuse(r, r->event.start_mark, message);
	}
	return 0;
}

static int read_document(struct reader *r)
{
	if (next(r) || next(r)) /* stream start; document start, or the end of an empty file */
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (next(r))
		return -1;
	if (r->event.type != YAML_MAPPING_START_EVENT)
		return refuse_event(r, "a mapping of settings");
	for (;;) {
		char *key = NULL;

		if (next(r))
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			break;
		if (read_key(r, &key)) {
			free(key);
			return -1;
		}
		r->keys[r->key_count++] = key;
		if (read_entry(r, key))
			return -1;
	}
	if (next(r) || next(r))
		return -1;
	return r->event.type == YAML_STREAM_END_EVENT ? 0 : refuse_event(r, "the end of the file");
}

int config_read_file(struct config *config, const char *path, char *why, size_t size)
{
	struct reader r = {.config = config, .path = path, .why = why, .size = size};
	FILE *file = fopen(path, "re");
	int status;

	if (!file) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!yaml_parser_initialize(&r.parser)) {
		snprintf(why, size, "no memory left");
		fclose(file);
		return -1;
	}
	yaml_parser_set_input_file(&r.parser, file);
	status = read_document(&r);
	if (r.have_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	fclose(file);
	for (size_t i = 0; i < r.key_count; i++)
		free(r.keys[i]);
	return status;
}
