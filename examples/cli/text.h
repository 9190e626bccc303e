/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Bytes of unknown origin made into text: UTF-8 with U+FFFD for what is not, and base64. Pure functions. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Well-formed UTF-8 throughout: no overlong forms, surrogates or values beyond U+10FFFF. NUL is fine. */
bool text_is_utf8(const void *data, size_t size);
/* A copy in which each maximal ill-formed part is one U+FFFD (the practice that Unicode recommends and that
 * browsers and Python follow); NUL-terminated beyond *out_size. The caller frees it. NULL: no memory. */
char *text_to_utf8(const void *data, size_t size, size_t *out_size);
/* Standard alphabet with padding; NUL-terminated. The caller frees it. NULL: no memory. */
char *text_to_base64(const void *data, size_t size);
/* Edits from `a` to `b` (insert, delete, replace, swap of neighbours), for "did you mean"; large if either is
 * long. */
size_t text_distance(const char *a, const char *b);

#endif
