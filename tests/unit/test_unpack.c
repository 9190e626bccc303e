/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * What was compiled before comes into a work directory out of a memfd whose contents a compile cell had a part in: whatever is in
 * it, only plain files inside the directory are made, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "sandbox/cell.h"

struct place {
	char directory[40];
	int work, memfd;
};

static int set_up(void **state)
{
	static struct place place;

	place = (struct place){ .directory = "/tmp/codeexec-unpack-XXXXXX" };
	assert_non_null(mkdtemp(place.directory));
	place.work = open(place.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	place.memfd = memfd_create("test", MFD_CLOEXEC);
	assert_true(place.work >= 0 && place.memfd >= 0);
	*state = &place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	static const char *const names[] = { "a", "d/b", "again" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(place->work, names[i], 0);
	unlinkat(place->work, "d", AT_REMOVEDIR);
	close(place->work);
	close(place->memfd);
	assert_int_equal(rmdir(place->directory), 0); /* nothing else was made */
	return 0;
}

static void put(const struct place *place, const void *data, size_t size)
{
	assert_int_equal(write(place->memfd, data, size), (ssize_t)size);
}

static void put_padded(const struct place *place, const void *data, size_t size)
{
	static const char zeros[8];

	put(place, data, size);
	if (size % 8)
		put(place, zeros, 8 - size % 8);
}

static void put_file(const struct place *place, const char *name, const char *data, uint64_t mode)
{
	struct ce_file_record record = { .name_size = strlen(name), .data_size = strlen(data), .mode = mode };

	put(place, &record, sizeof(record));
	put_padded(place, name, strlen(name));
	put_padded(place, data, strlen(data));
}

static void expect_file(const struct place *place, const char *name, const char *data, mode_t mode)
{
	char read_back[100] = "";
	struct stat st;

	assert_int_equal(fstatat(place->work, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | mode);
	assert_int_equal(st.st_uid, CE_CELL_UID);
	assert_true(ce__io_read_file(place->work, name, read_back, sizeof(read_back)) >= 0);
	assert_string_equal(read_back, data);
}

static void files_come_with_names_modes_and_bytes(void **state)
{
	struct place *place = *state;

	if (geteuid() != 0)
		skip(); /* files of another uid: root only */
	put_file(place, "a", "the first", 0751);
	put_file(place, "d/b", "", 06600);
	put_file(place, "a", "not this one: it is there", 0644);
	assert_int_equal(ce__files_unpack(place->work, place->memfd), 0);
	expect_file(place, "a", "the first", 0755);
	expect_file(place, "d/b", "", 0644);
}

static void nothing_at_all_is_no_file(void **state)
{
	struct place *place = *state;

	assert_int_equal(ce__files_unpack(place->work, place->memfd), 0);
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const names[] = { "../a", "/tmp/a", "", ".", "d/../../a", "d//b", "d/." };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(ftruncate(place->memfd, 0), 0);
		assert_int_equal(lseek(place->memfd, 0, SEEK_SET), 0);
		put_file(place, names[i], "data", 0644);
		assert_int_equal(ce__files_unpack(place->work, place->memfd), -EBADMSG);
	}
}

static void a_name_with_a_nul_is_refused(void **state)
{
	struct ce_file_record record = { .name_size = 3, .data_size = 0 };
	struct place *place = *state;

	put(place, &record, sizeof(record));
	put_padded(place, "a\0b", 3);
	assert_int_equal(ce__files_unpack(place->work, place->memfd), -EBADMSG);
}

static void sizes_beyond_the_end_are_refused(void **state)
{
	static const struct ce_file_record records[] = {
		{ .name_size = 1, .data_size = 9 },
		{ .name_size = 1, .data_size = UINT64_MAX },
		{ .name_size = 1, .data_size = UINT64_MAX - 7 },
		{ .name_size = UINT64_MAX, .data_size = 0 },
		{ .name_size = UINT64_MAX - 7, .data_size = 16 },
		{ .name_size = 17, .data_size = 0 },
		{ .name_size = 4096, .data_size = 0 },
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		assert_int_equal(ftruncate(place->memfd, 0), 0);
		assert_int_equal(lseek(place->memfd, 0, SEEK_SET), 0);
		put(place, &records[i], sizeof(records[i]));
		put_padded(place, "a", 1);
		put_padded(place, "data", 4);
		assert_int_equal(ce__files_unpack(place->work, place->memfd), -EBADMSG);
	}
	assert_int_equal(ftruncate(place->memfd, sizeof(struct ce_file_record) - 1), 0);
	assert_int_equal(ce__files_unpack(place->work, place->memfd), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_come_with_names_modes_and_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_at_all_is_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_that_lead_elsewhere_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_with_a_nul_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sizes_beyond_the_end_are_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
