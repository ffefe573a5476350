/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "state/storm.h"

#define WINDOW	(10 * NSEC_PER_SEC)

static struct storm	 storm;

static struct mono_time
at(double seconds)
{
	return ((struct mono_time){ (int64_t)(seconds * 1e9) });
}

static struct wall_time
wall(double seconds)
{
	return ((struct wall_time){ INT64_C(1795348800000000000) +
	    (int64_t)(seconds * 1e9) });
}

static int
begin(void **state)
{
	(void)state;
	memset(&storm, 0, sizeof(storm));
	assert_true(storm_configure(&storm, 3, WINDOW));
	return (0);
}

static int
end(void **state)
{
	(void)state;
	storm_free(&storm);
	return (0);
}

static void
off_unless_configured(void **state)
{
	struct storm	 off = { 0 };
	int		 i;

	(void)state;
	assert_true(storm_configure(&off, 0, WINDOW));
	for (i = 0; i < 100000; i++)
		assert_true(storm_raise(&off, at(1)));
	assert_int_equal(storm_due(&off).ns, MONO_NEVER.ns);
	storm_free(&off);
}

/* In any window, raises up to the limit are notified by themselves. */
static void
limit_in_a_window(void **state)
{
	(void)state;
	assert_true(storm_raise(&storm, at(0)));
	assert_true(storm_raise(&storm, at(5)));
	assert_true(storm_raise(&storm, at(9)));
	assert_false(storm_raise(&storm, at(9.999)));
	/* 5, 9 and 9.999 are within the window. */
	assert_false(storm_raise(&storm, at(10)));
	/* 9, 9.999 and 10 are. */
	assert_false(storm_raise(&storm, at(18.9)));
	/* A lower rate does not exceed the limit again. */
	assert_true(storm_raise(&storm, at(30)));
	assert_true(storm_raise(&storm, at(33.4)));
	assert_true(storm_raise(&storm, at(36.8)));
	assert_true(storm_raise(&storm, at(40.2)));
}

static void
notified_at_the_end(void **state)
{
	struct notification_storm	 closed;

	(void)state;
	assert_int_equal(storm_due(&storm).ns, MONO_NEVER.ns);
	storm_add(&storm, true, 17, wall(1), at(1));
	storm_add(&storm, true, 18, wall(2), at(2));
	storm_add(&storm, false, 19, wall(4), at(4));
	assert_int_equal(storm_due(&storm).ns, at(14).ns);
	assert_int_equal(storm_shown(&storm)->raised, 2);
	closed = storm_close(&storm, 20, 18);
	assert_int_equal(closed.raised, 2);
	assert_int_equal(closed.cleared, 1);
	assert_int_equal(closed.first, 17);
	assert_int_equal(closed.since.ns, wall(1).ns);
	assert_int_equal(storm_due(&storm).ns, MONO_NEVER.ns);
	/* It is shown until another one is open. */
	assert_int_equal(storm_shown(&storm)->first, 17);
	storm_add(&storm, false, 30, wall(60), at(60));
	assert_int_equal(storm_shown(&storm)->first, 30);
	assert_int_equal(storm_shown(&storm)->raised, 0);
	assert_int_equal(storm_shown(&storm)->cleared, 1);
}

static void
storm_without_an_end(void **state)
{
	int	 i;

	(void)state;
	for (i = 0; i < 95; i++)
		storm_add(&storm, true, 1 + (uint32_t)i, wall(i), at(i));
	assert_int_equal(storm_due(&storm).ns, at(100).ns);
	assert_int_equal(storm_close(&storm, 96, 95).raised, 95);
}

/* The number of summarised transitions is limited. */
static void
large_storm(void **state)
{
	uint32_t	 i;

	(void)state;
	for (i = 1; i < STORM_TRANSITIONS_MAX; i++)
		storm_add(&storm, i % 2 == 1, i, wall(1), at(1));
	assert_int_equal(storm_due(&storm).ns, at(11).ns);
	storm_add(&storm, false, i, wall(1), at(1));
	assert_int_equal(storm_due(&storm).ns, at(1).ns);
	(void)storm_close(&storm, STORM_TRANSITIONS_MAX + 1, 0);
	assert_int_equal(storm_due(&storm).ns, MONO_NEVER.ns);
	storm_add(&storm, true, STORM_TRANSITIONS_MAX + 2, wall(2), at(2));
	assert_int_equal(storm_due(&storm).ns, at(12).ns);
}

/* The oldest sequence that a storm notification refers to. */
static void
oldest_needed(void **state)
{
	(void)state;
	assert_int_equal(storm_oldest(&storm, 0, 100), UINT32_MAX);
	assert_int_equal(storm_oldest(&storm, 1000, 100), UINT32_MAX);
	storm_add(&storm, true, 10, wall(1), at(1));
	assert_int_equal(storm_oldest(&storm, 5000, 100), 10);
	(void)storm_close(&storm, 20, 15);
	assert_int_equal(storm_oldest(&storm, 19, 100), 10);
	/* A second storm, before the first was delivered. */
	storm_add(&storm, true, 30, wall(30), at(30));
	(void)storm_close(&storm, 40, 19);
	assert_int_equal(storm_oldest(&storm, 19, 100), 10);
	assert_int_equal(storm_oldest(&storm, 139, 100), 10);
	assert_int_equal(storm_oldest(&storm, 140, 100), UINT32_MAX);
	/* A third storm, after both were delivered. */
	storm_add(&storm, true, 200, wall(60), at(60));
	assert_int_equal(storm_oldest(&storm, 140, 100), 200);
	(void)storm_close(&storm, 210, 205);
	assert_int_equal(storm_oldest(&storm, 209, 100), 200);
	assert_int_equal(storm_oldest(&storm, 309, 100), 200);
	assert_int_equal(storm_oldest(&storm, 310, 100), UINT32_MAX);
}

static void
another_limit(void **state)
{
	(void)state;
	while (storm_raise(&storm, at(1)))
		continue;
	storm_add(&storm, true, 4, wall(1), at(1));
	assert_true(storm_configure(&storm, 3, WINDOW));
	assert_false(storm_raise(&storm, at(2)));
	/* The open storm stays open. */
	assert_true(storm_configure(&storm, 5, WINDOW));
	assert_true(storm_raise(&storm, at(2)));
	assert_int_equal(storm_due(&storm).ns, at(11).ns);
	assert_true(storm_configure(&storm, 0, WINDOW));
	assert_true(storm_raise(&storm, at(2)));
	assert_int_equal(storm_close(&storm, 5, 4).raised, 1);
}

static void
resumed(void **state)
{
	const struct notification_storm	 open = {
		.raised = 7, .cleared = 2, .first = 40, .since = wall(1),
	};

	(void)state;
	storm_resume(&storm, &open, at(100));
	assert_int_equal(storm_due(&storm).ns, at(110).ns);
	storm_add(&storm, true, 60, wall(101), at(101));
	assert_int_equal(storm_close(&storm, 61, 60).raised, 8);
	assert_int_equal(storm_shown(&storm)->first, 40);
}

#define STORM_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORM_TEST(off_unless_configured),
		STORM_TEST(limit_in_a_window),
		STORM_TEST(notified_at_the_end),
		STORM_TEST(storm_without_an_end),
		STORM_TEST(large_storm),
		STORM_TEST(oldest_needed),
		STORM_TEST(another_limit),
		STORM_TEST(resumed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
