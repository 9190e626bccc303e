/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_EXECUTOR_VERSION_H
#define CE_EXECUTOR_VERSION_H

#include "base/base.h"

/* The version in what a runtime's own command printed, "" if there is none there, NULL: no memory. Of the first line that is
 * not empty it is the first number that stands alone ("Python 3.11.2"), after a v ("v18.20.4", "newLISP v.10.7.5") or after
 * the name of the tool ("jq-1.6", "xonsh/0.13.4"). One with a dot is taken before one without ("Algol 68 Genie 3.1.2"), and
 * what stands in brackets comes after all else, for there packagers sign ("gcc (Debian 12.2.0-14) 12.2.0", "tool (12.1)"). */
char *ce__version_find(const char *text, size_t size);
/* Does the word ask for a version (and not for a runtime by name)? */
bool ce__version_is_range(const char *word);
/* Does `version`, as a runtime prints it ("3.11.2", "2.1.0-beta3"), lie in `range`? The range is one or more of these,
 * joined with ',': "*", "3", "3.11", "3.x", "=3.11.2", ">=3.10", ">3", "<=4", "<4", "^3.10" (the same first number that is
 * not 0), "~3.10" (the same first two). What the range leaves out does not count: 3.11.2 is in "3" and in "<=3".
 * 1, 0, or -EINVAL: no range. */
int ce__version_in_range(const char *version, const char *range);

#endif
