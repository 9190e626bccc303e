/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "client/client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>

#include "monitor/sweep.h"

#define DYING_MS 100

#define POLL_MS 1000

static int spawn(const struct ce_client *client, int control, pid_t *pid)
{
	char *argv[] = { (char *)(uintptr_t)"codeexec-supervisor", NULL };
	char *envp[] = { (char *)(uintptr_t)"PATH=/usr/bin:/bin", NULL, NULL };
	const char *debug = secure_getenv("CODEEXEC_SUPERVISOR_STDERR");
	CE_CLEANUP_FREE char *options = NULL;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	/* For sanitizer builds, which are told how to behave by their environment. */
	if (debug && secure_getenv("ASAN_OPTIONS"))
		envp[1] = options = ce__base_asprintf("ASAN_OPTIONS=%s", secure_getenv("ASAN_OPTIONS"));
	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	sigemptyset(&none);
	sigfillset(&all);
	/* A session of its own: a terminal's Ctrl-C is for the host, which decides what becomes of executions. */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	r = posix_spawn_file_actions_adddup2(&actions, control, CE_CONTROL_FD);
	for (int fd = 0; !r && fd < 3; fd++)
		r = posix_spawn_file_actions_addopen(&actions, fd, fd == 2 && debug ? debug : "/dev/null",
						     fd == 2 && debug ? O_WRONLY | O_APPEND | O_CREAT : O_RDWR, 0600);
	if (!r)
		r = posix_spawn(pid, client->path, &actions, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* Waits for its end; ECHILD (a host that ignores SIGCHLD, or waits for any child) is as good. *info tells how it ended, if that can be
 * known: else si_pid is 0. */
static void reap(struct ce_client *client, siginfo_t *info)
{
	struct pollfd p = { .fd = client->pidfd, .events = POLLIN };
	int r;

	info->si_pid = 0;
	if (client->pid == 0)
		return;
	/* It needs milliseconds, or a second if a cgroup is stubborn. One that was stopped needs a push. */
	while (client->pidfd >= 0 && (r = poll(&p, 1, CE_PATIENCE_MS)) <= 0) {
		if (r == 0)
			pidfd_send_signal(client->pidfd, SIGKILL, NULL, 0);
		else if (errno != EINTR)
			break;
	}
	if (client->pidfd >= 0)
		waitid(P_PIDFD, (id_t)client->pidfd, info, WEXITED | WNOHANG);
	else /* it ends because its control socket did */
		while (waitid(P_PID, (id_t)client->pid, info, WEXITED) < 0 && errno == EINTR)
			;
	ce__base_close(&client->pidfd);
	client->pid = 0;
}

/* Under the lock. */
static void forget(struct ce_client *client, bool died)
{
	siginfo_t info;

	/* A child that the host forked has a copy of it: closing ours alone would not end the conversation. */
	if (client->control >= 0)
		shutdown(client->control, SHUT_RDWR);
	ce__base_close(&client->control);
	if (died && client->pidfd >= 0)
		pidfd_send_signal(client->pidfd, SIGKILL, NULL, 0); /* if it merely stopped to talk */
	reap(client, &info);
	if (died && info.si_pid)
		ce__log(client->log, LOG_WARNING, "the supervisor (pid %d) ended %s %d", (int)info.si_pid,
			info.si_code == CLD_EXITED ? "with status" : "by signal", info.si_status);
	ce__counters_nothing_waits(client->counters);
	if (died && client->ready.owner_path[0])
		ce__sweep_owner(client->ready.owner_path);
}

/* True once the socket is readable or writable, as `events` says, or has ended. */
static bool wait_for(const struct ce_client *client, short events, int timeout_ms)
{
	struct pollfd p = { .fd = client->control, .events = events };
	uint64_t end = ce__clock_us() + (uint64_t)timeout_ms * 1000;
	uint64_t now;

	while ((now = ce__clock_us()) < end)
		if (poll(&p, 1, (int)((end - now + 999) / 1000)) > 0)
			return true;
	return false;
}

static int receive_ready(struct ce_client *client, ce_error **error)
{
	struct ce_ready *r = &client->ready;
	ssize_t n;

	if (!wait_for(client, POLLIN, CE_PATIENCE_START_MS)) {
		int pid = (int)client->pid;

		pidfd_send_signal(client->pidfd, SIGKILL, NULL, 0);
		return ce__error_set(error, CE_ERR_TIMEOUT, 0, "supervisor", "%s (pid %d) has not become ready for %d s: killed",
				     client->path, pid, CE_PATIENCE_START_MS / 1000);
	}
	n = ce__message_receive(client->control, r, sizeof(*r), NULL, NULL, 0);
	if (n != (ssize_t)sizeof(*r) || r->type != CE_MSG_READY) {
		memset(r, 0, sizeof(*r));
		return ce__error_set(error, CE_ERR_OS, 0, "supervisor", "%s ended at once or is of another build",
				     client->path);
	}
	r->limits_backend[sizeof(r->limits_backend) - 1] = '\0';
	r->limits_detail[sizeof(r->limits_detail) - 1] = '\0';
	r->owner_path[sizeof(r->owner_path) - 1] = '\0';
	if (r->failure.code)
		return ce__error_from_failure(error, &r->failure);
	return 0;
}

/* Under the lock. */
static int start_supervisor(struct ce_client *client, ce_error **error)
{
	CE_CLEANUP_FD int ours = -1, theirs = -1;
	int sockets[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return ce__error_set(error, CE_ERR_OS, errno, "supervisor", "cannot create a socket");
	ours = sockets[0];
	theirs = sockets[1];
	r = spawn(client, theirs, &client->pid);
	if (r) {
		client->pid = 0;
		return ce__error_set(error, CE_ERR_OS, r, "supervisor", "cannot start %s", client->path);
	}
	client->pidfd = pidfd_open(client->pid, 0);
	r = client->pidfd < 0 ? -errno : 0;
	ce__base_close(&theirs);
	client->control = ce__steal_fd(&ours);
	client->deaf = false;
	if (!r)
		r = ce__message_send(client->control, &client->hello, sizeof(client->hello), NULL, 0, &client->counters_fd, 1);
	if (r)
		r = ce__error_set(error, CE_ERR_OS, -r, "supervisor", "%s cannot be watched or does not listen",
				  client->path);
	else
		r = receive_ready(client, error);
	if (r)
		forget(client, false);
	return r;
}

static void free_client(struct ce_client *client)
{
	ce__counters_free(client->counters);
	client->counters = NULL;
	ce__base_close(&client->counters_fd);
	pthread_mutex_destroy(&client->lock);
	free(client->path);
	client->path = NULL;
}

int ce__client_open(struct ce_client *client, const char *path, const struct ce_hello *hello, const struct ce_log *log,
		    ce_error **error)
{
	int r;

	memset(client, 0, sizeof(*client));
	client->pidfd = client->control = client->counters_fd = -1;
	client->hello = *hello;
	client->log = log;
	client->path = strdup(path);
	if (!client->path)
		return ce__error_no_memory(error);
	pthread_mutex_init(&client->lock, NULL);
	r = ce__counters_create(&client->counters_fd, &client->counters);
	if (r)
		r = ce__error_set(error, CE_ERR_OS, -r, "supervisor", "cannot make memory for its counters");
	else
		r = start_supervisor(client, error);
	if (r)
		free_client(client);
	return r;
}

void ce__client_close(struct ce_client *client)
{
	if (!client->path)
		return;
	forget(client, false);
	/* Nothing to do if it ended well: it removed the file itself. */
	if (client->ready.owner_path[0])
		ce__sweep_owner(client->ready.owner_path);
	free_client(client);
}

/* True if it ended, or does within that time. */
static bool is_gone(const struct ce_client *client, int timeout_ms)
{
	struct pollfd p = { .fd = client->pidfd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) > 0 && (p.revents & POLLIN);
}

/* The letter after the name, which may hold anything. */
static char state_of(pid_t pid)
{
	char path[64], text[512];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (ce__io_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
		return '?';
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : '?';
}

bool ce__client_is_stopped(struct ce_client *client, uint64_t generation)
{
	bool stopped;

	pthread_mutex_lock(&client->lock);
	/* Not reaped by us yet: the pid is still its own. Where a host reaps all children, it may be another's; never mind. */
	stopped = client->pid && client->restarts == generation &&
		  (is_gone(client, 0) || state_of(client->pid) == 'T');
	pthread_mutex_unlock(&client->lock);
	return stopped;
}

void ce__client_give_up(struct ce_client *client, uint64_t generation)
{
	pthread_mutex_lock(&client->lock);
	/* Another thread may have done it, and another supervisor be at work. */
	if (client->pid && client->restarts == generation) {
		ce__log(client->log, LOG_WARNING, "the supervisor (pid %d) does not answer: killed; its executions are lost",
			(int)client->pid);
		forget(client, true);
	}
	pthread_mutex_unlock(&client->lock);
}

bool ce__client_lost(struct ce_client *client, uint64_t generation)
{
	bool lost;

	pthread_mutex_lock(&client->lock);
	lost = client->pid == 0 || client->restarts != generation; /* another thread has seen it */
	/* A dying process closes its sockets a moment before its end can be seen. */
	if (!lost && is_gone(client, DYING_MS)) {
		lost = true;
		ce__log(client->log, LOG_WARNING, "the supervisor died; its executions are lost, the next one starts another");
		forget(client, true);
	}
	pthread_mutex_unlock(&client->lock);
	return lost;
}

/* A plan that is too large for one message. */
static int make_plan_file(const struct ce_client_start *start, int *out)
{
	CE_CLEANUP_FD int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = ce__io_write_full(fd, start->plan, start->plan_size);
	if (r)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	*out = ce__steal_fd(&fd);
	return 0;
}

/* Bounded: a supervisor that was stopped reads nothing. Whoever comes after the first does not wait as long again. */
static int send_patiently(struct ce_client *client, const struct ce_start *head, const struct ce_client_start *start,
			  const int *fds, size_t count)
{
	uint64_t end = ce__clock_us() + (client->deaf ? 0 : (uint64_t)CE_PATIENCE_MS * 1000);
	int r;

	for (;;) {
		r = ce__message_send_flags(client->control, head, sizeof(*head), start->plan, (size_t)head->inline_size, fds,
					   count, MSG_DONTWAIT);
		if (r != -EAGAIN)
			break;
		if (ce__clock_us() >= end) {
			client->deaf = true;
			return -ETIMEDOUT;
		}
		wait_for(client, POLLOUT, POLL_MS);
	}
	if (!r)
		client->deaf = false;
	return r;
}

static int send_start(struct ce_client *client, const struct ce_client_start *start, int socket, int plan_fd)
{
	struct ce_start head = {
		.type = CE_MSG_START,
		.inline_size = plan_fd >= 0 ? 0 : start->plan_size,
		.stage_count = start->stage_count,
		.compiled = start->compiled_fd >= 0,
	};
	int fds[CE_START_FDS_MAX];
	size_t count = 0;

	fds[count++] = socket;
	for (size_t i = 0; i < (start->stage_count == 2 ? 5u : 3u); i++)
		fds[count++] = start->stdio[i];
	if (start->compiled_fd >= 0)
		fds[count++] = start->compiled_fd;
	if (plan_fd >= 0)
		fds[count++] = plan_fd;
	return send_patiently(client, &head, start, fds, count);
}

int ce__client_start(struct ce_client *client, const struct ce_client_start *start, int *socket, char *backend,
		     uint64_t *generation, ce_error **error)
{
	CE_CLEANUP_FD int plan_fd = -1, ours = -1, theirs = -1;
	int sockets[2], r = 0;
	pid_t pid;

	if (start->plan_size > CE_PLAN_INLINE_BYTES)
		r = make_plan_file(start, &plan_fd);
	if (r)
		return ce__error_set(error, CE_ERR_OS, -r, "plan", "cannot hand over the request's files");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return ce__error_set(error, CE_ERR_OS, errno, "start", "cannot create a socket");
	ours = sockets[0];
	theirs = sockets[1];
	pthread_mutex_lock(&client->lock);
	/* The socket alone does not tell: an init that was cloned a moment ago may hold the dead one's end of it. */
	r = client->pid && !is_gone(client, 0) ? send_start(client, start, theirs, plan_fd) : -EPIPE;
	if (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN) {
		if (client->pid)
			forget(client, true);
		client->restarts++;
		r = start_supervisor(client, error);
		if (r) {
			pthread_mutex_unlock(&client->lock);
			return r;
		}
		ce__log(client->log, LOG_NOTICE, "started another supervisor");
		r = send_start(client, start, theirs, plan_fd);
	}
	memcpy(backend, client->ready.limits_backend, CE_BACKEND_NAME_BYTES);
	*generation = client->restarts;
	pid = client->pid;
	pthread_mutex_unlock(&client->lock);
	if (r == -ETIMEDOUT)
		return ce__error_set(error, CE_ERR_TIMEOUT, 0, "start",
				     "the supervisor (pid %d) takes no execution: was it stopped? Continue it, or destroy the sandbox",
				     (int)pid);
	if (r)
		return ce__error_set(error, CE_ERR_OS, -r, "start", "the supervisor does not take the execution");
	*socket = ce__steal_fd(&ours);
	return 0;
}
