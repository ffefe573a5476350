/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small helpers of base/: array, hash, number, search, utf8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/search.h"
#include "base/utf8.h"

static void
array_keeps_elements_as_it_grows(void **state)
{
	uint32_t	*array = NULL;
	size_t		 capacity = 0, grown = 0, before;
	uint32_t	 i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		before = capacity;
		assert_true(array_reserve(&array, &capacity, i + 1,
		    sizeof(*array)));
		assert_true(capacity > i);
		grown += capacity != before;
		array[i] = i;
	}
	for (i = 0; i < 10000; i++)
		assert_int_equal(array[i], i);
	assert_true(grown < 15);
	free(array);
}

static void
array_fails_when_the_size_overflows(void **state)
{
	uint64_t	*array = NULL;
	size_t		 capacity = 0;

	(void)state;
	assert_true(array_reserve(&array, &capacity, 3, sizeof(*array)));
	array[2] = 7;
	assert_false(array_reserve(&array, &capacity, SIZE_MAX / 2,
	    sizeof(*array)));
	assert_int_equal(array[2], 7);
	free(array);
}

/* The test vectors of draft-eastlake-fnv-17, appendix C. */
static void
hash_is_fnv_1a(void **state)
{
	(void)state;
	assert_int_equal(hash_string(""), UINT32_C(0x811c9dc5));
	assert_int_equal(hash_string("a"), UINT32_C(0xe40c292c));
	assert_int_equal(hash_string("foobar"), UINT32_C(0xbf9cf968));
	assert_int_equal(hash_bytes(hash_bytes(HASH_START, "foo", 3), "bar",
	    3), UINT32_C(0xbf9cf968));
}

/* Each bit of the bytes changes the low half of the hash, in any length. */
static void
hash_words_uses_each_bit(void **state)
{
	uint8_t		 bytes[41];
	uint64_t	 before;
	size_t		 length, bit;

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	for (length = 1; length < sizeof(bytes); length++) {
		before = hash_words(7, bytes, length);
		assert_true(before != hash_words(8, bytes, length));
		for (bit = 0; bit < 8 * length; bit++) {
			bytes[bit / 8] ^= 1u << bit % 8;
			assert_true((uint32_t)before !=
			    (uint32_t)hash_words(7, bytes, length));
			bytes[bit / 8] ^= 1u << bit % 8;
		}
		/* The next byte is not used. */
		bytes[length] ^= 1;
		assert_true(before == hash_words(7, bytes, length));
		bytes[length] ^= 1;
	}
}

static void
number_takes_digits_only(void **state)
{
	static const char *const wrong[] = {
		"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "4294967296",
		"18446744073709551617", "99999999999999999999", "1\n",
	};
	uint32_t		 n = 5;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(number_parse(wrong[i], 0, UINT32_MAX, &n));
	assert_int_equal(n, 5);
	assert_true(number_parse("0", 0, 9, &n));
	assert_int_equal(n, 0);
	assert_true(number_parse("0009", 0, 9, &n));
	assert_int_equal(n, 9);
	assert_false(number_parse("10", 0, 9, &n));
	assert_false(number_parse("1", 2, 9, &n));
	assert_true(number_parse("4294967295", 0, UINT32_MAX, &n));
	assert_int_equal(n, UINT32_MAX);
}

static void
number_needs_no_nul(void **state)
{
	uint32_t	 n = 5;

	(void)state;
	assert_false(number_parse_bytes("123", 0, 0, 9, &n));
	assert_false(number_parse_bytes("12 ", 3, 0, 99, &n));
	assert_int_equal(n, 5);
	assert_true(number_parse_bytes("123", 2, 0, 99, &n));
	assert_int_equal(n, 12);
}

struct sorted {
	const int	*values;
	int		 wanted;
};

static bool
is_less(const void *arg, size_t position)
{
	const struct sorted	*s = arg;

	return (s->values[position] < s->wanted);
}

static void
search_finds_the_first_that_is_not_less(void **state)
{
	static const int	 values[] = { 1, 3, 3, 3, 7 };
	static const struct {
		int	 wanted;
		size_t	 count;
		size_t	 found;
	} cases[] = {
		{ 0, 5, 0 }, { 1, 5, 0 }, { 2, 5, 1 }, { 3, 5, 1 },
		{ 4, 5, 4 }, { 7, 5, 4 }, { 8, 5, 5 }, { 3, 0, 0 },
		{ 3, 1, 1 },
	};
	struct sorted		 s = { .values = values };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s.wanted = cases[i].wanted;
		assert_int_equal(search_first(cases[i].count, is_less, &s),
		    cases[i].found);
	}
}

static void
utf8_clean_replaces_invalid_octets(void **state)
{
	static const struct {
		char		 before[12];	/* 12 octets may have no NUL */
		const char	*after;
	} t[] = {
		{ "", "" },
		{ "eth0 \xc3\xa4", "eth0 \xc3\xa4" },
		{ "a\tb\xc3", "a?b?" },
		{ "\xff\xc3\xa4\x80", "?\xc3\xa4?" },
		{ "\xed\xa0\x80", "???" },	/* a surrogate */
		{ "a\x7f\xc2\x80\xc2\x9f\xc2\xa0", "a?????\xc2\xa0" },
		{ "abcdefghijkl", "abcdefghijk" },
		{ "abcdefghij\xc3\xa4", "abcdefghij?" },
	};
	char	 text[sizeof(t[0].before)];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memcpy(text, t[i].before, sizeof(text));
		utf8_clean(text, sizeof(text));
		assert_string_equal(text, t[i].after);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(array_keeps_elements_as_it_grows),
		cmocka_unit_test(array_fails_when_the_size_overflows),
		cmocka_unit_test(hash_is_fnv_1a),
		cmocka_unit_test(hash_words_uses_each_bit),
		cmocka_unit_test(number_takes_digits_only),
		cmocka_unit_test(number_needs_no_nul),
		cmocka_unit_test(search_finds_the_first_that_is_not_less),
		cmocka_unit_test(utf8_clean_replaces_invalid_octets),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
