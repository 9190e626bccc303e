/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Prepared roots. A cell's root is the same for every execution of one runtime, so it is built once, read-only, in the
 * supervisor's private mount namespace; a cell gets a clone of the tree (about 30 us) instead of a dozen mounts. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define ROOTS_MAX 64

struct prepared {
	uint64_t key; /* digest of the mount table */
	void *table;  /* owned copy of it, to compare */
	size_t table_size;
	bool writable;
	uint64_t used; /* for least recently used */
};

struct ce_roots {
	char directory[300];
	char mount_point[320];
	struct prepared entries[ROOTS_MAX];
	size_t count;
	uint64_t clock;
};

int ce__root_make_work(uint64_t bytes, uint64_t inodes, uid_t uid)
{
	CE_CLEANUP_FD int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	char text[24];
	int fd;

	if (fs < 0)
		return -errno;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	if (fsconfig(fs, FSCONFIG_SET_STRING, "size", text, 0) < 0)
		return -errno;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)inodes);
	if (fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", text, 0) < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u", (unsigned)uid);
	if (fsconfig(fs, FSCONFIG_SET_STRING, "uid", text, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "gid", text, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	return fd < 0 ? -errno : fd;
}

static int mount_tmpfs_at(const char *path, const char *size, const char *inodes)
{
	char options[96];

	snprintf(options, sizeof(options), "mode=0755,size=%s,nr_inodes=%s", size, inodes);
	return mount("codeexec", path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0 ? -errno : 0;
}

int ce__roots_open(const char *directory, struct ce_roots **out, struct ce_failure *failure)
{
	CE_CLEANUP_FREE struct ce_roots *roots = calloc(1, sizeof(*roots));
	int r;

	if (!roots)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "roots", "out of memory");
	if ((size_t)snprintf(roots->directory, sizeof(roots->directory), "%s", directory) >= sizeof(roots->directory))
		return ce__failure_set(failure, CE_ERR_INVALID, 0, "roots", "%s: path too long", directory);
	snprintf(roots->mount_point, sizeof(roots->mount_point), "%s/cell", directory);
	r = mount_tmpfs_at(directory, "1m", "512");
	if (r)
		return ce__failure_set(failure, CE_ERR_OS, -r, "roots", "cannot mount a tmpfs on %s", directory);
	if (mkdir(roots->mount_point, 0755) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "roots", "cannot create %s", roots->mount_point);
	*out = ce__steal_pointer(&roots);
	return 0;
}

const char *ce__roots_mount_point(const struct ce_roots *roots)
{
	return roots->mount_point;
}

/* Every lookup stays inside the root that is being built: a symbolic link in it (/var/tmp, /bin) means a place in the cell,
 * not on the host. */
static int open_inside(int dirfd, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd = (int)syscall(SYS_openat2, dirfd, *path ? path : ".", &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* Opens the directory that holds `target`, making what is missing; *name is the last part. */
static int open_parent(int dirfd, const char *target, const char **name)
{
	CE_CLEANUP_FD int parent = open_inside(dirfd, "");
	char part[4096];
	size_t length = strlen(target), start = 1;

	if (length + 1 > sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, target, length + 1);
	for (size_t i = 1; parent >= 0 && i < length; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		if (mkdirat(parent, part + start, 0755) < 0 && errno != EEXIST)
			return -errno;
		ce__base_close(&parent);
		parent = open_inside(dirfd, part + 1);
		part[i] = '/';
		start = i + 1;
	}
	*name = target + start;
	return ce__steal_fd(&parent);
}

static int make_file(int parent, const char *name, const void *data, size_t size)
{
	CE_CLEANUP_FD int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return errno == EEXIST && !size ? 0 : -errno;
	return ce__io_write_full(fd, data, size);
}

static int make_directory(int parent, const char *name)
{
	return mkdirat(parent, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int add_bind(int parent, const char *name, const char *source, bool device)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };
	CE_CLEANUP_FD int tree = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	struct stat st;
	int r;

	if (tree < 0)
		return -errno;
	if (fstat(tree, &st) < 0)
		return -errno;
	if (device ? !S_ISCHR(st.st_mode) : !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		return -EINVAL;
	attr.attr_set |= device ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return -errno;
	r = S_ISDIR(st.st_mode) ? make_directory(parent, name) : make_file(parent, name, NULL, 0);
	if (r)
		return r;
	return move_mount(tree, "", parent, name, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}

static int add_mount(int dirfd, const struct ce_plan *plan, const struct ce_plan_mount *m)
{
	const char *name = "";
	CE_CLEANUP_FD int parent = open_parent(dirfd, ce__plan_text(plan, m->target), &name);

	if (parent < 0)
		return parent;
	switch (m->type) {
	case CE_MOUNT_BIND:
	case CE_MOUNT_DEVICE:
		return add_bind(parent, name, ce__plan_text(plan, m->source), m->type == CE_MOUNT_DEVICE);
	case CE_MOUNT_DIR:
		return make_directory(parent, name);
	case CE_MOUNT_SYMLINK:
		return symlinkat(ce__plan_text(plan, m->content), parent, name) < 0 ? -errno : 0;
	default:
		return make_file(parent, name, ce__plan_at(plan, m->content), m->content.size);
	}
}

static int build(const struct ce_plan *plan, const struct ce_plan_stage *stage, const char *path, bool writable,
		 struct ce_failure *failure)
{
	const struct ce_plan_mount *mounts = ce__plan_at(plan, stage->mounts);
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	CE_CLEANUP_FD int dirfd = -1;

	dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "root", "cannot open %s", path);
	for (uint64_t i = 0; i < stage->mount_count; i++) {
		int r = add_mount(dirfd, plan, &mounts[i]);

		if (r == -ENOENT && (mounts[i].flags & CE_MOUNT_OPTIONAL))
			continue;
		if (r)
			return ce__failure_set(failure, CE_ERR_OS, -r, "root", "cannot put %s into the root at %s",
					       mounts[i].source.size ? ce__plan_text(plan, mounts[i].source) :
								       "its content",
					       ce__plan_text(plan, mounts[i].target));
	}
	/* Not recursive: the mounts below have got theirs, and devices must stay usable. */
	if (!writable && mount_setattr(dirfd, "", AT_EMPTY_PATH, &read_only, sizeof(read_only)) < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "root", "cannot make the root read-only");
	return 0;
}

/* A copy of all that a root depends on: the mount entries with their texts, position-independent. */
static void *serialise(const struct ce_plan *plan, const struct ce_plan_stage *stage, size_t *size)
{
	const struct ce_plan_mount *mounts = ce__plan_at(plan, stage->mounts);
	size_t total = 0, at = 0;
	char *out;

	for (uint64_t i = 0; i < stage->mount_count; i++)
		total += 5 * sizeof(uint64_t) + mounts[i].source.size + mounts[i].target.size + mounts[i].content.size;
	out = malloc(total ? total : 1);
	if (!out)
		return NULL;
	for (uint64_t i = 0; i < stage->mount_count; i++) {
		struct ce_span spans[3] = { mounts[i].source, mounts[i].target, mounts[i].content };
		uint64_t head[5] = { mounts[i].type, mounts[i].flags, spans[0].size, spans[1].size, spans[2].size };

		memcpy(out + at, head, sizeof(head));
		at += sizeof(head);
		for (size_t k = 0; k < 3; k++) {
			memcpy(out + at, ce__plan_at(plan, spans[k]), spans[k].size);
			at += spans[k].size;
		}
	}
	*size = total;
	return out;
}

/* FNV-1a; only to find the candidate, the tables are compared too. */
static uint64_t digest(const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void root_path(const struct ce_roots *roots, size_t index, char *path, size_t size)
{
	snprintf(path, size, "%s/root%zu", roots->directory, index);
}

static int find_or_build(struct ce_roots *roots, const struct ce_plan *plan, const struct ce_plan_stage *stage,
			 bool writable, size_t *index, struct ce_failure *failure)
{
	size_t size = 0, slot = roots->count;
	CE_CLEANUP_FREE void *table = serialise(plan, stage, &size);
	char path[340];
	uint64_t key;
	int r;

	if (!table)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "root", "out of memory");
	key = digest(table, size);
	for (size_t i = 0; i < roots->count; i++) {
		struct prepared *p = &roots->entries[i];

		if (p->table && p->key == key && p->writable == writable && p->table_size == size &&
		    !memcmp(p->table, table, size)) {
			*index = i;
			return 0;
		}
		if (!p->table)
			slot = i;
	}
	if (slot == ROOTS_MAX) {
		slot = 0;
		for (size_t i = 1; i < ROOTS_MAX; i++)
			if (roots->entries[i].used < roots->entries[slot].used)
				slot = i;
		root_path(roots, slot, path, sizeof(path));
		umount2(path, MNT_DETACH);
		free(roots->entries[slot].table);
		roots->entries[slot].table = NULL;
	}
	root_path(roots, slot, path, sizeof(path));
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return ce__failure_set(failure, CE_ERR_OS, errno, "root", "cannot create %s", path);
	r = mount_tmpfs_at(path, "4m", "4096");
	if (r)
		return ce__failure_set(failure, CE_ERR_OS, -r, "root", "cannot mount a tmpfs on %s", path);
	r = build(plan, stage, path, writable, failure);
	if (r) {
		umount2(path, MNT_DETACH);
		return r;
	}
	roots->entries[slot] = (struct prepared){ key, ce__steal_pointer(&table), size, writable, 0 };
	if (slot == roots->count)
		roots->count++;
	*index = slot;
	return 0;
}

int ce__roots_clone(struct ce_roots *roots, const struct ce_plan *plan, const struct ce_plan_stage *stage,
		    bool writable, int *fd, struct ce_failure *failure)
{
	char path[340];
	size_t index = 0;
	int r = find_or_build(roots, plan, stage, writable, &index, failure);

	if (r)
		return r;
	roots->entries[index].used = ++roots->clock;
	root_path(roots, index, path, sizeof(path));
	*fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (*fd < 0)
		return ce__failure_set(failure, CE_ERR_OS, errno, "root", "cannot clone the prepared root");
	return 0;
}
