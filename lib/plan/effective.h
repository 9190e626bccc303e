/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_PLAN_EFFECTIVE_H
#define CE_PLAN_EFFECTIVE_H

#include "error/error.h"

/* Who says what about one stage's limits; each may be NULL. */
struct ce_limits_sources {
	const ce_limits *ceiling;  /* the sandbox's: default and most */
	const ce_limits *manifest; /* the executor's default, cut to the ceiling */
	const ce_limits *request;  /* the caller's: refused beyond the ceiling */
};

/* Gives a limit for every member. CE_ERR_INVALID names the member that is out of range or over the ceiling.
 * `who` begins the message: "limits" or "compile_limits". */
int ce__effective_limits(const struct ce_limits_sources *sources, ce_stage stage, const char *who, ce_limits *out,
			 ce_error **error);
/* Checks the ranges of limits that a caller gave; 0 stays 0. */
int ce__effective_check(const ce_limits *limits, const char *who, ce_error **error);

#endif
