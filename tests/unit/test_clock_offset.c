/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/clock_offset.h"

#define HOUR	(3600 * NSEC_PER_SEC)
#define OFFSET	(1795348800 * NSEC_PER_SEC)

static struct clock_offset	 offset;

static struct mono_time
at(double seconds)
{
	return ((struct mono_time){ (int64_t)(seconds * 1e9) });
}

/* The kernel's wall clock, which differs by off_ns from that of the process. */
static struct wall_time
timestamp(double seconds, int64_t off_ns)
{
	return ((struct wall_time){ OFFSET + at(seconds).ns + off_ns });
}

static void
assert_at(struct mono_time found, double seconds)
{
	int64_t	 off_ns = found.ns - at(seconds).ns;

	if (off_ns > NSEC_PER_MSEC || off_ns < -NSEC_PER_MSEC)
		fail_msg("found %.6f; expected %.6f", (double)found.ns / 1e9,
		    seconds);
}

static struct mono_time
arrival(double arrived, int64_t off_ns, double before, double now)
{
	return (clock_offset_arrival(&offset, timestamp(arrived, off_ns),
	    at(before), at(now)));
}

static int
begin(void **state)
{
	(void)state;
	clock_offset_begin(&offset, OFFSET);
	return (0);
}

static void
same_clock(void **state)
{
	(void)state;
	assert_int_equal(clock_offset_update(&offset, OFFSET), 0);
	assert_at(arrival(10.3, 0, 10, 11), 10.3);
	assert_at(arrival(10.9, 0, 10, 11), 10.9);
}

/* An arrival is never before the last pass, and never after this one. */
static void
arrival_is_between_the_passes(void **state)
{
	(void)state;
	assert_int_equal(arrival(9.998, 0, 10, 11).ns, at(10).ns);
	assert_int_equal(arrival(11.002, 0, 10, 11).ns, at(11).ns);
	assert_int_equal(arrival(3, 0, 10, 11).ns, at(11).ns);
	assert_int_equal(arrival(30, 0, 10, 11).ns, at(11).ns);
}

/* Packets from before and from after a step are waiting together. */
static void
stepped_while_packets_wait(void **state)
{
	int64_t	 step_ns;

	(void)state;
	for (step_ns = -HOUR; step_ns <= HOUR; step_ns += 2 * HOUR) {
		clock_offset_begin(&offset, OFFSET);
		assert_at(arrival(9.95, 0, 9.9, 10), 9.95);
		assert_int_equal(clock_offset_update(&offset, OFFSET + step_ns),
		    step_ns);
		assert_at(arrival(10.1, 0, 10, 10.9), 10.1);
		assert_at(arrival(10.4, 0, 10, 10.9), 10.4);
		assert_at(arrival(10.5, step_ns, 10, 10.9), 10.5);
		assert_at(arrival(10.8, step_ns, 10, 10.9), 10.8);
		assert_int_equal(clock_offset_update(&offset,
		    OFFSET + step_ns), 0);
		assert_at(arrival(11.2, step_ns, 10.9, 11.3), 11.2);
	}
}

/* Packets that are taken at once show the offset of the kernel's clock. */
static void
kernel_has_another_clock(void **state)
{
	double	 t;

	(void)state;
	assert_int_equal(clock_offset_update(&offset, OFFSET + HOUR), HOUR);
	for (t = 10; t < 12; t += 0.1) {
		assert_at(arrival(t, 0, t - 0.0005, t + 0.0003), t);
		assert_int_equal(clock_offset_update(&offset, OFFSET + HOUR),
		    0);
	}
	/* The process was stopped for 0.9 s, and packets waited in the ring. */
	for (t = 12.1; t < 12.9; t += 0.1)
		assert_at(arrival(t, 0, 12, 12.9), t);
}

/* The kernel's clock also runs at another speed. */
static void
kernel_clock_drifts(void **state)
{
	double	 t;

	(void)state;
	for (t = 10; t < 110; t += 0.1) {
		(void)clock_offset_update(&offset, OFFSET +
		    (int64_t)((t - 10) * 0.05 * 1e9));
		assert_at(arrival(t, 0, t - 0.0005, t + 0.0003), t);
	}
	(void)clock_offset_update(&offset, OFFSET + 5 * NSEC_PER_SEC);
	for (t = 110.1; t < 110.9; t += 0.1)
		assert_at(arrival(t, 0, 110, 110.9), t);
}

/* An arrival with an invalid timestamp is now, and later ones are right. */
static void
invalid_timestamps(void **state)
{
	(void)state;
	assert_int_equal(arrival(-1e6, 0, 10, 10.1).ns, at(10.1).ns);
	assert_int_equal(arrival(1e6, 0, 10, 10.1).ns, at(10.1).ns);
	(void)clock_offset_update(&offset, OFFSET);
	assert_at(arrival(10.15, 0, 10.1, 10.2), 10.15);
}

#define TEST(test) cmocka_unit_test_setup(test, begin)

/* ---- the clocks, which this program defines itself */

static int64_t		 clock_ns;	/* monotonic */
static const int64_t	*delays;	/* between two readings of it */
static size_t		 readings;

struct mono_time
mono_now(void)
{
	struct mono_time	 now = { clock_ns };

	clock_ns += delays[readings++] / 2;
	return (now);
}

struct wall_time
wall_now(void)
{
	struct wall_time	 now = { clock_ns + OFFSET };

	clock_ns += delays[readings - 1] / 2;
	return (now);
}

/* The process is interrupted before and after it reads the wall clock. */
static void
interrupted_readings(void **state)
{
	static const struct {
		int64_t	 delays[6];
		int64_t	 error_ns;
		size_t	 readings;
	} t[] = {
		{ { 0, 0 }, 0, 2 },
		{ { 9000, 0 }, 4500, 2 },
		/* The second attempt is exact. */
		{ { 2700000, 1000, 0 }, 500, 3 },
		{ { 20000, 30000, 9000, 0 }, 4500, 4 },
		/* All are interrupted: the shortest one counts. */
		{ { 9000000, 8000000, 70000, 60000, 80000, 0 }, 30000, 6 },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		delays = t[i].delays;
		readings = 0;
		assert_int_equal(clock_offset_read(),
		    OFFSET - t[i].error_ns);
		assert_int_equal(readings, t[i].readings);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(same_clock),
		TEST(arrival_is_between_the_passes),
		TEST(stepped_while_packets_wait),
		TEST(kernel_has_another_clock),
		TEST(kernel_clock_drifts),
		TEST(invalid_timestamps),
		cmocka_unit_test(interrupted_readings),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
