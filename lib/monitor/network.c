/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Network namespaces made ahead. Making one is the dearest part of a launch (about 0.4 ms), so they are made when nothing has
 * happened for a while. Each serves one cell and no other: what is
 * saved is the wait, not the work. They are not used again, because what a cell did shows in its counters (/proc/net/snmp and
 * others), which nothing sets back. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <sched.h>

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

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
	/* An ordinary user could not come back to the host's; in some containers root cannot either. */
	s->host_network_fd = s->rootless || s->hello.fresh_slots ? -1 : open_own(s);
	if (s->host_network_fd >= 0 && go_home(s)) {
		ce__base_close(&s->host_network_fd);
		s->network_astray = false;
	}
}

static bool want_spare(const struct ce_supervisor *s)
{
	return s->host_network_fd >= 0 && s->spare_networks < least(s->hello.max_concurrent, CE_SPARE_NETWORKS) && !s->stopping &&
	       !s->network_astray && !s->network_refused;
}

int ce__network_due(const struct ce_supervisor *s, int due)
{
	return want_spare(s) ? ce__watch_quiet_due(s, due) : due;
}

void ce__network_make_spare(struct ce_supervisor *s)
{
	int fd;

	if (!want_spare(s) || !ce__watch_quiet(s))
		return;
	s->network_refused = unshare(CLONE_NEWNET) < 0;
	if (s->network_refused)
		return; /* the next launch makes its own, or says why not */
	fd = open_own(s);
	if (fd >= 0)
		s->spare_network_fds[s->spare_networks++] = fd;
	else
		s->network_refused = true;
	go_home(s);
}

int ce__network_enter(struct ce_supervisor *s, const struct ce_plan *plan, bool *entered)
{
	int *spare;

	*entered = false;
	s->network_refused = false; /* the next quiet moment may try again */
	if (s->network_astray && go_home(s))
		return -errno;
	/* Raising lo takes capabilities in the user namespace that owns the network: that has to be the cell's. */
	if (s->spare_networks == 0 || plan->network != CE_NETWORK_NONE || (plan->disable & CE_PROTECTION_NETWORK_NS))
		return 0;
	spare = &s->spare_network_fds[--s->spare_networks];
	*entered = setns(*spare, CLONE_NEWNET) == 0;
	ce__base_close(spare);
	return 0;
}

void ce__network_leave(struct ce_supervisor *s)
{
	go_home(s);
}
