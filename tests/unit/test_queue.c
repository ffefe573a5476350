/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/queue.h"

/* The odd size makes errors in the computation of positions visible. */
struct record {
	uint8_t	 octets[7];
};

static struct record
record_of(uint32_t n)
{
	return ((struct record){ { (uint8_t)n, (uint8_t)(n >> 8),
	    (uint8_t)(n >> 16), 1, 2, 3, (uint8_t)~n } });
}

static void
push(struct queue *q, uint32_t n)
{
	struct record	 r = record_of(n);

	assert_true(queue_push(q, &r));
}

static void
take(struct queue *q, uint32_t n)
{
	struct record	 r = record_of(n);

	assert_non_null(queue_at(q, 0));
	assert_memory_equal(queue_at(q, 0), &r, sizeof(r));
	queue_shift(q);
}

static void
empty(void **state)
{
	struct queue	 q;

	(void)state;
	queue_init(&q, sizeof(struct record));
	assert_null(queue_at(&q, 0));
	push(&q, 1);
	take(&q, 1);
	assert_null(queue_at(&q, 0));
	queue_free(&q);
	assert_null(queue_at(&q, 0));
}

static void
reserved(void **state)
{
	struct queue	 q;
	const char	*records;
	uint32_t	 i;

	(void)state;
	queue_init(&q, sizeof(struct record));
	assert_true(queue_reserve(&q, 100));
	records = q.records;
	for (i = 0; i < 100; i++)
		push(&q, i);
	/* No push has moved them. */
	assert_ptr_equal(q.records, records);
	for (i = 0; i < 100; i++)
		take(&q, i);
	queue_free(&q);
}

static void
in_order_while_it_grows(void **state)
{
	struct queue	 q;
	uint32_t	 i;

	(void)state;
	queue_init(&q, sizeof(struct record));
	for (i = 0; i < 1000; i++)
		push(&q, i);
	assert_int_equal(q.count, 1000);
	for (i = 0; i < 1000; i++)
		take(&q, i);
	assert_null(queue_at(&q, 0));
	queue_free(&q);
}

/* Shifted records leave space at the front; new records go to the end. */
static void
grows_from_any_position(void **state)
{
	struct queue	 q;
	uint32_t	 offset, i;

	(void)state;
	for (offset = 0; offset < 130; offset++) {
		queue_init(&q, sizeof(struct record));
		for (i = 0; i < offset; i++) {
			push(&q, i);
			take(&q, i);
		}
		for (i = 0; i < 200; i++)
			push(&q, i);
		for (i = 0; i < 200; i++)
			take(&q, i);
		assert_null(queue_at(&q, 0));
		queue_free(&q);
	}
}

/* A queue that is never empty uses the space of shifted records again. */
static void
does_not_grow_with_time(void **state)
{
	struct queue	 q;
	uint32_t	 i;

	(void)state;
	queue_init(&q, sizeof(struct record));
	for (i = 0; i < 10; i++)
		push(&q, i);
	for (; i < 100000; i++) {
		push(&q, i);
		take(&q, i - 10);
	}
	assert_in_range(q.capacity, 11, 64);
	queue_free(&q);
}

static void
in_order_at_random(void **state)
{
	struct queue	 q;
	uint32_t	 pushed = 0, taken = 0;
	int		 i;

	(void)state;
	srand48(45640);
	queue_init(&q, sizeof(struct record));
	for (i = 0; i < 20000; i++) {
		if (lrand48() % 100 < 51)
			push(&q, pushed++);
		else if (taken < pushed)
			take(&q, taken++);
		assert_int_equal(q.count, pushed - taken);
	}
	while (taken < pushed)
		take(&q, taken++);
	assert_null(queue_at(&q, 0));
	queue_free(&q);
}

static void
at_any_position(void **state)
{
	struct record	 r;
	struct queue	 q;
	uint32_t	 i;

	(void)state;
	queue_init(&q, sizeof(struct record));
	for (i = 0; i < 100; i++) {
		push(&q, i);
		take(&q, i);
	}
	for (i = 0; i < 50; i++)
		push(&q, i);
	for (i = 0; i < 50; i++) {
		r = record_of(i);
		assert_memory_equal(queue_at(&q, i), &r, sizeof(r));
	}
	assert_null(queue_at(&q, 50));
	for (i = 0; i < 50; i++)
		take(&q, i);
	assert_null(queue_at(&q, 0));
	queue_free(&q);
}

/* An empty queue frees the memory that many records needed. */
static void
frees_memory_when_empty(void **state)
{
	struct queue	 q;
	size_t		 small;
	uint32_t	 i;
	int		 round;

	(void)state;
	queue_init(&q, sizeof(struct record));
	small = q.capacity;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 100000; i++)
			push(&q, i);
		for (i = 0; i < 100000; i++)
			take(&q, i);
		assert_int_equal(q.capacity, small);
		push(&q, 1);
		take(&q, 1);
	}
	queue_free(&q);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(reserved),
		cmocka_unit_test(in_order_while_it_grows),
		cmocka_unit_test(grows_from_any_position),
		cmocka_unit_test(does_not_grow_with_time),
		cmocka_unit_test(in_order_at_random),
		cmocka_unit_test(at_any_position),
		cmocka_unit_test(frees_memory_when_empty),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
