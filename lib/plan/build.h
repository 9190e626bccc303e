/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#ifndef CE_PLAN_BUILD_H
#define CE_PLAN_BUILD_H

#include "executor/executor.h"
#include "plan/plan.h"
#include "plan/root_table.h"

/* One stage's part of a plan; everything borrowed. */
struct ce_build_stage {
	ce_stage stage;
	const struct ce_stage_inputs *inputs; /* NULL: a probe without a command */
	const ce_limits *limits;	      /* effective: every member set */
	const void *bpf;
	size_t bpf_size;
	const char *const *user_env; /* of the request, or NULL */
	const char *trigger;	     /* the program's name, if this may be started ahead; or NULL */
	const char *park_object;     /* with it: the object to be preloaded */
	bool full_exit;		     /* with it: no fast exit, whatever the manifest allows */
};

struct ce_build_inputs {
	const struct ce_root_table *root;
	struct ce_build_stage stages[CE_PLAN_MAX_STAGES];
	size_t stage_count;
	const ce_file *files;
	size_t file_count;
	const bool *executable; /* by file, or NULL: none is */
	const char *const *outputs; /* or NULL */
	uint64_t outputs_max_bytes;
	uint64_t keep_max_bytes; /* with CE_PLAN_KEEP */
	uint64_t flags; /* CE_PLAN_* */
	uint64_t network, disable, tolerate;
	uint64_t usage_interval_us, queue_timeout_us;
};

/* Makes the flat block, in fresh memory. CE_ERR_INVALID if it would be too large, CE_ERR_NO_MEMORY. */
int ce__build_plan(const struct ce_build_inputs *inputs, void **block, size_t *size, ce_error **error);

#endif
