/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/median.h"

static void
median_of_an_array(void **state)
{
	int64_t	 one[] = { 5 }, even[] = { 9, 1, 4, 7 };
	int64_t	 odd[] = { INT64_MAX, 0, 3, 3, 2 };

	(void)state;
	assert_int_equal(median_of(one, 1), 5);
	assert_int_equal(median_of(even, 4), 5);
	assert_int_equal(median_of(odd, 5), 3);
}

static void
few_values(void **state)
{
	struct median	 m = { 0 };

	(void)state;
	assert_int_equal(median_value(&m), -1);
	assert_true(median_add(&m, 7));
	assert_int_equal(median_value(&m), 7);
	assert_true(median_add(&m, 10));
	assert_int_equal(median_value(&m), 8);
	assert_true(median_add(&m, 0));
	assert_int_equal(median_value(&m), 7);
	assert_true(median_add(&m, INT64_MAX));
	assert_int_equal(median_value(&m), 8);
	median_free(&m);
}

/* A permutation of 0..2^20 - 1: eight times the values that are kept. */
static void
many_values(void **state)
{
	struct median	 m = { 0 };
	uint32_t	 x = 1;
	size_t		 i, n = (size_t)1 << 20;

	(void)state;
	for (i = 0; i < n; i++) {
		x = (x * 1664525 + 1013904223) % (uint32_t)n;
		assert_true(median_add(&m, INT64_C(1000000) * x));
	}
	assert_int_equal(median_value(&m), INT64_C(524287500000));
	assert_true(m.capacity <= MEDIAN_VALUES);
	median_free(&m);
}

/* The intervals of a heartbeat are nearly all equal. */
static void
nearly_constant_values(void **state)
{
	struct median	 m = { 0 };
	size_t		 i;

	(void)state;
	for (i = 0; i < 5 * MEDIAN_VALUES; i++)
		assert_true(median_add(&m, 1000021000));
	assert_true(median_add(&m, 5));
	assert_true(median_add(&m, INT64_MAX));
	assert_int_equal(median_value(&m), 1000021000);
	median_free(&m);
}

/* The median moves away from the kept values: then it is approximate. */
static void
median_moves_away(void **state)
{
	struct median	 m = { 0 };
	int64_t		 value, expected = INT64_C(100000000);
	size_t		 i;

	(void)state;
	for (i = 0; i < 2 * MEDIAN_VALUES; i++)
		assert_true(median_add(&m, 1000000 + (int64_t)i % 1000));
	for (i = 0; i < 6 * MEDIAN_VALUES; i++)
		assert_true(median_add(&m, expected));
	value = median_value(&m);
	assert_true(value > expected - expected / 128);
	assert_true(value < expected + expected / 128);
	median_free(&m);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(median_of_an_array),
		cmocka_unit_test(few_values),
		cmocka_unit_test(many_values),
		cmocka_unit_test(nearly_constant_values),
		cmocka_unit_test(median_moves_away),
	};

	return (cmocka_run_group_tests_name("median", tests, NULL, NULL));
}
