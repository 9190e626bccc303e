/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What this machine and this user can do: found by building a real cell in which everything may fail, and looking at what
 * did. */
#include <stdio.h>
#include <string.h>

#include "api/sandbox.h"
#include "limits/limits.h"
#include "plan/effective.h"

#define LIMIT_BITS (CE_PROTECTION_MEMORY_LIMIT | CE_PROTECTION_TASK_LIMIT | CE_PROTECTION_CPU_LIMIT)

struct item {
	int state;
	char reason[480];
};

struct ce_probe {
	struct item items[CE_PROTECTION_COUNT];
	char backend[16], detail[512];
};

static const struct {
	const char *purpose, *remedy;
} texts[CE_PROTECTION_COUNT] = {
	{ "a root inside is nobody outside", "allow user namespaces: sysctl user.max_user_namespaces=10000; in a container, "
	  "allow the clone and unshare calls in its seccomp profile" },
	{ "no process outside can be seen or signalled; all die together", "allow user namespaces" },
	{ "no path leads to the host's files", "allow user namespaces, and mounts within them (AppArmor: "
	  "kernel.apparmor_restrict_unprivileged_userns=0)" },
	{ "no network, not even the host's loopback", "use a kernel with CONFIG_NET_NS" },
	{ "no shared memory or message queues of others", "use a kernel with CONFIG_IPC_NS" },
	{ "a host name of its own", "use a kernel with CONFIG_UTS_NS" },
	{ "the cgroup path of the host stays unseen", "use a kernel with CONFIG_CGROUPS" },
	{ "a clock of its own", "use Linux 5.6 or later with CONFIG_TIME_NS" },
	{ "programs and libraries cannot be changed", "" },
	{ "only its own processes in /proc", "in a container, unmask /proc (docker: --security-opt systempaths=unconfined)" },
	{ "no set-uid program gives rights back", "" },
	{ "no privileged operation, even within its namespaces", "" },
	{ "only the system calls that programs need", "use a kernel with CONFIG_SECCOMP_FILTER" },
	{ "a second wall behind the mounts", "use Linux 5.13 or later with landlock in its list of LSMs (lsm=landlock,...)" },
	{ "no signal and no abstract socket out of the cell", "use Linux 6.12 or later" },
	{ "no keys of the host", "use a kernel with CONFIG_KEYS" },
	{ "two executions never share a uid", "run as root; an ordinary user has one uid only" },
	{ "memory of the whole tree is limited", "delegate a cgroup with the memory controller, for instance: systemd-run "
	  "--user --scope -p Delegate=yes -- COMMAND" },
	{ "the number of processes and threads is limited", "delegate a cgroup with the pids controller" },
	{ "CPU time of the whole tree is counted", "delegate a cgroup" },
};

static void judge(struct ce_probe *p, const struct ce_ready *ready, const struct ce_finished *finished,
		  uint64_t tolerate, uint64_t disable)
{
	const char *fatal = NULL;

	if (ready->failure.code)
		fatal = ready->failure.message;
	else if (finished->failure.code)
		fatal = finished->failure.message;
	for (size_t i = 0; i < CE_PROTECTION_COUNT; i++) {
		uint64_t bit = UINT64_C(1) << i;
		struct item *item = &p->items[i];
		int64_t os_error = finished->probe_errno[i];

		item->state = CE_PROBE_AVAILABLE;
		if (!fatal && !(finished->probe_missing & bit))
			continue;
		item->state = tolerate & bit ? CE_PROBE_TOLERATED : CE_PROBE_MISSING;
		if (disable & bit)
			snprintf(item->reason, sizeof(item->reason), "disabled by the options");
		else if (fatal)
			snprintf(item->reason, sizeof(item->reason), "%s", fatal);
		else if (bit & LIMIT_BITS)
			snprintf(item->reason, sizeof(item->reason), "%.*s", (int)sizeof(item->reason) - 1,
				 ready->limits_detail);
		else if (os_error)
			snprintf(item->reason, sizeof(item->reason), "the kernel says: %s",
				 strerrordesc_np((int)os_error) ? strerrordesc_np((int)os_error) : "unknown error");
		else
			snprintf(item->reason, sizeof(item->reason), "not observed in the cell");
	}
}

/* Builds one cell in a sandbox without executors. */
static int try_cell(ce_sandbox *sandbox, struct ce_finished *finished, ce_error **error)
{
	const struct ce_limits_sources sources = { NULL, NULL, NULL };
	ce_execution *execution = NULL;
	ce_limits limits;
	int r = ce__effective_limits(&sources, CE_STAGE_RUN, "limits", &limits, error);

	if (!r)
		r = ce__execute_start(sandbox, &(struct ce_start_request){ .run_limits = &limits }, &execution, error);
	if (!r)
		r = ce__execute_wait(execution, -1, error);
	if (!r)
		*finished = execution->probe;
	ce_execution_destroy(execution);
	return r;
}

int ce_probe_create(const ce_sandbox_options *options, ce_probe **out, ce_error **error)
{
	CE_CLEANUP_FREE struct ce_probe *probe = calloc(1, sizeof(*probe));
	ce_sandbox sandbox = { .tolerate = CE_PROTECTIONS_ALL };
	CE_CLEANUP_ERROR ce_error *refused = NULL;
	struct ce_ready ready = { 0 };
	struct ce_finished finished = { 0 };
	ce_sandbox_options checked;
	struct ce_hello hello;
	int r;

	if (!out)
		return ce__error_set(error, CE_ERR_INVALID, 0, NULL, "out must not be NULL");
	*out = NULL;
	if (!probe)
		return ce__error_no_memory(error);
	r = ce__options_take(options, &checked, &hello, error);
	if (r)
		return r;
	hello.limits_flags |= CE_LIMITS_ALLOW_WEAKER;
	hello.limits_required = 0;
	hello.filter_required = 0;
	sandbox.disable = checked.disable;
	sandbox.log = (struct ce_log){ checked.log, checked.log_user_data };
	pthread_mutex_init(&sandbox.lock, NULL);
	ce__root_table_init(&sandbox.root);
	r = ce__client_open(&sandbox.client, ce__options_supervisor_path(&checked), &hello, &sandbox.log, &refused);
	if (r == CE_ERR_UNSUPPORTED) {
		/* Not even the supervisor's own namespaces: that is an answer, too. */
		ce__failure_set(&ready.failure, r, 0, NULL, "%s", ce_error_message(refused));
		r = 0;
	} else if (r) {
		if (error)
			*error = ce__steal_pointer(&refused);
	} else {
		ready = sandbox.client.ready;
		r = try_cell(&sandbox, &finished, error);
	}
	if (!r) {
		judge(probe, &ready, &finished, ce__options_tolerate(&checked), checked.disable);
		memcpy(probe->backend, ready.limits_backend, sizeof(probe->backend));
		memcpy(probe->detail, ready.limits_detail, sizeof(probe->detail));
		*out = ce__steal_pointer(&probe);
	}
	ce__client_close(&sandbox.client);
	ce__filters_free(&sandbox);
	pthread_mutex_destroy(&sandbox.lock);
	return r;
}

void ce_probe_free(ce_probe *probe)
{
	free(probe);
}

size_t ce_probe_count(const ce_probe *probe)
{
	(void)probe;
	return CE_PROTECTION_COUNT;
}

const char *ce_probe_name(const ce_probe *probe, size_t index)
{
	(void)probe;
	return index < CE_PROTECTION_COUNT ? ce_protection_name(UINT64_C(1) << index) : NULL;
}

int ce_probe_state(const ce_probe *probe, size_t index)
{
	return index < CE_PROTECTION_COUNT ? probe->items[index].state : 0;
}

const char *ce_probe_reason(const ce_probe *probe, size_t index)
{
	return index < CE_PROTECTION_COUNT ? probe->items[index].reason : NULL;
}

const char *ce_probe_remedy(const ce_probe *probe, size_t index)
{
	if (index >= CE_PROTECTION_COUNT)
		return NULL;
	return probe->items[index].state == CE_PROBE_AVAILABLE ? "" : texts[index].remedy;
}

const char *ce_probe_purpose(const ce_probe *probe, size_t index)
{
	(void)probe;
	return index < CE_PROTECTION_COUNT ? texts[index].purpose : NULL;
}

const char *ce_probe_limits_backend(const ce_probe *probe)
{
	return probe->backend;
}

const char *ce_probe_limits_detail(const ce_probe *probe)
{
	return probe->detail;
}
