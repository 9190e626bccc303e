/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "lifecycle.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http.h"
#include "listen.h"
#include "log.h"

#define TICK_US 100000

/* ---- loading ---- */

static void on_loaded(struct server *server, struct engine *engine, const char *why)
{
	bool first = !server->engine;

	if (!engine) {
		log_line("error", "%s: %s", first ? "cannot start" : "nothing was reloaded", why);
		server->failed = first;
	} else if (server->draining) {
		engine_retire(engine);
		return;
	} else {
		engine_retire(server->engine);
		server->engine = engine;
		log_line("info", first ? "ready" : "executors were reloaded");
	}
	notify_systemd("READY=1");
}

static void reload(struct server *server)
{
	char state[80], why[512];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_us());
	notify_systemd(state);
	if (server->config.api_keys_file) {
		if (keys_load(&server->keys, server->config.api_keys_file, why, sizeof(why)))
			log_line("error", "the keys stay as they were: %s", why);
		else
			log_line("info", "%zu keys were read", server->keys.count);
	}
	loader_start(&server->loader);
}

/* ---- draining ---- */

static void drain(struct server *server)
{
	if (server->draining) {
		log_line("warning", "asked to stop again: what still runs is cancelled");
		server->drain_until_us = clock_us();
		return;
	}
	server->draining = true;
	server->drain_until_us = clock_us() + server->config.drain_timeout_ms * 1000;
	log_line("info", "stopping: %zu executions run, %zu wait", server->admission.running,
		 server->admission.queued);
	notify_systemd("STOPPING=1");
	/* libmicrohttpd hands the socket back and accepts no more. */
	MHD_quiesce_daemon(server->daemon);
	close(server->listen_fd);
	server->listen_fd = -1;
	listen_cleanup(&server->config);
}

static bool is_busy(const struct server *server)
{
	if (server->admission.running || server->admission.queued)
		return true;
	for (const struct connection *c = server->connections; c; c = c->next)
		if (c->active)
			return true; /* its answer is on the way */
	return false;
}

static bool is_over(struct server *server, uint64_t now_us)
{
	if (server->failed)
		return true;
	if (!server->draining)
		return false;
	if (!is_busy(server))
		return true;
	if (now_us < server->drain_until_us)
		return false;
	if (server->admission.running || server->admission.queued) {
		log_line("warning", "out of patience: %zu executions are cancelled",
			 server->admission.running);
		jobs_cancel_all(server);
		server->drain_until_us = now_us + 5000000; /* for the answers to get out */
		return false;
	}
	return now_us >= server->drain_until_us;
}

/* ---- the loop ---- */

static void on_signal(struct watch *watch, uint32_t events)
{
	struct server *server = watch->data;
	struct signalfd_siginfo info;

	(void)events;
	while (read(server->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP && !server->draining)
			reload(server);
		else if (info.ssi_signo != SIGHUP)
			drain(server);
	}
}

static int open_signals(struct server *server)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL))
		return -1;
	signal(SIGPIPE, SIG_IGN); /* stderr may be a pipe that nobody reads any more */
	server->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (server->signal_fd < 0)
		return -1;
	return loop_add(server->loop, &server->signal_watch, server->signal_fd, EPOLLIN, on_signal, server);
}

/* Under full load we wake up late unless the scheduler gives us short turns: from Linux 6.12 on sched_runtime
 * is the slice of an ordinary task. Elsewhere this is refused or means nothing. */
static void ask_for_short_slices(void)
{
	/* struct sched_attr, whose header glibc 2.36 cannot stand beside its own. */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attributes = {.size = sizeof(attributes), .nice = getpriority(PRIO_PROCESS, 0), .runtime = 100000};

	syscall(SYS_sched_setattr, 0, &attributes, 0);
}

/* A connection and an execution take descriptors; the soft limit is for programs that use select(). */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int timeout_ms(struct server *server)
{
	unsigned long long http = 0;
	int timeout = (int)(TICK_US / 1000);

	if (server->http_due || server->jobs_due)
		return 0;
	if (MHD_get_timeout(server->daemon, &http) == MHD_YES && http < (unsigned long long)timeout)
		timeout = (int)http;
	return timeout;
}

static void turn(struct server *server)
{
	uint64_t now;
	int timeout = timeout_ms(server);

	loop_turn(server->loop, timeout);
	now = clock_us();
	if (now - server->ticked_us >= TICK_US) {
		server->ticked_us = now;
		jobs_tick(server, now);
		http_tick(server, now);
		server->http_due = true;
	}
	if (server->jobs_due) {
		server->jobs_due = false;
		jobs_start(server);
	}
	if (server->http_due || timeout == 0) {
		server->http_due = false;
		MHD_run(server->daemon);
	}
}

static int start(struct server *server)
{
	char why[512], state[64];

	ask_for_short_slices();
	raise_descriptor_limit();
	if (loop_open(&server->loop) || open_signals(server) ||
	    loader_open(&server->loader, server->loop, server, &server->config, on_loaded)) {
		log_line("error", "cannot start: %s", strerror(errno));
		return -1;
	}
	server->listen_fd = listen_open(&server->config, &server->port, why, sizeof(why));
	if (server->listen_fd < 0) {
		log_line("error", "%s", why);
		return -1;
	}
	if (http_start(server)) {
		log_line("error", "cannot start: libmicrohttpd refuses");
		return -1;
	}
	snprintf(state, sizeof(state), "%llu", (unsigned long long)server->port);
	log_line("info", "listening on %s%s%s", server->port ? server->config.bind : "a unix socket",
		 server->port ? " port " : "", server->port ? state : "");
	loader_start(&server->loader);
	return 0;
}

int lifecycle_run(struct server *server)
{
	int status = start(server) ? 1 : 0;

	while (!status && !is_over(server, clock_us()))
		turn(server);
	jobs_cancel_all(server);
	while (!status && server->admission.running)
		turn(server);
	http_stop(server);
	jobs_free(server);
	loader_close(&server->loader, server->loop);
	engine_retire(server->engine);
	loop_remove(server->loop, &server->signal_watch);
	if (server->signal_fd >= 0)
		close(server->signal_fd);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	listen_cleanup(&server->config);
	if (!status && !server->failed)
		log_line("info", "stopped");
	return status || server->failed ? 1 : 0;
}
