/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * For the tests of the seccomp filter: a child process under it. */
#ifndef SECCOMP_CHILD_H
#define SECCOMP_CHILD_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "plan/seccomp.h"

struct filter {
	struct sock_filter *code; /* owned by the test */
	size_t count;
};

static inline struct filter build_filter(const char *const *groups)
{
	struct filter filter = {0};
	ce_error *error = NULL;
	void *bytes = NULL;
	size_t size = 0;
	int r = ce__seccomp_build(groups, &bytes, &size, &error);

	if (r < 0)
		fail_msg("%s", ce_error_message(error));
	filter.code = bytes;
	filter.count = size / sizeof(*filter.code);
	return filter;
}

/* Async-signal-safe, as it is between clone and execve. */
static inline int install_filter(const struct filter *filter)
{
	struct sock_fprog program = {.len = (unsigned short)filter->count, .filter = filter->code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static inline int wait_for(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

#endif
