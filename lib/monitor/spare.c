/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Cells made ahead, for requests that are to start cold: namespaces, cgroups, mounts and ids take as long as a short program, and
 * nothing of them depends on what will run there. So for what comes again and again one cell waits with nothing in it but its init and
 * the process that will be the program. It serves one execution and no other, like any cell. What a request decides about the cell
 * itself (its root, network, memory, tasks and disk) is what tells one kind from another; all else comes with the word to go on. */
#include "monitor/supervisor.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "monitor/shape.h"

#define USES_MIN 2 /* the first of a kind may be the last */
#define FORGOTTEN_US UINT64_C(10000000) /* an idle sandbox goes back to nothing */
#define RETRY_US UINT64_C(500000)	/* after one that could not be made, or was killed */
#define ROOM_US UINT64_C(10000)		/* after one was told to make room */
#define STRINGS_MAX 1024		/* a vector of more is no longer small change in a cell's memory */

/* A kind of cell. */
struct ce_spare {
	struct ce_plan *plan; /* owned mapping; NULL: a free place */
	size_t plan_size;
	uint64_t used_us, uses;
	uint64_t not_before_us;
};

int ce__spare_open(struct ce_supervisor *s)
{
	if (s->hello.fresh_slots)
		return 0;
	s->spares = calloc(CE_SPARE_CELLS, sizeof(*s->spares));
	return s->spares ? 0 : -ENOMEM;
}

size_t ce__spare_most(const struct ce_supervisor *s)
{
	uint64_t most = s->hello.max_concurrent < CE_SPARE_CELLS ? s->hello.max_concurrent : CE_SPARE_CELLS;

	return s->spares ? ce__setup_slots_beside(s, s->hello.max_concurrent + ce__park_most(s), most) : 0;
}

/* ---- kinds ---- */

/* That are there, or are being made. NULL: of any kind. */
static size_t count_cells(const struct ce_supervisor *s, const struct ce_spare *spare)
{
	size_t count = 0;

	for (const struct ce_job *job = s->jobs; job; job = job->next)
		count += spare ? job->spare == spare : job->spare != NULL;
	return count;
}

/* Ends a cell of a kind that was used before `used_us`, and before all others that have one. */
static void end_oldest(struct ce_supervisor *s, uint64_t used_us)
{
	struct ce_job *oldest = NULL;

	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->spare && job->state == CE_JOB_SPARE && job->spare->used_us < (oldest ? oldest->spare->used_us : used_us))
			oldest = job;
	if (oldest)
		ce__stage_kill(s, oldest, CE_OUTCOME_CANCELLED, 0);
}

static struct ce_spare *find(const struct ce_supervisor *s, const struct ce_plan *plan)
{
	for (size_t i = 0; i < CE_SPARE_CELLS; i++)
		if (s->spares[i].plan && ce__shape_same_cell(s->spares[i].plan, plan))
			return &s->spares[i];
	return NULL;
}

/* Takes the place of the one that was used longest ago. NULL: that has a cell still. */
static struct ce_spare *add(struct ce_supervisor *s, const struct ce_plan *plan)
{
	struct ce_spare *oldest = &s->spares[0];

	for (size_t i = 1; i < CE_SPARE_CELLS; i++)
		if (s->spares[i].used_us < oldest->used_us)
			oldest = &s->spares[i];
	if (count_cells(s, oldest)) {
		end_oldest(s, oldest->used_us + 1);
		return NULL;
	}
	if (oldest->plan)
		munmap(oldest->plan, oldest->plan_size);
	memset(oldest, 0, sizeof(*oldest));
	oldest->plan = ce__shape_copy_cell(plan, &oldest->plan_size);
	return oldest->plan ? oldest : NULL;
}

/* ---- handing over ---- */

static struct ce_job *find_cell(const struct ce_supervisor *s, const struct ce_spare *spare)
{
	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->spare == spare && job->state == CE_JOB_SPARE)
			return job;
	return NULL;
}

/* It may have been killed a moment ago; or that which waits in it was. */
static bool is_alive(const struct ce_job *cell)
{
	struct pollfd fds[] = {
		{ .fd = cell->pidfd, .events = POLLIN },
		{ .fd = cell->report_fd, .events = POLLIN },
		{ .fd = cell->spare_fd, .events = POLLIN },
	};

	return poll(fds, CE_ARRAY_SIZE(fds), 0) == 0;
}

static int send_word(const struct ce_job *job, const struct ce_job *cell)
{
	struct ce_cell_word word = {
		.plan_size = job->plan_size,
		.compiled = job->compiled_fd >= 0,
		.plan_fd = job->plan_fd >= 0,
	};
	int fds[CE_CELL_WORD_FDS];
	size_t count = 3;

	memcpy(fds, job->stdio[0], 3 * sizeof(*fds));
	if (word.compiled)
		fds[count++] = job->compiled_fd;
	if (word.plan_fd)
		fds[count++] = job->plan_fd;
	return ce__message_send_flags(cell->spare_fd, &word, sizeof(word), job->plan, word.plan_fd ? 0 : job->plan_size, fds, count,
				      MSG_DONTWAIT);
}

static bool hand_over(struct ce_supervisor *s, struct ce_job *job, struct ce_job *cell)
{
	struct ce_failure ignored;

	if (!is_alive(cell) || ce__prepare_streams(s, job, cell->slot->program_uid, &ignored) || send_word(job, cell)) {
		/* Whatever it is, a cell made afresh does not have it, or says what it is. */
		ce__stage_kill(s, cell, CE_OUTCOME_CANCELLED, 0);
		return false;
	}
	ce__stage_move_cell(s, job, cell);
	job->quiet = job->plan->usage_interval_us == 0;
	if (job->quiet)
		ce__supervisor_watch_end_only(s, job->report_fd, &job->report_source);
	else
		ce__supervisor_watch_instead(s, job->report_fd, &job->report_source);
	ce__stage_release(job);
	ce__trace_mark(job, "handed-over");
	ce__watch_begin(s, job);
	return true;
}

static bool fits(const struct ce_supervisor *s, const struct ce_job *job)
{
	const struct ce_plan_stage *stage = &job->plan->stages[0];

	/* The cell of a run stage has the ids of its compile stage's, whose files it reads. */
	return ce__spare_most(s) > 0 && !ce__job_is_ahead(job) && job->plan->stage_count == 1 && !(job->plan->flags & CE_PLAN_PROBE) &&
	       stage->argv.count + stage->env.count <= STRINGS_MAX;
}

bool ce__spare_take(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_spare *spare;
	struct ce_job *cell;

	if (!fits(s, job))
		return false;
	spare = find(s, job->plan);
	if (!spare)
		spare = add(s, job->plan);
	if (!spare)
		return false;
	spare->uses++;
	spare->used_us = ce__clock_us();
	cell = find_cell(s, spare);
	return cell && hand_over(s, job, cell);
}

/* ---- making them ---- */

/* The one that was used last of those that want a cell. */
static struct ce_spare *next_wanted(const struct ce_supervisor *s)
{
	struct ce_spare *best = NULL;
	uint64_t now = ce__clock_us();

	for (size_t i = 0; s->spares && !s->stopping && i < CE_SPARE_CELLS; i++) {
		struct ce_spare *spare = &s->spares[i];

		if (spare->plan && count_cells(s, spare) == 0 && spare->uses >= USES_MIN && now - spare->used_us < FORGOTTEN_US &&
		    now >= spare->not_before_us && (!best || spare->used_us > best->used_us))
			best = spare;
	}
	return best;
}

int ce__spare_due(const struct ce_supervisor *s, int due)
{
	/* One that has to wait for its time is looked at when something else wakes us, which every request does. */
	return next_wanted(s) ? ce__watch_quiet_due(s, due) : due;
}

static struct ce_job *new_cell(struct ce_supervisor *s, struct ce_spare *spare)
{
	struct ce_job *job = ce__job_new_in_slot(s);

	if (!job)
		return NULL;
	job->spare = spare;
	job->plan = ce__shape_copy_plan(spare->plan, spare->plan_size);
	job->plan_size = spare->plan_size;
	if (!job->plan) {
		job->state = CE_JOB_DONE;
		return NULL;
	}
	return job;
}

void ce__spare_make(struct ce_supervisor *s)
{
	struct ce_spare *spare = next_wanted(s);
	struct ce_job *job;

	if (!spare || !ce__watch_quiet(s))
		return;
	if (count_cells(s, NULL) >= ce__spare_most(s)) {
		end_oldest(s, spare->used_us); /* its end wakes us */
		spare->not_before_us = ce__clock_us() + ROOM_US;
		return;
	}
	job = new_cell(s, spare);
	if (job)
		ce__stage_start(s, job);
	else
		spare->not_before_us = ce__clock_us() + RETRY_US;
}

void ce__spare_ready(struct ce_job *job)
{
	job->state = CE_JOB_SPARE;
	job->deadline_us = ce__clock_us() + FORGOTTEN_US;
}

void ce__spare_lost(struct ce_job *job)
{
	/* It says nothing to anybody: what is made for a request itself will. Not again at once: where memory runs out, these go first. */
	if (job->spare && !job->killed_for)
		job->spare->not_before_us = ce__clock_us() + RETRY_US;
}
