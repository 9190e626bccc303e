/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "page.h"

#include <stdlib.h>

#include "console.h"

int page_open(struct page *page)
{
	page->text = NULL;
	page->size = 0;
	page->out = open_memstream(&page->text, &page->size);
	return page->out ? 0 : console_error("no memory left");
}

int page_print(struct page *page)
{
	int r = fclose(page->out) ? console_error("no memory left") : console_print(page->text, page->size);

	free(page->text);
	return r;
}
