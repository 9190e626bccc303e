/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/yaml.h"

#include <stdio.h>
#include <string.h>

int ce__yaml_fail(struct ce_yaml *yaml, struct ce_yaml_mark mark, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int n, r;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return ce__error_no_memory(yaml->error);
	/* Words of the manifest are quoted in messages, and a message is one line. */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	r = ce__error_set(yaml->error, CE_ERR_MANIFEST, 0, NULL, "%s:%zu:%zu: %s", yaml->path, mark.line,
			  mark.column, text);
	free(text);
	return r;
}

const char *ce__yaml_kind_name(const struct ce_yaml *yaml)
{
	switch (yaml->kind) {
	case CE_YAML_SCALAR:
		return "a single value";
	case CE_YAML_MAP:
	case CE_YAML_MAP_END:
		return "a map";
	case CE_YAML_LIST:
	case CE_YAML_LIST_END:
		return "a list";
	case CE_YAML_END:
		break;
	}
	return "nothing";
}

static struct ce_yaml_mark from_yaml_mark(yaml_mark_t mark)
{
	return (struct ce_yaml_mark){mark.line + 1, mark.column + 1};
}

static struct ce_yaml_mark mark_of_offset(const struct ce_yaml *yaml, size_t offset)
{
	struct ce_yaml_mark mark = {1, 1};

	for (size_t i = 0; i < offset && i < yaml->input_size; i++) {
		if (yaml->input[i] == '\n') {
			mark.line++;
			mark.column = 1;
		} else if (((unsigned char)yaml->input[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

/* libyaml gives a problem and, mostly, what it was doing when it met it. */
static int fail_syntax(struct ce_yaml *yaml)
{
	const yaml_parser_t *p = &yaml->parser;
	const char *problem = p->problem ? p->problem : "broken YAML";

	if (p->error == YAML_MEMORY_ERROR)
		return ce__error_no_memory(yaml->error);
	/* The reader stage is ahead of the marks and knows an offset only. */
	if (p->error == YAML_READER_ERROR)
		return ce__yaml_fail(yaml, mark_of_offset(yaml, p->problem_offset), "%s", problem);
	if (p->context)
		return ce__yaml_fail(yaml, from_yaml_mark(p->problem_mark), "%s %s", p->context, problem);
	return ce__yaml_fail(yaml, from_yaml_mark(p->problem_mark), "%s", problem);
}

static int fetch(struct ce_yaml *yaml)
{
	if (yaml->has_event)
		yaml_event_delete(&yaml->event);
	yaml->has_event = false;
	if (!yaml_parser_parse(&yaml->parser, &yaml->event))
		return fail_syntax(yaml);
	yaml->has_event = true;
	yaml->mark = from_yaml_mark(yaml->event.start_mark);
	if (++yaml->events > CE_YAML_MAX_EVENTS)
		return ce__yaml_fail(yaml, yaml->mark, "too many values (more than %d)", CE_YAML_MAX_EVENTS);
	return 0;
}

static int check_plainness(struct ce_yaml *yaml, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return ce__yaml_fail(yaml, yaml->mark, "anchors are not allowed: \"&%.32s\"",
				     (const char *)anchor);
	if (tag)
		return ce__yaml_fail(yaml, yaml->mark, "tags are not allowed: \"%.64s\"", (const char *)tag);
	return 0;
}

static int enter(struct ce_yaml *yaml, enum ce_yaml_kind kind)
{
	yaml->kind = kind;
	if (++yaml->depth > CE_YAML_MAX_DEPTH)
		return ce__yaml_fail(yaml, yaml->mark, "nested too deeply (more than %d levels)",
				     CE_YAML_MAX_DEPTH);
	return 0;
}

static int take_scalar(struct ce_yaml *yaml)
{
	yaml->kind = CE_YAML_SCALAR;
	yaml->text = (const char *)yaml->event.data.scalar.value;
	yaml->length = yaml->event.data.scalar.length;
	yaml->plain = yaml->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return check_plainness(yaml, yaml->event.data.scalar.anchor, yaml->event.data.scalar.tag);
}

/* The document is over: nothing but the end of the stream may follow. */
static int finish_document(struct ce_yaml *yaml)
{
	int r = fetch(yaml);

	if (r)
		return r;
	if (yaml->event.type != YAML_STREAM_END_EVENT)
		return ce__yaml_fail(yaml, yaml->mark,
				     "a manifest is one document; a second one begins here");
	yaml->kind = CE_YAML_END;
	return 0;
}

int ce__yaml_next(struct ce_yaml *yaml)
{
	int r = fetch(yaml);

	yaml->text = NULL;
	yaml->length = 0;
	if (r)
		return r;
	switch (yaml->event.type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(yaml);
	case YAML_MAPPING_START_EVENT:
		r = check_plainness(yaml, yaml->event.data.mapping_start.anchor,
				    yaml->event.data.mapping_start.tag);
		return r ? r : enter(yaml, CE_YAML_MAP);
	case YAML_SEQUENCE_START_EVENT:
		r = check_plainness(yaml, yaml->event.data.sequence_start.anchor,
				    yaml->event.data.sequence_start.tag);
		return r ? r : enter(yaml, CE_YAML_LIST);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		yaml->depth--;
		yaml->kind = yaml->event.type == YAML_MAPPING_END_EVENT ? CE_YAML_MAP_END : CE_YAML_LIST_END;
		return 0;
	case YAML_ALIAS_EVENT:
		return ce__yaml_fail(yaml, yaml->mark, "aliases are not allowed: \"*%.32s\"",
				     (const char *)yaml->event.data.alias.anchor);
	case YAML_DOCUMENT_END_EVENT:
		return finish_document(yaml);
	default:
		return ce__yaml_fail(yaml, yaml->mark, "unexpected end");
	}
}

int ce__yaml_open(struct ce_yaml *yaml, const char *path, const void *text, size_t size, ce_error **error)
{
	static const struct ce_yaml_mark start = {1, 1};
	int r;

	memset(yaml, 0, sizeof(*yaml));
	yaml->path = path;
	yaml->input = text;
	yaml->input_size = size;
	yaml->error = error;
	if (!yaml_parser_initialize(&yaml->parser))
		return ce__error_no_memory(error);
	if (size > CE_YAML_MAX_BYTES)
		return ce__yaml_fail(yaml, start, "larger than %u KiB", CE_YAML_MAX_BYTES / 1024u);
	yaml_parser_set_input_string(&yaml->parser, text, size);
	/* No guessing by byte order marks: UTF-16 would have other rules for what is a control character. */
	yaml_parser_set_encoding(&yaml->parser, YAML_UTF8_ENCODING);
	r = fetch(yaml);
	if (r)
		return r;
	r = fetch(yaml);
	if (r)
		return r;
	if (yaml->event.type != YAML_DOCUMENT_START_EVENT)
		return ce__yaml_fail(yaml, start, "empty: a manifest begins with \"abi: 1\"");
	if (yaml->event.data.document_start.version_directive ||
	    yaml->event.data.document_start.tag_directives.start !=
		yaml->event.data.document_start.tag_directives.end)
		return ce__yaml_fail(yaml, yaml->mark, "directives (%%YAML, %%TAG) are not allowed");
	return ce__yaml_next(yaml);
}

void ce__yaml_close(struct ce_yaml *yaml)
{
	if (yaml->has_event)
		yaml_event_delete(&yaml->event);
	yaml->has_event = false;
	yaml_parser_delete(&yaml->parser);
}
