/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Prepared roots. A cell's root is the same for every execution of one runtime, so it is built once, read-only, as the root of a
 * mount namespace that has nothing else: no path leads to the host's tree any more. A cell is cloned into a copy of it (about a
 * dozen mounts) instead of a copy of the host's, which it would have to leave again (an RCU grace period). */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sandbox/helper.h"

#define ROOTS_MAX 64
#define TRIES 3 /* somebody may kill a helper, and what was refused may be granted */

struct prepared {
	uint64_t key; /* digest of the mount table */
	void *table;  /* owned copy of it, to compare */
	size_t table_size;
	bool writable, with_proc;
	unsigned trials;     /* without a /proc that was wanted: may another try get one? 0: no */
	uint64_t used; /* for least recently used */
	struct ce_root root; /* its descriptor is owned */
};

struct ce_roots {
	char directory[300];
	int proc_fd; /* borrowed */
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

int ce__roots_open(const char *directory, int proc_fd, struct ce_roots **out, struct ce_failure *failure)
{
	CE_CLEANUP_FREE struct ce_roots *roots = calloc(1, sizeof(*roots));

	if (!roots)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "roots", "out of memory");
	if ((size_t)snprintf(roots->directory, sizeof(roots->directory), "%s", directory) >= sizeof(roots->directory))
		return ce__failure_set(failure, CE_ERR_INVALID, 0, "roots", "%s: path too long", directory);
	roots->proc_fd = proc_fd;
	*out = ce__steal_pointer(&roots);
	return 0;
}

static void forget(struct prepared *p)
{
	ce__base_close(&p->root.fd);
	free(p->table);
	p->table = NULL;
}

void ce__roots_close(struct ce_roots *roots)
{
	if (!roots)
		return;
	for (size_t i = 0; i < roots->count; i++)
		if (roots->entries[i].table)
			forget(&roots->entries[i]);
	free(roots);
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

/* ---- in helpers ---- */

struct building {
	const struct ce_roots *roots;
	const struct ce_plan *plan;
	const struct ce_plan_stage *stage;
	bool writable, with_proc;
	int mounted; /* -errno of the /proc's mount */
	struct ce_helper inner;
	bool canceled; /* somebody killed it */
	struct ce_failure *failure;
	struct ce_root root;
	int result; /* CE_ERR_* */
};

static int mount_proc(void *context)
{
	int *r = context;

	*r = mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? -errno : 0;
	return 0;
}

/* What the kernel wants to see before it grants a user namespace a fresh /proc: one with nothing mounted over it. Made by pid 1 of a
 * pid namespace that ends with it, so that it shows nobody. Where it cannot be had, the cell's cannot either, and says so. */
static int add_dead_proc(struct building *b)
{
	int r;

	b->mounted = -ECANCELED; /* if somebody kills it */
	/* The supervisor reaps it, whatever becomes of us. */
	r = ce__helper_start(mount_proc, &b->mounted, CLONE_NEWPID | CLONE_PARENT, &b->inner);
	return r ? r : b->mounted == -EPERM ? 0 : b->mounted;
}

static int leave_host(void)
{
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}

static int build_inside(void *context)
{
	struct building *b = context;
	const char *path = b->roots->directory;
	struct stat st;
	int r;

	if (unshare(CLONE_NEWNS) < 0)
		b->result = ce__failure_set(b->failure, CE_ERR_OS, errno, "root", "cannot create a mount namespace");
	else if ((r = mount_tmpfs_at(path, "4m", "4096")))
		b->result = ce__failure_set(b->failure, CE_ERR_OS, -r, "root", "cannot mount a tmpfs on %s", path);
	else if (chdir(path) < 0 || stat(".", &st) < 0)
		b->result = ce__failure_set(b->failure, CE_ERR_OS, errno, "root", "cannot enter %s", path);
	else
		b->result = build(b->plan, b->stage, ".", b->writable, b->failure);
	if (b->result)
		return 0;
	r = b->with_proc ? add_dead_proc(b) : 0;
	if (!r)
		r = leave_host();
	if (r) {
		b->canceled = r == -ECANCELED;
		b->result = ce__failure_set(b->failure, CE_ERR_OS, -r, "root", "cannot make the root one of its own");
		return 0;
	}
	b->root.device = st.st_dev;
	/* The descriptors are the supervisor's: with this one the namespace outlives the helper. */
	b->root.fd = openat(b->roots->proc_fd, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (b->root.fd < 0)
		b->result = ce__failure_set(b->failure, CE_ERR_OS, errno, "root", "cannot keep the mount namespace");
	return 0;
}

/* ---- the table of them ---- */

static struct prepared *find(struct ce_roots *roots, const void *table, size_t size, uint64_t key, const struct building *b)
{
	for (size_t i = 0; i < roots->count; i++) {
		struct prepared *p = &roots->entries[i];

		if (p->table && p->key == key && p->writable == b->writable && p->with_proc == b->with_proc && p->table_size == size &&
		    !memcmp(p->table, table, size))
			return p;
	}
	return NULL;
}

/* An entry without a table: a new one, or that which was used longest ago. */
static struct prepared *take_entry(struct ce_roots *roots)
{
	struct prepared *oldest = &roots->entries[0];

	for (size_t i = 0; i < roots->count; i++) {
		if (!roots->entries[i].table)
			return &roots->entries[i];
		if (roots->entries[i].used < oldest->used)
			oldest = &roots->entries[i];
	}
	if (roots->count < ROOTS_MAX)
		return &roots->entries[roots->count++];
	forget(oldest);
	return oldest;
}

int ce__roots_find(struct ce_roots *roots, const struct ce_plan *plan, const struct ce_plan_stage *stage, bool writable,
		   struct ce_root *out, struct ce_failure *failure)
{
	struct building b = { .roots = roots, .plan = plan, .stage = stage, .writable = writable, .failure = failure,
			      .with_proc = !(plan->disable & CE_PROTECTION_PRIVATE_PROC),
			      .root = { .fd = -1 } };
	size_t size = 0;
	CE_CLEANUP_FREE void *table = serialise(plan, stage, &size);
	struct prepared *p;
	unsigned trials = TRIES;
	uint64_t key;
	int r = 0;

	if (!table)
		return ce__failure_set(failure, CE_ERR_NO_MEMORY, 0, "root", "out of memory");
	key = digest(table, size);
	p = find(roots, table, size, key, &b);
	if (p && p->trials) {
		trials = p->trials - 1;
		forget(p);
		p = NULL;
	}
	if (!p) {
		for (int i = 0; i < TRIES; i++) {
			ce__base_close(&b.root.fd);
			b.result = 0;
			b.canceled = false;
			r = ce__helper_run(build_inside, &b, 0);
			ce__helper_finish(&b.inner);
			if (r != -ECANCELED && !b.canceled)
				break;
		}
		if (r && !b.result)
			b.result = ce__failure_set(failure, CE_ERR_OS, -r, "root", "cannot build a root");
		if (b.result) {
			ce__base_close(&b.root.fd);
			return b.result;
		}
		p = take_entry(roots);
		*p = (struct prepared){ key, ce__steal_pointer(&table), size, writable, b.with_proc, b.mounted == -EPERM ? trials : 0, 0, b.root };
	}
	p->used = ++roots->clock;
	*out = p->root;
	return 0;
}
