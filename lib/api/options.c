/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/sandbox.h"
#include "config.h"
#include "limits/limits.h"
#include "plan/effective.h"
#include "plan/seccomp.h"

#define FLAGS_KNOWN \
	(CE_SANDBOX_ALLOW_WEAKER | CE_SANDBOX_KILL_ON_OUTPUT_LIMIT | CE_SANDBOX_MOVE_HOST | CE_SANDBOX_FRESH_SLOTS | \
	 CE_SANDBOX_SHARE_CACHE | CE_SANDBOX_FULL_EXIT)
#define UID_BASE UINT64_C(2000000000)
#define UID_COUNT UINT64_C(65536)

static int check_masks(const ce_sandbox_options *o, ce_error **error)
{
	uint64_t essential = (o->disable | o->allow_missing) & CE_PROTECTIONS_ESSENTIAL;
	uint64_t needs_privs = CE_PROTECTION_SECCOMP | CE_PROTECTION_LANDLOCK;

	if ((o->flags & ~FLAGS_KNOWN) || ((o->disable | o->allow_missing) & ~CE_PROTECTIONS_ALL))
		return ce__error_set(error, CE_ERR_TOO_NEW, 0, NULL, "options: a flag or protection that this library does not know");
	if (essential)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "options: %s cannot be left out, the other protections stand on it",
				     ce_protection_name(essential & -essential));
	if ((o->disable & CE_PROTECTION_NO_NEW_PRIVS) && (o->disable & needs_privs) != needs_privs)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "options: without no_new_privs the kernel refuses seccomp and landlock: disable them too");
	return 0;
}

static int copy_limits(const ce_limits *in, const char *who, ce_limits *out, ce_error **error)
{
	int r;

	*out = ce_limits_init();
	if (!in)
		return 0;
	r = ce__sized_copy_in(out, sizeof(*out), in);
	if (r)
		return ce__error_set(error, r == -E2BIG ? CE_ERR_TOO_NEW : CE_ERR_INVALID, 0, NULL,
				     r == -E2BIG ? "%s: a member that this library does not know is set" :
						   "%s.size is too small", who);
	return ce__effective_check(out, who, error);
}

/* An ordinary user's: under $XDG_RUNTIME_DIR where there is one, else the supervisor takes one in /tmp. */
static void default_state_dir(struct ce_hello *hello)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (runtime && runtime[0] == '/' && stat(runtime, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (size_t)snprintf(hello->state_dir, sizeof(hello->state_dir), "%s/codeexec", runtime) >= sizeof(hello->state_dir))
		hello->state_dir[0] = '\0';
}

/* The supervisor's own. */
static int fill_filter(const ce_sandbox_options *options, struct ce_hello *hello, ce_error **error)
{
	CE_CLEANUP_FREE void *bytes = NULL;
	size_t size = 0;
	int r = ce__seccomp_build_outer(&bytes, &size, error);

	if (r)
		return r;
	if (size > sizeof(hello->filter))
		return ce__error_set(error, CE_ERR_UNSUPPORTED, E2BIG, "options", "the supervisor's filter does not fit into its message");
	memcpy(hello->filter, bytes, size);
	hello->filter_count = size / sizeof(hello->filter[0]);
	hello->filter_required = !(ce__options_tolerate(options) & CE_PROTECTION_SECCOMP);
	return 0;
}

int ce__options_take(const ce_sandbox_options *options, ce_sandbox_options *copy, struct ce_hello *hello,
		     ce_error **error)
{
	ce_limits scratch;
	int r = 0;

	*copy = ce_sandbox_options_init();
	if (options)
		r = ce__sized_copy_in(copy, sizeof(*copy), options);
	if (r)
		return ce__error_set(error, r == -E2BIG ? CE_ERR_TOO_NEW : CE_ERR_INVALID, 0, NULL,
				     r == -E2BIG ? "options: a member that this library does not know is set" :
						   "options.size is too small: use ce_sandbox_options_init()");
	r = check_masks(copy, error);
	if (!r)
		r = copy_limits(copy->limits, "limits", &scratch, error);
	if (!r)
		r = copy_limits(copy->compile_limits, "compile_limits", &scratch, error);
	if (r)
		return r;
	if (copy->max_concurrent == 0)
		copy->max_concurrent = 10;
	if (copy->max_concurrent > 100000)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "options.max_concurrent: %llu is out of range (1 to 100000)",
				     (unsigned long long)copy->max_concurrent);
	if (copy->uid_base == 0)
		copy->uid_base = UID_BASE;
	if (copy->uid_count == 0)
		copy->uid_count = UID_COUNT;
	if (copy->uid_base < 1000 || copy->uid_count < 2 || copy->uid_base + copy->uid_count > UINT32_MAX ||
	    copy->uid_base + copy->uid_count < copy->uid_base)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
				     "options.uid_base, uid_count: out of range (from 1000, at least 2, below 2^32 - 1)");
	memset(hello, 0, sizeof(*hello));
	hello->type = CE_MSG_HELLO;
	hello->version = CE_MESSAGE_VERSION;
	hello->limits_flags = (copy->flags & CE_SANDBOX_ALLOW_WEAKER ? CE_LIMITS_ALLOW_WEAKER : 0) |
			      (copy->flags & CE_SANDBOX_MOVE_HOST ? CE_LIMITS_MOVE_HOST : 0);
	hello->limits_required = CE_PROTECTIONS_LIMITS & ~ce__options_tolerate(copy) & ~copy->disable;
	hello->fresh_slots = (copy->flags & CE_SANDBOX_FRESH_SLOTS) != 0;
	hello->max_concurrent = copy->max_concurrent;
	hello->warm_memory_bytes = copy->warm_memory_bytes;
	hello->uid_base = copy->uid_base;
	hello->uid_count = copy->uid_count;
	if (copy->runtimes_dir && copy->runtimes_dir[0] != '/')
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "options.runtimes_dir: must be an absolute path");
	if (copy->cgroup &&
	    (size_t)snprintf(hello->cgroup, sizeof(hello->cgroup), "%s", copy->cgroup) >= sizeof(hello->cgroup))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "options.cgroup: path too long");
	if (!copy->state_dir && geteuid() != 0)
		default_state_dir(hello);
	if (copy->state_dir && (copy->state_dir[0] != '/' ||
	    (size_t)snprintf(hello->state_dir, sizeof(hello->state_dir), "%s", copy->state_dir) >= sizeof(hello->state_dir)))
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "options.state_dir: must be an absolute path of less than 256 bytes");
	return copy->disable & CE_PROTECTION_SECCOMP ? 0 : fill_filter(copy, hello, error);
}

uint64_t ce__options_tolerate(const ce_sandbox_options *options)
{
	uint64_t tolerate = CE_PROTECTIONS_OPTIONAL | options->allow_missing;

	if (options->flags & CE_SANDBOX_ALLOW_WEAKER)
		tolerate |= CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT | CE_PROTECTION_CPU_LIMIT;
	return tolerate;
}

const char *ce__options_supervisor_path(const ce_sandbox_options *options)
{
	return options->supervisor_path ? options->supervisor_path : CE_SUPERVISOR_PATH;
}
