/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reorder window: the order of the frames, the counts and the limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "offline/reorder_window.h"

#define UNWANTED	255

/* Pushes a frame of one octet, which identifies it. */
static void
push(struct reorder_window *r, int64_t ns, uint8_t which)
{
	struct capture_frame	 frame = {
		.timestamp = { ns }, .bytes = &which, .captured = 1, .wire = 60,
		.link_type = 1,
	};

	assert_false(reorder_window_full(r));
	assert_true(reorder_window_push(r, &frame, which != UNWANTED));
}

/* Checks and removes the first entry. */
static void
expect(struct reorder_window *r, int64_t ns, uint8_t which)
{
	const struct reorder_window_entry *entry = reorder_window_first(r);

	assert_non_null(entry);
	assert_int_equal(entry->timestamp.ns, ns);
	assert_int_equal(entry->captured, 1);
	if (which == UNWANTED) {
		assert_null(entry->frame);
	} else {
		assert_non_null(entry->frame);
		assert_int_equal(entry->frame->bytes[0], which);
		assert_int_equal(entry->frame->wire, 60);
	}
	reorder_window_shift(r);
}

static void
in_order(void **state)
{
	struct reorder_window_count	 count = { 0 };
	struct reorder_window		*r = reorder_window_new(&count);

	(void)state;
	assert_null(reorder_window_first(r));
	push(r, 10, 1);
	push(r, 10, 2);
	push(r, 11, 3);
	expect(r, 10, 1);
	expect(r, 10, 2);
	push(r, 11, 4);
	expect(r, 11, 3);
	expect(r, 11, 4);
	assert_null(reorder_window_first(r));
	assert_int_equal(count.frames, 4);
	assert_int_equal(count.out_of_order, 0);
	assert_int_equal(count.lag_ns, 0);
	reorder_window_free(r);
}

static void
out_of_order(void **state)
{
	struct reorder_window_count	 count = { 0 };
	struct reorder_window		*r = reorder_window_new(&count);

	(void)state;
	push(r, 50, 1);
	push(r, 20, 2);
	push(r, 30, 3);
	push(r, 20, 4);
	push(r, 60, 5);
	push(r, 10, 6);
	expect(r, 10, 6);
	expect(r, 20, 2);
	expect(r, 20, 4);
	expect(r, 30, 3);
	expect(r, 50, 1);
	expect(r, 60, 5);
	assert_null(reorder_window_first(r));
	assert_int_equal(count.out_of_order, 3);
	assert_int_equal(count.lag_ns, 50);
	assert_int_equal(count.late, 0);
	reorder_window_free(r);
}

/* The window keeps only the timestamp and the size of an unwanted frame. */
static void
unwanted(void **state)
{
	struct reorder_window_count	 count = { 0 };
	struct reorder_window		*r = reorder_window_new(&count);

	(void)state;
	push(r, 50, 1);
	push(r, 60, UNWANTED);
	push(r, 20, UNWANTED);
	push(r, 30, 2);
	push(r, 30, 3);
	push(r, 10, 4);
	expect(r, 10, 4);
	expect(r, 20, UNWANTED);
	push(r, 15, UNWANTED);
	expect(r, 20, UNWANTED);
	expect(r, 30, 2);
	expect(r, 30, 3);
	expect(r, 50, 1);
	expect(r, 60, UNWANTED);
	assert_null(reorder_window_first(r));
	assert_int_equal(count.frames, 7);
	assert_int_equal(count.out_of_order, 2);
	assert_int_equal(count.late, 1);
	reorder_window_free(r);
}

/* A frame that is earlier than a removed one gets the timestamp of that one. */
static void
too_late(void **state)
{
	struct reorder_window_count	 count = { 0 };
	struct reorder_window		*r = reorder_window_new(&count);

	(void)state;
	push(r, 100, 1);
	push(r, 200, 2);
	expect(r, 100, 1);
	expect(r, 200, 2);
	push(r, 150, 3);
	push(r, 300, 4);
	push(r, 160, 5);
	expect(r, 200, 3);
	expect(r, 200, 5);
	expect(r, 300, 4);
	assert_int_equal(count.late, 2);
	assert_int_equal(count.out_of_order, 2);
	reorder_window_free(r);
}

/* The number of frames is limited, also with random timestamps. */
static void
limited_frames(void **state)
{
	struct reorder_window_count	 count = { 0 };
	struct reorder_window		*r = reorder_window_new(&count);
	uint32_t		 x = 1;
	int64_t			 before = 0;
	size_t			 i;

	(void)state;
	for (i = 0; i < REORDER_WINDOW_FRAMES; i++) {
		x = x * 1664525 + 1013904223;
		push(r, 1 + (x >> 8), 0);
	}
	assert_true(reorder_window_full(r));
	for (i = 0; i < REORDER_WINDOW_FRAMES; i++) {
		assert_true(reorder_window_first(r)->timestamp.ns >= before);
		before = reorder_window_first(r)->timestamp.ns;
		reorder_window_shift(r);
		assert_false(reorder_window_full(r));
	}
	assert_null(reorder_window_first(r));
	reorder_window_free(r);
}

static void
limited_octets(void **state)
{
	static uint8_t		 bytes[65536];
	struct reorder_window_count	 count = { 0 };
	struct reorder_window		*r = reorder_window_new(&count);
	struct capture_frame	 frame = {
		.bytes = bytes, .captured = sizeof(bytes),
		.wire = sizeof(bytes),
	};
	size_t			 n;

	(void)state;
	for (n = 0; !reorder_window_full(r); n++) {
		frame.timestamp.ns = (int64_t)n + 1;
		assert_true(reorder_window_push(r, &frame, n % 2 == 0));
	}
	assert_int_equal(n, REORDER_WINDOW_OCTETS / sizeof(bytes));
	reorder_window_shift(r);
	assert_false(reorder_window_full(r));
	reorder_window_free(r);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(unwanted),
		cmocka_unit_test(too_late),
		cmocka_unit_test(limited_frames),
		cmocka_unit_test(limited_octets),
	};

	return (cmocka_run_group_tests_name("reorder_window", tests, NULL,
	    NULL));
}
