/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * --limit and --compile-limit. */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

#include <codeexec/codeexec.h>

/* Reads one "key=value" into `limits`. `option` is the option's name for messages. 0 or EXIT_OWN_ERROR. */
int limits_read(const char *option, const char *text, ce_limits *limits);

/* The sandbox's ceilings for a request: its defaults, or what was asked for where that is more. The person at
 * the keyboard is the one who sets the policy, so a limit may be raised as well as lowered. */
ce_limits limits_ceilings(const ce_limits *asked, ce_stage stage);

/* The keys with a CE_LIMIT_* bit that may have ended a run, to say how to raise it: "timeout" for
 * CE_LIMIT_WALL_TIME; NULL if there is none. */
const char *limits_key_of(uint64_t bit);

#endif
