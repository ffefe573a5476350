/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/duration.h"
#include "base/mono.h"

static void
valid_durations(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 ns;
	} t[] = {
		{ "1ms", NSEC_PER_MSEC },
		{ "30s", 30 * NSEC_PER_SEC },
		{ "0.5s", 500 * NSEC_PER_MSEC },
		{ "3000.5ms", 3000 * NSEC_PER_MSEC + 500000 },
		{ "1min", 60 * NSEC_PER_SEC },
		{ "1.5min", 90 * NSEC_PER_SEC },
		{ "24h", 24 * 3600 * NSEC_PER_SEC },
		{ "0.25h", 900 * NSEC_PER_SEC },
		{ "1440min", 24 * 3600 * NSEC_PER_SEC },
		{ "86400000ms", 24 * 3600 * NSEC_PER_SEC },
		{ "86400.000000000s", 24 * 3600 * NSEC_PER_SEC },
		{ "7 s", 7 * NSEC_PER_SEC },
		{ "7\ts", 7 * NSEC_PER_SEC },
		{ "007s", 7 * NSEC_PER_SEC },
		{ "1.000000001s", NSEC_PER_SEC + 1 },
		{ "1.000001ms", NSEC_PER_MSEC + 1 },
		{ "1.00000100000000000000000ms", NSEC_PER_MSEC + 1 },
		{ "0.001s", NSEC_PER_MSEC },
	};
	size_t	i;
	int64_t	ns;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ns = -1;
		print_message("%s\n", t[i].text);
		assert_true(duration_parse(t[i].text, &ns));
		assert_int_equal(ns, t[i].ns);
	}
}

static void
invalid_durations(void **state)
{
	static const char *const t[] = {
		"", " ", "s", "ms", ".", ".s", "30", "0.5", "0", "0s", "0ms",
		"0.999999ms", "0.0009s", "24.1h", "25h", "86400.000000001s",
		"86400001ms", "1441min", "-1s", "+1s", " 1s", "1s ", "1.s",
		".5s", "1,5s", "1e3ms", "0x10s", "1S", "1MS", "1sec", "1m",
		"1d", "1us", "1ns", "1s1s", "1 000ms", "1..5s", "1.5.5s",
		"1.0000000001s", "1.0000001ms", "99999999999999999999999s",
		"18446744073709551617s", "9223372036854775807ms", "1\ns",
	};
	size_t	i;
	int64_t	ns;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		print_message("\"%s\"\n", t[i]);
		assert_false(duration_parse(t[i], &ns));
	}
}

static void
other_ranges(void **state)
{
	const int64_t	day = DURATION_MAX_NS, week = 7 * day;
	int64_t		ns;

	(void)state;
	assert_true(duration_parse_between("0s", 0, day, &ns));
	assert_int_equal(ns, 0);
	assert_true(duration_parse_between("7d", 1, week, &ns));
	assert_int_equal(ns, week);
	assert_true(duration_parse_between("1.5 d", 1, week, &ns));
	assert_int_equal(ns, day + day / 2);
	assert_true(duration_parse_between("604800000ms", 1, week, &ns));
	assert_int_equal(ns, week);
	/* A whole number has 32 bits. */
	assert_false(duration_parse_between("31622400000ms", 1, 366 * day,
	    &ns));
	assert_false(duration_parse_between("1d", 1, day, &ns));
	assert_false(duration_parse_between("7.1d", 1, week, &ns));
	assert_false(duration_parse_between("1s", 2 * NSEC_PER_SEC, day, &ns));
	assert_true(duration_parse_period("1min", &ns));
	assert_int_equal(ns, 60 * NSEC_PER_SEC);
	assert_true(duration_parse_period("OFF", &ns));
	assert_int_equal(ns, 0);
	assert_false(duration_parse_period("59s", &ns));
	assert_false(duration_parse_period("1d", &ns));
}

static void
limits(void **state)
{
	struct duration_limit	l;

	(void)state;
	assert_true(duration_parse_limit("5 in 10min", 5, &l));
	assert_int_equal(l.limit, 5);
	assert_int_equal(l.window_ns, 600 * NSEC_PER_SEC);
	assert_true(duration_parse_limit("off", 5, &l));
	assert_int_equal(l.limit, 0);
	assert_int_equal(l.window_ns, 0);
	assert_false(duration_parse_limit("6 in 10min", 5, &l));
	assert_false(duration_parse_limit("0 in 10min", 5, &l));
	assert_false(duration_parse_limit("5 in 61min", 5, &l));
	assert_false(duration_parse_limit("5 in 0.5s", 5, &l));
	assert_false(duration_parse_limit("5 in", 5, &l));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_durations),
		cmocka_unit_test(invalid_durations),
		cmocka_unit_test(other_ranges),
		cmocka_unit_test(limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
