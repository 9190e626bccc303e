/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Text that is built up and then printed at once, so that an error of standard output is seen in one place.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdio.h>

struct page {
	FILE *out; /* write here; owned */
	char *text;
	size_t size;
};

/* 0, or EXIT_OWN_ERROR after a message. */
int page_open(struct page *page);
/* Prints and releases it. 0, or EXIT_OWN_ERROR after a message. */
int page_print(struct page *page);

#endif
