/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The plan: one flat, immutable block of bytes in which everything about an execution is decided. The library
 * builds it, the supervisor checks every offset once and then only reads it. Numbers are native 8-byte words;
 * texts and arrays are spans inside the block. */
#ifndef CE_PLAN_PLAN_H
#define CE_PLAN_PLAN_H

#include "base/base.h"

#define CE_PLAN_MAGIC UINT64_C(0x314e414c50454320) /* the bytes " CEPLAN1" */
#define CE_PLAN_MAX_BYTES (UINT64_C(1) << 30)
#define CE_PLAN_INLINE_BYTES 65536 /* larger ones travel in a sealed memfd */
#define CE_PLAN_MAX_STAGES 2
#define CE_PLAN_MAX_MOUNTS 256
#define CE_PLAN_MAX_FILES 4096
#define CE_PLAN_MAX_STRINGS 65536
#define CE_PLAN_PARK_OBJECT "/run/codeexec-park.so" /* where the preloaded object lies inside a cell */
#define CE_PLAN_MAX_WARM 64
#define CE_PLAN_MAX_TRIGGER 200 /* bytes, with the NUL */
#define CE_PLAN_MAX_BPF 4096 /* instructions; the kernel's BPF_MAXINSNS */

struct ce_span {
	uint32_t offset; /* from the start of the block */
	uint32_t size;
};

/* `count` texts one after the other, each with its NUL. */
struct ce_plan_strings {
	struct ce_span bytes;
	uint64_t count;
};

enum ce_plan_mount_type {
	CE_MOUNT_BIND = 1,    /* source (host) read-only at target; a directory or a file */
	CE_MOUNT_DEVICE = 2,  /* host device node at target */
	CE_MOUNT_SYMLINK = 3, /* content at target */
	CE_MOUNT_DIR = 4,     /* empty directory */
	CE_MOUNT_FILE = 5     /* content, read-only */
};

#define CE_MOUNT_OPTIONAL 1u /* leave it out when the source is missing */

/* The read-only root, in order. Targets are absolute inside the cell. */
struct ce_plan_mount {
	uint64_t type;
	uint64_t flags;
	struct ce_span source;	/* text, or empty */
	struct ce_span target;	/* text */
	struct ce_span content; /* bytes */
};

struct ce_plan_file {
	struct ce_span name; /* text: checked relative path */
	struct ce_span data;
	uint64_t executable; /* 0 or 1 */
};

#define CE_PLAN_STAGE_RLIMIT_AS 1u /* the runtime bears RLIMIT_AS: used by the rlimits backend only */
#define CE_PLAN_STAGE_PARK 2u      /* may be started ahead, up to where it looks at `trigger` */
#define CE_PLAN_STAGE_FORK 4u	    /* with PARK: once, and each execution gets a child of it */
#define CE_PLAN_STAGE_SECOND_READ 8u /* with PARK: not where it opens it but where it reads it for the second time */
#define CE_PLAN_STAGE_FAST_EXIT 16u /* with PARK: what only frees memory at the end may be left out */

#define CE_PLAN_STAGE_FLAGS 31u

struct ce_plan_stage {
	uint64_t stage; /* CE_STAGE_* */
	uint64_t flags;
	uint64_t wall_time_us; /* UINT64_MAX: none */
	uint64_t cpu_time_us;
	uint64_t memory_bytes;
	uint64_t disk_bytes;
	uint64_t disk_inodes;
	uint64_t file_size_bytes;
	uint64_t stack_bytes;
	uint64_t processes;
	uint64_t open_files;
	struct ce_plan_strings argv; /* argv[0] is an absolute path, or relative to /work */
	struct ce_plan_strings env;
	struct ce_plan_strings artifacts; /* compile: globs of what the run stage gets */
	struct ce_span bpf;		  /* struct sock_filter[] */
	struct ce_span mounts;		  /* struct ce_plan_mount[] */
	uint64_t mount_count;
	struct ce_span trigger; /* text: the program's name in the work directory; empty unless CE_PLAN_STAGE_PARK */
	/* With CE_PLAN_STAGE_PARK, else 0: how many wait, and for how long one interpreter is good. */
	uint64_t warm_min, warm_max, warm_max_uses, warm_max_age_us;
};

#define CE_PLAN_PROBE 1u /* set up a cell, report what could be had, run nothing */
#define CE_PLAN_PARK 2u  /* start a process ahead for requests of this shape, run nothing */
#define CE_PLAN_TRACE 4u /* tell when each step was done */
#define CE_PLAN_KEEP 16u /* two stages: the library also wants what the first one made */
#define CE_PLAN_COMPILED 32u /* run stage alone: what an earlier compile stage made comes as a memfd */

struct ce_plan {
	uint64_t magic;
	uint64_t total_size;
	uint64_t flags;
	uint64_t network;	    /* CE_NETWORK_* */
	uint64_t disable;	    /* CE_PROTECTION_* not to apply */
	uint64_t tolerate;	    /* CE_PROTECTION_* that may be missing */
	uint64_t usage_interval_us; /* 0: no usage events */
	uint64_t queue_timeout_us;  /* 0: none */
	uint64_t outputs_max_bytes;
	uint64_t keep_max_bytes; /* CE_PLAN_KEEP: of more than that nothing is wanted */
	uint64_t file_count;
	struct ce_span files; /* struct ce_plan_file[] */
	struct ce_plan_strings outputs;
	uint64_t stage_count;
	struct ce_plan_stage stages[CE_PLAN_MAX_STAGES];
};

/* Files that travel in a memfd: records one after the other, each followed by name and data, both padded to 8. */
struct ce_file_record {
	uint64_t name_size, data_size, flags; /* CE_OUTPUT_FILE_* */
	uint64_t mode;			      /* permission bits */
	char reason[64];
};
#define CE_PADDED(size) (((uint64_t)(size) + 7) & ~UINT64_C(7))

/* Checks a block from outside: every span inside it, aligned, every text with its NUL and no other, counts and
 * enums in range, names relative. The block must be 8-byte aligned and not change afterwards. */
int ce__plan_check(const void *block, size_t size, struct ce_failure *failure);

/* After ce__plan_check: */
static inline const void *ce__plan_at(const struct ce_plan *plan, struct ce_span span)
{
	return (const char *)plan + span.offset;
}
static inline const char *ce__plan_text(const struct ce_plan *plan, struct ce_span span)
{
	return span.size ? (const char *)plan + span.offset : "";
}
/* Borrowed texts and a NULL behind them: strings.count + 1 pointers. Async-signal-safe. */
void ce__plan_fill_vector(const struct ce_plan *plan, struct ce_plan_strings strings, char **vector);
/* Such a vector in fresh memory, or NULL. */
char **ce__plan_vector(const struct ce_plan *plan, struct ce_plan_strings strings);
/* True for a non-empty relative path without empty, "." and ".." parts, each part at most 255 bytes, 4095 in all. */
bool ce__plan_name_ok(const char *name, size_t length);

#endif
