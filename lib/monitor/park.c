/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Processes that are started ahead: an interpreter in an ordinary cell of its own, which waits where it would first look at
 * its program. A request of the same shape gets it, once: its files are put in place and its streams handed over. Nothing
 * is shared by two executions, and what a request could set differently makes another shape. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "monitor/shape.h"

#define PARKED_MAX 64
#define FAILURES_MAX 2
#define USES_FOR_ZYGOTE 4
#define BYTES_GUESS (UINT64_C(16) << 20)
#define FILES_MAX_BYTES (UINT64_C(1) << 20) /* more is for init to write: this is the supervisor's one thread */
#define YOUNG_US 3000			    /* what has just begun may be over soon: it goes first */
#define FORGOTTEN_US UINT64_C(600000000)

size_t ce__park_most(const struct ce_supervisor *s)
{
	return s->hello.warm_memory_bytes == 0 ? 0 : ce__setup_slots_beside(s, s->hello.max_concurrent, PARKED_MAX);
}

/* ---- handing over ---- */

static uint64_t size_of_files(const struct ce_plan *plan)
{
	const struct ce_plan_file *files = ce__plan_at(plan, plan->files);
	uint64_t sum = 0;

	for (uint64_t i = 0; i < plan->file_count; i++)
		sum += files[i].data.size;
	return sum;
}

static struct ce_job *find_parked(const struct ce_supervisor *s, const struct ce_shape *shape)
{
	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->shape == shape && job->state == CE_JOB_PARKED && !job->taker)
			return job;
	return NULL;
}

/* Nothing but the interpreter's own start has run in that cell: its work directory is as it was made. */
static int put_files(const struct ce_supervisor *s, const struct ce_job *job, const struct ce_job *parked)
{
	CE_CLEANUP_FD int work = openat(parked->work_fd, "work", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	const char *path;

	if (work < 0)
		return -errno;
	return ce__files_put(work, job->plan, s->rootless ? 0 : parked->slot->program_uid, &path);
}

/* From here on the cell is the request's. */
static void move_cell(struct ce_supervisor *s, struct ce_job *job, struct ce_job *parked)
{
	ce__stage_move_cell(s, job, parked);
	job->nest = parked->nest;
	parked->nest = NULL;
	job->started = parked->started;
	job->started.clock_us = ce__clock_us();
	job->before = parked->before;
	job->warm = true;
	ce__supervisor_watch_end_only(s, job->report_fd, &job->report_source);
	for (size_t i = 0; i < 3; i++)
		ce__base_close(&job->stdio[0][i]);
}

/* It may have been killed a moment ago. A dying init closes its end of the pipe long before its end can be seen by its pidfd. */
static bool is_alive(const struct ce_job *parked)
{
	const struct ce_job *nest = parked->nest;
	struct pollfd fds[] = {
		{ .fd = parked->pidfd, .events = POLLIN },
		{ .fd = parked->report_fd, .events = POLLIN },
		/* with a zygote ends all that is below it */
		{ .fd = nest ? nest->pidfd : -1, .events = POLLIN },
		{ .fd = nest ? nest->report_fd : -1, .events = POLLIN },
		{ .fd = nest ? nest->park_fd : -1, .events = POLLIN },
	};

	return (!nest || nest->state == CE_JOB_ZYGOTE) && poll(fds, CE_ARRAY_SIZE(fds), 0) == 0;
}

/* What it has used, told anew: it had something to do while it waited. */
static void take_news(struct ce_job *parked)
{
	struct ce_park_message message;

	while (parked->park_fd >= 0 && recv(parked->park_fd, &message, sizeof(message), MSG_DONTWAIT) == (ssize_t)sizeof(message))
		parked->before = message;
}

static bool hand_over(struct ce_supervisor *s, struct ce_job *job, struct ce_job *parked)
{
	const struct ce_park_go go = { .cpu_seconds = ce__cell_cpu_seconds(job->plan->stages[0].cpu_time_us) };
	struct ce_cell_usage usage;
	struct ce_failure ignored;

	take_news(parked);
	if (!is_alive(parked) || put_files(s, job, parked) || ce__prepare_streams(s, job, parked->slot->program_uid, &ignored) ||
	    ce__limits_cell_sample(s->limits, &parked->limits, CE_SAMPLE_CPU, &usage) < 0 ||
	    ce__message_send(parked->park_fd, &go, sizeof(go), NULL, 0, job->stdio[0], 3)) {
		/* Whatever it is, a cell made afresh does not have it, or says what it is. */
		ce__stage_kill(s, parked, CE_OUTCOME_CANCELLED, 0);
		return false;
	}
	job->cpu_before_us = usage.cpu_us;
	move_cell(s, job, parked);
	return true;
}

/* From the hand-over on it is the request's. */
static void begin(struct ce_supervisor *s, struct ce_job *job)
{
	ce__counters_add(&s->counters->hits, 1);
	job->state = CE_JOB_RUNNING;
	ce__watch_begin(s, job);
	ce__stage_tell_started(job);
}

static struct ce_job *launch(struct ce_supervisor *s, struct ce_shape *shape);

/* There is none, but a zygote makes one in a tenth of the time that an interpreter takes to start. */
static bool fork_for(struct ce_supervisor *s, struct ce_job *job, struct ce_shape *shape)
{
	struct ce_job *zygote = ce__zygote_wanted(shape) ? ce__zygote_find(s, shape) : NULL, *child;

	if (!zygote || zygote->state != CE_JOB_ZYGOTE)
		return false;
	job->state = CE_JOB_AWAITING;
	child = launch(s, shape);
	if (child && child->state == CE_JOB_SETUP) {
		child->taker = job;
		return true;
	}
	job->state = CE_JOB_SETUP;
	return false;
}

/* No warm start for it: it goes the other way. */
static void go_cold(struct ce_supervisor *s, struct ce_job *job)
{
	ce__counters_add(&s->counters->misses, 1);
	job->cold = true;
	ce__stage_start(s, job);
}

void ce__park_forget_taker(struct ce_supervisor *s, const struct ce_job *job)
{
	for (struct ce_job *other = s->jobs; other; other = other->next)
		if (other->taker == job)
			other->taker = NULL;
}

bool ce__park_take(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_shape *shape;
	struct ce_job *parked;

	if (job->shape || ce__park_most(s) == 0 || !(job->plan->stages[job->stage].flags & CE_PLAN_STAGE_PARK) ||
	    size_of_files(job->plan) > FILES_MAX_BYTES)
		return false;
	shape = ce__shape_find(s, job->plan);
	if (!shape)
		return false;
	parked = find_parked(s, shape);
	/* The first of a shape may be the last: only one that comes again is worth a process. */
	if (!parked && shape->uses > 0 && shape->wanted < shape->plan->stages[0].warm_max)
		shape->wanted = shape->wanted ? shape->wanted + 1 : shape->plan->stages[0].warm_min;
	shape->uses++;
	shape->used_us = ce__clock_us();
	if (parked ? hand_over(s, job, parked) : fork_for(s, job, shape)) {
		if (parked)
			begin(s, job);
		return true;
	}
	ce__counters_add(&s->counters->misses, 1);
	return false;
}

/* ---- starting ahead ---- */

static int open_pipes(struct ce_job *job)
{
	for (size_t i = 0; i < 3; i++) {
		int pair[2];

		if (pipe2(pair, O_CLOEXEC) < 0)
			return -errno;
		job->stdio[0][i] = pair[i ? 1 : 0];
		job->park_pipes[i] = pair[i ? 0 : 1];
	}
	return 0;
}

/* A zygote lives under its children's limits but for what their making takes: time, the father and the child, an order's
 * descriptors, page tables. */
static void give_room(struct ce_plan_stage *stage)
{
	stage->cpu_time_us = UINT64_MAX;
	stage->processes += 8;
	stage->open_files = stage->open_files < 64 ? 64 : stage->open_files;
	if (stage->memory_bytes < UINT64_MAX / 2)
		stage->memory_bytes += UINT64_C(32) << 20;
}

/* One of `shape`, or what it takes to have one: its zygote. NULL: there is no room. */
static struct ce_job *launch(struct ce_supervisor *s, struct ce_shape *shape)
{
	struct ce_job *job = ce__job_new_in_slot(s);

	if (!job)
		return NULL;
	job->shape = shape;
	if (ce__zygote_wanted(shape)) {
		job->zygote = job->nest = ce__zygote_find(s, shape);
		job->is_zygote = !job->zygote;
		if (job->zygote)
			ce__zygote_count_use(job->zygote);
	}
	job->launched_us = ce__clock_us();
	job->plan = ce__shape_copy_plan(shape->plan, shape->plan_size);
	job->plan_size = shape->plan_size;
	if (!job->plan || open_pipes(job)) {
		ce__park_lost(s, job, NULL);
		job->state = CE_JOB_DONE;
		return NULL;
	}
	if (job->is_zygote)
		give_room(&job->plan->stages[0]);
	ce__stage_start(s, job);
	return job;
}

static uint64_t bytes_of(const struct ce_shape *shape)
{
	return shape->bytes ? shape->bytes : BYTES_GUESS;
}

/* Makes room for one of `shape`, if another has been of no use for longer. */
static void evict(struct ce_supervisor *s, const struct ce_shape *shape)
{
	struct ce_job *victim = NULL;

	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->shape && job->shape != shape && job->state == CE_JOB_PARKED &&
		    job->shape->used_us < (victim ? victim->shape->used_us : shape->used_us))
			victim = job;
	if (victim) {
		ce__stage_kill(s, victim, CE_OUTCOME_CANCELLED, 0);
		return;
	}
	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->shape && job->shape != shape && job->state == CE_JOB_ZYGOTE && !job->retired &&
		    job->shape->used_us < (victim ? victim->shape->used_us : shape->used_us))
			victim = job;
	if (victim)
		ce__zygote_retire(victim);
}

static struct ce_shape *next_wanted(struct ce_supervisor *s, uint64_t now)
{
	struct ce_shape *best = NULL;

	for (struct ce_shape *shape = s->shapes; shape; shape = shape->next) {
		size_t have = 0;

		if (shape->failures >= FAILURES_MAX || (!shape->pinned && now - shape->used_us > FORGOTTEN_US))
			continue;
		for (const struct ce_job *job = s->jobs; job; job = job->next)
			have += job->shape == shape && job->state == CE_JOB_PARKED;
		if (have < shape->wanted && (!best || shape->used_us > best->used_us))
			best = shape;
	}
	return best;
}

/* What waits, counted anew in each turn, for us and for those who ask. */
struct waiting {
	uint64_t bytes, parked, zygotes;
};

static struct waiting count_waiting(struct ce_supervisor *s)
{
	struct waiting w = { 0, 0, 0 };

	for (const struct ce_job *job = s->jobs; job; job = job->next) {
		if (job->state != CE_JOB_PARKED && job->state != CE_JOB_ZYGOTE)
			continue;
		w.parked += job->state == CE_JOB_PARKED;
		w.zygotes += job->state == CE_JOB_ZYGOTE;
		w.bytes += job->zygote_bytes ? job->zygote_bytes : bytes_of(job->shape);
	}
	ce__counters_set(&s->counters->waiting, w.parked);
	ce__counters_set(&s->counters->zygotes, w.zygotes);
	ce__counters_set(&s->counters->bytes, w.bytes);
	return w;
}

/* A shape that comes again and again and has no zygote yet. That one start is worth it however busy the machine is: all that come
 * after it are made for a tenth. */
static struct ce_shape *next_without_zygote(const struct ce_supervisor *s, uint64_t now)
{
	for (struct ce_shape *shape = s->shapes; shape; shape = shape->next)
		if (shape->uses >= USES_FOR_ZYGOTE && shape->wanted && now - shape->used_us <= FORGOTTEN_US &&
		    shape->failures < FAILURES_MAX && ce__zygote_wanted(shape) && !ce__zygote_find(s, shape))
			return shape;
	return NULL;
}

bool ce__park_refill(struct ce_supervisor *s)
{
	uint64_t now, active = 0;
	struct ce_shape *shape;
	struct waiting w;

	if (!s->shapes || s->stopping)
		return false;
	ce__zygote_end_retired(s);
	w = count_waiting(s);
	if (w.parked + w.zygotes >= ce__park_most(s))
		return false;
	now = ce__clock_us();
	shape = next_without_zygote(s, now);
	if (shape && w.bytes + bytes_of(shape) <= s->hello.warm_memory_bytes) {
		shape->uses = 0; /* if it ends, or cannot begin, not again at once */
		launch(s, shape);
		return false;
	}
	for (const struct ce_job *job = s->jobs; job; job = job->next) {
		if (ce__job_is_awaited(job) || (job->state == CE_JOB_RUNNING && now - job->started_us < YOUNG_US))
			return false; /* one at a time, and after what somebody waits for */
		active += job->state == CE_JOB_RUNNING;
	}
	shape = active < s->processors ? next_wanted(s, now) : NULL;
	if (!shape)
		return false;
	if (w.bytes + bytes_of(shape) > s->hello.warm_memory_bytes)
		evict(s, shape);
	else
		launch(s, shape);
	return false; /* what ended at once has nobody who waits for its slot */
}

/* Tells those who asked for a process of this shape. */
static void answer(struct ce_supervisor *s, struct ce_shape *shape, const struct ce_failure *failure)
{
	struct ce_finished finished = { .type = CE_MSG_FINISHED, .failure = *failure };

	for (struct ce_job *job = s->jobs; job; job = job->next)
		if (job->state == CE_JOB_PREWARM && ce__shape_find(s, job->plan) == shape)
			ce__job_finish(s, job, &finished);
}

static void count_started(struct ce_supervisor *s, struct ce_job *job)
{
	job->was_ready = true;
	ce__counters_add(&s->counters->started, 1);
	ce__counters_add(&s->counters->start_us, ce__clock_us() - job->launched_us);
}

static void give_to_taker(struct ce_supervisor *s, struct ce_job *child)
{
	struct ce_job *job = child->taker;

	child->taker = NULL;
	if (hand_over(s, job, child))
		begin(s, job);
	else
		go_cold(s, job);
}

void ce__park_on_message(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_park_message message;
	struct ce_failure none = { 0 };
	struct ce_cell_usage usage;
	int said[2] = { 0, 0 };
	ssize_t n;

	if (job->park_fd < 0)
		return;
	if (job->state == CE_JOB_ZYGOTE) {
		uint64_t error;
		ssize_t size = recv(job->park_fd, &error, sizeof(error), MSG_DONTWAIT);

		if (size < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (size > 0) {
			ce__zygote_failed(s, job);
			return;
		}
		ce__supervisor_drop_fd(s, &job->park_fd); /* it has ended, or is about to */
		ce__stage_kill(s, job, CE_OUTCOME_SYSTEM_ERROR, 0);
		return;
	}
	n = recv(job->park_fd, &message, sizeof(message), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == (ssize_t)sizeof(message))
		job->before = message;
	if (n == (ssize_t)sizeof(message) && job->state == CE_JOB_PARKED)
		return; /* what it did while it waited */
	if (job->state == CE_JOB_SETUP)
		ce__stage_on_report(s, job); /* it lies in the pipe already */
	if (n <= 0) { /* it ends, and that is told elsewhere */
		ce__supervisor_drop_fd(s, &job->park_fd);
		return;
	}
	/* An interpreter that speaks while it starts would be missed by nobody but its user: such a one starts with its
	 * program. */
	if (n != (ssize_t)sizeof(message) || job->state != CE_JOB_PARKING || ioctl(job->park_pipes[1], FIONREAD, &said[0]) < 0 ||
	    ioctl(job->park_pipes[2], FIONREAD, &said[1]) < 0 || said[0] || said[1]) {
		job->shape->failures = FAILURES_MAX;
		ce__supervisor_drop_fd(s, &job->park_fd);
		if (job->pidfd >= 0)
			ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
		return;
	}
	if (job->is_zygote) {
		count_started(s, job);
		ce__zygote_ready(s, job);
		return;
	}
	job->zygote = NULL;
	job->state = CE_JOB_PARKED;
	count_started(s, job);
	job->shape->failures = 0;
	/* One that a request waits for has not all of its memory yet. */
	if (ce__limits_cell_sample(s->limits, &job->limits, CE_SAMPLE_NOW, &usage) == 0 && (!job->taker || usage.memory_bytes > job->shape->bytes))
		job->shape->bytes = usage.memory_bytes;
	ce__watch_begin(s, job);
	answer(s, job->shape, &none);
	if (job->taker)
		give_to_taker(s, job);
}

void ce__park_prewarm(struct ce_supervisor *s, struct ce_job *job)
{
	struct ce_finished finished = { .type = CE_MSG_FINISHED };
	struct ce_shape *shape = ce__park_most(s) ? ce__shape_find(s, job->plan) : NULL;
	bool fits = shape && bytes_of(shape) <= s->hello.warm_memory_bytes;

	if (fits && shape->failures < FAILURES_MAX) {
		shape->pinned = true;
		shape->used_us = ce__clock_us();
		shape->wanted = shape->wanted ? shape->wanted : 1;
		if (!find_parked(s, shape)) {
			job->state = CE_JOB_PREWARM;
			return;
		}
	} else {
		ce__failure_set(&finished.failure, CE_ERR_UNSUPPORTED, 0, "prewarm", "%s",
				fits ? "its interpreter does not wait for its program" :
					"nothing may be started ahead: warm_memory_bytes is too small");
	}
	ce__job_finish(s, job, &finished);
}

void ce__park_failed(struct ce_supervisor *s, const struct ce_job *job)
{
	struct ce_shape *shape = job->shape;

	if (++shape->failures < FAILURES_MAX || !(job->setup.adopt || job->is_zygote))
		return;
	shape->failures = 0; /* it may be parked still */
	ce__zygote_give_up(s, shape);
}

void ce__park_lost(struct ce_supervisor *s, struct ce_job *job, const struct ce_failure *failure)
{
	struct ce_shape *shape = job->shape;
	struct ce_failure unknown = { 0 };

	if (!shape)
		return;
	ce__counters_add(&s->counters->ended, 1);
	if (job->is_zygote)
		ce__zygote_barren(s, job);
	if (job->taker) {
		struct ce_job *taker = job->taker;

		job->taker = NULL;
		go_cold(s, taker);
	}
	if (job->killed_for) {
		/* of old age, or for another: fewer will do */
		shape->wanted -= !job->is_zygote && shape->wanted > shape->plan->stages[0].warm_min;
	} else if (!job->was_ready) { /* one that was has been killed by somebody, or with the zygote above it */
		ce__park_failed(s, job);
	}
	if (shape->failures < FAILURES_MAX)
		return;
	ce__failure_set(&unknown, CE_ERR_UNSUPPORTED, 0, "prewarm", "its interpreter did not come to where it opens its program");
	answer(s, shape, failure ? failure : &unknown);
}
