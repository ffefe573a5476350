/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "outbox.h"

static const struct wall_time	 noon = { INT64_C(1795348800000000000) };

static int
begin(void **state)
{
	struct outbox	*box = malloc(sizeof(*box));

	*state = box;
	return (box != NULL && outbox_init(box) ? 0 : -1);
}

static int
end(void **state)
{
	outbox_free(*state);
	free(*state);
	return (0);
}

/* Adds `count` of them. */
static void
add(struct outbox *box, size_t count)
{
	while (count-- > 0)
		assert_non_null(outbox_add(box, NOTICE_BLIND, noon));
}

/* Sends the next, as notify_flush does; its sequence. */
static uint32_t
send_next(struct outbox *box)
{
	struct notice	*n = outbox_next(box);

	if (n == NULL)
		return (0);
	assert_int_equal(n->delivery, NOTICE_PENDING);
	n->delivery = NOTICE_SENT;
	return (n->sequence);
}

/* What holds at any time. */
static void
assert_sound(const struct outbox *box)
{
	size_t	 i, pending = 0;

	assert_true(box->count <= box->capacity);
	for (i = 0; i < box->count; i++) {
		struct notice *n = outbox_at(box, i);
		assert_int_equal(n->sequence,
		    box->sequence - (box->count - 1 - i));
		assert_ptr_equal(outbox_find(box, n->sequence), n);
		pending += n->delivery != NOTICE_DELIVERED;
		if (i < box->delivered)
			assert_int_equal(n->delivery, NOTICE_DELIVERED);
		else if (i == box->delivered)
			assert_int_not_equal(n->delivery, NOTICE_DELIVERED);
	}
	assert_int_equal(box->pending, pending);
}

static void
numbered_without_a_gap(void **state)
{
	struct outbox	*box = *state;
	struct notice	*n;
	uint32_t	 i;

	assert_int_equal(box->sequence, 0);
	for (i = 1; i <= 300; i++) {
		n = outbox_add(box, NOTICE_RAISED, noon);
		assert_non_null(n);
		assert_int_equal(n->sequence, i);
		assert_int_equal(n->event, NOTICE_RAISED);
		assert_int_equal(n->delivery, NOTICE_PENDING);
		assert_int_equal(n->time.ns, noon.ns);
		assert_null(n->alarm.identity);
		assert_null(n->capture);
	}
	assert_int_equal(box->sequence, 300);
	assert_int_equal(box->count, 300);
	assert_int_equal(box->pending, 300);
	assert_sound(box);
}

static void
empty(void **state)
{
	struct outbox	*box = *state;

	assert_null(outbox_next(box));
	assert_null(outbox_find(box, 0));
	assert_null(outbox_find(box, 1));
	outbox_delivered(box, 1);
	outbox_returned(box, 1);
	outbox_all_returned(box);
	assert_sound(box);
}

static void
found_by_sequence(void **state)
{
	struct outbox	*box = *state;

	add(box, 5);
	assert_null(outbox_find(box, 0));
	assert_int_equal(outbox_find(box, 1)->sequence, 1);
	assert_int_equal(outbox_find(box, 5)->sequence, 5);
	assert_null(outbox_find(box, 6));
	assert_null(outbox_find(box, UINT32_MAX));
}

/* Nothing is dropped while it waits, however long that is. */
static void
nothing_that_waits_is_dropped(void **state)
{
	struct outbox	*box = *state;

	add(box, 10 * OUTBOX_HISTORY);
	assert_int_equal(box->count, 10 * OUTBOX_HISTORY);
	assert_int_equal(outbox_at(box, 0)->sequence, 1);
	assert_sound(box);
}

/* The ring grows while its oldest is not at the beginning of the memory. */
static void
grows_within_a_round(void **state)
{
	struct outbox	*box = *state;
	size_t		 capacity, i;

	for (i = 0; i < OUTBOX_HISTORY + 10; i++) {
		add(box, 1);
		outbox_delivered(box, send_next(box));
	}
	assert_int_not_equal(box->first, 0);
	capacity = box->capacity;
	while (box->capacity == capacity) {
		add(box, 1);
		assert_sound(box);
	}
}

static void
sent_in_order(void **state)
{
	struct outbox	*box = *state;

	add(box, 3);
	assert_int_equal(send_next(box), 1);
	assert_int_equal(send_next(box), 2);
	assert_int_equal(send_next(box), 3);
	assert_int_equal(send_next(box), 0);
	assert_int_equal(box->pending, 3);
}

static void
answered_in_any_order(void **state)
{
	struct outbox	*box = *state;

	add(box, 5);
	while (send_next(box) != 0)
		continue;
	outbox_delivered(box, 3);
	assert_int_equal(box->delivered, 0);
	assert_int_equal(box->pending, 4);
	outbox_delivered(box, 1);
	assert_int_equal(box->delivered, 1);
	outbox_delivered(box, 2);
	assert_int_equal(box->delivered, 3);
	outbox_delivered(box, 5);
	assert_int_equal(box->delivered, 3);
	assert_int_equal(box->pending, 1);
	outbox_delivered(box, 4);
	assert_int_equal(box->delivered, 5);
	assert_int_equal(box->pending, 0);
	assert_sound(box);
}

static void
answered_twice(void **state)
{
	struct outbox	*box = *state;

	add(box, 2);
	(void)send_next(box);
	outbox_delivered(box, 1);
	outbox_delivered(box, 1);
	outbox_returned(box, 1);
	assert_int_equal(box->pending, 1);
	assert_int_equal(outbox_find(box, 1)->delivery, NOTICE_DELIVERED);
	assert_int_equal(send_next(box), 2);
	assert_sound(box);
}

/* What comes back is sent before what is younger. */
static void
returned_is_sent_again(void **state)
{
	struct outbox	*box = *state;

	add(box, 4);
	(void)send_next(box);
	(void)send_next(box);
	(void)send_next(box);
	outbox_returned(box, 2);
	assert_int_equal(box->pending, 4);
	assert_int_equal(send_next(box), 2);
	assert_int_equal(send_next(box), 4);
	assert_int_equal(send_next(box), 0);
	assert_sound(box);
}

static void
all_returned_are_sent_again(void **state)
{
	struct outbox	*box = *state;

	add(box, 5);
	while (send_next(box) != 0)
		continue;
	outbox_delivered(box, 1);
	outbox_delivered(box, 4);
	outbox_all_returned(box);
	assert_int_equal(send_next(box), 2);
	assert_int_equal(send_next(box), 3);
	assert_int_equal(send_next(box), 5);
	assert_int_equal(send_next(box), 0);
	assert_int_equal(outbox_find(box, 4)->delivery, NOTICE_DELIVERED);
	assert_sound(box);
}

static void
history_is_bounded(void **state)
{
	struct outbox	*box = *state;
	size_t		 i, capacity;

	for (i = 0; i < OUTBOX_HISTORY; i++) {
		add(box, 1);
		outbox_delivered(box, send_next(box));
	}
	assert_int_equal(box->count, OUTBOX_HISTORY);
	assert_int_equal(outbox_at(box, 0)->sequence, 1);
	capacity = box->capacity;
	for (i = 0; i < 3 * OUTBOX_HISTORY; i++) {
		add(box, 1);
		outbox_delivered(box, send_next(box));
	}
	assert_int_equal(box->count, OUTBOX_HISTORY);
	assert_int_equal(box->capacity, capacity);
	assert_int_equal(outbox_at(box, 0)->sequence, 3 * OUTBOX_HISTORY + 1);
	assert_null(outbox_find(box, 3 * OUTBOX_HISTORY));
	assert_sound(box);
	/* An answer to what is no longer held changes nothing. */
	outbox_delivered(box, 1);
	outbox_returned(box, 1);
	assert_sound(box);
}

/* One at the old end that has no answer keeps all that follow. */
static void
history_waits_for_the_oldest(void **state)
{
	struct outbox	*box = *state;
	uint32_t	 i;

	add(box, OUTBOX_HISTORY + 100);
	while (send_next(box) != 0)
		continue;
	for (i = 2; i <= OUTBOX_HISTORY + 100; i++)
		outbox_delivered(box, i);
	assert_int_equal(box->count, OUTBOX_HISTORY + 100);
	assert_int_equal(box->pending, 1);
	outbox_returned(box, 1);
	assert_int_equal(send_next(box), 1);
	outbox_delivered(box, 1);
	assert_int_equal(box->count, OUTBOX_HISTORY);
	assert_int_equal(outbox_at(box, 0)->sequence, 101);
	assert_sound(box);
}

static void
identities_are_let_go(void **state)
{
	struct outbox		*box = *state;
	struct alarm_identity	*id = calloc(1, sizeof(*id));
	struct notice		*n;
	size_t			 i;

	assert_non_null(id);
	id->references = 1;
	for (i = 0; i < OUTBOX_HISTORY + 50; i++) {
		n = outbox_add(box, NOTICE_RAISED, noon);
		assert_non_null(n);
		n->alarm.identity = alarm_identity_share(id);
	}
	assert_int_equal(id->references, OUTBOX_HISTORY + 51);
	for (i = 0; i < OUTBOX_HISTORY + 50; i++)
		outbox_delivered(box, send_next(box));
	assert_int_equal(id->references, OUTBOX_HISTORY + 1);
	outbox_free(box);
	assert_int_equal(id->references, 1);
	alarm_identity_release(id);
	assert_true(outbox_init(box));
}

#define WITH_BOX(test)	cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOX(numbered_without_a_gap),
		WITH_BOX(empty),
		WITH_BOX(found_by_sequence),
		WITH_BOX(nothing_that_waits_is_dropped),
		WITH_BOX(grows_within_a_round),
		WITH_BOX(sent_in_order),
		WITH_BOX(answered_in_any_order),
		WITH_BOX(answered_twice),
		WITH_BOX(returned_is_sent_again),
		WITH_BOX(all_returned_are_sent_again),
		WITH_BOX(history_is_bounded),
		WITH_BOX(history_waits_for_the_oldest),
		WITH_BOX(identities_are_let_go),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
