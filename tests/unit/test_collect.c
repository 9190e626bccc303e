/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Bringing back files from a directory that a hostile program has prepared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sandbox/collect.h"

#define SEEN_MAX 64

struct seen {
	char names[SEEN_MAX][256];
	char reasons[SEEN_MAX][64]; /* "": it was opened */
	char data[SEEN_MAX][32];
	int errors[SEEN_MAX];
	size_t count;
	int stop_with;
};

static int root_fd = -1;
static char root_path[64];

static int note(void *context, const struct ce_found *found)
{
	struct seen *s = context;
	ssize_t n = 0;

	assert_true(s->count < SEEN_MAX);
	assert_true((found->fd >= 0) == (found->skipped == NULL));
	assert_true(found->skipped || !found->os_error);
	if (found->fd >= 0) {
		assert_true(S_ISREG(found->st.st_mode));
		n = read(found->fd, s->data[s->count], sizeof(s->data[0]) - 1);
		assert_true(n >= 0);
	}
	s->data[s->count][n] = '\0';
	snprintf(s->names[s->count], sizeof(s->names[0]), "%s", found->path);
	snprintf(s->reasons[s->count], sizeof(s->reasons[0]), "%s", found->skipped ? found->skipped : "");
	s->errors[s->count] = found->os_error;
	s->count++;
	return s->stop_with;
}

static struct seen collect(const char *pattern)
{
	struct seen s = { .count = 0 };

	assert_int_equal(ce__collect(root_fd, pattern, note, &s), 0);
	return s;
}

static bool has(const struct seen *s, const char *name, const char *reason)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->names[i], name) && !strcmp(s->reasons[i], reason))
			return true;
	return false;
}

static void put(const char *name, const char *text)
{
	int fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void put_directory(const char *name)
{
	assert_int_equal(mkdirat(root_fd, name, 0700), 0);
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root_path, sizeof(root_path), "/tmp/codeexec-collect-XXXXXX");
	if (!mkdtemp(root_path))
		return -1;
	root_fd = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	close(root_fd);
	return nftw(root_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void plain_names_and_globs_find_files(void **state)
{
	struct seen s;

	(void)state;
	put("a.txt", "A");
	put("b.txt", "B");
	put("c.png", "C");
	put(".hidden.txt", "H");
	s = collect("a.txt");
	assert_int_equal(s.count, 1);
	assert_string_equal(s.data[0], "A");
	s = collect("*.txt");
	assert_int_equal(s.count, 2);
	assert_true(has(&s, "a.txt", "") && has(&s, "b.txt", ""));
	s = collect("[!ab].???");
	assert_int_equal(s.count, 1);
	assert_true(has(&s, "c.png", ""));
	s = collect(".h*");
	assert_int_equal(s.count, 1);
	s = collect("none*");
	assert_int_equal(s.count, 0);
	s = collect("none");
	assert_int_equal(s.count, 0);
	s = collect("a.txt/x");
	assert_int_equal(s.count, 0);
}

static void wildcards_do_not_cross_directories(void **state)
{
	struct seen s;

	(void)state;
	put_directory("d");
	put_directory("d/e");
	put_directory("f");
	put("d/x.txt", "1");
	put("d/e/x.txt", "2");
	put("f/x.txt", "3");
	put("top.txt", "0");
	s = collect("*/x.txt");
	assert_int_equal(s.count, 2);
	assert_true(has(&s, "d/x.txt", "") && has(&s, "f/x.txt", ""));
	s = collect("*/*/*.txt");
	assert_int_equal(s.count, 1);
	assert_true(has(&s, "d/e/x.txt", ""));
	s = collect("d/[e]/x.*");
	assert_int_equal(s.count, 1);
	s = collect("*");
	assert_true(has(&s, "top.txt", "") && has(&s, "d", "a directory") && has(&s, "f", "a directory"));
	assert_int_equal(s.count, 3);
}

static void symbolic_links_are_never_followed(void **state)
{
	struct seen s;

	(void)state;
	put_directory("real");
	put("real/file", "inside");
	assert_int_equal(symlinkat("/etc/passwd", root_fd, "out"), 0);
	assert_int_equal(symlinkat("real/file", root_fd, "in"), 0);
	assert_int_equal(symlinkat("/etc", root_fd, "etc"), 0);
	assert_int_equal(symlinkat("real", root_fd, "alias"), 0);
	assert_int_equal(symlinkat("..", root_fd, "up"), 0);
	s = collect("out");
	assert_int_equal(s.count, 1);
	assert_true(has(&s, "out", "a symbolic link"));
	s = collect("in");
	assert_true(has(&s, "in", "a symbolic link"));
	s = collect("etc/passwd");
	assert_int_equal(s.count, 0);
	s = collect("alias/file");
	assert_int_equal(s.count, 0);
	s = collect("*/*");
	assert_int_equal(s.count, 1);
	assert_true(has(&s, "real/file", ""));
}

static void fifos_and_sockets_are_named_and_not_opened(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct seen s;

	(void)state;
	assert_true(fd >= 0);
	/* Opening a FIFO without a writer would wait for ever. */
	assert_int_equal(mkfifoat(root_fd, "fifo", 0600), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", root_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	s = collect("*");
	assert_int_equal(s.count, 2);
	assert_true(has(&s, "fifo", "not a regular file") && has(&s, "socket", "not a regular file"));
	close(fd);
}

static void devices_are_not_opened(void **state)
{
	int dev = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct seen s = { .count = 0 };

	(void)state;
	assert_true(dev >= 0);
	assert_int_equal(ce__collect(dev, "null", note, &s), 0);
	assert_true(has(&s, "null", "not a regular file"));
	close(dev);
}

static void other_mounts_are_not_entered(void **state)
{
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct seen s = { .count = 0 };

	(void)state;
	assert_true(root >= 0);
	assert_int_equal(ce__collect(root, "proc/version", note, &s), 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(ce__collect(root, "pro[c]/versio*", note, &s), 0);
	assert_int_equal(s.count, 0);
	close(root);
}

static void strange_names_arrive_as_they_are(void **state)
{
	char longest[256];
	struct seen s;

	(void)state;
	memset(longest, 'n', 255);
	longest[255] = '\0';
	put("line\nbreak", "1");
	put("\xff\xfe", "2");
	put("-rf *", "3");
	put("back\\slash", "4");
	put(longest, "5");
	s = collect("*");
	assert_int_equal(s.count, 5);
	assert_true(has(&s, "line\nbreak", "") && has(&s, "-rf *", "") && has(&s, "back\\slash", ""));
	s = collect("line\nbreak");
	assert_int_equal(s.count, 1);
	s = collect(longest);
	assert_int_equal(s.count, 1);
	s = collect("-rf \\*");
	assert_int_equal(s.count, 1);
	assert_string_equal(s.data[0], "3");
	s = collect("back\\\\slash");
	assert_int_equal(s.count, 1);
}

static void patterns_lead_nowhere_but_down(void **state)
{
	struct seen s;

	(void)state;
	put("file", "x");
	put_directory("d");
	put("d/.dot", "y");
	s = collect("d/../file");
	assert_int_equal(s.count, 0);
	s = collect("../*");
	assert_int_equal(s.count, 0);
	s = collect("/etc/passwd");
	assert_int_equal(s.count, 0);
	s = collect("");
	assert_int_equal(s.count, 0);
	s = collect("d//.dot");
	assert_int_equal(s.count, 0);
	s = collect("d/*");
	assert_int_equal(s.count, 0);
	s = collect("d/.*");
	assert_int_equal(s.count, 1);
}

static void depth_is_bounded(void **state)
{
	char pattern[CE_COLLECT_MAX_DEPTH * 4 + 8] = "", name[CE_COLLECT_MAX_DEPTH * 4 + 8] = "";
	struct seen s;

	(void)state;
	for (int i = 0; i < CE_COLLECT_MAX_DEPTH; i++) {
		strcat(name, i ? "/d" : "d");
		put_directory(name);
		strcat(pattern, i ? "/*" : "*");
	}
	s = collect(pattern);
	assert_int_equal(s.count, 1);
	strcat(name, "/d");
	put(name, "deep");
	s = collect(name);
	assert_int_equal(s.count, 0);
	strcat(pattern, "/*");
	s = collect(pattern);
	assert_int_equal(s.count, 0);
}

static void entries_looked_at_are_bounded(void **state)
{
	struct seen s = { .count = 0 };
	size_t left = 4;
	char name[16];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		put(name, "");
	}
	assert_int_equal(ce__collect_within(root_fd, "f*", &left, note, &s), -E2BIG);
	assert_int_equal(left, 0);
	assert_int_equal(ce__collect_within(root_fd, "f1", &left, note, &s), -E2BIG);
}

static void callback_stops_the_walk(void **state)
{
	struct seen s = { .stop_with = -ENOSPC };

	(void)state;
	put("a", "");
	put("b", "");
	assert_int_equal(ce__collect(root_fd, "*", note, &s), -ENOSPC);
	assert_int_equal(s.count, 1);
}

/* So many descriptors can be opened and no more. */
static int collect_with(unsigned descriptors, const char *pattern, struct seen *s)
{
	struct rlimit before, low;
	int next = dup(root_fd), r;

	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)next + descriptors;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	memset(s, 0, sizeof(*s));
	r = ce__collect(root_fd, pattern, note, s);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	return r;
}

/* Unlike one that the program made unreadable, it may be there the next time. */
static void a_file_that_the_host_has_no_means_to_open_is_told_apart(void **state)
{
	struct seen s;

	(void)state;
	put("file", "text");
	put_directory("d");
	put("d/file", "text");
	assert_int_equal(symlinkat("file", root_fd, "link"), 0);
	assert_int_equal(collect_with(2, "file", &s), 0);
	assert_true(has(&s, "file", ""));
	assert_int_equal(collect_with(1, "file", &s), 0);
	assert_true(has(&s, "file", "could not be opened"));
	assert_int_equal(s.errors[0], EMFILE);
	assert_int_equal(collect_with(0, "file", &s), 0);
	assert_true(has(&s, "file", "could not be looked at"));
	assert_int_equal(s.errors[0], EMFILE);
	assert_int_equal(collect_with(1, "link", &s), 0);
	assert_true(has(&s, "link", "a symbolic link"));
	assert_int_equal(s.errors[0], 0);
	assert_int_equal(collect_with(0, "d/file", &s), -EMFILE);
	assert_int_equal(collect_with(0, "*", &s), -EMFILE);
	assert_int_equal(collect_with(3, "d/file", &s), 0);
	assert_true(has(&s, "d/file", ""));
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ROOT(plain_names_and_globs_find_files),
		WITH_ROOT(wildcards_do_not_cross_directories),
		WITH_ROOT(symbolic_links_are_never_followed),
		WITH_ROOT(fifos_and_sockets_are_named_and_not_opened),
		cmocka_unit_test(devices_are_not_opened),
		cmocka_unit_test(other_mounts_are_not_entered),
		WITH_ROOT(strange_names_arrive_as_they_are),
		WITH_ROOT(patterns_lead_nowhere_but_down),
		WITH_ROOT(depth_is_bounded),
		WITH_ROOT(entries_looked_at_are_bounded),
		WITH_ROOT(callback_stops_the_walk),
		WITH_ROOT(a_file_that_the_host_has_no_means_to_open_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
