/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What would an enemy in the host process, or a broken library, send to the supervisor? Whatever it is: it is
 * refused, the supervisor lives, and the next execution works. The only test here that sees the library from
 * inside. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/sandbox.h"
#include "world.h"

#define END_MS 10000
#define ROUNDS 60
#define FDS 4 /* of a run stage alone: socket, stdin, stdout, stderr */

static struct world world;
static ce_sandbox *sandbox;
static char plan[CE_PLAN_INLINE_BYTES];
static size_t plan_size;
static struct ce_start head;

static bool works(void)
{
	ce_request request = ce_request_init();
	struct pollfd p = {.fd = sandbox->client.pidfd, .events = POLLIN};
	ce_result *result = NULL;
	ce_error *error = NULL;
	size_t size = 0;
	const char *output;
	bool ok = false;

	request.language = "bash";
	request.code = "echo hello";
	request.code_size = strlen(request.code);
	if (poll(&p, 1, 0) != 0 || sandbox->client.restarts) {
		tap_diag("the supervisor died");
	} else if (ce_execute(sandbox, &request, &result, &error)) {
		tap_diag("%s", ce_error_message(error));
	} else {
		output = ce_result_output(result, CE_STAGE_RUN, CE_STREAM_STDOUT, &size);
		ok = ce_result_outcome(result) == CE_OUTCOME_SUCCESS && size == 6 &&
		     !memcmp(output, "hello\n", 6) && !sandbox->client.restarts;
	}
	ce_error_free(error);
	ce_result_free(result);
	return ok;
}

/* Has a START message sent to ourselves instead of the supervisor. */
static bool capture_plan(void)
{
	static char message[sizeof(struct ce_start) + CE_PLAN_INLINE_BYTES];
	int sockets[2], control = sandbox->client.control, fds[CE_START_FDS_MAX];
	size_t count = CE_START_FDS_MAX;
	ce_request request = ce_request_init();
	ce_execution *execution = NULL;
	ssize_t n;

	request.language = "bash";
	request.code = "echo hello";
	request.code_size = strlen(request.code);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return false;
	sandbox->client.control = sockets[0];
	if (ce_execution_start(sandbox, &request, NULL, NULL, &execution, NULL))
		return false;
	sandbox->client.control = control;
	n = ce__message_receive(sockets[1], message, sizeof(message), fds, &count, MSG_DONTWAIT);
	for (size_t i = 0; i < count; i++)
		close(fds[i]); /* the execution's socket with them: it is over */
	ce_execution_destroy(execution);
	close(sockets[0]);
	close(sockets[1]);
	if (n <= (ssize_t)sizeof(head) || count != FDS)
		return false;
	memcpy(&head, message, sizeof(head));
	plan_size = (size_t)n - sizeof(head);
	memcpy(plan, message + sizeof(head), plan_size);
	return head.inline_size == plan_size;
}

static void send_raw(const void *a, size_t a_size, const void *b, size_t b_size, const int *fds, size_t count)
{
	int r = ce__message_send(sandbox->client.control, a, a_size, b, b_size, fds, count);

	if (r && r != -EMSGSIZE)
		tap_diag("send: %s", strerror(-r));
}

/* The descriptors that belong to a START; *ours is our end of the conversation. */
static void make_fds(int *fds, int *ours)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		abort();
	*ours = sockets[0];
	fds[0] = sockets[1];
	for (size_t i = 1; i < FDS; i++)
		fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void close_fds(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

/* Reads up to the end; true if it came in time. *code: that of the last word, 1 if there was none. */
static bool await_end(int socket, int64_t *code)
{
	uint64_t end = now_us() + END_MS * 1000u;

	*code = 1;
	for (;;) {
		struct pollfd p = {.fd = socket, .events = POLLIN};
		int64_t left = (int64_t)(end - now_us()) / 1000;
		union {
			uint64_t type;
			struct ce_finished finished;
			struct ce_stage_end end;
			char bytes[4096];
		} m;
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = ce__message_receive(socket, &m, sizeof(m), NULL, NULL, 0);
		if (n == 0 || (n < 0 && n != -EMSGSIZE))
			return true;
		if (n == (ssize_t)sizeof(m.finished) && m.type == CE_MSG_FINISHED)
			*code = m.finished.failure.code;
		if (n == (ssize_t)sizeof(m.end) && m.type == CE_MSG_STAGE_ENDED && m.end.last)
			*code = 0;
	}
}

/* Sends a START and waits for its end. */
static bool start_ends(const struct ce_start *start, const void *bytes, size_t size, int extra_fd,
		       int64_t *code)
{
	int fds[FDS + 1], ours;
	size_t count = FDS;
	bool ended;

	make_fds(fds, &ours);
	if (extra_fd >= 0)
		fds[count++] = extra_fd;
	send_raw(start, sizeof(*start), bytes, size, fds, count);
	close_fds(fds, FDS);
	ended = await_end(ours, code);
	close(ours);
	return ended;
}

static void random_fill(void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((unsigned char *)data)[i] = (unsigned char)random_below(256);
}

static void test_noise(void)
{
	static char noise[200000];

	for (size_t i = 0; i < ROUNDS; i++) {
		size_t size = 1 + (size_t)random_below(i % 4 ? 4096 : sizeof(noise) - 1);
		uint64_t type = random_below(12);

		random_fill(noise, size);
		if (i % 2 && size > sizeof(type))
			memcpy(noise, &type, sizeof(type));
		send_raw(noise, size, NULL, 0, NULL, 0);
	}
	tap_ok(works(), "noise on the control socket is ignored");
}

static void test_truncated_starts(void)
{
	bool ended = true;

	for (size_t size = 1; size < sizeof(head) + plan_size; size += 1 + size / 4) {
		static char message[sizeof(head) + sizeof(plan)];
		int fds[FDS], ours;
		int64_t code;

		memcpy(message, &head, sizeof(head));
		memcpy(message + sizeof(head), plan, plan_size);
		make_fds(fds, &ours);
		send_raw(message, size, NULL, 0, fds, FDS);
		close_fds(fds, FDS);
		ended = await_end(ours, &code) && code != 0 && ended;
		close(ours);
	}
	tap_ok(ended && works(), "a start message that is cut anywhere ends its execution at once");
}

static void test_wrong_descriptors(void)
{
	bool ended = true;

	for (size_t count = 0; count <= CE_START_FDS_MAX; count++) {
		int fds[CE_START_FDS_MAX], ours;
		int64_t code;

		make_fds(fds, &ours);
		for (size_t i = FDS; i < CE_START_FDS_MAX; i++)
			fds[i] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (count != FDS) {
			send_raw(&head, sizeof(head), plan, plan_size, fds, count);
			close_fds(fds, CE_START_FDS_MAX);
			ended = await_end(ours, &code) && code != 0 && ended;
		} else {
			close_fds(fds, CE_START_FDS_MAX);
		}
		close(ours);
	}
	tap_ok(ended && works(), "a start message with too few or too many descriptors is refused");
	for (size_t i = 0; i < FDS; i++) {
		static const char *const paths[] = {"/", "/dev/zero", "/proc/self/status", "/etc/hostname"};

		for (size_t k = 0; k < CE_ARRAY_SIZE(paths); k++) {
			int fds[FDS], ours;
			int64_t code;

			make_fds(fds, &ours);
			close(fds[i]);
			fds[i] = open(paths[k], (k + i) % 2 ? O_PATH | O_CLOEXEC : O_RDONLY | O_CLOEXEC);
			send_raw(&head, sizeof(head), plan, plan_size, fds, FDS);
			close_fds(fds, FDS);
			ended = await_end(ours, &code) && ended;
			close(ours);
		}
	}
	tap_ok(ended && works(), "descriptors of other kinds than expected harm only their own execution");
}

static void test_wrong_heads(void)
{
	static const uint64_t numbers[] = {0, 1, 2, 3, 7, 65536, UINT32_MAX, INT64_MAX, UINT64_MAX};
	bool ended = true;

	for (size_t i = 0; i < CE_ARRAY_SIZE(numbers); i++) {
		struct ce_start stages = head, size = head;
		int64_t code;

		stages.stage_count = numbers[i];
		if (numbers[i] != 1)
			ended = start_ends(&stages, plan, plan_size, -1, &code) && code != 0 && ended;
		size.inline_size = numbers[i];
		ended = start_ends(&size, plan, plan_size, -1, &code) && code != 0 && ended;
	}
	tap_ok(ended && works(), "wrong sizes and counts in a start message are refused");
}

static void test_flipped_bits(unsigned rounds)
{
	static _Alignas(8) char copy[CE_PLAN_INLINE_BYTES];
	unsigned refused = 0, hung = 0;
	int64_t code;

	for (unsigned i = 0; i < rounds; i++) {
		unsigned flips = 1 + (unsigned)random_below(8);
		/* Most of them where the offsets are. */
		size_t area = i % 4 ? sizeof(struct ce_plan) : plan_size;

		memcpy(copy, plan, plan_size);
		for (unsigned k = 0; k < flips; k++)
			copy[random_below(area)] ^= (char)(1u << random_below(8));
		hung += !start_ends(&head, copy, plan_size, -1, &code);
		refused += code != 0;
	}
	tap_diag("%u of %u plans refused", refused, rounds);
	tap_ok(!hung && refused > 0 && works(),
	       "plans with flipped bits are refused or run, and nothing crashes");
}

static int make_memfd(size_t size, bool sealed)
{
	int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || (size <= plan_size ? ce__io_write_full(fd, plan, size) : ftruncate(fd, (off_t)size)) ||
	    (sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0))
		abort();
	return fd;
}

static void test_plan_files(void)
{
	static const size_t sizes[] = {0,
				       1,
				       8,
				       sizeof(struct ce_plan) - 8,
				       sizeof(struct ce_plan),
				       (size_t)1 << 30,
				       ((size_t)1 << 30) + 8,
				       (size_t)1 << 40};
	struct ce_start start = head;
	bool ok = true;
	int64_t code = 1;
	int fd;

	start.inline_size = 0;
	fd = make_memfd(plan_size, true);
	ok = start_ends(&start, NULL, 0, fd, &code) && code == 0;
	close(fd);
	tap_ok(ok && works(), "a sealed plan runs");
	fd = make_memfd(plan_size, false);
	ok = start_ends(&start, NULL, 0, fd, &code) && code != 0;
	close(fd);
	tap_ok(ok && works(), "a plan that could still be changed is refused");
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ok = start_ends(&start, NULL, 0, fd, &code) && code != 0;
	close(fd);
	tap_ok(ok && works(), "a plan in an ordinary file is refused");
	for (size_t i = 0; i < CE_ARRAY_SIZE(sizes); i++) {
		fd = make_memfd(sizes[i], true);
		ok = start_ends(&start, NULL, 0, fd, &code) && code != 0 && ok;
		close(fd);
	}
	tap_ok(ok && works(), "plans of senseless sizes are refused");
}

static void test_execution_noise(void)
{
	bool ended = true;

	for (unsigned i = 0; i < ROUNDS; i++) {
		int fds[FDS], ours;
		int64_t code;

		make_fds(fds, &ours);
		send_raw(&head, sizeof(head), plan, plan_size, fds, FDS);
		close_fds(fds, FDS);
		for (unsigned k = 0; k < 8; k++) {
			char noise[256];
			uint64_t type = random_below(12);
			int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

			random_fill(noise, sizeof(noise));
			memcpy(noise, &type, sizeof(type));
			ce__message_send(ours, noise, 1 + (size_t)random_below(sizeof(noise)), NULL, 0, &null,
					 (size_t)random_below(2));
			close(null);
		}
		ended = await_end(ours, &code) && ended;
		close(ours);
	}
	tap_ok(ended && works(), "noise on an execution's socket harms no other execution");
}

/* The last words of one who did not read ours are not lost. */
static void test_last_words(void)
{
	int sockets[2];
	uint64_t word = CE_MSG_FINISHED, cancel = CE_MSG_CANCEL, got = 0;
	ssize_t n, end;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		abort();
	ce__message_send(sockets[0], &cancel, sizeof(cancel), NULL, 0, NULL, 0);
	ce__message_send(sockets[1], &word, sizeof(word), NULL, 0, NULL, 0);
	close(sockets[1]);
	n = ce__message_receive(sockets[0], &got, sizeof(got), NULL, NULL, MSG_DONTWAIT);
	end = ce__message_receive(sockets[0], &cancel, sizeof(cancel), NULL, NULL, MSG_DONTWAIT);
	close(sockets[0]);
	tap_ok(n == (ssize_t)sizeof(got) && got == word && end == 0,
	       "a result is read although a cancellation crossed its way");
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && strcmp(argv[1], "--long") == 0;
	ce_sandbox_options options;
	ce_error *error = NULL;
	pid_t supervisor;
	bool ready;

	signal(SIGPIPE, SIG_IGN);
	world_open(&world, NULL);
	random_begin();
	options = world_options(&world);
	if (ce_sandbox_create(&options, &sandbox, &error)) {
		tap_ok(false, "no sandbox: %s", ce_error_message(error));
		return tap_done();
	}
	supervisor = sandbox->client.pid;
	ready = works() && capture_plan();
	if (!tap_ok(ready, "a plan of %zu bytes is there to be spoilt", plan_size))
		return tap_done();
	test_last_words();
	test_noise();
	test_truncated_starts();
	test_wrong_descriptors();
	test_wrong_heads();
	test_plan_files();
	test_execution_noise();
	test_flipped_bits(all ? 20000 : 400);
	ce_sandbox_destroy(sandbox);
	tap_ok(world_is_clean(&world, &supervisor, 1, true), "nothing of all this is left");
	world_close(&world);
	return tap_done();
}
