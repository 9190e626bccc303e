/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The seeds of fuzz_plan: plans as the library builds them.
 *
 *   plan_seeds write DIRECTORY   writes them
 *   plan_seeds check DIRECTORY   fails if those there are not what would be written: the format has changed */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "plan/build.h"

static char *const argv_words[] = { (char *)"/usr/bin/python3", (char *)"main.py", (char *)"a b", NULL };
static char *const env_words[] = { (char *)"PYTHONUTF8=1", NULL };
static char *const artifact_words[] = { (char *)"main", (char *)"lib/*.so", NULL };
static const char *const outputs[] = { "out.txt", "pictures/*.png", NULL };
static const char *const user_env[] = { "NAME=value", NULL };
static const uint64_t filter[] = { 0x7fff000000000006u, 0x6u };
static const ce_file files[] = { { "main.py", "print(1)\n", 9 }, { "pkg/empty", "", 0 } };
static const bool executable[] = { false, true };
static struct ce_manifest_mount extra = { (char *)"/opt/lang", (char *)"/opt/lang", true };

static const struct ce_root_table root = {
	.entries = {
		{ CE_MOUNT_BIND, false, "/usr", "/usr", NULL },
		{ CE_MOUNT_SYMLINK, false, NULL, "/bin", "usr/bin" },
		{ CE_MOUNT_DEVICE, false, "/dev/null", "/dev/null", NULL },
		{ CE_MOUNT_DIR, false, NULL, "/work", NULL },
		{ CE_MOUNT_FILE, false, NULL, "/etc/passwd", "sandbox:x:1000:1000::/tmp:/bin/sh\n" },
	},
	.count = 5,
};

static ce_limits limits(void)
{
	ce_limits l = ce_limits_init();

	l.wall_time_ms = l.cpu_time_ms = 30000;
	l.memory_bytes = l.disk_bytes = l.file_size_bytes = l.stack_bytes = 1 << 20;
	l.disk_inodes = l.processes = l.open_files = 64;
	l.output_bytes = 1 << 20;
	return l;
}

static int store(const char *verb, const char *directory, const char *name, const void *block, size_t size)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s", directory, name);
	CE_CLEANUP_FREE char *there = malloc(size + 1);
	bool write_it = !strcmp(verb, "write");
	CE_CLEANUP_FD int fd = -1;

	if (!path || !there)
		return -1;
	fd = open(path, write_it ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	if (write_it)
		return ce__io_write_full(fd, block, size);
	if (ce__io_read_full(fd, there, size + 1) == (ssize_t)size && !memcmp(there, block, size))
		return 0;
	fprintf(stderr, "%s: the plan format has changed: run `plan_seeds write` on the corpus\n", name);
	return -1;
}

/* 0: as small as can be; 1: a run stage with everything; 2: compile and run; 3: a probe. */
static int make(const char *verb, const char *directory, unsigned kind)
{
	static const char *const names[] = { "small", "run", "compile", "probe" };
	struct ce_root_table empty = { .count = 0 };
	ce_limits l = limits();
	struct ce_stage_inputs inputs = {
		.argv = (char **)(uintptr_t)argv_words,
		.env = (char **)(uintptr_t)env_words,
		.artifacts = kind == 2 ? (char **)(uintptr_t)artifact_words : NULL,
		.mounts = kind == 1 ? &extra : NULL,
		.mount_count = kind == 1,
		.rlimit_as = true,
	};
	struct ce_build_stage stage = {
		.stage = CE_STAGE_RUN, .inputs = kind == 3 ? NULL : &inputs, .limits = &l,
		.bpf = filter, .bpf_size = sizeof(filter), .user_env = kind ? user_env : NULL,
	};
	struct ce_build_inputs in = {
		.root = kind ? &root : &empty, .stages = { stage, stage }, .stage_count = kind == 2 ? 2 : 1,
		.files = files, .file_count = kind == 1 || kind == 2 ? 2 : 0, .executable = kind == 2 ? executable : NULL,
		.outputs = kind == 1 ? outputs : NULL, .outputs_max_bytes = 4096,
		.flags = kind == 3 ? CE_PLAN_PROBE : 0, .usage_interval_us = 100000,
	};
	CE_CLEANUP_FREE void *block = NULL;
	struct ce_failure failure;
	size_t size = 0;

	if (kind == 2)
		in.stages[0].stage = CE_STAGE_COMPILE;
	if (ce__build_plan(&in, &block, &size, NULL))
		return -1;
	if (ce__plan_check(block, size, &failure)) {
		fprintf(stderr, "%s: %s\n", names[kind], failure.message);
		return -1;
	}
	return store(verb, directory, names[kind], block, size);
}

int main(int argc, char **argv)
{
	int r = argc == 3 && (!strcmp(argv[1], "write") || !strcmp(argv[1], "check")) ? 0 : -1;

	for (unsigned kind = 0; !r && kind < 4; kind++)
		r = make(argv[1], argv[2], kind);
	return r ? 1 : 0;
}
