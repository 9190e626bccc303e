/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * The CLI's pure parts: numbers with units, UTF-8 replacement, base64, "did you mean". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"
#include "units.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void numbers_with_units_are_read_exactly(void **state)
{
	static const struct {
		enum unit_kind kind;
		const char *text;
		uint64_t value;
	} cases[] = {
	    {UNIT_TIME, "2", 2000},         {UNIT_TIME, "2s", 2000},
	    {UNIT_TIME, "500ms", 500},      {UNIT_TIME, "1.5", 1500},
	    {UNIT_TIME, "0.001s", 1},       {UNIT_TIME, "2min", 120000},
	    {UNIT_TIME, "1h", 3600000},     {UNIT_TIME, "1 s", 1000},
	    {UNIT_BYTES, "4096", 4096},     {UNIT_BYTES, "64MiB", 64u << 20},
	    {UNIT_BYTES, "64M", 64u << 20}, {UNIT_BYTES, "64m", 64u << 20},
	    {UNIT_BYTES, "1G", 1u << 30},   {UNIT_BYTES, "1.5KiB", 1536},
	    {UNIT_BYTES, "10kB", 10000},    {UNIT_BYTES, "1MB", 1000000},
	    {UNIT_BYTES, "100B", 100},      {UNIT_BYTES, "18446744073709551614", UINT64_MAX - 1},
	    {UNIT_COUNT, "1", 1},           {UNIT_COUNT, "00032", 32},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *reason = NULL;
		uint64_t value = 0;

		if (units_parse(cases[i].kind, cases[i].text, &value, &reason))
			fail_msg("'%s' was refused: %s", cases[i].text, reason);
		assert_int_equal(value, cases[i].value);
	}
}

static void bad_numbers_are_refused_with_the_reason(void **state)
{
	static const struct {
		enum unit_kind kind;
		const char *text, *reason;
	} cases[] = {
	    {UNIT_TIME, "", "is not a duration"},
	    {UNIT_TIME, "0", "greater than 0"},
	    {UNIT_TIME, "0.0s", "greater than 0"},
	    {UNIT_TIME, "-1", "is negative"},
	    {UNIT_TIME, "-.5s", "is negative"},
	    {UNIT_TIME, "abc", "is not a duration"},
	    {UNIT_TIME, "s", "is not a duration"},
	    {UNIT_TIME, "+1", "is not a duration"},
	    {UNIT_TIME, "1.", "is not a duration"},
	    {UNIT_TIME, "1,5", "is not a duration"},
	    {UNIT_TIME, "2s3", "has an unknown unit"},
	    {UNIT_TIME, "1MiB", "has an unknown unit"},
	    {UNIT_TIME, "inf", "is not a duration"},
	    {UNIT_TIME, "0.0001s", "finer than a millisecond"},
	    {UNIT_TIME, "18446744073709551615s", "is too large"},
	    {UNIT_TIME, "99999999999999999999999999", "is too large"},
	    {UNIT_BYTES, "0", "greater than 0"},
	    {UNIT_BYTES, "0K", "greater than 0"},
	    {UNIT_BYTES, "0x10", "has an unknown unit"},
	    {UNIT_BYTES, "1e3", "has an unknown unit"},
	    {UNIT_BYTES, "64XB", "has an unknown unit"},
	    {UNIT_BYTES, "2s", "has an unknown unit"},
	    {UNIT_BYTES, "-64M", "is negative"},
	    {UNIT_BYTES, "99999999T", "is too large"},
	    {UNIT_BYTES, "18446744073709551615", "is too large"}, /* it means "unlimited" to the library */
	    {UNIT_BYTES, "18446744073709551616", "is too large"},
	    {UNIT_BYTES, "1.3", "not a whole number of bytes"},
	    {UNIT_COUNT, "3.5", "is not a whole number"},
	    {UNIT_COUNT, "3s", "takes no unit"},
	    {UNIT_COUNT, "K", "is not a whole number"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *reason = "";
		uint64_t value = 77;

		if (!units_parse(cases[i].kind, cases[i].text, &value, &reason))
			fail_msg("'%s' was accepted as %llu", cases[i].text, (unsigned long long)value);
		assert_int_equal(value, 77);
		if (!strstr(reason, cases[i].reason))
			fail_msg("'%s': unexpected reason: %s", cases[i].text, reason);
	}
}

static void sizes_are_shown_for_people(void **state)
{
	char buffer[32];

	(void)state;
	assert_string_equal(units_format_bytes(0, buffer, sizeof(buffer)), "0 B");
	assert_string_equal(units_format_bytes(1000, buffer, sizeof(buffer)), "1000 B");
	assert_string_equal(units_format_bytes(64u << 20, buffer, sizeof(buffer)), "64 MiB");
	assert_string_equal(units_format_bytes(1536, buffer, sizeof(buffer)), "1.5 KiB");
	assert_string_equal(units_format_bytes(UINT64_MAX, buffer, sizeof(buffer)), "16777216.0 TiB");
}

#define R "\xEF\xBF\xBD"

/* The expected strings are those of Unicode 15, section 3.9, and of Python's errors="replace". */
static void ill_formed_utf8_becomes_replacement_characters(void **state)
{
	static const struct {
		const char *in;
		size_t in_size;
		const char *out;
		size_t out_size;
	} cases[] = {
#define CASE(in, out) {in, sizeof(in) - 1, out, sizeof(out) - 1}
	    CASE("", ""),
	    CASE("plain", "plain"),
	    CASE("a\0b", "a\0b"),
	    CASE("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
	    CASE("\xEF\xBF\xBD", R),
	    CASE("\xFF", R),
	    CASE("\xFE\xFF", R R),
	    CASE("a\x80z", "a" R "z"),
	    CASE("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82", R R R R R R R R),
	    CASE("\xED\xA0\x80\xED\xBF\xBF", R R R R R R),
	    CASE("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", R R R R R "A" R R "B"),
	    CASE("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", R R R R "A"),
	    CASE("\xE2\x82", R),
	    CASE("\xF0\x9F\x98", R),
	    CASE("\xC3\n", R "\n"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t size = 99;
		char *text = text_to_utf8(cases[i].in, cases[i].in_size, &size);

		assert_non_null(text);
		assert_int_equal(size, cases[i].out_size);
		assert_memory_equal(text, cases[i].out, size + 1);
		assert_true(text_is_utf8(text, size));
		assert_int_equal(text_is_utf8(cases[i].in, cases[i].in_size),
				 size == cases[i].in_size && !memcmp(text, cases[i].in, size));
		free(text);
	}
}

static void base64_pads_as_rfc_4648_says(void **state)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	    {"\xFF\xFE\xFD", "//79"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = text_to_base64(cases[i][0], strlen(cases[i][0]));

		assert_string_equal(text, cases[i][1]);
		free(text);
	}
}

static void distance_counts_single_edits(void **state)
{
	(void)state;
	assert_int_equal(text_distance("run", "run"), 0);
	assert_int_equal(text_distance("rnu", "run"), 1);
	assert_int_equal(text_distance("limt", "limit"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_true(text_distance("doctor", "lint") > 3);
	assert_true(text_distance("a", "0123456789012345678901234567890123456789012345") >= 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_with_units_are_read_exactly),
	    cmocka_unit_test(bad_numbers_are_refused_with_the_reason),
	    cmocka_unit_test(sizes_are_shown_for_people),
	    cmocka_unit_test(ill_formed_utf8_becomes_replacement_characters),
	    cmocka_unit_test(base64_pads_as_rfc_4648_says),
	    cmocka_unit_test(distance_counts_single_edits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
