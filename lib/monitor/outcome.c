/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Decides how a stage ended. The rule: a limit is the outcome only if we killed for it, or the kernel's counter of it moved
 * and the program died of it; limits that merely answered EAGAIN, ENOSPC or EFBIG are listed, and become the outcome only
 * if the program then failed. */
#include "monitor/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#define WORK_INODES 4 /* of every cell's tmpfs before it holds a file: its root, work, tmp, shm */

/* Which of the limits of its tmpfs are reached. */
static uint64_t read_disk(const struct ce_job *job, struct ce_account *account)
{
	struct statfs st;

	if (job->work_fd < 0 || fstatfs(job->work_fd, &st) < 0)
		return 0;
	account->disk_bytes = (uint64_t)(st.f_blocks - st.f_bfree) * (uint64_t)st.f_bsize;
	account->disk_inodes = (uint64_t)(st.f_files - st.f_ffree);
	return (st.f_bfree == 0 ? CE_LIMIT_DISK : 0) | (st.f_ffree == 0 ? CE_LIMIT_INODES : 0);
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void fill_account(const struct ce_supervisor *s, const struct ce_job *job, const struct ce_cell_usage *usage,
			 struct ce_stage_end *end)
{
	const struct ce_cell_record *e = &job->ended;
	const struct ce_park_message *b = &job->before; /* zeros unless it was started ahead */
	struct ce_account *a = &end->account;
	bool exited = e->kind == CE_RECORD_EXITED;
	uint64_t now = ce__clock_us();

	a->size = sizeof(*a);
	if (job->started.kind)
		a->wall_time_us = (exited && e->clock_us >= job->started.clock_us ? e->clock_us : now) - job->started.clock_us;
	a->cpu_time_us = usage->cpu_us;
	a->memory_peak_bytes = usage->memory_peak_bytes;
	a->memory_anon_bytes = usage->anon_bytes ? usage->anon_bytes : job->usage.anon_bytes;
	a->memory_file_bytes = usage->file_bytes ? usage->file_bytes : job->usage.file_bytes;
	a->memory_shmem_bytes = usage->shmem_bytes ? usage->shmem_bytes : job->usage.shmem_bytes;
	a->tasks_peak = usage->tasks_peak;
	a->flags |= (usage->has_split || job->usage.has_split ? CE_ACCOUNT_SPLIT_SAMPLED : 0) | (job->warm ? CE_ACCOUNT_WARM : 0);
	if (exited) {
		a->user_time_us = since(e->user_us, b->user_us);
		a->system_time_us = since(e->system_us, b->system_us);
		a->max_rss_bytes = e->max_rss_bytes;
		a->minor_faults = since(e->minor_faults, b->minor_faults);
		a->major_faults = since(e->major_faults, b->major_faults);
		a->voluntary_switches = since(e->voluntary_switches, b->voluntary_switches);
		a->involuntary_switches = since(e->involuntary_switches, b->involuntary_switches);
		a->blocks_read = since(e->blocks_read, b->blocks_read);
		a->blocks_written = since(e->blocks_written, b->blocks_written);
	}
	if (a->cpu_time_us < a->user_time_us + a->system_time_us)
		a->cpu_time_us = a->user_time_us + a->system_time_us;
	if (!a->tasks_peak) {
		a->flags |= CE_ACCOUNT_TASKS_SAMPLED;
		a->tasks_peak = job->tasks_peak ? job->tasks_peak : (job->started.kind ? 1 : 0);
	}
	if (!a->memory_peak_bytes || s->limits_info.protections == 0) {
		a->flags |= CE_ACCOUNT_MEMORY_IS_RSS;
		a->memory_peak_bytes = a->max_rss_bytes > job->rss_peak ? a->max_rss_bytes : job->rss_peak;
	}
}

bool ce__outcome_files_do_not_fit(const struct ce_job *job)
{
	const struct ce_cell_record *e = &job->ended;
	struct ce_account account;

	/* The kernel has other reasons to say so: with room left, it is no limit of the program's. */
	return e->kind == CE_RECORD_FAILED && e->os_error == ENOSPC && (!strcmp(e->step, "files") || !strcmp(e->step, "artifacts")) &&
	       read_disk(job, &account) != 0;
}

/* The program ended by itself, badly. */
static ce_outcome judge_failure(const struct ce_job *job, const struct ce_cell_usage *usage, int signal,
				const struct ce_stage_end *end)
{
	(void)job;
	if (usage->oom_kills)
		return CE_OUTCOME_MEMORY_LIMIT;
	if (end->limits_hit & CE_LIMIT_CPU_TIME)
		return CE_OUTCOME_TIMEOUT;
	if (signal == SIGXFSZ || (end->limits_hit & CE_LIMIT_FILE_SIZE))
		return CE_OUTCOME_FILE_SIZE_LIMIT;
	if (end->limits_hit & CE_LIMIT_PROCESSES)
		return CE_OUTCOME_PROCESS_LIMIT;
	if (end->limits_hit & (CE_LIMIT_DISK | CE_LIMIT_INODES))
		return CE_OUTCOME_DISK_LIMIT;
	return CE_OUTCOME_ERROR;
}

static void note_limits(const struct ce_job *job, const struct ce_cell_usage *usage, int signal,
			struct ce_stage_end *end)
{
	const struct ce_plan_stage *stage = &job->plan->stages[job->stage];

	end->limits_hit |= job->limits_hit;
	if (usage->oom_kills)
		end->limits_hit |= CE_LIMIT_MEMORY;
	if (usage->task_hits)
		end->limits_hit |= CE_LIMIT_PROCESSES;
	/* What RLIMIT_CPU sends; a program that sends it to itself, or lowers its own limit, has not met ours. */
	if ((signal == SIGXCPU || signal == SIGKILL) && end->account.cpu_time_us >= stage->cpu_time_us)
		end->limits_hit |= CE_LIMIT_CPU_TIME;
	if (signal == SIGXFSZ)
		end->limits_hit |= CE_LIMIT_FILE_SIZE;
	/* The kernel counts no EFBIG: a file of just that size tells. Not worth a look if the program made no file. */
	else if (end->account.disk_inodes > WORK_INODES + job->plan->file_count)
		end->limits_hit |= ce__outputs_file_at_limit(job->work_fd, stage->file_size_bytes);
}

/* The program is not one: what its name leads to cannot be executed. As a shell would say it. Or what it was to be given
 * does not fit into its cell. */
static void judge_unexecutable(const struct ce_job *job, struct ce_stage_end *end)
{
	if (ce__outcome_files_do_not_fit(job)) {
		end->outcome = CE_OUTCOME_DISK_LIMIT;
		snprintf(end->message, sizeof(end->message), "not started: %.100s does not fit into its disk space",
			 job->ended.path);
		return;
	}
	end->outcome = CE_OUTCOME_ERROR;
	end->exit_code = job->ended.os_error == ENOENT ? 127 : 126;
	snprintf(end->message, sizeof(end->message), "cannot execute %.120s: %s", job->ended.path,
		 strerrordesc_np((int)job->ended.os_error) ? strerrordesc_np((int)job->ended.os_error) : "unknown error");
}

static void describe(struct ce_stage_end *end)
{
	static const char *const texts[] = {
		[CE_OUTCOME_SUCCESS] = "ended with exit status 0",
		[CE_OUTCOME_TIMEOUT] = "killed: its time was up",
		[CE_OUTCOME_MEMORY_LIMIT] = "killed: it needed more memory than its limit",
		[CE_OUTCOME_OUTPUT_LIMIT] = "killed: it wrote more output than its limit",
		[CE_OUTCOME_DISK_LIMIT] = "failed after its disk space was used up",
		[CE_OUTCOME_PROCESS_LIMIT] = "failed after a process or thread was refused by its limit",
		[CE_OUTCOME_FILE_SIZE_LIMIT] = "failed after a file reached its size limit",
		[CE_OUTCOME_CANCELLED] = "cancelled",
		[CE_OUTCOME_SYSTEM_ERROR] = "the cell could not be set up in time",
	};

	if (end->message[0])
		return;
	if (end->outcome == CE_OUTCOME_TIMEOUT)
		snprintf(end->message, sizeof(end->message), "killed: its %s time was up",
			 end->limits_hit & CE_LIMIT_CPU_TIME ? "CPU" : "wall");
	else if (end->outcome == CE_OUTCOME_ERROR && end->signal)
		snprintf(end->message, sizeof(end->message), "ended by signal %d (SIG%s)", (int)end->signal,
			 sigabbrev_np((int)end->signal) ? sigabbrev_np((int)end->signal) : "?");
	else if (end->outcome == CE_OUTCOME_ERROR)
		snprintf(end->message, sizeof(end->message), "ended with exit status %d", (int)end->exit_code);
	else if (end->outcome < CE_ARRAY_SIZE(texts) && texts[end->outcome])
		snprintf(end->message, sizeof(end->message), "%s", texts[end->outcome]);
}

void ce__outcome_decide(struct ce_supervisor *s, struct ce_job *job, const struct ce_cell_usage *usage,
			struct ce_stage_end *end)
{
	bool exited = job->ended.kind == CE_RECORD_EXITED;
	int status = (int)job->ended.status;

	memset(end, 0, sizeof(*end));
	end->type = CE_MSG_STAGE_ENDED;
	end->stage = job->plan->stages[job->stage].stage;
	end->exit_code = exited && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	end->signal = exited ? (WIFSIGNALED(status) ? WTERMSIG(status) : 0) : SIGKILL;
	end->host_uid = job->slot->program_uid;
	end->protections = job->started.protections |
			   (s->limits_info.protections & ~job->plan->disable);
	fill_account(s, job, usage, end);
	end->limits_hit |= read_disk(job, &end->account);
	/* Whoever looked, and when: what its files take is in it. */
	if (end->account.memory_shmem_bytes < end->account.disk_bytes)
		end->account.memory_shmem_bytes = end->account.disk_bytes;
	note_limits(job, usage, (int)end->signal, end);
	if (job->killed_for) {
		end->outcome = job->killed_for;
		/* It may have ended by itself in the same moment: then that is what happened. */
		if (exited && end->exit_code == 0 && job->killed_for != CE_OUTCOME_CANCELLED)
			end->outcome = CE_OUTCOME_SUCCESS;
	} else if (job->ended.kind == CE_RECORD_FAILED) {
		end->signal = 0;
		judge_unexecutable(job, end);
	} else if (!exited) {
		end->outcome = usage->oom_kills ? CE_OUTCOME_MEMORY_LIMIT : CE_OUTCOME_SYSTEM_ERROR;
		if (!usage->oom_kills)
			snprintf(end->message, sizeof(end->message), "the cell's init was killed from outside");
	} else if (!job->started.kind) {
		end->outcome = CE_OUTCOME_SYSTEM_ERROR;
		snprintf(end->message, sizeof(end->message), "the cell ended before its program was started");
	} else if (end->exit_code == 0) {
		end->outcome = CE_OUTCOME_SUCCESS;
	} else {
		end->outcome = judge_failure(job, usage, (int)end->signal, end);
	}
	describe(end);
}
