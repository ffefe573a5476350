/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "outbox.h"

#define CAPACITY_LEAST	64

bool
outbox_init(struct outbox *box, uint32_t sequence)
{
	memset(box, 0, sizeof(*box));
	box->sequence = box->stored = box->delivered = sequence;
	box->cursor = sequence + 1;
	box->capacity = CAPACITY_LEAST;
	box->notifications = calloc(box->capacity, sizeof(*box->notifications));
	return (box->notifications != NULL);
}

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

static void
forget_oldest(struct outbox *box)
{
	notification_release(at(box, 0));
	box->first = (box->first + 1) % box->capacity;
	box->count--;
}

void
outbox_free(struct outbox *box)
{
	while (box->count > 0)
		forget_oldest(box);
	free(box->notifications);
	memset(box, 0, sizeof(*box));
}

static bool
resize(struct outbox *box, size_t capacity)
{
	struct outbox	 other = *box;
	size_t		 i;

	other.capacity = capacity;
	other.first = 0;
	other.notifications = calloc(other.capacity, sizeof(*other.notifications));
	if (other.notifications == NULL)
		return (false);
	for (i = 0; i < box->count; i++)
		*at(&other, i) = *at(box, i);
	free(box->notifications);
	*box = other;
	return (true);
}

/* More than can be kept: the oldest is lost, and the sequence shows it. */
static void
give_up_oldest(struct outbox *box)
{
	struct notification	*n = at(box, 0);

	box->given_up += n->delivery != NOTIFICATION_DELIVERED;
	outbox_delivered(box, n->sequence);
	forget_oldest(box);
}

struct notification *
outbox_add(struct outbox *box, enum notification_event event, struct wall_time time)
{
	struct notification	*n;

	if (box->count >= OUTBOX_MOST)
		give_up_oldest(box);
	if (box->count == box->capacity && !resize(box, 2 * box->capacity))
		return (NULL);
	n = at(box, box->count++);
	*n = (struct notification){
		.sequence = ++box->sequence, .event = (uint8_t)event,
		.time = time, .delivery = NOTIFICATION_PENDING,
	};
	box->pending++;
	return (n);
}

bool
outbox_restore(struct outbox *box, struct notification *n)
{
	if (n->sequence != box->sequence + 1 || box->count >= OUTBOX_MOST ||
	    (box->count == box->capacity && !resize(box, 2 * box->capacity)))
		return (false);
	n->delivery = NOTIFICATION_PENDING;
	*at(box, box->count++) = *n;
	box->sequence = box->stored = n->sequence;
	box->pending++;
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
	uint32_t	 last = unstored ? box->sequence : box->stored;
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
outbox_returned(struct outbox *box, uint32_t sequence)
{
	struct notification	*n = outbox_find(box, sequence);

	if (n == NULL || n->delivery != NOTIFICATION_SENT)
		return;
	n->delivery = NOTIFICATION_PENDING;
	if (sequence < box->cursor)
		box->cursor = sequence;
}

void
outbox_all_returned(struct outbox *box)
{
	uint32_t	 sequence;

	/*
	 * What was sent is after what had its answer, and not beyond the
	 * cursor, which is left on the last.
	 */
	for (sequence = box->cursor; sequence > box->delivered; sequence--)
		outbox_returned(box, sequence);
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
		forget_oldest(box);
	}
	/* What a burst took is given back. */
	if (box->count < CAPACITY_LEAST && box->capacity > 64 * CAPACITY_LEAST)
		(void)resize(box, CAPACITY_LEAST);
}
