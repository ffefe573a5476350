/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/heap.h"

static void
assert_top(const struct heap *h, int64_t ns, uint32_t item)
{
	const struct heap_entry	*top = heap_top(h);

	assert_non_null(top);
	assert_int_equal(top->due.ns, ns);
	assert_int_equal(top->item, item);
}

static void
empty(void **state)
{
	struct heap	 h;

	(void)state;
	assert_true(heap_init(&h, 0));
	assert_null(heap_top(&h));
	heap_free(&h);
	assert_null(heap_top(&h));
}

static void
earliest_first(void **state)
{
	static const int64_t	 due[] = { 5, -3, 9, INT64_MAX, 0, 7, 1 };
	static const uint32_t	 order[] = { 1, 4, 6, 0, 5, 2, 3 };
	struct heap		 h;
	uint32_t		 i;

	(void)state;
	assert_true(heap_init(&h, 7));
	for (i = 0; i < 7; i++)
		heap_push(&h, (struct mono_time){ due[i] }, i);
	for (i = 0; i < 7; i++) {
		assert_top(&h, due[order[i]], order[i]);
		heap_pop(&h);
	}
	assert_null(heap_top(&h));
	heap_free(&h);
}

static void
equal_deadlines_in_order_of_items(void **state)
{
	static const uint32_t	 items[] = { 6, 2, 5, 0, 4, 1, 3 };
	struct heap		 h;
	uint32_t		 i;

	(void)state;
	assert_true(heap_init(&h, 7));
	for (i = 0; i < 7; i++)
		heap_push(&h, (struct mono_time){ 30 }, items[i]);
	for (i = 0; i < 7; i++) {
		assert_top(&h, 30, i);
		heap_pop(&h);
	}
	heap_free(&h);
}

static void
defer(void **state)
{
	struct heap	 h;

	(void)state;
	assert_true(heap_init(&h, 3));
	heap_push(&h, (struct mono_time){ 10 }, 0);
	heap_defer_top(&h, (struct mono_time){ 15 });
	assert_top(&h, 15, 0);
	heap_push(&h, (struct mono_time){ 20 }, 1);
	heap_push(&h, (struct mono_time){ 30 }, 2);
	heap_defer_top(&h, (struct mono_time){ 25 });
	assert_top(&h, 20, 1);
	heap_defer_top(&h, (struct mono_time){ 25 });
	assert_top(&h, 25, 0);
	heap_defer_top(&h, (struct mono_time){ 40 });
	assert_top(&h, 25, 1);
	heap_defer_top(&h, (struct mono_time){ 50 });
	assert_top(&h, 30, 2);
	heap_free(&h);
}

#define ITEMS	300

/*
 * A simple model of the heap: the deadline of each item, or ABSENT.  The top is
 * found by a search through all items.
 */
#define ABSENT	INT64_MIN

static int64_t	 model[ITEMS];

static uint32_t
model_top(void)
{
	uint32_t	 i, top = ITEMS;

	for (i = 0; i < ITEMS; i++)
		if (model[i] != ABSENT &&
		    (top == ITEMS || model[i] < model[top]))
			top = i;
	return (top);
}

static void
change_at_random(struct heap *h, uint32_t top)
{
	uint32_t	 item = (uint32_t)lrand48() % ITEMS;
	int64_t		 due = lrand48() % 50;

	if (model[item] == ABSENT) {
		heap_push(h, (struct mono_time){ due }, item);
		model[item] = due;
	} else if (due % 3 == 0) {
		heap_pop(h);
		model[top] = ABSENT;
	} else {
		due += model[top] - 10;
		heap_defer_top(h, (struct mono_time){ due });
		model[top] = due;
	}
}

static void
agrees_with_the_model(void **state)
{
	struct heap	 h;
	uint32_t	 i, top;

	(void)state;
	srand48(45640);
	for (i = 0; i < ITEMS; i++)
		model[i] = ABSENT;
	assert_true(heap_init(&h, ITEMS));
	for (i = 0; i < 50000; i++) {
		top = model_top();
		if (top == ITEMS)
			assert_null(heap_top(&h));
		else
			assert_top(&h, model[top], top);
		change_at_random(&h, top);
	}
	heap_free(&h);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(earliest_first),
		cmocka_unit_test(equal_deadlines_in_order_of_items),
		cmocka_unit_test(defer),
		cmocka_unit_test(agrees_with_the_model),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
