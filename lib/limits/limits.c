/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The dispatcher: tries the backends from the strongest to the weakest. */
#include "limits/limits_internal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

int ce__limits_why(struct ce_limits_why *why, int error, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	if (error < 0 && n >= 0 && (size_t)n < sizeof(why->text))
		snprintf(why->text + n, sizeof(why->text) - (size_t)n, ": %s",
			 strerrordesc_np(-error) ? strerrordesc_np(-error) : "unknown error");
	return error < 0 ? error : -EOPNOTSUPP;
}

static void free_backend(struct ce_limits_backend *backend)
{
	for (size_t i = 0; i < backend->directory_count; i++)
		free(backend->directories[i]);
	free(backend->detail);
	free(backend);
}

static bool instance_ok(const char *name)
{
	return name && strncmp(name, CE_LIMITS_PREFIX, strlen(CE_LIMITS_PREFIX)) == 0 &&
	       strlen(name) <= 128 && !strchr(name, '/') && !strchr(name, '\n') &&
	       strcmp(name, CE_LIMITS_HOST_LEAF) != 0;
}

/* 2 or 1 for a directory of that version, or -errno. */
static int cgroup_version(const char *directory)
{
	struct statfs fs;

	if (directory[0] != '/')
		return -EINVAL;
	if (statfs(directory, &fs) < 0)
		return -errno;
	if (fs.f_type == CGROUP2_SUPER_MAGIC)
		return 2;
	return fs.f_type == CGROUP_SUPER_MAGIC ? 1 : -EINVAL;
}

static int refuse(struct ce_failure *failure, unsigned flags, const struct ce_limits_why *v2, const struct ce_limits_why *v1)
{
	const char *user = geteuid() == 0 && !(flags & CE_LIMITS_ORDINARY_USER) ? "" : " --user";

	return ce__failure_set(
	    failure, CE_ERR_UNSUPPORTED, 0, "limits",
	    "no usable cgroup (v2: %s; v1: %s); with systemd run `systemd-run%s --scope -p "
	    "Delegate=yes -- COMMAND`, else chown a cgroup directory to this user, or --allow-weaker",
	    v2->text, v1->text, user);
}

/* From the strongest to the weakest; 0 or -EOPNOTSUPP. A directory that the caller names is taken or nothing.
 */
static int open_best(const struct ce_limits_config *config, const struct ce_hierarchies *found, int version,
		     struct ce_limits_backend *backend, struct ce_limits_why *v2, struct ce_limits_why *v1)
{
	CE_CLEANUP_FREE char *detail = NULL;

	ce__limits_why(v2, 0, "not asked for");
	ce__limits_why(v1, 0, "not asked for");
	if (version != 1 && ce__cgroup2_open(config, found, backend, v2) == 0)
		return 0;
	if (version != 2 && ce__cgroup1_open(config, found, backend, v1) == 0)
		return 0;
	if (!(config->flags & CE_LIMITS_ALLOW_WEAKER))
		return -EOPNOTSUPP;
	detail = ce__base_asprintf("no cgroup: v2: %s; v1: %s", v2->text, v1->text);
	return detail ? ce__rlimits_open(backend, detail) : -ENOMEM;
}

int ce__limits_open(const struct ce_limits_config *config, struct ce_limits_backend **out,
		    struct ce_failure *failure)
{
	struct ce_limits_why v2, v1;
	struct ce_hierarchies found;
	struct ce_limits_backend *backend;
	int version = 0, r;

	if (!instance_ok(config->instance))
		return ce__failure_set(failure, CE_ERR_INVALID, 0, "limits", "bad instance name '%s'",
				       config->instance ? config->instance : "");
	if (config->cgroup) {
		version = cgroup_version(config->cgroup);
		if (version < 0)
			return ce__failure_set(failure, CE_ERR_INVALID, version == -EINVAL ? 0 : -version,
					       "limits", "'%s' is no cgroup directory", config->cgroup);
	}
	r = ce__discover_run(&found);
	if (r < 0)
		return ce__failure_set(failure, CE_ERR_OS, -r, "limits",
				       "cannot read the cgroups in /proc/self");
	backend = calloc(1, sizeof(*backend));
	r = backend ? open_best(config, &found, version, backend, &v2, &v1) : -ENOMEM;
	ce__discover_finish(&found);
	if (r == 0) {
		if (config->fresh)
			backend->keeps = false;
		ce__kept_open(backend);
		*out = backend;
		return 0;
	}
	if (backend)
		free_backend(backend);
	if (r == -EOPNOTSUPP)
		return refuse(failure, config->flags, &v2, &v1);
	return ce__failure_set(failure, r == -ENOMEM ? CE_ERR_NO_MEMORY : CE_ERR_OS, -r, "limits",
			       "cannot open a limits backend");
}

int ce__limits_close(struct ce_limits_backend *backend)
{
	int result = 0;

	if (!backend)
		return 0;
	for (size_t i = 0; i < backend->directory_count; i++) {
		int r = ce__limits_sweep(backend->directories[i]);

		if (r < 0)
			result = r;
	}
	ce__kept_close(backend); /* their directories are gone by now */
	backend->ops->close(backend);
	free_backend(backend);
	return result;
}

void ce__limits_info(const struct ce_limits_backend *backend, struct ce_limits_info *out)
{
	*out = (struct ce_limits_info){backend->ops->name, backend->detail, backend->protections};
}

const char *ce__limits_directory(const struct ce_limits_backend *backend, size_t index)
{
	return index < backend->directory_count ? backend->directories[index] : NULL;
}

void ce__limits_cell_clear(struct ce_limits_cell *cell)
{
	memset(cell, 0, sizeof(*cell));
	cell->clone_cgroup_fd = -1;
	for (size_t i = 0; i < CE_CELL_ATTACH_MAX; i++)
		cell->attach_fds[i] = -1;
}

int ce__limits_cell_open(struct ce_limits_backend *backend, const struct ce_cell_limits *limits,
			 struct ce_limits_cell *out, struct ce_failure *failure)
{
	int r;

	ce__limits_cell_clear(out);
	if (limits->memory_bytes == 0 || limits->processes == 0)
		return ce__failure_set(failure, CE_ERR_INVALID, 0, "limits", "a limit of 0 makes no sense");
	if (!ce__kept_take(backend, limits, out)) {
		r = backend->ops->cell_open(backend, limits, out, failure);
		if (r)
			return r;
	}
	out->uses++;
	out->sampled = false;
	backend->open_cells++;
	return 0;
}

void ce__limits_cell_started(struct ce_limits_backend *backend, struct ce_limits_cell *cell, pid_t init_pid)
{
	if (!cell->state)
		return;
	if (backend->ops->cell_started)
		backend->ops->cell_started(cell, init_pid);
}

void ce__limits_cell_attached(struct ce_limits_backend *backend, struct ce_limits_cell *cell)
{
	for (size_t i = 0; backend->open_cells > CE_CROWD && i < cell->attach_count; i++) {
		ce__base_close(&cell->attach_fds[i]);
		cell->odd = true; /* it cannot be lent without them */
	}
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What a cell that the cgroups served before has counted is none of this one's. */
static void subtract(struct ce_cell_usage *usage, const struct ce_cell_usage *base)
{
	usage->cpu_us = since(usage->cpu_us, base->cpu_us);
	usage->oom_kills = since(usage->oom_kills, base->oom_kills);
	usage->memory_hits = since(usage->memory_hits, base->memory_hits);
	usage->task_hits = since(usage->task_hits, base->task_hits);
	usage->read_bytes = since(usage->read_bytes, base->read_bytes);
	usage->write_bytes = since(usage->write_bytes, base->write_bytes);
}

int ce__limits_cell_sample(struct ce_limits_backend *backend, struct ce_limits_cell *cell, enum ce_sample depth,
			   struct ce_cell_usage *out)
{
	int r;

	memset(out, 0, sizeof(*out));
	r = cell->state ? backend->ops->cell_sample(backend, cell, depth, out) : -EINVAL;
	subtract(out, &cell->base);
	if (depth >= CE_SAMPLE_COUNTERS) {
		cell->last = *out;
		cell->sampled = r == 0;
	}
	return r;
}

int ce__limits_cell_kill(struct ce_limits_backend *backend, struct ce_limits_cell *cell)
{
	cell->odd = true;
	return cell->state ? backend->ops->cell_kill(backend, cell) : 0;
}

int ce__limits_cell_remove(struct ce_limits_backend *backend, struct ce_limits_cell *cell)
{
	int r = backend->ops->cell_close(backend, cell);

	/* Nothing of it may be used again once it is gone; until then the caller tries again. */
	if (r == -EBUSY)
		return r;
	ce__base_close(&cell->clone_cgroup_fd);
	for (size_t i = 0; i < cell->attach_count; i++)
		ce__base_close(&cell->attach_fds[i]);
	ce__limits_cell_clear(cell);
	return r;
}

int ce__limits_cell_close(struct ce_limits_backend *backend, struct ce_limits_cell *cell)
{
	int r = 0;

	if (!cell->state)
		return 0;
	if (!ce__kept_give(backend, cell))
		r = ce__limits_cell_remove(backend, cell);
	if (r != -EBUSY)
		backend->open_cells--;
	return r;
}
