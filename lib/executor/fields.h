/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Maps of a manifest as tables: each key has a reader that fills a member of a struct. A reader is called
 * with the walker on the first event of its value and leaves it on the last one. Readers return 0,
 * CE_ERR_MANIFEST or CE_ERR_NO_MEMORY, and what they have allocated belongs to the struct even when they
 * fail. */
#ifndef CE_EXECUTOR_FIELDS_H
#define CE_EXECUTOR_FIELDS_H

#include "executor/strv.h"
#include "executor/yaml.h"

#define CE_NAME_MAX 32
#define CE_TEXT_MAX 4096
#define CE_BLOB_MAX (64u * 1024u)

struct ce_field {
	const char *key;
	int (*read)(struct ce_yaml *yaml, const struct ce_field *field, void *member);
	size_t offset;      /* of the member in the struct */
	size_t size_offset; /* blobs: of the size_t that gets the length */
	size_t max;         /* bytes of a text, entries of a list, the largest number */
	bool required;
	bool first; /* nothing may stand before it; of the first entry of a table only */
};

#define CE_FIELD(type, key_text, member, reader, most, must)                                                 \
	{                                                                                                    \
		.key = (key_text), .read = (reader), .offset = offsetof(type, member), .max = (most),        \
		.required = (must)                                                                           \
	}
#define CE_FIELD_BLOB(type, key_text, member, size_member, must)                                             \
	{                                                                                                    \
		.key = (key_text), .read = ce__fields_read_blob, .offset = offsetof(type, member),           \
		.size_offset = offsetof(type, size_member) - offsetof(type, member), .max = CE_BLOB_MAX,     \
		.required = (must)                                                                           \
	}

/* Reads the map that the walker stands on into `base`. `what` names it in messages: "a runtime". */
int ce__fields_read_map(struct ce_yaml *yaml, const struct ce_field *fields, size_t count, void *base,
			const char *what);

/* Calls `read_item` for each entry of the list that the walker stands on; at most `max`, at least one unless
 * `may_be_empty`. */
int ce__fields_read_list(struct ce_yaml *yaml, const char *key, size_t max, bool may_be_empty,
			 int (*read_item)(struct ce_yaml *yaml, const char *key, void *context),
			 void *context);

/* Goes through a map of free names: calls `read_entry` with the walker on the value; at most `max` entries.
 */
int ce__fields_read_free_map(struct ce_yaml *yaml, const char *key, size_t max,
			     int (*read_entry)(struct ce_yaml *yaml, const char *name,
					       struct ce_yaml_mark mark, void *context),
			     void *context);

/* Checks that the walker stands on a scalar without NUL bytes of at most `max` bytes. */
int ce__fields_expect_text(struct ce_yaml *yaml, const char *key, size_t max, bool may_be_empty);
/* [a-z0-9][a-z0-9+#._-]*, at most CE_NAME_MAX bytes. */
bool ce__fields_name_ok(const char *name);

/* Readers of char *, char **, bool and uint64_t members. */
int ce__fields_read_text(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_line(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_blob(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_name(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_names(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_texts(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_bool(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_count(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_bytes(struct ce_yaml *yaml, const struct ce_field *field, void *member);
int ce__fields_read_duration(struct ce_yaml *yaml, const struct ce_field *field, void *member);
/* A whole number from 0 to max into an int64_t. */
int ce__fields_read_number(struct ce_yaml *yaml, const struct ce_field *field, void *member);

#endif
