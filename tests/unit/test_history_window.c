/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "state/history_window.h"

#define MOST	200

/* The same, with one look at each sequence. */
static uint32_t
expected(const bool *is_extra, uint32_t sequence, uint32_t size)
{
	uint32_t	 extra = 0, others = 0, start = sequence + 1;

	while (start > 1) {
		if (others == size || (is_extra[start - 1] && extra == size))
			break;
		start--;
		if (is_extra[start])
			extra++;
		else
			others++;
	}
	return (start);
}

static void
as_counted_one_by_one(void **state)
{
	struct history_window	 w = { .count = 0 };
	bool			 is_extra[MOST + 1] = { false };
	uint32_t		 i, size, percent, newest;

	(void)state;
	for (percent = 0; percent <= 100; percent += 10) {
		srand48((long)percent);
		for (i = 1; i <= MOST; i++) {
			is_extra[i] = lrand48() % 100 < (long)percent;
			if (is_extra[i])
				assert_true(history_window_add(&w, i));
		}
		for (size = 1; size < MOST + 10; size += 7)
			for (newest = 0; newest <= MOST; newest++)
				assert_int_equal(history_window_start(&w,
				    newest, size), expected(is_extra, newest,
				    size));
		history_window_free(&w);
	}
}

static void
trimmed(void **state)
{
	struct history_window	 w = { .count = 0 };
	uint32_t		 i;

	(void)state;
	for (i = 1; i <= 20; i += 2)
		assert_true(history_window_add(&w, i));
	history_window_trim(&w, 1);
	assert_int_equal(w.count, 10);
	history_window_trim(&w, 8);
	assert_int_equal(w.count, 6);
	assert_int_equal(w.extra[0], 9);
	assert_int_equal(history_window_start(&w, 20, 4), 14);
	history_window_trim(&w, 21);
	assert_int_equal(w.count, 0);
	assert_int_equal(history_window_start(&w, 20, 4), 17);
	history_window_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_counted_one_by_one),
		cmocka_unit_test(trimmed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
