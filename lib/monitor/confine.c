/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The supervisor fences itself in before the first execution. What makes cells as root is still root to the host's files and
 * processes: this narrows the kernel's interface, for it and for all that inherit it below what they take on themselves. */
#include "monitor/supervisor.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Over its cells' namespaces it has all of them, as whoever made them: to signal them, say, or to give them a loopback device. */
static const unsigned kept[] = {
	CAP_SYS_ADMIN,	 /* namespaces and mounts */
	CAP_SYS_CHROOT,	 /* to enter a mount namespace */
	CAP_SETUID, CAP_SETGID, /* to map ids into a user namespace */
	CAP_CHOWN, CAP_FOWNER, CAP_DAC_OVERRIDE, /* work directories, which belong to programs */
	CAP_SYS_PTRACE,	 /* a zygote's namespaces, in /proc */
};

static int cut_capabilities(const struct ce_supervisor *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	/* A cell's user is 0 of our own user namespace, then: such a map asks for this one. */
	uint64_t keep = s->rootless ? UINT64_C(1) << CAP_SETFCAP : 0;

	for (size_t i = 0; i < CE_ARRAY_SIZE(kept); i++)
		keep |= UINT64_C(1) << kept[i];
	for (unsigned long c = 0; c <= s->last_capability; c++)
		/* Without CAP_SETPCAP it stays as it is: we execute nothing that could make use of it. */
		if (!(c < 64 && keep & UINT64_C(1) << c) && prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0 && errno != EPERM)
			return -errno;
	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	for (size_t i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective &= data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

/* Without no_new_privs, which a sandbox's owner may switch off: we have CAP_SYS_ADMIN. And without the mitigation that older kernels
 * add to a filter: cells ask for that themselves. */
static int install_filter(const struct ce_hello *hello)
{
	struct sock_fprog program = { .len = (unsigned short)hello->filter_count,
				      .filter = (struct sock_filter *)(uintptr_t)hello->filter };

	if (hello->filter_count == 0)
		return hello->filter_required ? -EINVAL : 0;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) < 0 ? -errno : 0;
}

int ce__confine(const struct ce_supervisor *s, struct ce_failure *failure)
{
	int r = cut_capabilities(s);

	if (r)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, -r, "confine", "the supervisor cannot drop what it does not need");
	r = install_filter(&s->hello);
	if (r && s->hello.filter_required)
		return ce__failure_set(failure, CE_ERR_UNSUPPORTED, -r, "confine",
				       "the kernel does not take the supervisor's seccomp filter");
	return 0;
}
