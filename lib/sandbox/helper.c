/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Helpers: children that share the supervisor's memory and descriptors and have their own namespaces, ids and place in the file
 * system, so that the supervisor itself never goes where it could not come back from. It waits until they are gone. */
#include "sandbox/helper.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(begin, size) ((void)(begin), (void)(size))
#endif

#define STACK_BYTES ((size_t)64 * 1024) /* what a helper clones goes on with a copy of it */

static void free_stack(void *stack)
{
	/* AddressSanitizer's marks of functions that were killed would be there for whoever gets the same addresses next. */
	ASAN_UNPOISON_MEMORY_REGION(stack, STACK_BYTES);
	munmap(stack, STACK_BYTES);
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status))
		return -ECANCELED;
	return WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

int ce__helper_start(int (*body)(void *), void *context, int flags, struct ce_helper *helper)
{
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int saved;

	*helper = (struct ce_helper){ -1, NULL };
	if (stack == MAP_FAILED)
		return -errno;
	/* The kernel writes the pid: one who is killed here, being a helper itself, would leave a child that nobody knows. */
	helper->stack = stack;
	/* Not vfork, because descriptors that it opens shall be the supervisor's. */
	if (clone(body, (char *)stack + STACK_BYTES,
		  CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PARENT_SETTID | SIGCHLD | flags, context, &helper->pid) >= 0)
		return 0;
	saved = errno;
	helper->stack = NULL;
	free_stack(stack);
	return -saved;
}

int ce__helper_finish(struct ce_helper *helper)
{
	int r;

	if (!helper->stack)
		return 0;
	r = helper->pid > 0 ? reap(helper->pid) : 0;
	free_stack(helper->stack);
	helper->stack = NULL;
	return r;
}

int ce__helper_run(int (*body)(void *), void *context, int flags)
{
	struct ce_helper helper;
	int r = ce__helper_start(body, context, flags, &helper);

	return r ? r : ce__helper_finish(&helper);
}
