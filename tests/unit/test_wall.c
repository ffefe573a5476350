/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mono.h"
#include "base/wall.h"

static void
text(void **state)
{
	static const struct {
		int64_t		 ns;
		const char	*text;
	} t[] = {
		{ 0, "never" },
		{ 1, "1970-01-01T00:00:00.000000Z" },
		{ 999, "1970-01-01T00:00:00.000000Z" },
		{ 1000, "1970-01-01T00:00:00.000001Z" },
		{ -1, "1969-12-31T23:59:59.999999Z" },
		{ -NSEC_PER_SEC, "1969-12-31T23:59:59.000000Z" },
		{ -1001, "1969-12-31T23:59:59.999998Z" },
		{ 1795348830 * NSEC_PER_SEC, "2026-11-22T12:00:30.000000Z" },
		{ 1795348830 * NSEC_PER_SEC + 123456789,
		    "2026-11-22T12:00:30.123456Z" },
		{ 1795348830 * NSEC_PER_SEC + 999999999,
		    "2026-11-22T12:00:30.999999Z" },
		/* Leap days, and the end of a 32-bit time_t. */
		{ 951782400 * NSEC_PER_SEC, "2000-02-29T00:00:00.000000Z" },
		{ 1709251199 * NSEC_PER_SEC, "2024-02-29T23:59:59.000000Z" },
		{ 4107542400 * NSEC_PER_SEC, "2100-03-01T00:00:00.000000Z" },
		{ 2147483648 * NSEC_PER_SEC, "2038-01-19T03:14:08.000000Z" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775Z" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224Z" },
	};
	char	 buffer[WALL_TEXT_SIZE];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_ptr_equal(wall_text((struct wall_time){ t[i].ns },
		    buffer), buffer);
		assert_string_equal(buffer, t[i].text);
	}
}

/* The text is in UTC, also when TZ is set. */
static void
text_in_another_zone(void **state)
{
	char	 buffer[WALL_TEXT_SIZE];

	(void)state;
	assert_int_equal(setenv("TZ", "XYZ-05:30", 1), 0);
	tzset();
	assert_string_equal(wall_text((struct wall_time){ 1795348830 *
	    NSEC_PER_SEC }, buffer), "2026-11-22T12:00:30.000000Z");
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

static void
arithmetic(void **state)
{
	struct wall_time	 a = { 10 }, b = { 3 };

	(void)state;
	assert_int_equal(wall_sub(a, b), 7);
	assert_int_equal(wall_sub(b, a), -7);
	assert_int_equal(wall_add(b, -4).ns, -1);
	assert_true(wall_is_never(WALL_NEVER));
	assert_false(wall_is_never(a));
}

static void
now(void **state)
{
	struct wall_time	 before = { time(NULL) * NSEC_PER_SEC };
	struct wall_time	 t = wall_now();

	(void)state;
	/* time(2) may be up to one clock tick late. */
	assert_true(wall_sub(t, before) >= 0);
	assert_true(wall_sub(t, before) < 3600 * NSEC_PER_SEC);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(text_in_another_zone),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(now),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
