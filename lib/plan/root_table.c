/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "plan/root_table.h"

#include <string.h>
#include <sys/stat.h>

static const struct ce_root_entry fixed[] = {
	{ CE_MOUNT_BIND, false, "/usr", "/usr", NULL },
	{ CE_MOUNT_DIR, false, NULL, "/work", NULL },
	{ CE_MOUNT_DIR, false, NULL, "/tmp", NULL },
	{ CE_MOUNT_DIR, false, NULL, "/proc", NULL },
	{ CE_MOUNT_DIR, false, NULL, "/dev/shm", NULL },
	{ CE_MOUNT_DIR, false, NULL, "/var/empty", NULL },
	{ CE_MOUNT_DIR, false, NULL, "/run", NULL },
	{ CE_MOUNT_SYMLINK, false, NULL, "/var/tmp", "/tmp" },
	{ CE_MOUNT_DEVICE, false, "/dev/null", "/dev/null", NULL },
	{ CE_MOUNT_DEVICE, false, "/dev/zero", "/dev/zero", NULL },
	{ CE_MOUNT_DEVICE, false, "/dev/full", "/dev/full", NULL },
	{ CE_MOUNT_DEVICE, false, "/dev/random", "/dev/random", NULL },
	{ CE_MOUNT_DEVICE, false, "/dev/urandom", "/dev/urandom", NULL },
	{ CE_MOUNT_SYMLINK, false, NULL, "/dev/fd", "/proc/self/fd" },
	{ CE_MOUNT_SYMLINK, false, NULL, "/dev/stdin", "/proc/self/fd/0" },
	{ CE_MOUNT_SYMLINK, false, NULL, "/dev/stdout", "/proc/self/fd/1" },
	{ CE_MOUNT_SYMLINK, false, NULL, "/dev/stderr", "/proc/self/fd/2" },
	{ CE_MOUNT_FILE, false, NULL, "/etc/passwd",
	  "root:x:0:0:root:/:/usr/sbin/nologin\n"
	  "sandbox:x:1000:1000:sandbox:/tmp:/bin/sh\n"
	  "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n" },
	{ CE_MOUNT_FILE, false, NULL, "/etc/group", "root:x:0:\nsandbox:x:1000:\nnogroup:x:65534:\n" },
	{ CE_MOUNT_FILE, false, NULL, "/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n" },
	{ CE_MOUNT_FILE, false, NULL, "/etc/hostname", "sandbox\n" },
	{ CE_MOUNT_FILE, false, NULL, "/etc/nsswitch.conf",
	  "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n" },
	{ CE_MOUNT_BIND, true, "/etc/ld.so.cache", "/etc/ld.so.cache", NULL },
	{ CE_MOUNT_BIND, true, "/etc/alternatives", "/etc/alternatives", NULL },
	{ CE_MOUNT_BIND, true, "/etc/localtime", "/etc/localtime", NULL },
};

static const char *const top_level[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };

void ce__root_table_init(struct ce_root_table *table)
{
	memset(table, 0, sizeof(*table));
	memcpy(table->entries, fixed, sizeof(fixed));
	table->count = CE_ARRAY_SIZE(fixed);
	/* Merged /usr: the same links as the host's. Otherwise directories of their own. */
	for (size_t i = 0; i < CE_ARRAY_SIZE(top_level); i++) {
		struct ce_root_entry *e = &table->entries[table->count];
		ssize_t n = readlink(top_level[i], table->links[i], sizeof(table->links[i]) - 1);
		struct stat st;

		if (n > 0) {
			table->links[i][n] = '\0';
			*e = (struct ce_root_entry){ CE_MOUNT_SYMLINK, false, NULL, top_level[i], table->links[i] };
			table->count++;
		} else if (stat(top_level[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			*e = (struct ce_root_entry){ CE_MOUNT_BIND, false, top_level[i], top_level[i], NULL };
			table->count++;
		}
	}
}
