/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A walker over libyaml's events that knows where it is. It goes forward only, builds no tree, and refuses
 * whatever makes YAML surprising or expensive: aliases, anchors, tags, several documents, deep nesting, large
 * input. */
#ifndef CE_EXECUTOR_YAML_H
#define CE_EXECUTOR_YAML_H

#include <yaml.h>

#include "error/error.h"

#define CE_YAML_MAX_BYTES (256u * 1024u)
#define CE_YAML_MAX_DEPTH 8
#define CE_YAML_MAX_EVENTS 20000

enum ce_yaml_kind {
	CE_YAML_SCALAR = 1,
	CE_YAML_MAP = 2,
	CE_YAML_MAP_END = 3,
	CE_YAML_LIST = 4,
	CE_YAML_LIST_END = 5,
	CE_YAML_END = 6
};

struct ce_yaml_mark {
	size_t line, column; /* from 1; columns count characters */
};

/* One thread. `path`, the text and `error` are borrowed until ce__yaml_close. */
struct ce_yaml {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	bool has_event;
	const char *path;
	const char *input;
	size_t input_size;
	ce_error **error;
	size_t depth;
	size_t events;

	/* The current event. */
	enum ce_yaml_kind kind;
	struct ce_yaml_mark mark;
	const char *text; /* scalar only: `length` bytes and a NUL; valid until the next event */
	size_t length;
	bool plain; /* scalar only: not quoted and not a block, so `true` and `12` may mean more than text */
};

/* Positions the walker on the first event of the one document. Close it in any case. CE_ERR_MANIFEST. */
int ce__yaml_open(struct ce_yaml *yaml, const char *path, const void *text, size_t size, ce_error **error);
void ce__yaml_close(struct ce_yaml *yaml);
/* Goes on to the next event. */
int ce__yaml_next(struct ce_yaml *yaml);
/* Sets the error "path:line:column: message" and returns CE_ERR_MANIFEST. */
int ce__yaml_fail(struct ce_yaml *yaml, struct ce_yaml_mark mark, const char *fmt, ...) CE_PRINTF(3, 4);
/* "a map", "a list", ... for messages about the current event. */
const char *ce__yaml_kind_name(const struct ce_yaml *yaml);

#endif
