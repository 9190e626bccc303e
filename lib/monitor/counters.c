/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "monitor/counters.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/base.h"

static struct ce_counters *map(int fd)
{
	void *p = mmap(NULL, sizeof(struct ce_counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int ce__counters_create(int *fd, struct ce_counters **out)
{
	CE_CLEANUP_FD int memory = memfd_create("codeexec-counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	/* It must not shrink: reading beyond its end is death. */
	if (memory < 0 || ftruncate(memory, sizeof(struct ce_counters)) < 0 ||
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	*out = map(memory);
	if (!*out)
		return -errno;
	*fd = ce__steal_fd(&memory);
	return 0;
}

struct ce_counters *ce__counters_map(int fd)
{
	CE_CLEANUP_FD int memory = fd;
	struct ce_counters *counters;
	struct stat st;

	if (memory < 0 || fstat(memory, &st) < 0 || st.st_size != (off_t)sizeof(struct ce_counters))
		return NULL;
	counters = map(memory);
	if (counters && madvise(counters, sizeof(*counters), MADV_DONTFORK) < 0) {
		ce__counters_free(counters);
		return NULL;
	}
	return counters;
}

void ce__counters_free(struct ce_counters *counters)
{
	if (counters)
		munmap(counters, sizeof(*counters));
}

static uint64_t get(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void ce__counters_read(struct ce_counters *counters, ce_warm_usage *out)
{
	if (!counters)
		return;
	out->bytes = get(&counters->bytes);
	out->waiting = get(&counters->waiting);
	out->zygotes = get(&counters->zygotes);
	out->hits = get(&counters->hits);
	out->misses = get(&counters->misses);
	out->started = get(&counters->started);
	out->start_us = get(&counters->start_us);
	out->ended = get(&counters->ended);
}

void ce__counters_nothing_waits(struct ce_counters *counters)
{
	ce__counters_set(&counters->waiting, 0);
	ce__counters_set(&counters->zygotes, 0);
	ce__counters_set(&counters->bytes, 0);
}

void ce__counters_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void ce__counters_set(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, n, memory_order_relaxed);
}
