/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Which limits apply: the built-in defaults, the sandbox's ceilings, the manifest's defaults, the request's wishes. Values
 * that make no sense or go beyond a ceiling are refused, never clamped in silence. */
#include "plan/effective.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define YEAR_MS (UINT64_C(366) * 24 * 3600 * 1000)

struct member {
	const char *name;
	size_t offset;
	uint64_t run_default, compile_default; /* 0: derived */
	uint64_t least, most;
	bool unlimited; /* CE_UNLIMITED makes sense */
};

#define MEMBER(m) #m, offsetof(ce_limits, m)

static const struct member members[] = {
	{ MEMBER(wall_time_ms), 30000, 30000, 1, YEAR_MS, true },
	{ MEMBER(cpu_time_ms), 30000, 30000, 1, YEAR_MS, true },
	{ MEMBER(memory_bytes), 256 * MIB, 512 * MIB, 2 * MIB, UINT64_C(1) << 50, false },
	{ MEMBER(disk_bytes), 100 * MIB, 256 * MIB, 64 * KIB, UINT64_C(1) << 50, false },
	{ MEMBER(disk_inodes), 16384, 16384, 16, UINT64_C(1) << 30, false },
	{ MEMBER(file_size_bytes), 10 * MIB, 64 * MIB, 1, UINT64_C(1) << 50, false },
	{ MEMBER(stack_bytes), 0, 0, 64 * KIB, UINT64_C(1) << 40, false },
	{ MEMBER(processes), 32, 64, 1, (UINT64_C(1) << 22) - 1, false }, /* PID_MAX_LIMIT, less init */
	{ MEMBER(open_files), 256, 1024, 4, UINT64_C(1) << 20, false },
	{ MEMBER(output_bytes), 1 * MIB, 1 * MIB, 1, UINT64_C(1) << 50, true },
};

static uint64_t get(const ce_limits *limits, const struct member *m)
{
	return limits ? *(const uint64_t *)(const void *)((const char *)limits + m->offset) : 0;
}

static void set(ce_limits *limits, const struct member *m, uint64_t value)
{
	*(uint64_t *)(void *)((char *)limits + m->offset) = value;
}

static int check(const struct member *m, uint64_t value, const char *who, ce_error **error)
{
	if (value == 0 || (value == CE_UNLIMITED && m->unlimited))
		return 0;
	if (value == CE_UNLIMITED)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s.%s: cannot be unlimited", who, m->name);
	if (value < m->least || value > m->most)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "%s.%s: %llu is out of range (%llu to %llu)", who,
				     m->name, (unsigned long long)value, (unsigned long long)m->least,
				     (unsigned long long)m->most);
	return 0;
}

int ce__effective_check(const ce_limits *limits, const char *who, ce_error **error)
{
	int r = 0;

	for (size_t i = 0; !r && i < CE_ARRAY_SIZE(members); i++)
		r = check(&members[i], get(limits, &members[i]), who, error);
	return r;
}

/* The main thread's stack cannot be larger than the memory there is. */
static uint64_t default_stack(const ce_limits *out)
{
	uint64_t half = out->memory_bytes / 2;

	return half < 64 * MIB ? half : 64 * MIB;
}

int ce__effective_limits(const struct ce_limits_sources *sources, ce_stage stage, const char *who, ce_limits *out,
			 ce_error **error)
{
	*out = ce_limits_init();
	for (size_t i = 0; i < CE_ARRAY_SIZE(members); i++) {
		const struct member *m = &members[i];
		uint64_t built_in = stage == CE_STAGE_RUN ? m->run_default : m->compile_default;
		uint64_t ceiling = get(sources->ceiling, m), manifest = get(sources->manifest, m);
		uint64_t wish = get(sources->request, m), value;
		int r = check(m, wish, who, error);

		if (r)
			return r;
		if (built_in == 0)
			built_in = default_stack(out);
		value = manifest ? manifest : built_in;
		/* Without a ceiling of the caller's: the built-in one, or what the manifest knows that it needs. The stack
		 * is bounded by the memory anyway. */
		if (ceiling == 0)
			ceiling = m->run_default == 0 ? m->most : built_in > manifest ? built_in : manifest;
		else if (manifest == 0 && stage == CE_STAGE_RUN && m->run_default)
			value = ceiling;
		if (value > ceiling)
			value = ceiling;
		if (wish > ceiling)
			return ce__error_set(error, CE_ERR_INVALID, 0, NULL,
					     "%s.%s: %llu is over the sandbox's ceiling of %llu", who, m->name,
					     (unsigned long long)wish, (unsigned long long)ceiling);
		set(out, m, wish ? wish : value);
	}
	return 0;
}
