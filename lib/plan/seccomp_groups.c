/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Named groups: what a manifest may ask for on top of the base. */
#include "plan/seccomp.h"
#include "plan/seccomp_tables.h"

#include <linux/netlink.h>
#include <linux/prctl.h>
#include <sys/personality.h>
#include <sys/socket.h>

static const struct ce_seccomp_rule netlink_rules[] = {
    {"socket",
     {CE_CHECK_INT(0, AF_NETLINK), CE_CHECK_EXCEPT(1, SOCK_NONBLOCK | SOCK_CLOEXEC, SOCK_RAW),
      CE_CHECK_INT(2, NETLINK_ROUTE)}},
    {"socket",
     {CE_CHECK_INT(0, AF_NETLINK), CE_CHECK_EXCEPT(1, SOCK_NONBLOCK | SOCK_CLOEXEC, SOCK_DGRAM),
      CE_CHECK_INT(2, NETLINK_ROUTE)}},
};

/* A descriptor for reading is enough to lock a file of the host's against everybody. fcntl's
 * exclusive locks need one for writing. */
static const char *const flock_calls[] = {"flock", NULL};

/* Watches see what the whole machine does to a file that the cell shows, programs in /usr/bin among them, and instances
 * are counted for the user who runs the sandbox: both concern others. */
static const char *const inotify_calls[] = {
    "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", NULL,
};

static const char *const numa_calls[] = {
    "mbind", "set_mempolicy", "set_mempolicy_home_node", "migrate_pages", "move_pages", NULL,
};

/* The personality that is in force by default, with the one flag added. */
static const struct ce_seccomp_rule personality_rules[] = {
    {"personality", {CE_CHECK_INT(0, PER_LINUX | ADDR_NO_RANDOMIZE)}},
};

static const char *const priority_calls[] = {
    "setpriority", "sched_setscheduler", "sched_setparam", "sched_setattr", NULL,
};

static const char *const ptrace_calls[] = {"ptrace", "process_vm_readv", "process_vm_writev", NULL};
static const struct ce_seccomp_rule ptrace_rules[] = {
    {"prctl", {CE_CHECK_INT(0, PR_SET_PTRACER)}},
};

/* In alphabetical order. */
const struct ce_seccomp_set ce__seccomp_groups[] = {
    {"flock", "lock whole files, also those of the host that it may read", flock_calls, NULL, 0},
    {"inotify", "watch files, also for what others do to those of the host", inotify_calls, NULL, 0},
    {"netlink", "list the cell's own network interfaces (NETLINK_ROUTE)", NULL, netlink_rules,
     CE_ARRAY_SIZE(netlink_rules)},
    {"numa", "place memory on NUMA nodes", numa_calls, NULL, 0},
    {"personality", "switch address randomisation off for itself (sbcl, debuggers)", NULL, personality_rules,
     CE_ARRAY_SIZE(personality_rules)},
    {"priority", "change priorities and scheduling of its own processes", priority_calls, NULL, 0},
    {"ptrace", "trace and read its own processes (debuggers)", ptrace_calls, ptrace_rules,
     CE_ARRAY_SIZE(ptrace_rules)},
};
const size_t ce__seccomp_group_count = CE_ARRAY_SIZE(ce__seccomp_groups);

_Static_assert(CE_ARRAY_SIZE(ce__seccomp_groups) <= CE_SECCOMP_GROUPS_MAX,
	       "a plan names every group at most once");

const char *ce__seccomp_group_name(size_t index)
{
	return index < ce__seccomp_group_count ? ce__seccomp_groups[index].name : NULL;
}

const char *ce__seccomp_group_purpose(size_t index)
{
	return index < ce__seccomp_group_count ? ce__seccomp_groups[index].purpose : NULL;
}
