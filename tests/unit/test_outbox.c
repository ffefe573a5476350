/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The outbox: order, delivery, memory and the limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "outbox.h"

/* The option `history`: the notifications to keep. */
#define HISTORY		1000

static const struct wall_time	 noon = { INT64_C(1795348800000000000) };

static int
begin(void **state)
{
	struct outbox	*box = malloc(sizeof(*box));

	*state = box;
	return (box != NULL && outbox_init(box, 0) ? 0 : -1);
}

static int
end(void **state)
{
	outbox_free(*state);
	free(*state);
	return (0);
}

static void
add(struct outbox *box, size_t count)
{
	while (count-- > 0)
		assert_non_null(outbox_add(box, NOTIFICATION_BLIND, noon));
}

/* Sends the next notification; returns its sequence, or 0 if there is none. */
static uint32_t
send_next(struct outbox *box)
{
	struct notification	*n = outbox_next(box, true);

	if (n == NULL)
		return (0);
	assert_int_equal(n->delivery, NOTIFICATION_PENDING);
	n->delivery = NOTIFICATION_SENT;
	return (n->sequence);
}

/* The invariants of an outbox. */
static void
assert_valid(const struct outbox *box)
{
	uint32_t	 oldest = outbox_oldest(box), i;
	size_t		 pending = 0;

	assert_true(box->count <= box->capacity);
	assert_int_equal(oldest, box->sequence + 1 - box->count);
	assert_true(box->delivered <= box->sequence);
	assert_true(box->stored <= box->sequence);
	for (i = oldest; i <= box->sequence; i++) {
		struct notification *n = outbox_find(box, i);
		assert_non_null(n);
		assert_int_equal(n->sequence, i);
		pending += n->delivery != NOTIFICATION_DELIVERED;
		if (i <= box->delivered)
			assert_int_equal(n->delivery, NOTIFICATION_DELIVERED);
		else if (i == box->delivered + 1)
			assert_int_not_equal(n->delivery,
			    NOTIFICATION_DELIVERED);
		if (i < box->cursor)
			assert_int_not_equal(n->delivery, NOTIFICATION_PENDING);
	}
	assert_null(outbox_find(box, oldest - 1));
	assert_null(outbox_find(box, box->sequence + 1));
	assert_int_equal(box->pending, pending);
}

/* Sends and delivers all notifications. */
static void
deliver_all(struct outbox *box)
{
	uint32_t	 sequence;

	while ((sequence = send_next(box)) != 0)
		outbox_delivered(box, sequence);
}

static void
numbered_without_a_gap(void **state)
{
	struct outbox		*box = *state;
	struct notification	*n;
	uint32_t		 i;

	assert_int_equal(box->sequence, 0);
	for (i = 1; i <= 300; i++) {
		n = outbox_add(box, NOTIFICATION_RAISED, noon);
		assert_non_null(n);
		assert_int_equal(n->sequence, i);
		assert_int_equal(n->event, NOTIFICATION_RAISED);
		assert_int_equal(n->delivery, NOTIFICATION_PENDING);
		assert_int_equal(n->time.ns, noon.ns);
		assert_null(n->watch);
		assert_null(n->capture);
	}
	assert_int_equal(box->sequence, 300);
	assert_int_equal(box->count, 300);
	assert_int_equal(box->pending, 300);
	assert_valid(box);
}

static void
empty(void **state)
{
	struct outbox	*box = *state;

	assert_null(outbox_next(box, true));
	assert_null(outbox_next(box, false));
	assert_null(outbox_find(box, 0));
	assert_null(outbox_find(box, 1));
	outbox_delivered(box, 1);
	outbox_requeue(box, 1);
	outbox_requeue_all(box);
	assert_valid(box);
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

/* Undelivered notifications are never trimmed. */
static void
undelivered_are_not_trimmed(void **state)
{
	struct outbox	*box = *state;

	add(box, 10 * HISTORY);
	outbox_trim(box, HISTORY);
	assert_int_equal(box->count, 10 * HISTORY);
	assert_int_equal(outbox_oldest(box), 1);
	/* Not even when they are on disk. */
	outbox_stored(box, 10 * HISTORY);
	outbox_trim(box, HISTORY);
	outbox_trim(box, 0);
	assert_int_equal(box->count, 10 * HISTORY);
	assert_valid(box);
}

/* The ring grows while its oldest element is not the first of the array. */
static void
grows_when_wrapped(void **state)
{
	struct outbox	*box = *state;
	size_t		 capacity, i;

	for (i = 0; i < HISTORY + 10; i++) {
		add(box, 1);
		deliver_all(box);
		outbox_trim(box, HISTORY);
	}
	assert_int_not_equal(box->first, 0);
	capacity = box->capacity;
	while (box->capacity == capacity) {
		add(box, 1);
		assert_valid(box);
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
delivered_in_any_order(void **state)
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
	assert_valid(box);
}

static void
delivered_twice(void **state)
{
	struct outbox	*box = *state;

	add(box, 2);
	(void)send_next(box);
	outbox_delivered(box, 1);
	outbox_delivered(box, 1);
	outbox_requeue(box, 1);
	assert_int_equal(box->pending, 1);
	assert_int_equal(outbox_find(box, 1)->delivery, NOTIFICATION_DELIVERED);
	assert_int_equal(send_next(box), 2);
	assert_valid(box);
}

/* A requeued notification is sent before newer ones. */
static void
requeued_is_sent_again(void **state)
{
	struct outbox	*box = *state;

	add(box, 4);
	(void)send_next(box);
	(void)send_next(box);
	(void)send_next(box);
	outbox_requeue(box, 2);
	assert_int_equal(box->pending, 4);
	assert_int_equal(send_next(box), 2);
	assert_int_equal(send_next(box), 4);
	assert_int_equal(send_next(box), 0);
	assert_valid(box);
}

static void
all_requeued_are_sent_again(void **state)
{
	struct outbox	*box = *state;

	add(box, 5);
	while (send_next(box) != 0)
		continue;
	outbox_delivered(box, 1);
	outbox_delivered(box, 4);
	outbox_requeue_all(box);
	assert_int_equal(send_next(box), 2);
	assert_int_equal(send_next(box), 3);
	assert_int_equal(send_next(box), 5);
	assert_int_equal(send_next(box), 0);
	assert_int_equal(outbox_find(box, 4)->delivery, NOTIFICATION_DELIVERED);
	assert_valid(box);
}

/* The cursor is on the last one that was sent. */
static void
last_sent_is_requeued(void **state)
{
	struct outbox	*box = *state;

	add(box, 5);
	assert_int_equal(send_next(box), 1);
	assert_int_equal(send_next(box), 2);
	outbox_requeue_all(box);
	assert_int_equal(send_next(box), 1);
	assert_int_equal(send_next(box), 2);
	assert_int_equal(send_next(box), 3);
	assert_valid(box);
}

/* If nothing can be stored, the newest delivered notifications are kept. */
static void
history_is_bounded(void **state)
{
	struct outbox	*box = *state;
	size_t		 i, capacity;

	for (i = 0; i < HISTORY; i++) {
		add(box, 1);
		deliver_all(box);
		outbox_trim(box, HISTORY);
	}
	assert_int_equal(box->count, HISTORY);
	assert_int_equal(outbox_oldest(box), 1);
	add(box, 1);
	deliver_all(box);
	outbox_trim(box, HISTORY);
	capacity = box->capacity;
	for (i = 0; i < 3 * HISTORY - 1; i++) {
		add(box, 1);
		deliver_all(box);
		outbox_trim(box, HISTORY);
	}
	assert_int_equal(box->count, HISTORY);
	assert_int_equal(box->capacity, capacity);
	assert_int_equal(outbox_oldest(box), 3 * HISTORY + 1);
	assert_null(outbox_find(box, 3 * HISTORY));
	assert_valid(box);
	/* A late answer for a removed notification is ignored. */
	outbox_delivered(box, 1);
	outbox_requeue(box, 1);
	assert_valid(box);
}

/* While the oldest is not delivered, the newer ones are kept, too. */
static void
oldest_undelivered_keeps_the_rest(void **state)
{
	struct outbox	*box = *state;
	uint32_t	 i;

	add(box, HISTORY + 100);
	while (send_next(box) != 0)
		continue;
	for (i = 2; i <= HISTORY + 100; i++)
		outbox_delivered(box, i);
	outbox_trim(box, HISTORY);
	assert_int_equal(box->count, HISTORY + 100);
	assert_int_equal(box->pending, 1);
	outbox_requeue(box, 1);
	assert_int_equal(send_next(box), 1);
	outbox_delivered(box, 1);
	outbox_trim(box, HISTORY);
	assert_int_equal(box->count, HISTORY);
	assert_int_equal(outbox_oldest(box), 101);
	assert_valid(box);
}

/* A notification that is removed releases its watch. */
static void
watches_are_released(void **state)
{
	struct outbox			*box = *state;
	struct configuration_alarm	 alarm = { .references = 1 };
	struct configuration_profile	 like = { .alarm = &alarm }, *profile;
	struct configuration_watch	*w;
	struct addr			 any = { 0 };
	struct notification		*n;
	size_t				 i;

	profile = configuration_profile_new(&like);
	assert_non_null(profile);
	w = configuration_watch_new(profile, "w", &any);
	assert_non_null(w);
	configuration_profile_release(profile);
	for (i = 0; i < HISTORY + 50; i++) {
		n = outbox_add(box, NOTIFICATION_RAISED, noon);
		assert_non_null(n);
		n->watch = configuration_watch_share(w);
	}
	n = outbox_add(box, NOTIFICATION_BLIND, noon);
	assert_non_null(n);
	n->capture = calloc(1, sizeof(*n->capture));
	assert_int_equal(w->references, HISTORY + 51);
	deliver_all(box);
	outbox_trim(box, HISTORY);
	assert_int_equal(w->references, HISTORY);
	outbox_free(box);
	assert_int_equal(w->references, 1);
	configuration_watch_release(w);
	assert_true(outbox_init(box, 0));
}

/* ---- stored and unstored */

static void
none_sent_before_it_is_stored(void **state)
{
	struct outbox	*box = *state;

	add(box, 3);
	assert_null(outbox_next(box, false));
	outbox_stored(box, 2);
	assert_int_equal(outbox_next(box, false)->sequence, 1);
	assert_int_equal(send_next(box), 1);
	assert_int_equal(outbox_next(box, false)->sequence, 2);
	assert_int_equal(send_next(box), 2);
	assert_null(outbox_next(box, false));
	/* The state cannot be written. */
	assert_int_equal(outbox_next(box, true)->sequence, 3);
	outbox_requeue(box, 1);
	assert_int_equal(outbox_next(box, false)->sequence, 1);
	outbox_stored(box, 3);
	assert_int_equal(send_next(box), 1);
	assert_int_equal(outbox_next(box, false)->sequence, 3);
	assert_valid(box);
}

/* A notification that is stored and delivered is removed. */
static void
stored_and_delivered_is_removed(void **state)
{
	struct outbox	*box = *state;

	add(box, 5);
	outbox_stored(box, 4);
	assert_int_equal(send_next(box), 1);
	assert_int_equal(send_next(box), 2);
	outbox_delivered(box, 1);
	outbox_trim(box, HISTORY);
	assert_int_equal(outbox_oldest(box), 2);
	outbox_delivered(box, 2);
	outbox_trim(box, HISTORY);
	assert_int_equal(outbox_oldest(box), 3);
	deliver_all(box);
	outbox_trim(box, HISTORY);
	assert_int_equal(outbox_oldest(box), 5);
	assert_int_equal(box->count, 1);
	outbox_stored(box, 5);
	outbox_trim(box, HISTORY);
	assert_int_equal(box->count, 0);
	assert_int_equal(outbox_oldest(box), 6);
	assert_int_equal(box->pending, 0);
	add(box, 1);
	assert_int_equal(outbox_oldest(box), 6);
	assert_valid(box);
}

/* The memory that a burst needed is freed. */
static void
shrinks_after_a_burst(void **state)
{
	struct outbox	*box = *state;
	size_t		 least = box->capacity, before;

	add(box, 100000);
	outbox_stored(box, 100000);
	before = box->capacity;
	assert_true(before >= 100000);
	deliver_all(box);
	outbox_trim(box, 10);
	assert_int_equal(box->count, 0);
	assert_int_equal(box->capacity, least);
	add(box, 3);
	assert_int_equal(outbox_oldest(box), 100001);
	assert_valid(box);
}

/* A full outbox drops the oldest, and the sequence shows the gap. */
static void
full(void **state)
{
	struct outbox	*box = *state;

	add(box, OUTBOX_MAX);
	assert_int_equal(send_next(box), 1);
	assert_int_equal(box->dropped, 0);
	add(box, 2);
	assert_int_equal(box->count, OUTBOX_MAX);
	assert_int_equal(box->dropped, 2);
	assert_int_equal(outbox_oldest(box), 3);
	assert_int_equal(box->delivered, 2);
	assert_int_equal(box->pending, OUTBOX_MAX);
	assert_int_equal(box->sequence, OUTBOX_MAX + 2);
	/* A late answer for a dropped notification is ignored. */
	outbox_delivered(box, 1);
	outbox_requeue_all(box);
	assert_int_equal(send_next(box), 3);
	assert_valid(box);
}

/* ---- after a restart */

static void
restored(void **state)
{
	struct outbox		*box = *state;
	struct notification	 n = {
		.event = NOTIFICATION_BLIND, .time = noon,
	};
	uint32_t		 i;

	outbox_free(box);
	assert_true(outbox_init(box, 40));
	assert_int_equal(outbox_oldest(box), 41);
	assert_valid(box);
	for (i = 41; i <= 200; i++) {
		n.sequence = i;
		n.delivery = NOTIFICATION_SENT;
		assert_true(outbox_restore(box, &n));
		n.sequence = i;
		assert_false(outbox_restore(box, &n));
		n.sequence = i + 2;
		assert_false(outbox_restore(box, &n));
	}
	assert_int_equal(box->sequence, 200);
	assert_int_equal(box->stored, 200);
	assert_int_equal(box->delivered, 40);
	assert_int_equal(box->pending, 160);
	assert_valid(box);
	outbox_trim(box, 0);
	assert_int_equal(box->count, 160);
	assert_int_equal(outbox_next(box, false)->sequence, 41);
	add(box, 1);
	assert_int_equal(box->sequence, 201);
	for (i = 41; i <= 200; i++)
		assert_int_equal(send_next(box), i);
	assert_null(outbox_next(box, false));
	assert_int_equal(send_next(box), 201);
	assert_valid(box);
}

#define WITH_BOX(test)	cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOX(numbered_without_a_gap),
		WITH_BOX(empty),
		WITH_BOX(found_by_sequence),
		WITH_BOX(undelivered_are_not_trimmed),
		WITH_BOX(grows_when_wrapped),
		WITH_BOX(sent_in_order),
		WITH_BOX(delivered_in_any_order),
		WITH_BOX(delivered_twice),
		WITH_BOX(requeued_is_sent_again),
		WITH_BOX(all_requeued_are_sent_again),
		WITH_BOX(last_sent_is_requeued),
		WITH_BOX(history_is_bounded),
		WITH_BOX(oldest_undelivered_keeps_the_rest),
		WITH_BOX(watches_are_released),
		WITH_BOX(none_sent_before_it_is_stored),
		WITH_BOX(stored_and_delivered_is_removed),
		WITH_BOX(shrinks_after_a_burst),
		WITH_BOX(full),
		WITH_BOX(restored),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
