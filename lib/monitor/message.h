/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What crosses the sockets between library and supervisor. SOCK_SEQPACKET, so one send is one message; native
 * words, since both ends are of one build (the hello's version says so). */
#ifndef CE_MONITOR_MESSAGE_H
#define CE_MONITOR_MESSAGE_H

#include <codeexec/codeexec.h>
#include <linux/filter.h>

#include "base/base.h"
#include "plan/plan.h"

#define CE_MESSAGE_VERSION 2u
#define CE_CONTROL_FD 3		   /* the supervisor finds its control socket here */
#define CE_START_FDS_MAX 8
#define CE_BACKEND_NAME_BYTES 16
#define CE_HELLO_FILTER_MAX 320

enum ce_message_type {
	/* control socket, library to supervisor */
	CE_MSG_HELLO = 1,
	CE_MSG_START = 2,
	/* control socket, supervisor to library */
	CE_MSG_READY = 3,
	/* execution socket, library to supervisor */
	CE_MSG_CANCEL = 4,
	CE_MSG_OUTPUT_LIMIT = 5,
	/* execution socket, supervisor to library */
	CE_MSG_STAGE_STARTED = 6,
	CE_MSG_USAGE = 7,
	CE_MSG_STAGE_ENDED = 8,
	CE_MSG_FILES = 9, /* one memfd of struct ce_file_record comes with it */
	CE_MSG_FINISHED = 10,
	CE_MSG_TRACE = 11, /* only if the plan says CE_PLAN_TRACE */
	CE_MSG_ARTIFACTS = 20 /* of the compile stage, before its end is told; one memfd comes with it */
};

struct ce_hello {
	uint64_t type, version;
	uint64_t limits_flags; /* CE_LIMITS_* */
	uint64_t limits_required; /* CE_PROTECTION_*_LIMIT without which it shall not start */
	uint64_t max_concurrent;
	uint64_t fresh_slots; /* nothing is kept for the next cell, and nothing made ahead */
	uint64_t warm_memory_bytes; /* 0: nothing is started ahead */
	uint64_t uid_base, uid_count;
	uint64_t filter_count;	  /* 0: none is wanted */
	uint64_t filter_required; /* without it, it shall not start */
	struct sock_filter filter[CE_HELLO_FILTER_MAX]; /* the supervisor's own */
	char cgroup[1024]; /* "" : discover */
	char state_dir[256];
};

struct ce_ready {
	uint64_t type;
	struct ce_failure failure; /* code 0: it runs */
	uint64_t limits_protections;
	uint64_t rootless;
	char limits_backend[CE_BACKEND_NAME_BYTES];
	char limits_detail[512];
	char owner_path[384];
};

/* Followed by the plan's bytes if inline_size is not 0, else a memfd is the last descriptor. Descriptors: execution socket;
 * stdin, stdout, stderr of the run stage; stdout, stderr of the compile stage if there is one; what was compiled before, if
 * `compiled` is 1; memfd. */
struct ce_start {
	uint64_t type;
	uint64_t inline_size;
	uint64_t stage_count;
	uint64_t compiled;
};

struct ce_stage_message { /* CE_MSG_STAGE_STARTED, CE_MSG_USAGE */
	uint64_t type;
	uint64_t stage;
	struct ce_usage usage;
};

struct ce_stage_end { /* CE_MSG_STAGE_ENDED */
	uint64_t type;
	uint64_t stage;
	uint64_t outcome;     /* CE_OUTCOME_* of this stage; never CE_OUTCOME_COMPILATION_ERROR */
	uint64_t limits_hit;  /* CE_LIMIT_* */
	uint64_t protections; /* CE_PROTECTION_* observed */
	int64_t exit_code;    /* -1: none */
	int64_t signal;
	uint64_t host_uid;
	uint64_t last; /* 1: nothing follows and nothing failed, so that there is no CE_MSG_FINISHED */
	struct ce_account account;
	char message[200];
};

struct ce_finished {
	uint64_t type;
	struct ce_failure failure; /* code 0: the stages tell the outcome; CE_ERR_BUSY, CE_ERR_OS, ... */
	uint64_t cancelled;	   /* before anything ran */
	uint64_t probe_missing;	   /* CE_PLAN_PROBE: CE_PROTECTION_* that could not be had, and their errnos: */
	int64_t probe_errno[CE_PROTECTION_COUNT];
};

#define CE_TRACE_POINTS_MAX 64

struct ce_trace_point {
	char name[32]; /* "cell: " first if it was done there */
	uint64_t at_us; /* when it was done: CLOCK_MONOTONIC */
};

struct ce_trace_message { /* CE_MSG_TRACE */
	uint64_t type;
	uint64_t stage;
	uint64_t count;
	struct ce_trace_point points[CE_TRACE_POINTS_MAX];
};

#endif
