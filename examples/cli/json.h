/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <codeexec/codeexec.h>
#include <jansson.h>

/* The whole account of a run as one object; NULL if memory is short. The caller json_decref()s it. */
json_t *json_from_result(const ce_result *result);

/* A string of bytes of any kind: what is not UTF-8 becomes U+FFFD; NULL gives null. */
json_t *json_text(const void *data, size_t size);
json_t *json_c_text(const char *text);

/* Names of the bits of `mask` among the first `count`, in order. */
json_t *json_names(uint64_t mask, unsigned count, const char *(*name)(uint64_t bit));

/* Prints it on standard output, indented if that is a terminal, and releases it. `value` may be NULL: no
 * memory. 0, or EXIT_OWN_ERROR after a message. */
int json_print(json_t *value);

#endif
