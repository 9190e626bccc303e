/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Readers of single values and lists of them. */
#include "executor/fields.h"

#include <string.h>

bool ce__fields_name_ok(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > CE_NAME_MAX || !strchr("abcdefghijklmnopqrstuvwxyz0123456789", name[0]))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+#._-") == length;
}

int ce__fields_expect_text(struct ce_yaml *yaml, const char *key, size_t max, bool may_be_empty)
{
	if (yaml->kind != CE_YAML_SCALAR)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must be a text, not %s", key,
				     ce__yaml_kind_name(yaml));
	if (yaml->length > max)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" is too long (%zu bytes, at most %zu)", key,
				     yaml->length, max);
	if (memchr(yaml->text, '\0', yaml->length))
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must not contain a NUL", key);
	/* `key:` with nothing after it and `key: ~` are slips more often than empty texts; "" says it
	 * plainly. */
	if (yaml->plain && (yaml->length == 0 || strcmp(yaml->text, "~") == 0))
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" has no value", key);
	if (yaml->length == 0 && !may_be_empty)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must not be empty", key);
	return 0;
}

int ce__fields_read_text(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = ce__fields_expect_text(yaml, field->key, field->max, true);
	char **out = member;

	if (r)
		return r;
	*out = strdup(yaml->text);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

int ce__fields_read_line(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = ce__fields_expect_text(yaml, field->key, field->max, false);

	if (r)
		return r;
	for (size_t i = 0; i < yaml->length; i++)
		if ((unsigned char)yaml->text[i] < 0x20 || yaml->text[i] == 0x7f)
			return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must be one line of printable text",
					     field->key);
	return ce__fields_read_text(yaml, field, member);
}

int ce__fields_read_blob(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	char **out = member;

	if (yaml->kind != CE_YAML_SCALAR)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must be a text, not %s", field->key,
				     ce__yaml_kind_name(yaml));
	if (yaml->plain && (yaml->length == 0 || strcmp(yaml->text, "~") == 0))
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" has no value", field->key);
	if (yaml->length > field->max)
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" is too long (%zu bytes, at most %zu)",
				     field->key, yaml->length, field->max);
	*out = malloc(yaml->length + 1);
	if (!*out)
		return ce__error_no_memory(yaml->error);
	memcpy(*out, yaml->text, yaml->length + 1);
	memcpy((char *)member + field->size_offset, &yaml->length, sizeof(yaml->length));
	return 0;
}

static int check_name(struct ce_yaml *yaml, const char *key)
{
	int r = ce__fields_expect_text(yaml, key, CE_NAME_MAX, false);

	if (r)
		return r;
	if (!ce__fields_name_ok(yaml->text))
		return ce__yaml_fail(yaml, yaml->mark,
				     "\"%s\" in \"%s\" is not a name: lower-case letters, digits and +#._-, "
				     "beginning with a letter or digit",
				     yaml->text, key);
	return 0;
}

int ce__fields_read_name(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	int r = check_name(yaml, field->key);

	return r ? r : ce__fields_read_text(yaml, field, member);
}

static int read_name_item(struct ce_yaml *yaml, const char *key, void *context)
{
	struct ce_strv *list = context;
	int r = check_name(yaml, key);

	if (r)
		return r;
	if (ce__strv_has(list->items, yaml->text))
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" appears twice in \"%s\"", yaml->text, key);
	return ce__strv_add(list, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

static int read_text_item(struct ce_yaml *yaml, const char *key, void *context)
{
	int r = ce__fields_expect_text(yaml, key, CE_TEXT_MAX, true);

	if (r)
		return r;
	return ce__strv_add(context, yaml->text) ? 0 : ce__error_no_memory(yaml->error);
}

static int read_strv(struct ce_yaml *yaml, const struct ce_field *field, void *member,
		     int (*read_item)(struct ce_yaml *yaml, const char *key, void *context))
{
	CE_CLEANUP_STRV struct ce_strv list = {0};
	char ***out = member;
	int r = ce__fields_read_list(yaml, field->key, field->max, !field->required, read_item, &list);

	if (r)
		return r;
	*out = ce__strv_steal(&list);
	return *out ? 0 : ce__error_no_memory(yaml->error);
}

int ce__fields_read_names(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	return read_strv(yaml, field, member, read_name_item);
}

int ce__fields_read_texts(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	return read_strv(yaml, field, member, read_text_item);
}

int ce__fields_read_bool(struct ce_yaml *yaml, const struct ce_field *field, void *member)
{
	bool *out = member;

	if (yaml->kind == CE_YAML_SCALAR && yaml->plain && strcmp(yaml->text, "true") == 0)
		*out = true;
	else if (yaml->kind == CE_YAML_SCALAR && yaml->plain && strcmp(yaml->text, "false") == 0)
		*out = false;
	else
		return ce__yaml_fail(yaml, yaml->mark, "\"%s\" must be true or false", field->key);
	return 0;
}
