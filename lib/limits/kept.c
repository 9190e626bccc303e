/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cgroups that serve one cell after the other: making and removing them costs more than a small program needs. What could go
 * from one cell to the next is looked at before they are lent again, not believed: tasks, memory, counters (which become the
 * base), limits. Whatever is odd is removed. */
#include "limits/limits_internal.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#define USES_MAX 256
/* Files that the program read first, its tmpfs. */
#define RESIDUE_BYTES (UINT64_C(16) << 10)
/* Of task and mount structures the kernel frees most within some 20 ms, after a grace period. */
#define KERNEL_BYTES (UINT64_C(128) << 10)
/* It takes memory in advance, up to 64 pages for each processor, and lists that as used: the next cell gets it. */
#define ADVANCE_PAGES 64
#define DRYING_US 200000
#define TRIM_TAKES 64
#define FDS_EACH 32 /* fewer, really, but others need some too */

void ce__kept_open(struct ce_limits_backend *backend)
{
	struct rlimit limit;

	backend->kept.most = CE_KEPT_MAX;
	backend->kept.advance_bytes =
	    (uint64_t)get_nprocs_conf() * ADVANCE_PAGES * (uint64_t)sysconf(_SC_PAGESIZE);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / FDS_EACH < CE_KEPT_MAX)
		backend->kept.most = (size_t)limit.rlim_cur / FDS_EACH;
}

static struct ce_limits_cell *head(struct ce_kept *kept)
{
	return &kept->cells[kept->first];
}

static void pop(struct ce_kept *kept)
{
	kept->first = (kept->first + 1) % CE_KEPT_MAX;
	kept->count--;
	if (kept->count < kept->low)
		kept->low = kept->count;
}

static void push(struct ce_kept *kept, const struct ce_limits_cell *cell)
{
	size_t last = (kept->first + kept->count) % CE_KEPT_MAX;

	kept->cells[last] = *cell;
	kept->since_us[last] = ce__clock_us();
	kept->count++;
}

/* One that cannot be removed now goes to the end; the instance's directory is swept when all is over. */
static void retire(struct ce_limits_backend *backend)
{
	struct ce_limits_cell cell = *head(&backend->kept);

	pop(&backend->kept);
	if (ce__limits_cell_remove(backend, &cell) == -EBUSY) {
		cell.odd = true;
		push(&backend->kept, &cell);
	}
}

static bool is_dry(const struct ce_cell_usage *usage, uint64_t kernel_bytes, uint64_t advance)
{
	return usage->anon_bytes + usage->file_bytes + usage->shmem_bytes <= RESIDUE_BYTES && kernel_bytes <= KERNEL_BYTES &&
	       usage->memory_bytes <= RESIDUE_BYTES + KERNEL_BYTES + advance;
}

/* 0: ready for another cell. -EAGAIN: not yet. Anything else: not to be used again. */
static int renew(struct ce_limits_backend *backend, const struct ce_cell_limits *limits, struct ce_limits_cell *cell)
{
	uint64_t kernel_bytes = 0;
	int r;

	if (cell->odd)
		return -EUCLEAN;
	memset(&cell->base, 0, sizeof(cell->base));
	r = backend->ops->cell_sample(backend, cell, CE_SAMPLE_SPLIT, &cell->base);
	if (r == 0)
		r = backend->ops->cell_residue(backend, cell, &kernel_bytes);
	if (r < 0)
		return r;
	if (cell->base.tasks > 0 || cell->base.tasks_peak > CE_KEPT_TASKS_PEAK)
		return -EUCLEAN;
	if (!is_dry(&cell->base, kernel_bytes, backend->kept.advance_bytes))
		return -EAGAIN;
	return backend->ops->cell_reset(backend, limits, cell);
}

/* After a time with many at once, fewer will do: what is never taken only costs every clone its descriptors. */
static void trim(struct ce_limits_backend *backend)
{
	struct ce_kept *kept = &backend->kept;

	if (++kept->takes < TRIM_TAKES)
		return;
	if (kept->low > 0)
		retire(backend);
	kept->takes = 0;
	kept->low = kept->count;
}

bool ce__kept_take(struct ce_limits_backend *backend, const struct ce_cell_limits *limits, struct ce_limits_cell *out)
{
	struct ce_kept *kept = &backend->kept;

	for (size_t tries = kept->count; tries > 0; tries--) {
		int r = renew(backend, limits, head(kept));

		if (r == 0) {
			*out = *head(kept);
			pop(kept);
			trim(backend);
			return true;
		}
		/* The others are wetter. */
		if (r == -EAGAIN && ce__clock_us() - kept->since_us[kept->first] < DRYING_US)
			break;
		retire(backend);
	}
	kept->low = 0;
	return false;
}

/* The last sample of the counters may have been taken while init was still ending. */
static bool is_empty(struct ce_limits_backend *backend, struct ce_limits_cell *cell)
{
	struct ce_cell_usage now = {0};

	return cell->last.tasks == 0 || (backend->ops->cell_sample(backend, cell, CE_SAMPLE_NOW, &now) == 0 && now.tasks == 0);
}

bool ce__kept_give(struct ce_limits_backend *backend, struct ce_limits_cell *cell)
{
	struct ce_kept *kept = &backend->kept;

	if (!backend->keeps || kept->count >= kept->most || cell->odd || !cell->sampled || cell->uses >= USES_MAX ||
	    cell->last.tasks_peak > CE_KEPT_TASKS_PEAK || cell->last.oom_kills > 0 || !is_empty(backend, cell))
		return false;
	push(kept, cell);
	ce__limits_cell_clear(cell);
	return true;
}

void ce__kept_close(struct ce_limits_backend *backend)
{
	for (size_t tries = backend->kept.count; tries > 0; tries--)
		retire(backend);
}
