/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroup v1: the instance's directories, one per controller, and which of them this machine has. */
#include "limits/cgroup1.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* config->cgroup names the place in one hierarchy; the same name is used in the others. */
static char *configured_place(const struct ce_hierarchies *found, size_t index, const char *cgroup)
{
	for (size_t i = 0; i < found->v1_count; i++) {
		const char *mount = found->v1[i].mount;
		size_t length = mount ? strlen(mount) : 0;

		if (mount && found->v1[index].mount && strncmp(cgroup, mount, length) == 0 &&
		    (cgroup[length] == '/' || cgroup[length] == '\0'))
			return ce__base_asprintf("%s%s", found->v1[index].mount, cgroup + length);
	}
	return NULL;
}

/* New groups start without processors and memory nodes, and then nothing can be attached. */
static int copy_cpuset(int base, int instance)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char text[4096];

	for (size_t i = 0; i < CE_ARRAY_SIZE(files); i++) {
		ssize_t n = ce__io_read_file(base, files[i], text, sizeof(text));
		int r = n < 0 ? (int)n : ce__io_write_file(instance, files[i], text);

		if (r < 0)
			return r;
	}
	return ce__io_write_file(instance, "cgroup.clone_children", "1");
}

static int make_instance(const char *base, const char *instance, unsigned controllers, int *out)
{
	CE_CLEANUP_FD int dir = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CE_CLEANUP_FD int fd = -1;
	struct statfs fs;
	int r = 0;

	if (dir < 0 || fstatfs(dir, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP_SUPER_MAGIC)
		return -ENOTDIR;
	if (mkdirat(dir, instance, 0755) < 0)
		return -errno;
	fd = openat(dir, instance, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		r = -errno;
	if (r == 0 && (controllers & CE_CONTROLLER_CPUSET))
		r = copy_cpuset(dir, fd);
	if (r < 0) {
		unlinkat(dir, instance, AT_REMOVEDIR);
		return r;
	}
	*out = ce__steal_fd(&fd);
	return 0;
}

static int try_place(const struct ce_limits_config *config, const char *base, const struct ce_hierarchy *h,
		     struct ce_cgroup1 *v1, char **directory)
{
	CE_CLEANUP_FREE char *path = ce__base_asprintf("%s/%s", base, config->instance);
	int fd = -1, r;

	if (!path)
		return -ENOMEM;
	r = config->announce ? config->announce(config->announce_context, path) : 0;
	if (r == 0)
		r = make_instance(base, config->instance, h->controllers, &fd);
	if (r < 0)
		return r;
	v1->places[v1->count++] = (struct ce_cgroup1_place){fd, h->controllers};
	*directory = ce__steal_pointer(&path);
	return 0;
}

/* Our own cgroup, or where that cannot be seen the top of what is mounted. */
static int open_place(const struct ce_limits_config *config, const struct ce_hierarchies *found, size_t index,
		      struct ce_cgroup1 *v1, char **directory, struct ce_limits_why *why)
{
	const struct ce_hierarchy *h = &found->v1[index];
	CE_CLEANUP_FREE char *configured = NULL;
	const char *base = h->own ? h->own : h->mount;
	int r;

	if (config->cgroup) {
		configured = configured_place(found, index, config->cgroup);
		base = configured;
	}
	if (!base)
		return ce__limits_why(why, 0, "cannot locate %s", config->cgroup);
	r = try_place(config, base, h, v1, directory);
	if (r == -ENOENT && base == h->own)
		r = try_place(config, h->mount, h, v1, directory);
	return r < 0 ? ce__limits_why(why, r, "%s", base) : 0;
}

static int descriptor_of(const struct ce_cgroup1 *v1, unsigned controller)
{
	for (size_t i = 0; i < v1->count; i++)
		if (v1->places[i].controllers & controller)
			return v1->places[i].fd;
	return -1;
}

void ce__cgroup1_close(struct ce_limits_backend *backend)
{
	struct ce_cgroup1 *v1 = backend->state;

	for (size_t i = 0; i < v1->count; i++)
		ce__base_close(&v1->places[i].fd);
	free(v1);
	backend->state = NULL;
}

static unsigned usable_controllers(const struct ce_hierarchies *found)
{
	unsigned bits = 0;

	for (size_t i = 0; i < found->v1_count; i++)
		if (found->v1[i].mount)
			bits |= found->v1[i].controllers;
	return bits;
}

/* Cells take swappiness over from the instance; the files tell what this kernel can do. */
static int prepare_instance(struct ce_limits_backend *backend, struct ce_limits_why *why)
{
	struct ce_cgroup1 *v1 = backend->state;
	int r;

	v1->memory = descriptor_of(v1, CE_CONTROLLER_MEMORY);
	v1->pids = descriptor_of(v1, CE_CONTROLLER_PIDS);
	v1->cpuacct = descriptor_of(v1, CE_CONTROLLER_CPUACCT);
	v1->freezer = descriptor_of(v1, CE_CONTROLLER_FREEZER);
	r = ce__io_write_file(v1->memory, "memory.swappiness", "0");
	if (r < 0 && r != -ENOENT)
		return ce__limits_why(why, r, "memory.swappiness");
	v1->memsw = faccessat(v1->memory, "memory.memsw.limit_in_bytes", F_OK, 0) == 0;
	v1->pids_peak = faccessat(v1->pids, "pids.peak", F_OK, 0) == 0;
	backend->protections = CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT |
			       (v1->cpuacct >= 0 ? CE_PROTECTION_CPU_LIMIT : 0);
	backend->detail = ce__base_asprintf("%s%s", backend->directories[backend->directory_count - 1],
					    v1->freezer >= 0 ? "" : " (without freezer)");
	return backend->detail ? 0 : ce__limits_why(why, -ENOMEM, "detail");
}

static void undo_open(struct ce_limits_backend *backend)
{
	for (size_t i = 0; i < backend->directory_count; i++) {
		if (backend->directories[i])
			ce__limits_sweep(backend->directories[i]);
		free(backend->directories[i]);
		backend->directories[i] = NULL;
	}
	backend->directory_count = 0;
	free(backend->detail);
	backend->detail = NULL;
	ce__cgroup1_close(backend);
}

static void swap_places(struct ce_limits_backend *backend, size_t i, size_t j)
{
	struct ce_cgroup1 *v1 = backend->state;
	struct ce_cgroup1_place place = v1->places[i];
	char *directory = backend->directories[i];

	v1->places[i] = v1->places[j];
	v1->places[j] = place;
	backend->directories[i] = backend->directories[j];
	backend->directories[j] = directory;
}

/* Cells attach to memory first, so that all they allocate counts, and to the freezer last. Sweeping goes the
 * other way round: what is frozen can die only after its freezer was swept. */
static void order_places(struct ce_limits_backend *backend)
{
	struct ce_cgroup1 *v1 = backend->state;
	size_t last = v1->count - 1;

	for (size_t i = 0; i < v1->count; i++)
		if (v1->places[i].controllers & CE_CONTROLLER_MEMORY)
			swap_places(backend, i, 0);
	for (size_t i = 1; i < v1->count; i++)
		if (v1->places[i].controllers & CE_CONTROLLER_FREEZER)
			swap_places(backend, i, last);
	for (size_t i = 0; i < v1->count / 2; i++) {
		char *directory = backend->directories[i];

		backend->directories[i] = backend->directories[last - i];
		backend->directories[last - i] = directory;
	}
}

int ce__cgroup1_open(const struct ce_limits_config *config, const struct ce_hierarchies *found,
		     struct ce_limits_backend *backend, struct ce_limits_why *why)
{
	unsigned usable = usable_controllers(found), needed = CE_CONTROLLER_MEMORY | CE_CONTROLLER_PIDS;
	struct ce_cgroup1 *v1;
	int r = 0;

	if ((usable & needed) != needed)
		return ce__limits_why(why, 0, "memory and pids are not mounted");
	v1 = calloc(1, sizeof(*v1));
	if (!v1)
		return ce__limits_why(why, -ENOMEM, "opening");
	backend->state = v1;
	for (size_t i = 0; i < found->v1_count && r == 0; i++) {
		char *directory = NULL;

		if (!found->v1[i].mount)
			continue;
		r = open_place(config, found, i, v1, &directory, why);
		if (directory)
			backend->directories[backend->directory_count++] = directory;
		/* cpuacct and freezer are worth having, but no reason to go without limits. */
		if (r < 0 && r != -ENOMEM && !(found->v1[i].controllers & needed))
			r = 0;
	}
	if (r == 0) {
		order_places(backend);
		r = prepare_instance(backend, why);
	}
	if (r < 0) {
		undo_open(backend);
		return r;
	}
	backend->ops = &ce__cgroup1_operations;
	backend->keeps = true;
	return 0;
}
