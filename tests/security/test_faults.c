/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Every system call of a supervisor and of its cells, from the supervisor's first one to its last, is made to
 * fail once. Each time: an error that names a step, or a system_error, or a success that is right in every
 * detail; no hang; nothing left behind; and the next execution works. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verdict.h"
#include "world.h"

#define HANG_MS 10000
#define BUDGET_US 150000000u /* of the ordinary run; beyond it only every n-th call fails */
#define PIDS_MAX 8

static const struct program bash_program = {"bash", "echo hello; printf data > out.txt"};
static const struct program c_program = {"c",
					 "#include <stdio.h>\n"
					 "int main(void) { FILE *f = fopen(\"out.txt\", \"w\"); "
					 "fputs(\"data\", f); fclose(f); puts(\"hello\"); return 0; }\n"};

/* Not ENOENT: that is an answer, which has to be believed, such as of a cgroup that is not there any more. */
static const int errnos[] = {EPERM, ENOMEM, EINVAL, ENOSPC, EAGAIN, EMFILE, ENFILE, EINTR, EIO};

static struct world world;
static char config_path[96], marker[96], log_path[96], wrapper[96];

/* In a process of its own, so that a hang is bounded and nothing is carried over. */
static void trial(struct verdict *v, const struct program *p)
{
	ce_sandbox_options options = world_options(&world);
	ce_sandbox *sandbox = NULL;
	ce_error *error = NULL;

	options.supervisor_path = wrapper;
	options.max_concurrent = 2;
	if (ce_sandbox_create(&options, &sandbox, &error)) {
		verdict_error(v, "creation", error);
		v->met = 1;
		ce_error_free(error);
		error = NULL;
		if (ce_sandbox_create(&options, &sandbox, &error)) {
			verdict_set(v, 1, "the second creation: %s", ce_error_message(error));
			return;
		}
	}
	verdict_execute(v, sandbox, p, "execution", v->met);
	verdict_execute(v, sandbox, &bash_program, "the second execution", v->met);
	if (v->met)
		verdict_execute(v, sandbox, &bash_program, "the next execution", true);
	verdict_set(v, 0, "success");
	ce_sandbox_destroy(sandbox);
}

/* A program that its wall clock has to end. */
static void timeout_trial(struct verdict *v, const struct program *p)
{
	ce_sandbox_options options = world_options(&world);
	ce_request request = ce_request_init();
	ce_limits limits = ce_limits_init();
	ce_sandbox *sandbox = NULL;
	ce_result *result = NULL;
	ce_error *error = NULL;

	options.supervisor_path = wrapper;
	limits.wall_time_ms = 300;
	request.language = p->language;
	request.code = p->code;
	request.code_size = strlen(p->code);
	request.limits = &limits;
	if (ce_sandbox_create(&options, &sandbox, &error) || ce_execute(sandbox, &request, &result, &error))
		verdict_set(v, 1, "%s", ce_error_message(error));
	else if (ce_result_outcome(result) != CE_OUTCOME_TIMEOUT)
		verdict_set(v, 1, "it ends with %s", ce_result_status(result));
	ce_error_free(error);
	ce_result_free(result);
	if (sandbox)
		verdict_execute(v, sandbox, &bash_program, "the next execution", true);
	verdict_set(v, 0, "success");
	ce_sandbox_destroy(sandbox);
}

/* One that is kept unless something failed. */
static void keeping_trial(struct verdict *v, const struct program *p)
{
	ce_sandbox_options options = world_options(&world);
	ce_account account = { .size = sizeof(account) };
	ce_request request = ce_request_init();
	ce_sandbox *sandbox = NULL;
	ce_result *result = NULL;
	ce_error *error = NULL;

	options.supervisor_path = wrapper;
	options.cache_bytes = 16 << 20;
	request.language = p->language;
	request.code = p->code;
	request.code_size = strlen(p->code);
	if (ce_sandbox_create(&options, &sandbox, &error))
		verdict_set(v, 1, "%s", ce_error_message(error));
	for (int i = 0; i < 2 && !error; i++) {
		ce_result_free(result);
		result = NULL;
		if (ce_execute(sandbox, &request, &result, &error))
			verdict_set(v, 1, "%s", ce_error_message(error));
		else if (ce_result_outcome(result) != CE_OUTCOME_SUCCESS)
			verdict_set(v, 1, "it ends with %s", ce_result_status(result));
	}
	if (!error && ce_result_account(result, CE_STAGE_COMPILE, &account) == 0)
		verdict_set(v, 0, "%s", account.flags & CE_ACCOUNT_CACHED ? "was kept" : "not kept");
	ce_error_free(error);
	ce_result_free(result);
	ce_sandbox_destroy(sandbox);
}

/* `only` -1: whatever call it is; `role` "": whoever makes it. */
static void configure(uint64_t nth, int error, long only, const char *role)
{
	FILE *f = fopen(config_path, "we");

	if (!f)
		abort();
	fprintf(f, "supervisor=%s\nmarker=%s\nlog=%s\nnth=%llu\nerrno=%d\nonly=%ld\nof=%s\n", world.supervisor, marker,
		log_path, (unsigned long long)nth, error, only, role);
	fclose(f);
	unlink(marker);
	unlink(log_path);
}

/* The supervisors that there were, and how many calls the first of them made. */
static size_t read_log(pid_t *pids, uint64_t *calls)
{
	FILE *f = fopen(log_path, "re");
	long long pid;
	unsigned long long count;
	size_t n = 0;

	while (f && n < PIDS_MAX && fscanf(f, "%lld %llu", &pid, &count) == 2) {
		if (count == 0)
			pids[n++] = (pid_t)pid;
		else if (n && pid == pids[0] && calls)
			*calls = count;
	}
	if (f)
		fclose(f);
	return n;
}

static void kill_all(void)
{
	pid_t pids[64];
	size_t n = world_processes(&world, pids, 64);

	for (size_t i = 0; i < n && i < 64; i++) {
		int fd = pidfd_open(pids[i], 0);

		if (fd >= 0 && process_is_ours(&world, pids[i]))
			pidfd_send_signal(fd, SIGKILL, NULL, 0);
		if (fd >= 0)
			close(fd);
	}
}

typedef void (*trial_fn)(struct verdict *v, const struct program *p);

/* What was configured. Returns true if all promises were kept. */
static bool run_configured(trial_fn body, const struct program *p, struct verdict *v, uint64_t *calls)
{
	struct pollfd end = {.events = POLLIN};
	pid_t supervisors[PIDS_MAX], pid;
	int fds[2], status;
	bool clean;
	size_t n;

	memset(v, 0, sizeof(*v));
	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		body(v, p);
		_exit(write(fds[1], v, sizeof(*v)) == (ssize_t)sizeof(*v) ? 0 : 1);
	}
	close(fds[1]);
	end.fd = pidfd_open(pid, 0);
	if (poll(&end, 1, HANG_MS) <= 0) {
		verdict_set(v, 1, "hangs for %d ms", HANG_MS);
		pidfd_send_signal(end.fd, SIGKILL, NULL, 0);
		kill_all();
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!v->bad && read(fds[0], v, sizeof(*v)) != (ssize_t)sizeof(*v))
		verdict_set(v, 1, "the host process died: status %#x", status);
	close(end.fd);
	close(fds[0]);
	n = read_log(supervisors, calls);
	clean = world_is_clean(&world, supervisors, n, true);
	if (!clean)
		v->bad = 1;
	return !v->bad;
}

/* One failure. */
static bool run_trial(const struct program *p, uint64_t nth, int error, struct verdict *v, uint64_t *calls)
{
	verdict_injected = error;
	configure(nth, error, -1, "");
	return run_configured(trial, p, v, calls);
}

/* "openat of init" for the call that failed. */
static void name_call(char *out, size_t size)
{
	FILE *f = fopen(marker, "re");
	char who[32] = "", *name = NULL;
	unsigned long long number = 0, a = 0, b = 0;

	snprintf(out, size, "nothing");
	if (f && fscanf(f, "%llu %31s %llx %llx", &number, who, &a, &b) == 4) {
		name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
		snprintf(out, size, "%s(%#llx, %#llx) of %s", name ? name : "?", a, b, who);
		free(name);
	}
	if (f)
		fclose(f);
}

static void sweep(const char *title, const struct program *p, int error, bool all)
{
	uint64_t calls = 0, cost, start, stride = 1, offset = 0, bad = 0, tried = 0;
	struct verdict v;
	char call[128];

	if (!tap_ok(run_trial(p, 0, 0, &v, &calls) && calls > 0, "%s: without a failure all is well",
		    title)) {
		tap_diag("%llu system calls; %s", (unsigned long long)calls, v.text);
		return;
	}
	verdict_wanted = v.protections;
	start = now_us(); /* warm now */
	run_trial(p, 0, 0, &v, &calls);
	cost = now_us() - start;
	if (!all && cost * calls > BUDGET_US)
		stride = cost * calls / BUDGET_US + 1;
	if (stride > 1)
		offset = random_below(stride);
	tap_diag("%s: %s, every %llu. of %llu calls from %llu on, about %llu ms each", title,
		 strerrorname_np(error), (unsigned long long)stride, (unsigned long long)calls,
		 (unsigned long long)offset + 1, (unsigned long long)cost / 1000);
	for (uint64_t n = 1 + offset; n <= calls + 5; n += stride) {
		bool ok = run_trial(p, n, error, &v, NULL);

		tried++;
		bad += !ok;
		name_call(call, sizeof(call));
		if (!ok || getenv("CE_TEST_VERBOSE"))
			tap_diag("%s %llu: %s: %s", ok ? "call" : "BAD", (unsigned long long)n, call, v.text);
	}
	tap_ok(bad == 0,
	       "%s: %llu system calls that fail with %s give an error that names its step, and leave nothing",
	       title, (unsigned long long)tried, strerrorname_np(error));
}

struct fault {
	const char *role;
	long call;
	uint64_t nth;
	int error;
	const char *heard; /* what came of it */
};

static void test_one(const char *promise, trial_fn body, const struct program *p, const struct fault *fault)
{
	char name[128];
	struct verdict v;
	bool ok;

	configure(fault->nth, fault->error, fault->call, fault->role);
	ok = run_configured(body, p, &v, NULL) && access(marker, F_OK) == 0 && strstr(v.text, fault->heard);
	name_call(name, sizeof(name));
	if (!tap_ok(ok, "%s", promise) || getenv("CE_TEST_VERBOSE"))
		tap_diag("%s: %s", name, v.text);
}

/* What the sweeps have found, one by one. */
static void test_found(void)
{
	static const struct program endless = { "bash", "while :; do :; done" };
	static const struct fault kill = { "supervisor", SYS_pidfd_send_signal, 1, EINVAL, "success" };
	static const struct fault room = { "program", SYS_fchown, 1, ENOSPC, "step files: " };
	static const struct fault mask = { "init", SYS_rt_sigprocmask, 1, EAGAIN, "step signals: " };
	static const struct fault reap = { "init", SYS_wait4, 2, EINTR, "success" };
	static const struct fault capset = { "init", SYS_capset, 1, EPERM, "step init-capabilities: " };
	static const struct fault artifact = { "program", SYS_openat2, 1, ENFILE, "artifacts main: " };
	static const struct fault keep = { "supervisor", SYS_openat2, 1, ENFILE, "not kept" };
	static const struct fault exec = { "program", SYS_execve, 2, ENFILE, "execve ./main: " };
	static const struct fault look = { "init", SYS_readlinkat, 1, ENOENT, "step observe-namespaces: " };

	test_one("a program is ended although the kernel refuses to kill it", timeout_trial, &endless, &kill);
	test_one("a file that the kernel has no room for, where the cell has, is no limit", trial, &bash_program, &room);
	test_one("an init that cannot block its signals says so", trial, &bash_program, &mask);
	test_one("one that is interrupted while it reaps goes on", trial, &bash_program, &reap);
	test_one("one that cannot drop its capabilities says so", trial, &bash_program, &capset);
	test_one("an artifact that cannot be opened is not left out", trial, &c_program, &artifact);
	test_one("nor is a program kept without it", keeping_trial, &c_program, &keep);
	test_one("a compiled program that the host cannot open is not the user's error", trial, &c_program, &exec);
	test_one("a namespace that is not to be seen is not believed in", trial, &bash_program, &look);
}

int main(int argc, char **argv)
{
	bool all = argc > 2 && strcmp(argv[2], "--long") == 0, c = argc > 3 && strcmp(argv[3], "c") == 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FAULTINJECT [--long [c]]\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	world_open(&world, argv[1]);
	random_begin();
	snprintf(wrapper, sizeof(wrapper), "%s/wrapper", world.directory);
	snprintf(config_path, sizeof(config_path), "%s/wrapper.conf", world.directory);
	snprintf(marker, sizeof(marker), "%s/marker", world.directory);
	snprintf(log_path, sizeof(log_path), "%s/log", world.directory);
	test_found();
	for (size_t i = 0; i < (all ? sizeof(errnos) / sizeof(errnos[0]) : 1); i++)
		sweep(c ? "c" : "bash", c ? &c_program : &bash_program, errnos[i], all);
	world_close(&world);
	return tap_done();
}
