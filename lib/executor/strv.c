/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "executor/strv.h"

#include <string.h>

bool ce__strv_take(struct ce_strv *list, char *text)
{
	if (!text)
		return false;
	if (list->count + 1 >= list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 8;
		char **items = reallocarray(list->items, capacity, sizeof(*items));

		if (!items) {
			free(text);
			return false;
		}
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
	return true;
}

bool ce__strv_add(struct ce_strv *list, const char *text)
{
	return ce__strv_take(list, strdup(text));
}

bool ce__strv_add_all(struct ce_strv *list, char *const *texts)
{
	for (; texts && *texts; texts++)
		if (!ce__strv_add(list, *texts))
			return false;
	return true;
}

bool ce__strv_set_env(struct ce_strv *list, const char *assignment)
{
	size_t name_size = strcspn(assignment, "=") + 1;

	for (size_t i = 0; i < list->count; i++) {
		char *copy;

		if (strncmp(list->items[i], assignment, name_size) != 0)
			continue;
		copy = strdup(assignment);
		if (!copy)
			return false;
		free(list->items[i]);
		list->items[i] = copy;
		return true;
	}
	return ce__strv_add(list, assignment);
}

bool ce__strv_has(char *const *texts, const char *text)
{
	for (; texts && *texts; texts++)
		if (strcmp(*texts, text) == 0)
			return true;
	return false;
}

char **ce__strv_steal(struct ce_strv *list)
{
	char **items = list->items ? list->items : calloc(1, sizeof(*items));

	memset(list, 0, sizeof(*list));
	return items;
}

bool ce__strv_replace(char ***vector, struct ce_strv *list)
{
	char **items = ce__strv_steal(list);

	if (!items)
		return false;
	ce__strv_free(*vector);
	*vector = items;
	return true;
}

void ce__strv_finish(struct ce_strv *list)
{
	ce__strv_free(list->items);
	memset(list, 0, sizeof(*list));
}

void ce__strv_free(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}
