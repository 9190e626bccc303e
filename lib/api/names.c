/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "api/sandbox.h"

static const char *const outcomes[] = {
	[CE_OUTCOME_SUCCESS] = "success",
	[CE_OUTCOME_ERROR] = "error",
	[CE_OUTCOME_TIMEOUT] = "timeout",
	[CE_OUTCOME_MEMORY_LIMIT] = "memory_limit",
	[CE_OUTCOME_OUTPUT_LIMIT] = "output_limit",
	[CE_OUTCOME_DISK_LIMIT] = "disk_limit",
	[CE_OUTCOME_PROCESS_LIMIT] = "process_limit",
	[CE_OUTCOME_FILE_SIZE_LIMIT] = "file_size_limit",
	[CE_OUTCOME_COMPILATION_ERROR] = "compilation_error",
	[CE_OUTCOME_CANCELLED] = "cancelled",
	[CE_OUTCOME_SYSTEM_ERROR] = "system_error",
};

static const char *const limits[] = {
	"wall_time", "cpu_time", "memory", "output", "disk_space", "inodes", "file_size", "processes",
};

static const char *const protections[CE_PROTECTION_COUNT] = {
	"user_ns",   "pid_ns",	  "mount_ns",	    "network_ns",     "ipc_ns",		 "uts_ns",	   "cgroup_ns",
	"time_ns",   "read_only_root", "private_proc", "no_new_privs", "no_capabilities", "seccomp",	   "landlock",
	"landlock_scope", "session_keyring", "own_uid", "memory_limit", "task_limit",	 "cpu_limit",
};

const char *ce_version(void)
{
	return CE_VERSION;
}

const char *ce_outcome_name(ce_outcome outcome)
{
	size_t i = (size_t)outcome;

	return i < CE_ARRAY_SIZE(outcomes) && outcomes[i] ? outcomes[i] : "unknown";
}

const char *ce_stage_name(ce_stage stage)
{
	return stage == CE_STAGE_COMPILE ? "compile" : stage == CE_STAGE_RUN ? "run" : "unknown";
}

static const char *name_of_bit(const char *const *names, size_t count, uint64_t bit)
{
	for (size_t i = 0; i < count; i++)
		if (bit == UINT64_C(1) << i)
			return names[i];
	return NULL;
}

const char *ce_limit_name(uint64_t bit)
{
	return name_of_bit(limits, CE_ARRAY_SIZE(limits), bit);
}

const char *ce_protection_name(uint64_t bit)
{
	return name_of_bit(protections, CE_ARRAY_SIZE(protections), bit);
}

uint64_t ce_protection_from_name(const char *name)
{
	for (size_t i = 0; i < CE_ARRAY_SIZE(protections); i++)
		if (name && !strcmp(protections[i], name))
			return UINT64_C(1) << i;
	return 0;
}
