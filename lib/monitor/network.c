/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A network namespace made ahead. Making one is the dearest part of a launch (about 0.4 ms), so the next cell's is made while
 * the program of this one runs. Each serves one cell and no other: what is saved is the wait, not the work. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <sched.h>

static int open_own(const struct ce_supervisor *s)
{
	return openat(s->proc_fd, "self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Back to the host's network. Where that fails we are astray, and nothing is launched before it succeeds: a cell that is
 * allowed to go without a namespace of its own would get that of another. */
static int go_home(struct ce_supervisor *s)
{
	s->network_astray = setns(s->host_network_fd, CLONE_NEWNET) < 0;
	return s->network_astray ? -errno : 0;
}

void ce__network_open(struct ce_supervisor *s)
{
	s->spare_network_fd = -1;
	/* An ordinary user could not come back to the host's; in some containers root cannot either. */
	s->host_network_fd = s->rootless ? -1 : open_own(s);
	if (s->host_network_fd >= 0 && go_home(s)) {
		ce__base_close(&s->host_network_fd);
		s->network_astray = false;
	}
}

void ce__network_make_spare(struct ce_supervisor *s)
{
	if (s->host_network_fd < 0 || s->spare_network_fd >= 0 || s->stopping || s->network_astray)
		return;
	if (unshare(CLONE_NEWNET) < 0)
		return; /* the next launch makes its own, or says why not */
	s->spare_network_fd = open_own(s);
	go_home(s);
}

int ce__network_enter(struct ce_supervisor *s, const struct ce_plan *plan, bool *entered)
{
	*entered = false;
	if (s->network_astray && go_home(s))
		return -errno;
	/* Raising lo takes capabilities in the user namespace that owns the network: that has to be the cell's. */
	if (s->spare_network_fd < 0 || plan->network != CE_NETWORK_NONE || (plan->disable & CE_PROTECTION_NETWORK_NS))
		return 0;
	*entered = setns(s->spare_network_fd, CLONE_NEWNET) == 0;
	ce__base_close(&s->spare_network_fd);
	return 0;
}

void ce__network_leave(struct ce_supervisor *s)
{
	go_home(s);
}
