/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * A cell that is made ahead: its init and the process that will be the program have done all that does not depend on the request, and
 * the latter waits here for the rest. Nothing of a user's has run in it, and it serves one execution. */
#include "sandbox/cell.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

struct letter {
	struct ce_cell_word word;
	char plan[CE_PLAN_INLINE_BYTES];
};

/* Like ce__plan_vector, but not by malloc, which is not async-signal-safe. */
static char **map_vector(const struct ce_plan *plan, struct ce_plan_strings strings)
{
	char **vector = mmap(NULL, (strings.count + 1) * sizeof(*vector), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (vector == MAP_FAILED)
		return NULL;
	ce__plan_fill_vector(plan, strings, vector);
	return vector;
}

static const void *map_plan(const struct letter *letter, size_t inline_size, int plan_fd)
{
	const struct ce_cell_word *word = &letter->word;
	void *plan;

	if (!word->plan_fd)
		return inline_size == word->plan_size ? letter->plan : NULL;
	plan = mmap(NULL, word->plan_size, PROT_READ, MAP_PRIVATE, plan_fd, 0);
	return plan == MAP_FAILED ? NULL : plan;
}

/* Init has closed 0 to 2, where the program's streams come last. */
static int lift(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int fd = fds[i] > 2 ? fds[i] : fcntl(fds[i], F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return -errno;
		if (fd != fds[i])
			close(fds[i]);
		fds[i] = fd;
	}
	return 0;
}

/* The supervisor has checked the plan, and nobody else can write to the socket. */
static int take(struct ce_cell_setup *setup, const struct letter *letter, size_t size, const int *fds, size_t count)
{
	const struct ce_cell_word *word = &letter->word;
	size_t next = 3;

	if (size < sizeof(*word) || word->plan_size < sizeof(struct ce_plan) || word->compiled > 1 || word->plan_fd > 1 ||
	    count != next + word->compiled + word->plan_fd)
		return -EBADMSG;
	memcpy(setup->stdio, fds, sizeof(setup->stdio));
	if (word->compiled)
		setup->compiled_fd = fds[next++];
	setup->plan = map_plan(letter, size - sizeof(*word), word->plan_fd ? fds[next] : -1);
	if (!setup->plan)
		return -ENOMEM;
	setup->stage = &setup->plan->stages[0];
	setup->argv = map_vector(setup->plan, setup->stage->argv);
	setup->env = map_vector(setup->plan, setup->stage->env);
	return setup->argv && setup->env ? 0 : -ENOMEM;
}

int ce__await_word(struct ce_cell *cell, const char **path)
{
	/* This memory is init's own: a copy of the supervisor's. */
	struct ce_cell_setup *setup = (struct ce_cell_setup *)(uintptr_t)cell->setup;
	struct letter *letter;
	int fds[CE_CELL_WORD_FDS];
	size_t count = CE_ARRAY_SIZE(fds);
	ssize_t n;
	int r;

	(void)path;
	if (setup->spare_fd < 0)
		return 0;
	letter = mmap(NULL, sizeof(*letter), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (letter == MAP_FAILED)
		return -errno;
	r = ce__cell_report(cell, CE_RECORD_WAITING);
	if (r)
		return r;
	n = ce__message_receive(setup->spare_fd, letter, sizeof(*letter), fds, &count, 0);
	if (n == 0)
		_exit(127); /* nobody wants it any more */
	r = n < 0 ? (int)n : lift(fds, count);
	return r ? r : take(setup, letter, (size_t)n, fds, count);
}
