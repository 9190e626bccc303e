/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Included before each file that clang's analyser looks at, and never compiled. It sees one file at a time, so it cannot
 * know that the functions below return the code that they are given, which is never 0: without this it follows paths
 * on which an error is no error. */
#include "error/error.h"

#ifdef __clang_analyzer__
#define ce__error_set(error, code, ...) ((void)ce__error_set(error, code, __VA_ARGS__), (code))
#define ce__failure_set(failure, code, ...) ((void)ce__failure_set(failure, code, __VA_ARGS__), (code))
#define ce__error_no_memory(error) ((void)ce__error_no_memory(error), CE_ERR_NO_MEMORY)
#endif
