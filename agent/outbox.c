/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "outbox.h"

#define CAPACITY_MIN	64

static struct notification *
at(const struct outbox *box, size_t i)
{
	return (&box->notifications[(box->first + i) % box->capacity]);
}

uint32_t
outbox_oldest(const struct outbox *box)
{
	return (box->sequence + 1 - (uint32_t)box->count);
}

bool
outbox_has_gap(const struct outbox *box)
{
	return (outbox_oldest(box) > box->stored + 1);
}

static void
remove_oldest(struct outbox *box)
{
	notification_release(at(box, 0));
	box->first = (box->first + 1) % box->capacity;
	box->count--;
}

void
outbox_free(struct outbox *box)
{
	while (box->count > 0)
		remove_oldest(box);
	free(box->notifications);
	history_window_free(&box->window);
	memset(box, 0, sizeof(*box));
}

static bool
resize(struct outbox *box, size_t capacity)
{
	struct outbox	 other = *box;
	size_t		 i;

	other.capacity = capacity;
	other.first = 0;
	other.notifications = calloc(other.capacity,
	    sizeof(*other.notifications));
	if (other.notifications == NULL)
		return (false);
	for (i = 0; i < box->count; i++)
		*at(&other, i) = *at(box, i);
	free(box->notifications);
	*box = other;
	return (true);
}

bool
outbox_init(struct outbox *box, uint32_t sequence)
{
	memset(box, 0, sizeof(*box));
	box->sequence = box->stored = box->delivered = sequence;
	box->cursor = sequence + 1;
	return (resize(box, CAPACITY_MIN));
}

static void
drop_oldest(struct outbox *box)
{
	struct notification	*n = at(box, 0);

	box->dropped += n->delivery != NOTIFICATION_DELIVERED;
	outbox_delivered(box, n->sequence);
	remove_oldest(box);
}

/* The place of the next notification; NULL when memory is exhausted. */
static struct notification *
append(struct outbox *box)
{
	if (box->count == box->capacity && !resize(box, 2 * box->capacity))
		return (NULL);
	box->sequence++;
	box->pending++;
	return (at(box, box->count++));
}

struct notification *
outbox_add(struct outbox *box, enum notification_event event,
    struct wall_time time)
{
	struct notification	*n;

	if (box->count >= OUTBOX_MAX)
		drop_oldest(box);
	n = append(box);
	if (n == NULL)
		return (NULL);
	*n = (struct notification){
		.sequence = box->sequence, .event = (uint8_t)event,
		.time = time, .delivery = NOTIFICATION_PENDING,
	};
	if (notification_is_extra(event))
		(void)history_window_add(&box->window, box->sequence);
	return (n);
}

bool
outbox_restore(struct outbox *box, struct notification *n)
{
	struct notification	*added;

	if (n->sequence != box->sequence + 1 || box->count >= OUTBOX_MAX)
		return (false);
	added = append(box);
	if (added == NULL)
		return (false);
	*added = *n;
	added->delivery = NOTIFICATION_PENDING;
	box->stored = box->sequence;
	return (true);
}

struct notification *
outbox_find(const struct outbox *box, uint32_t sequence)
{
	uint32_t	 oldest = outbox_oldest(box);

	if (sequence - oldest >= box->count)
		return (NULL);
	return (at(box, sequence - oldest));
}

struct notification *
outbox_next(struct outbox *box, bool unstored)
{
	uint32_t		 last = unstored ? box->sequence : box->stored;
	struct notification	*n;

	for (; box->cursor <= last; box->cursor++) {
		n = outbox_find(box, box->cursor);
		if (n != NULL && n->delivery == NOTIFICATION_PENDING)
			return (n);
	}
	return (NULL);
}

void
outbox_delivered(struct outbox *box, uint32_t sequence)
{
	struct notification	*n = outbox_find(box, sequence);

	if (n == NULL || n->delivery == NOTIFICATION_DELIVERED)
		return;
	n->delivery = NOTIFICATION_DELIVERED;
	box->pending--;
	while (box->delivered < box->sequence) {
		n = outbox_find(box, box->delivered + 1);
		if (n != NULL && n->delivery != NOTIFICATION_DELIVERED)
			break;
		box->delivered++;
	}
}

void
outbox_requeue(struct outbox *box, uint32_t sequence)
{
	struct notification	*n = outbox_find(box, sequence);

	if (n == NULL || n->delivery != NOTIFICATION_SENT)
		return;
	n->delivery = NOTIFICATION_PENDING;
	if (sequence < box->cursor)
		box->cursor = sequence;
}

void
outbox_requeue_all(struct outbox *box)
{
	uint32_t	 sequence;

	/* A sent one is above `delivered` and not above the cursor. */
	for (sequence = box->cursor; sequence > box->delivered; sequence--)
		outbox_requeue(box, sequence);
}

void
outbox_stored(struct outbox *box, uint32_t sequence)
{
	box->stored = sequence;
}

void
outbox_trim(struct outbox *box, size_t keep)
{
	const struct notification	*n;

	while (box->count > 0) {
		n = at(box, 0);
		if (n->sequence > box->delivered ||
		    (n->sequence > box->stored &&
		    box->sequence - n->sequence < keep))
			break;
		remove_oldest(box);
	}
	/* Free the memory that a burst needed. */
	if (box->count < CAPACITY_MIN && box->capacity > 64 * CAPACITY_MIN)
		(void)resize(box, CAPACITY_MIN);
}
