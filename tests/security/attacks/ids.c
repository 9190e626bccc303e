// SPDX-License-Identifier: Apache-2.0 OR MIT
// Other identities, capabilities, set-id files, and limits above one's own.
// attack-stdout: setuid EPERM
// attack-stdout: setresgid EPERM
// attack-stdout: setgroups EPERM
// attack-stdout: capset EPERM
// attack-stdout: securebits EPERM
// attack-stdout: ambient EPERM
// attack-stdout: chmod EPERM
// attack-stdout: fchmod EPERM
// attack-stdout: open-setid EPERM
// attack-stdout: mknod EPERM
// attack-stdout: chown EPERM
// attack-stdout: rlimit-nofile EPERM
// attack-stdout: rlimit-fsize EPERM
// attack-stdout: rlimit-core EPERM
// attack-stdout: rlimit-of-init EPERM
#define _GNU_SOURCE
#include "attack.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static long refused(void)
{
	if (errno == EINVAL)
		errno = EPERM;
	return -1;
}

int main(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY }, small = { 0, 0 };
	gid_t group = 0;
	int fd = open("/work/f", O_CREAT | O_RDWR, 0644);

	memset(data, 0xff, sizeof(data));
	/* EINVAL where 0 is not mapped */
	told("setuid", setuid(0) < 0 ? refused() : 0);
	told("setresgid", setresgid(0, 0, 0) < 0 ? refused() : 0);
	TRY(setgroups, 1, &group);
	TRY(capset, &head, data);
	told("securebits", prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
	told("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0));
	told("chmod", chmod("/work/f", 04755));
	told("fchmod", fchmod(fd, 02755));
	told("open-setid", open("/work/g", O_CREAT | O_WRONLY, 06755));
	told("mknod", mknod("/work/m", S_IFCHR | 0666, 0x101));
	told("chown", chown("/work/f", 0, 0) < 0 ? refused() : 0);
	told("rlimit-nofile", setrlimit(RLIMIT_NOFILE, &r));
	told("rlimit-fsize", setrlimit(RLIMIT_FSIZE, &r));
	told("rlimit-core", setrlimit(RLIMIT_CORE, &small));
	told("rlimit-of-init", prlimit(1, RLIMIT_NOFILE, &small, 0));
	return 0;
}
