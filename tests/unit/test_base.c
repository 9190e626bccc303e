/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The floor: structs that grow, failures as plain data, small I/O. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <codeexec/codeexec.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/base.h"

struct small {
	size_t size;
	uint64_t a;
};

struct large {
	size_t size;
	uint64_t a, b;
};

static void older_caller_gets_zeros_for_what_it_does_not_know(void **state)
{
	struct small in = { sizeof(in), 7 };
	struct large out = { 1, 2, 3 };

	(void)state;
	assert_int_equal(ce__sized_copy_in(&out, sizeof(out), &in), 0);
	assert_int_equal(out.size, sizeof(out));
	assert_int_equal(out.a, 7);
	assert_int_equal(out.b, 0);
}

static void newer_caller_is_accepted_while_the_rest_is_zero(void **state)
{
	struct large in = { sizeof(in), 7, 0 };
	struct small out;

	(void)state;
	assert_int_equal(ce__sized_copy_in(&out, sizeof(out), &in), 0);
	assert_int_equal(out.size, sizeof(out));
	assert_int_equal(out.a, 7);
	in.b = UINT64_C(1) << 63;
	assert_int_equal(ce__sized_copy_in(&out, sizeof(out), &in), -E2BIG);
}

static void size_that_cannot_hold_itself_is_refused(void **state)
{
	struct small in = { sizeof(size_t) - 1, 7 }, out = { 0, 5 };

	(void)state;
	assert_int_equal(ce__sized_copy_in(&out, sizeof(out), &in), -EINVAL);
	out.size = 0;
	assert_int_equal(ce__sized_copy_out(&out, &in, sizeof(in)), -EINVAL);
	assert_int_equal(out.a, 5);
	/* Nothing but the size is a struct too: all defaults. */
	in.size = sizeof(size_t);
	assert_int_equal(ce__sized_copy_in(&out, sizeof(out), &in), 0);
	assert_int_equal(out.a, 0);
}

static void filling_writes_no_byte_behind_the_callers_struct(void **state)
{
	struct large known = { sizeof(known), 1, 2 };
	struct {
		struct small s;
		uint64_t guard;
	} older = { { sizeof(struct small), 0 }, 99 };
	struct {
		struct large s;
		uint64_t more;
	} newer = { { sizeof(newer), 0, 0 }, 99 };

	(void)state;
	assert_int_equal(ce__sized_copy_out(&older.s, &known, sizeof(known)), 0);
	assert_int_equal(older.s.size, sizeof(older.s));
	assert_int_equal(older.s.a, 1);
	assert_int_equal(older.guard, 99);
	assert_int_equal(ce__sized_copy_out(&newer, &known, sizeof(known)), 0);
	assert_int_equal(newer.s.size, sizeof(newer));
	assert_int_equal(newer.s.b, 2);
	assert_int_equal(newer.more, 0);
}

static void failure_says_step_and_error(void **state)
{
	struct ce_failure f;

	(void)state;
	assert_int_equal(ce__failure_set(&f, CE_ERR_OS, ENOENT, "root", "cannot open %s", "/x"), CE_ERR_OS);
	assert_int_equal(f.code, CE_ERR_OS);
	assert_int_equal(f.os_error, ENOENT);
	assert_string_equal(f.step, "root");
	assert_string_equal(f.message, "cannot open /x: No such file or directory");
	assert_int_equal(ce__failure_set(&f, CE_ERR_INVALID, 0, NULL, "plain"), CE_ERR_INVALID);
	assert_string_equal(f.step, "");
	assert_string_equal(f.message, "plain");
	ce__failure_set(&f, CE_ERR_OS, 99999, "x", "odd");
	assert_string_equal(f.message, "odd: unknown error");
	assert_int_equal(ce__failure_set(NULL, CE_ERR_OS, ENOENT, "x", "nobody asks"), CE_ERR_OS);
}

static void failure_is_cut_at_its_room(void **state)
{
	static char text[1000];
	struct ce_failure f;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	ce__failure_set(&f, CE_ERR_OS, ENOENT, text, "%s", text);
	assert_int_equal(strlen(f.step), sizeof(f.step) - 1);
	assert_int_equal(strlen(f.message), sizeof(f.message) - 1);
	/* One that just fits leaves no room for the description, and none is written half over the end. */
	ce__failure_set(&f, CE_ERR_OS, ENOENT, NULL, "%.399s", text);
	assert_int_equal(strlen(f.message), 399);
	ce__failure_set(&f, CE_ERR_OS, ENOENT, NULL, "%.396s", text);
	assert_int_equal(strlen(f.message), sizeof(f.message) - 1);
}

static void nothing(int signal)
{
	(void)signal;
}

struct reader {
	int fd;
	size_t total;
};

static void *read_slowly(void *argument)
{
	struct reader *r = argument;
	char buffer[1024];
	ssize_t n;

	while ((n = read(r->fd, buffer, sizeof(buffer))) > 0)
		r->total += (size_t)n;
	return NULL;
}

static void full_write_and_read_go_on_after_short_counts(void **state)
{
	static char data[1 << 20];
	struct reader r = { 0 };
	pthread_t thread;
	int fds[2];
	char two[8];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	r.fd = fds[0];
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &r), 0);
	assert_int_equal(ce__io_write_full(fds[1], data, sizeof(data)), 0);
	close(fds[1]);
	pthread_join(thread, NULL);
	assert_int_equal(r.total, sizeof(data));
	close(fds[0]);

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "abc", 3), 3);
	close(fds[1]);
	assert_int_equal(ce__io_read_full(fds[0], two, sizeof(two)), 3);
	close(fds[0]);
	assert_int_equal(ce__io_read_full(fds[0], two, sizeof(two)), -EBADF);
	assert_int_equal(ce__io_write_full(-1, "x", 1), -EBADF);
	assert_int_equal(ce__io_write_full(-1, "", 0), 0);
}

struct interrupter {
	pid_t thread;
	int fd;
};

/* Whenever the other thread is in read(2), it is interrupted; the byte comes at last. */
static void *interrupt(void *argument)
{
	const struct interrupter *i = argument;

	for (int k = 0; k < 20; k++) {
		syscall(SYS_tgkill, getpid(), i->thread, SIGUSR1);
		usleep(500);
	}
	if (write(i->fd, "x", 1) != 1)
		return NULL;
	close(i->fd);
	return NULL;
}

static void interrupted_read_is_taken_up_again(void **state)
{
	struct sigaction action = { .sa_handler = nothing }, before;
	struct interrupter i = { .thread = gettid() };
	pthread_t thread;
	char byte[2];
	int fds[2];

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	i.fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, interrupt, &i), 0);
	assert_int_equal(ce__io_read_full(fds[0], byte, sizeof(byte)), 1);
	pthread_join(thread, NULL);
	close(fds[0]);
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static void small_files_are_read_whole_or_refused(void **state)
{
	char directory[] = "/tmp/codeexec-base-XXXXXX", path[64], deep[96], buffer[8];
	int dirfd, fd;

	(void)state;
	assert_non_null(mkdtemp(directory));
	dirfd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dirfd >= 0);
	snprintf(path, sizeof(path), "%s/file", directory);
	/* It writes what is there and makes nothing: these are the kernel's files. */
	assert_int_equal(ce__io_write_file(dirfd, "file", "x"), -ENOENT);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(ce__io_write_file_u64(dirfd, "file", 1234567), 0);
	assert_int_equal(ce__io_read_file(dirfd, "file", buffer, sizeof(buffer)), 7);
	assert_string_equal(buffer, "1234567");
	assert_int_equal(ce__io_write_file(dirfd, "file", "12345678"), 0);
	assert_int_equal(ce__io_read_file(dirfd, "file", buffer, sizeof(buffer)), -EFBIG);
	assert_int_equal(ce__io_read_file(dirfd, "none", buffer, sizeof(buffer)), -ENOENT);
	unlink(path);

	snprintf(deep, sizeof(deep), "%s/a/b/c", directory);
	assert_int_equal(ce__io_make_dirs(deep, 0700), 0);
	assert_int_equal(ce__io_make_dirs(deep, 0700), 0);
	assert_int_equal(ce__io_make_dirs("relative/path", 0700), -EINVAL);
	assert_int_equal(ce__io_make_dirs("", 0700), -EINVAL);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rmdir(deep), 0);
		*strrchr(deep, '/') = '\0';
	}
	close(dirfd);
}

static void random_digits_are_digits_and_differ(void **state)
{
	char a[33], b[33];

	(void)state;
	assert_int_equal(ce__base_random_hex(a, 16), 0);
	assert_int_equal(ce__base_random_hex(b, 16), 0);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
	assert_int_equal(ce__base_random_hex(a, 65), -EINVAL);
}

static void cleanup_keeps_errno_and_stealing_leaves_nothing(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), copy;
	char *text = ce__base_asprintf("%d-%s", 5, "x"), *stolen;

	(void)state;
	assert_true(fd >= 0);
	errno = E2BIG;
	copy = ce__steal_fd(&fd);
	assert_int_equal(fd, -1);
	ce__base_close(&copy);
	assert_int_equal(copy, -1);
	ce__base_close(&copy);
	assert_int_equal(errno, E2BIG);
	stolen = ce__steal_pointer(&text);
	assert_null(text);
	assert_string_equal(stolen, "5-x");
	free(stolen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(older_caller_gets_zeros_for_what_it_does_not_know),
		cmocka_unit_test(newer_caller_is_accepted_while_the_rest_is_zero),
		cmocka_unit_test(size_that_cannot_hold_itself_is_refused),
		cmocka_unit_test(filling_writes_no_byte_behind_the_callers_struct),
		cmocka_unit_test(failure_says_step_and_error),
		cmocka_unit_test(failure_is_cut_at_its_room),
		cmocka_unit_test(full_write_and_read_go_on_after_short_counts),
		cmocka_unit_test(interrupted_read_is_taken_up_again),
		cmocka_unit_test(small_files_are_read_whole_or_refused),
		cmocka_unit_test(random_digits_are_digits_and_differ),
		cmocka_unit_test(cleanup_keeps_errno_and_stealing_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
