/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The life of one execution in the supervisor: received, queued, started when a slot is free, finished, freed. */
#include "monitor/supervisor.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define RECEIVE_ERRORS_MAX 16
#define START_TURNS 16

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ce__base_close(&fds[i]);
}

/* Where plans that come in the message lie: no cell but its own inherits one, so others' programs and inputs stay unseen. A mapping
 * for each is four system calls and two page faults of a short execution's time, so some are kept, empty. */
static void *take_room(struct ce_supervisor *s)
{
	void *room;

	if (s->plan_room_count > 0)
		return s->plan_rooms[--s->plan_room_count];
	room = mmap(NULL, CE_PLAN_INLINE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return NULL;
	if (madvise(room, CE_PLAN_INLINE_BYTES, MADV_DONTFORK) < 0) {
		munmap(room, CE_PLAN_INLINE_BYTES);
		return NULL;
	}
	return room;
}

static void free_plan(struct ce_supervisor *s, struct ce_job *job)
{
	if (!job->plan)
		return;
	if (!job->plan_in_room) {
		munmap(job->plan, job->plan_size);
	} else if (s->plan_room_count < CE_PLAN_ROOMS) {
		explicit_bzero(job->plan, job->plan_size);
		s->plan_rooms[s->plan_room_count++] = job->plan;
	} else {
		munmap(job->plan, CE_PLAN_INLINE_BYTES);
	}
}

static void free_job(struct ce_supervisor *s, struct ce_job *job)
{
	ce__supervisor_drop_fd(s, &job->socket);
	for (size_t i = 0; i < CE_PLAN_MAX_STAGES; i++)
		close_all(job->stdio[i], 3);
	ce__supervisor_drop_fd(s, &job->pidfd);
	ce__supervisor_drop_fd(s, &job->report_fd);
	ce__supervisor_drop_fd(s, &job->park_fd);
	ce__base_close(&job->spare_fd);
	ce__base_close(&job->plan_fd);
	close_all(job->park_pipes, 3);
	ce__base_close(&job->user_fd);
	ce__base_close(&job->pid_fd);
	ce__base_close(&job->setup.report_fd);
	ce__base_close(&job->setup.park_fd);
	ce__base_close(&job->setup.spare_fd);
	ce__base_close(&job->lifeline_fd);
	ce__base_close(&job->work_fd);
	ce__base_close(&job->artifacts_fd);
	ce__trace_free(job);
	ce__base_close(&job->compiled_fd);
	free(job->setup.argv);
	free(job->setup.env);
	free_plan(s, job);
	free(job);
}

struct ce_job *ce__job_new(struct ce_supervisor *s)
{
	struct ce_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->socket = job->pidfd = job->report_fd = job->lifeline_fd = job->work_fd = job->artifacts_fd = -1;
	job->park_fd = job->spare_fd = job->plan_fd = job->compiled_fd = job->user_fd = job->pid_fd = -1;
	job->setup.report_fd = job->setup.park_fd = job->setup.spare_fd = job->setup.lifeline_fd = -1;
	for (size_t i = 0; i < 3; i++)
		job->park_pipes[i] = -1;
	for (size_t i = 0; i < CE_PLAN_MAX_STAGES; i++)
		for (size_t k = 0; k < 3; k++)
			job->stdio[i][k] = -1;
	job->socket_source = (struct ce_source){ CE_SOURCE_SOCKET, job };
	job->pidfd_source = (struct ce_source){ CE_SOURCE_PIDFD, job };
	job->report_source = (struct ce_source){ CE_SOURCE_REPORT, job };
	job->park_source = (struct ce_source){ CE_SOURCE_PARK, job };
	job->link = s->jobs_end;
	*s->jobs_end = job;
	s->jobs_end = &job->next;
	s->job_count++;
	return job;
}

static struct ce_slot *free_slot(const struct ce_supervisor *s)
{
	for (size_t i = 0; i < s->slot_count; i++)
		if (!s->slots[i].busy)
			return &s->slots[i];
	return NULL;
}

static void take_slot(struct ce_job *job, struct ce_slot *slot)
{
	slot->busy = true;
	job->slot = slot;
}

struct ce_job *ce__job_new_in_slot(struct ce_supervisor *s)
{
	struct ce_slot *slot = free_slot(s);
	struct ce_job *job = slot ? ce__job_new(s) : NULL;

	if (job)
		take_slot(job, slot);
	return job;
}

int ce__job_send(struct ce_job *job, const void *message, size_t size, const int *fds, size_t fd_count)
{
	if (job->socket < 0)
		return -EPIPE;
	return ce__message_send(job->socket, message, size, NULL, 0, fds, fd_count);
}

/* Nobody can change it any more, the library included. */
static bool is_sealed(int memfd)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int found = memfd < 0 ? -1 : fcntl(memfd, F_GET_SEALS);

	return found >= 0 && (found & seals) == seals;
}

static int copy_plan(struct ce_supervisor *s, struct ce_job *job, const void *inline_plan, size_t size)
{
	job->plan = take_room(s);
	if (!job->plan)
		return -ENOMEM;
	job->plan_in_room = true;
	job->plan_size = size;
	memcpy(job->plan, inline_plan, size);
	return 0;
}

static int map_plan(struct ce_job *job, int *memfd)
{
	struct stat st;
	void *p;

	if (!is_sealed(*memfd) || fstat(*memfd, &st) < 0 || st.st_size <= 0 || (uint64_t)st.st_size > CE_PLAN_MAX_BYTES)
		return -EINVAL;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, *memfd, 0);
	if (p == MAP_FAILED)
		return -errno;
	job->plan = p;
	job->plan_size = (size_t)st.st_size;
	job->plan_fd = ce__steal_fd(memfd);
	return madvise(p, job->plan_size, MADV_DONTFORK) < 0 ? -errno : 0;
}

/* Takes descriptors and plan out of a START message. */
static int fill_job(struct ce_supervisor *s, struct ce_job *job, const struct ce_start *start, const char *inline_plan, int *fds, size_t count,
		    struct ce_failure *failure)
{
	size_t stages = start->stage_count, wanted = 4;
	int r;

	wanted += stages == 2 ? 2 : 0;
	wanted += start->inline_size ? 0 : 1;
	wanted += start->compiled ? 1 : 0;
	if (stages < 1 || stages > CE_PLAN_MAX_STAGES || start->compiled > 1 || count != wanted)
		return ce__failure_set(failure, CE_ERR_INVALID, 0, "start", "malformed start message");
	job->socket = ce__steal_fd(&fds[0]);
	for (size_t i = 0; i < 3; i++)
		job->stdio[stages - 1][i] = ce__steal_fd(&fds[1 + i]);
	if (stages == 2) {
		job->stdio[0][0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		job->stdio[0][1] = ce__steal_fd(&fds[4]);
		job->stdio[0][2] = ce__steal_fd(&fds[5]);
	}
	if (start->compiled)
		job->compiled_fd = ce__steal_fd(&fds[stages == 2 ? 6 : 4]);
	r = start->inline_size ? copy_plan(s, job, inline_plan, (size_t)start->inline_size) : map_plan(job, &fds[count - 1]);
	if (r)
		return ce__failure_set(failure, CE_ERR_OS, -r, "start", "cannot take the plan");
	r = ce__plan_check(job->plan, job->plan_size, failure);
	if (!r && (job->plan->stage_count != stages || !(job->plan->flags & CE_PLAN_COMPILED) != (job->compiled_fd < 0) ||
		   (job->compiled_fd >= 0 && !is_sealed(job->compiled_fd))))
		r = ce__failure_set(failure, CE_ERR_INVALID, 0, "start", "malformed start message");
	return r;
}

static void take_start(struct ce_supervisor *s, const char *message, size_t size, int *fds, size_t count)
{
	struct ce_failure failure = { 0 };
	struct ce_job *job;
	struct ce_start start;
	int r;

	if (size < sizeof(start))
		return;
	memcpy(&start, message, sizeof(start));
	if (start.type != CE_MSG_START || start.inline_size != size - sizeof(start))
		return;
	job = ce__job_new(s);
	if (!job)
		return;
	job->queued_us = ce__clock_us();
	r = fill_job(s, job, &start, message + sizeof(start), fds, count, &failure);
	if (!r && ce__supervisor_watch_fd(s, job->socket, &job->socket_source))
		r = ce__failure_set(&failure, CE_ERR_OS, errno, "start", "cannot watch the execution");
	if (r) {
		struct ce_finished finished = { .type = CE_MSG_FINISHED, .failure = failure };

		ce__job_finish(s, job, &finished);
	} else if (job->plan->flags & CE_PLAN_PARK) {
		ce__park_prewarm(s, job);
	} else {
		ce__trace_mark_at(job, "received", job->queued_us);
		ce__trace_mark(job, "plan-checked");
	}
}

/* False: there was none. */
static bool receive_one(struct ce_supervisor *s)
{
	static char buffer[sizeof(struct ce_start) + CE_PLAN_INLINE_BYTES + 8];
	int fds[CE_START_FDS_MAX];
	size_t count = CE_ARRAY_SIZE(fds);
	ssize_t n = ce__message_receive(s->control, buffer, sizeof(buffer), fds, &count, MSG_DONTWAIT);

	if (n == -EAGAIN || n == -EMSGSIZE)
		return n == -EMSGSIZE;
	/* An end is the host's. Something else may pass, and executions of others hang on it: it lies there still. */
	if (n == 0 || (n < 0 && ++s->receive_errors == RECEIVE_ERRORS_MAX))
		s->stopping = true;
	if (n <= 0)
		return false;
	s->receive_errors = 0;
	if (!s->stopping)
		take_start(s, buffer, (size_t)n, fds, count);
	close_all(fds, count);
	/* It held somebody's program: init must not inherit it. */
	explicit_bzero(buffer, (size_t)n);
	return true;
}

void ce__job_receive(struct ce_supervisor *s)
{
	/* Several in one turn of the loop, which looks at all jobs; but others want to be heard too. */
	for (int i = 0; i < START_TURNS && receive_one(s); i++)
		;
}

bool ce__job_admit(struct ce_supervisor *s)
{
	bool ended = false;
	size_t active = 0;

	if (s->stopping)
		return false;
	for (struct ce_job *job = s->jobs; job; job = job->next)
		active += job->slot && !ce__job_is_ahead(job) && job->state != CE_JOB_DONE && job->state != CE_JOB_ENDING;
	for (struct ce_job *job = s->jobs; job && active < s->hello.max_concurrent; job = job->next) {
		struct ce_slot *slot;

		if (job->state != CE_JOB_QUEUED)
			continue;
		slot = free_slot(s);
		if (!slot)
			return ended;
		take_slot(job, slot);
		ce__stage_start(s, job);
		ended = ended || job->state == CE_JOB_DONE;
		active += job->state != CE_JOB_DONE && job->state != CE_JOB_ENDING;
	}
	return ended;
}

/* Tells the library and lets go of everything but what is still dying. */
void ce__job_finish(struct ce_supervisor *s, struct ce_job *job, const struct ce_finished *finished)
{
	if (finished)
		ce__job_send(job, finished, sizeof(*finished), NULL, 0);
	ce__supervisor_drop_fd(s, &job->socket);
	if (job->state != CE_JOB_CLEANING && job->state != CE_JOB_ENDING)
		job->state = CE_JOB_DONE; /* its slot is free once it is freed itself */
}

static void cancel(struct ce_supervisor *s, struct ce_job *job)
{
	if (job->state == CE_JOB_QUEUED || job->state == CE_JOB_PREWARM || job->state == CE_JOB_AWAITING ||
	    (job->state == CE_JOB_CLEANING && job->resume)) {
		struct ce_finished finished = { .type = CE_MSG_FINISHED, .cancelled = 1 };

		job->resume = false;
		ce__park_forget_taker(s, job);
		ce__job_finish(s, job, &finished);
	} else if (job->state == CE_JOB_SETUP || job->state == CE_JOB_RUNNING || job->state == CE_JOB_PARKING ||
		   job->state == CE_JOB_PARKED || job->state == CE_JOB_ZYGOTE || job->state == CE_JOB_SPARE) {
		ce__stage_kill(s, job, CE_OUTCOME_CANCELLED, 0);
	}
}

void ce__job_on_socket(struct ce_supervisor *s, struct ce_job *job)
{
	uint64_t type[2];
	ssize_t n;

	if (job->socket < 0)
		return;
	n = ce__message_receive(job->socket, type, sizeof(type), NULL, NULL, MSG_DONTWAIT);
	if (n == -EAGAIN)
		return;
	if (n <= 0 && n != -EMSGSIZE) {
		/* The library let go of it, or died. */
		ce__supervisor_drop_fd(s, &job->socket);
		cancel(s, job);
	} else if (n >= (ssize_t)sizeof(type[0]) && type[0] == CE_MSG_CANCEL) {
		cancel(s, job);
	} else if (n >= (ssize_t)sizeof(type[0]) && type[0] == CE_MSG_OUTPUT_LIMIT) {
		if (job->state == CE_JOB_RUNNING || job->state == CE_JOB_SETUP)
			ce__stage_kill(s, job, CE_OUTCOME_OUTPUT_LIMIT, CE_LIMIT_OUTPUT);
	}
}

void ce__job_kill_all(struct ce_supervisor *s)
{
	for (struct ce_job *job = s->jobs; job; job = job->next)
		cancel(s, job);
}

void ce__job_sweep(struct ce_supervisor *s)
{
	struct ce_job **link = &s->jobs;

	while (*link) {
		struct ce_job *job = *link;

		if (job->state != CE_JOB_DONE) {
			link = &job->next;
			continue;
		}
		*link = job->next;
		s->job_count--;
		if (job->slot)
			job->slot->busy = false;
		free_job(s, job);
	}
	s->jobs_end = link;
}
