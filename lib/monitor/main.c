/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * codeexec-supervisor: started by the library, found on descriptor 3. One event loop, no threads, no plugin, no YAML. */
#include "monitor/supervisor.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

static int watch(struct ce_supervisor *s, int fd, uint32_t events, struct ce_source *source)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int ce__supervisor_watch_fd(struct ce_supervisor *s, int fd, struct ce_source *source)
{
	return watch(s, fd, EPOLLIN, source);
}

int ce__supervisor_watch_end(struct ce_supervisor *s, int fd, struct ce_source *source)
{
	return watch(s, fd, 0, source); /* EPOLLHUP comes unasked */
}

static void change(struct ce_supervisor *s, int fd, uint32_t events, struct ce_source *source)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	epoll_ctl(s->epoll, EPOLL_CTL_MOD, fd, &event);
}

void ce__supervisor_watch_instead(struct ce_supervisor *s, int fd, struct ce_source *source)
{
	change(s, fd, EPOLLIN, source);
}

void ce__supervisor_watch_end_only(struct ce_supervisor *s, int fd, struct ce_source *source)
{
	change(s, fd, 0, source);
}

void ce__supervisor_drop_fd(struct ce_supervisor *s, int *fd)
{
	if (*fd >= 0)
		epoll_ctl(s->epoll, EPOLL_CTL_DEL, *fd, NULL);
	ce__base_close(fd);
}

static void stop(struct ce_supervisor *s)
{
	/* Both stay readable from now on. */
	ce__supervisor_drop_fd(s, &s->control);
	ce__supervisor_drop_fd(s, &s->host_pidfd);
	ce__job_kill_all(s);
}

static void handle(struct ce_supervisor *s, const struct ce_source *source)
{
	if (source->job && source->job->state == CE_JOB_DONE)
		return; /* ended earlier in this turn */
	switch (source->type) {
	case CE_SOURCE_CONTROL:
		ce__job_receive(s);
		break;
	case CE_SOURCE_HOST:
		s->stopping = true;
		break;
	case CE_SOURCE_SOCKET:
		ce__job_on_socket(s, source->job);
		break;
	case CE_SOURCE_PIDFD:
		ce__stage_on_exit(s, source->job);
		break;
	case CE_SOURCE_REPORT:
		ce__stage_on_report(s, source->job);
		break;
	case CE_SOURCE_PARK:
		ce__park_on_message(s, source->job);
		break;
	}
}

static void loop(struct ce_supervisor *s)
{
	struct epoll_event events[64];

	while (!s->stopping || s->jobs) {
		/* What was made ahead at the end of the last turn may have led us astray: then nothing is waited for. */
		bool to_stop = s->stopping && s->host_pidfd >= 0;
		int n = epoll_wait(s->epoll, events, (int)CE_ARRAY_SIZE(events),
				   to_stop ? 0 : ce__spare_due(s, ce__network_due(s, ce__watch_due(s))));

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			s->busy_us = ce__clock_us();
		for (int i = 0; i < n; i++)
			handle(s, events[i].data.ptr);
		if (s->stopping)
			stop(s);
		ce__watch_run(s);
		/* What has ended gives its slot to who waits in this very turn: nothing else may wake us. */
		do
			ce__job_sweep(s);
		while (ce__job_admit(s) || ce__park_refill(s));
		ce__network_make_spare(s);
		ce__spare_make(s);
	}
}

static int send_ready(const struct ce_supervisor *s, const struct ce_failure *failure)
{
	struct ce_ready ready;

	memset(&ready, 0, sizeof(ready));
	ready.type = CE_MSG_READY;
	ready.failure = *failure;
	ready.rootless = s->rootless;
	if (!failure->code) {
		ready.limits_protections = s->limits_info.protections;
		snprintf(ready.limits_backend, sizeof(ready.limits_backend), "%s", s->limits_info.name);
		snprintf(ready.limits_detail, sizeof(ready.limits_detail), "%s", s->limits_info.detail);
		snprintf(ready.owner_path, sizeof(ready.owner_path), "%s", s->owner_path);
	}
	return ce__message_send(s->control, &ready, sizeof(ready), NULL, 0, NULL, 0);
}

static int receive_hello(struct ce_supervisor *s, struct ce_failure *failure)
{
	int fd = -1;
	size_t count = 1;
	ssize_t n = ce__message_receive(s->control, &s->hello, sizeof(s->hello), &fd, &count, 0);

	s->counters = ce__counters_map(count == 1 ? fd : -1);
	if (!s->counters || n != (ssize_t)sizeof(s->hello) || s->hello.type != CE_MSG_HELLO ||
	    s->hello.version != CE_MESSAGE_VERSION ||
	    s->hello.filter_count > CE_HELLO_FILTER_MAX ||
	    !memchr(s->hello.cgroup, 0, sizeof(s->hello.cgroup)) ||
	    !memchr(s->hello.state_dir, 0, sizeof(s->hello.state_dir)) || s->hello.max_concurrent == 0 ||
	    s->hello.max_concurrent > 1000000)
		return ce__failure_set(failure, CE_ERR_INVALID, 0, "hello",
				       "the supervisor and the library are of different builds");
	return 0;
}

int main(int argc, char **argv)
{
	struct ce_supervisor s;
	struct ce_failure failure;
	int r;

	memset(&s, 0, sizeof(s));
	memset(&failure, 0, sizeof(failure));
	s.control = CE_CONTROL_FD;
	s.proc_fd = s.home_fd = -1;
	s.epoll = s.host_pidfd = s.owner_fd = s.host_network_fd = -1;
	s.jobs_end = &s.jobs;
	if (ce__setup_inherited()) {
		fputs("codeexec-supervisor: started by libcodeexec, not by hand\n", stderr);
		return 2;
	}
	if (argc == 3 && !strcmp(argv[1], CE_ENTERED)) {
		s.rootless = true;
		s.host_uid = (uid_t)strtoul(argv[2], NULL, 10);
		r = 0;
	} else {
		r = ce__setup_user(&s, environ, &failure);
	}
	if (!r)
		r = receive_hello(&s, &failure);
	if (!r)
		r = ce__setup_run(&s, &failure);
	if (send_ready(&s, &failure) == 0 && !r)
		loop(&s);
	ce__setup_undo(&s);
	return 0;
}
