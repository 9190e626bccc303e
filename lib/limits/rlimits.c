/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Without cgroups: nothing is enforced here, the tree below init is only sampled through /proc. A process
 * that lives between two samples, and whose parent ignores SIGCHLD, is never seen: this is the weaker way,
 * and says so. */
#include "limits/limits_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct cell {
	pid_t init;      /* 0: not started */
	uint64_t cpu_us; /* the largest seen: a process that ends unawaited takes its time with it */
};

struct state {
	uint64_t ticks_per_second;
	uint64_t page_bytes;
	bool children_file;      /* /proc/PID/task/TID/children, CONFIG_PROC_CHILDREN */
	struct ce_pid_tree tree; /* scratch */
};

static void add_pid(struct ce_pid_tree *tree, uint64_t pid)
{
	if (pid > 0 && pid <= INT32_MAX && tree->count < CE_PID_TREE_MAX)
		tree->pids[tree->count++] = (pid_t)pid;
}

/* A word of digits only; other names in /proc are none of ours. */
static bool is_pid(const char *name, uint64_t *pid)
{
	return ce__limits_parse_u64(name, pid) == 0;
}

static void add_children_of_thread(struct ce_pid_tree *tree, int tasks, const char *tid)
{
	char path[64], text[16384], *save = NULL;

	snprintf(path, sizeof(path), "%s/children", tid);
	if (ce__io_read_file(tasks, path, text, sizeof(text)) < 0)
		return;
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		uint64_t pid;

		if (is_pid(word, &pid))
			add_pid(tree, pid);
	}
}

static void add_children(struct ce_pid_tree *tree, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		uint64_t tid;

		if (is_pid(entry->d_name, &tid))
			add_children_of_thread(tree, dirfd(dir), entry->d_name);
	}
	closedir(dir);
}

static int read_stat(pid_t pid, struct ce_proc_stat *out)
{
	char path[64], text[1024];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = (int)ce__io_read_file(AT_FDCWD, path, text, sizeof(text));
	return r < 0 ? r : ce__limits_parse_stat(text, out);
}

struct link {
	pid_t pid, parent;
};

static size_t read_links(struct link **out)
{
	DIR *dir = opendir("/proc");
	struct link *links = NULL;
	size_t count = 0, room = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		struct ce_proc_stat stat;
		uint64_t pid;

		if (!is_pid(entry->d_name, &pid) || pid > INT32_MAX || read_stat((pid_t)pid, &stat) < 0)
			continue;
		if (count == room) {
			struct link *bigger = reallocarray(links, room + 256, sizeof(*links));

			if (!bigger)
				break;
			links = bigger;
			room += 256;
		}
		links[count++] = (struct link){(pid_t)pid, stat.parent};
	}
	if (dir)
		closedir(dir);
	*out = links;
	return count;
}

/* Without the children files: every process of the machine is asked for its parent. */
static void find_tree_by_parents(struct ce_pid_tree *tree)
{
	CE_CLEANUP_FREE struct link *links = NULL;
	size_t count = read_links(&links);

	for (size_t i = 0; i < tree->count; i++)
		for (size_t j = 0; j < count; j++)
			if (links[j].parent == tree->pids[i] && links[j].pid != tree->pids[0])
				add_pid(tree, (uint64_t)links[j].pid);
}

size_t ce__rlimits_tree(pid_t root, bool by_children, struct ce_pid_tree *tree)
{
	tree->count = 0;
	add_pid(tree, (uint64_t)root);
	if (!by_children)
		find_tree_by_parents(tree);
	for (size_t i = 0; by_children && i < tree->count; i++)
		add_children(tree, tree->pids[i]);
	return tree->count;
}

/* "size resident shared ..." in pages. */
static void add_memory(const struct state *state, pid_t pid, struct ce_cell_usage *out)
{
	unsigned long long resident = 0, shared = 0;
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (ce__io_read_file(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%*u %llu %llu", &resident, &shared) != 2)
		return;
	out->memory_bytes += resident * state->page_bytes;
	out->file_bytes += shared * state->page_bytes;
	out->anon_bytes += (resident > shared ? resident - shared : 0) * state->page_bytes;
}

static int open_cell(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
		     struct ce_limits_cell *out, struct ce_failure *failure)
{
	(void)backend;
	(void)limits;
	out->state = calloc(1, sizeof(struct cell));
	return out->state ? 0
			  : ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "limits", "no memory for a cell");
}

static void start_cell(struct ce_limits_cell *handle, pid_t init_pid)
{
	struct cell *cell = handle->state;

	cell->init = init_pid;
}

/* However deep: peaks and hits are 0, there is no kernel that counts them. */
static int sample_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle, enum ce_sample depth,
		       struct ce_cell_usage *out)
{
	struct state *state = backend->state;
	struct cell *cell = handle->state;
	uint64_t ticks = 0, us;

	(void)depth;
	if (cell->init > 0)
		ce__rlimits_tree(cell->init, state->children_file, &state->tree);
	else
		state->tree.count = 0;
	for (size_t i = 0; i < state->tree.count; i++) {
		struct ce_proc_stat stat;

		if (read_stat(state->tree.pids[i], &stat) < 0)
			continue;
		/* A child that was waited for is in its parent's ticks, one that lives only in its own. */
		ticks += stat.ticks;
		out->tasks += stat.threads;
		add_memory(state, state->tree.pids[i], out);
		out->has_split = true;
	}
	us = ticks * (1000000u / state->ticks_per_second);
	if (us > cell->cpu_us)
		cell->cpu_us = us;
	out->cpu_us = cell->cpu_us;
	return 0;
}

static int kill_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	(void)backend;
	(void)handle;
	return 0;
}

static int close_cell(struct ce_limits_backend *backend, struct ce_limits_cell *handle)
{
	(void)backend;
	free(handle->state);
	handle->state = NULL;
	return 0;
}

static void close_state(struct ce_limits_backend *backend)
{
	free(backend->state);
	backend->state = NULL;
}

static const struct ce_limits_ops operations = {
    .name = "rlimits",
    .close = close_state,
    .cell_open = open_cell,
    .cell_started = start_cell,
    .cell_sample = sample_cell,
    .cell_kill = kill_cell,
    .cell_close = close_cell,
};

int ce__rlimits_open(struct ce_limits_backend *backend, const char *detail)
{
	struct state *state = calloc(1, sizeof(*state));
	char path[64];

	if (!state)
		return -ENOMEM;
	backend->detail = strdup(detail);
	if (!backend->detail) {
		free(state);
		return -ENOMEM;
	}
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	state->children_file = access(path, R_OK) == 0;
	state->ticks_per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	state->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	backend->state = state;
	backend->ops = &operations;
	backend->protections = 0;
	return 0;
}
