/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Which cgroup hierarchies there are, where they are mounted and where we are in them. Machines may have v2
 * only, v1 only, or both at once with the controllers on either side; in a container the names in
 * /proc/self/cgroup may lie outside of what is mounted. */
#include "limits/limits_internal.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned bit;
} controllers[] = {
    {"memory", CE_CONTROLLER_MEMORY},   {"pids", CE_CONTROLLER_PIDS},     {"cpuacct", CE_CONTROLLER_CPUACCT},
    {"freezer", CE_CONTROLLER_FREEZER}, {"cpuset", CE_CONTROLLER_CPUSET},
};

static unsigned controllers_in(const char *list)
{
	unsigned bits = 0;

	for (size_t i = 0; i < CE_ARRAY_SIZE(controllers); i++)
		if (ce__limits_parse_has_word(list, controllers[i].name))
			bits |= controllers[i].bit;
	return bits;
}

static int note_membership(struct ce_hierarchies *found, const struct ce_cgroup_line *line)
{
	unsigned bits = controllers_in(line->controllers);
	struct ce_hierarchy *h;

	if (line->id == 0 && line->controllers[0] == '\0')
		h = &found->v2;
	else if ((bits & CE_CONTROLLERS_USED) && found->v1_count < CE_HIERARCHIES_MAX)
		h = &found->v1[found->v1_count++];
	else
		return 0;
	if (h->path)
		return -EINVAL;
	h->controllers = bits;
	h->path = strdup(line->path);
	return h->path ? 0 : -ENOMEM;
}

/* Several mounts of one hierarchy are common in containers: one that can be written is worth more than one
 * that shows our own cgroup, and the first of equals is the ordinary one. */
static int consider_mount(struct ce_hierarchy *h, const struct ce_mountinfo *mount)
{
	CE_CLEANUP_FREE char *own = ce__limits_parse_locate(mount->root, mount->mount, h->path);
	CE_CLEANUP_FREE char *place = NULL;
	bool writable = !ce__limits_parse_has_word(mount->options, "ro") &&
			!ce__limits_parse_has_word(mount->super_options, "ro");
	int score = 1 + (writable ? 2 : 0) + (own ? 1 : 0);

	if (score <= h->score)
		return 0;
	place = strdup(mount->mount);
	if (!place)
		return -ENOMEM;
	free(h->mount);
	free(h->own);
	h->mount = ce__steal_pointer(&place);
	h->own = ce__steal_pointer(&own);
	h->score = score;
	return 0;
}

static int note_mount(struct ce_hierarchies *found, const struct ce_mountinfo *mount)
{
	unsigned bits;
	int r = 0;

	if (strcmp(mount->type, "cgroup2") == 0)
		return found->v2.path ? consider_mount(&found->v2, mount) : 0;
	if (strcmp(mount->type, "cgroup") != 0)
		return 0;
	bits = controllers_in(mount->super_options) & CE_CONTROLLERS_USED;
	for (size_t i = 0; i < found->v1_count && r == 0; i++)
		if (found->v1[i].controllers & bits)
			r = consider_mount(&found->v1[i], mount);
	return r;
}

int ce__discover_read(FILE *cgroup, FILE *mountinfo, struct ce_hierarchies *out)
{
	CE_CLEANUP_FREE char *line = NULL;
	size_t size = 0;
	int r = 0;

	memset(out, 0, sizeof(*out));
	while (r == 0 && getline(&line, &size, cgroup) > 0) {
		struct ce_cgroup_line parsed;

		if (ce__limits_parse_cgroup(line, &parsed) == 0)
			r = note_membership(out, &parsed);
	}
	while (r == 0 && getline(&line, &size, mountinfo) > 0) {
		struct ce_mountinfo parsed;

		if (ce__limits_parse_mountinfo(line, &parsed) == 0)
			r = note_mount(out, &parsed);
	}
	if (r < 0)
		ce__discover_finish(out);
	return r;
}

int ce__discover_run(struct ce_hierarchies *out)
{
	FILE *cgroup = fopen("/proc/self/cgroup", "re");
	FILE *mountinfo = fopen("/proc/self/mountinfo", "re");
	int r = cgroup && mountinfo ? 0 : -errno;

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = ce__discover_read(cgroup, mountinfo, out);
	if (cgroup)
		fclose(cgroup);
	if (mountinfo)
		fclose(mountinfo);
	return r;
}

static void finish_hierarchy(struct ce_hierarchy *h)
{
	free(h->mount);
	free(h->own);
	free(h->path);
}

void ce__discover_finish(struct ce_hierarchies *hierarchies)
{
	finish_hierarchy(&hierarchies->v2);
	for (size_t i = 0; i < hierarchies->v1_count; i++)
		finish_hierarchy(&hierarchies->v1[i]);
	memset(hierarchies, 0, sizeof(*hierarchies));
}
