/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "outbox.h"

bool
outbox_init(struct outbox *box)
{
	memset(box, 0, sizeof(*box));
	box->capacity = 64;
	box->notices = calloc(box->capacity, sizeof(*box->notices));
	return (box->notices != NULL);
}

struct notice *
outbox_at(const struct outbox *box, size_t i)
{
	return (&box->notices[(box->first + i) % box->capacity]);
}

static void
forget_oldest(struct outbox *box)
{
	struct notice	*n = outbox_at(box, 0);

	alarm_identity_release(n->alarm.identity);
	free(n->capture);
	box->first = (box->first + 1) % box->capacity;
	box->count--;
}

void
outbox_free(struct outbox *box)
{
	while (box->count > 0)
		forget_oldest(box);
	free(box->notices);
	memset(box, 0, sizeof(*box));
}

static bool
grow(struct outbox *box)
{
	struct outbox	 larger = *box;
	size_t		 i;

	larger.capacity = 2 * box->capacity;
	larger.first = 0;
	larger.notices = calloc(larger.capacity, sizeof(*larger.notices));
	if (larger.notices == NULL)
		return (false);
	for (i = 0; i < box->count; i++)
		*outbox_at(&larger, i) = *outbox_at(box, i);
	free(box->notices);
	*box = larger;
	return (true);
}

struct notice *
outbox_add(struct outbox *box, enum notice_event event, struct wall_time time)
{
	struct notice	*n;

	if (box->count == box->capacity && !grow(box))
		return (NULL);
	n = outbox_at(box, box->count++);
	*n = (struct notice){
		.sequence = ++box->sequence, .event = event, .time = time,
		.delivery = NOTICE_PENDING,
	};
	box->pending++;
	return (n);
}

struct notice *
outbox_find(const struct outbox *box, uint32_t sequence)
{
	uint32_t	 oldest;

	if (box->count == 0)
		return (NULL);
	oldest = outbox_at(box, 0)->sequence;
	if (sequence - oldest >= box->count)
		return (NULL);
	return (outbox_at(box, sequence - oldest));
}

struct notice *
outbox_next(const struct outbox *box)
{
	size_t	 i;

	/* What is sent and not answered is bounded, and so is this. */
	for (i = box->delivered; i < box->count; i++)
		if (outbox_at(box, i)->delivery == NOTICE_PENDING)
			return (outbox_at(box, i));
	return (NULL);
}

void
outbox_delivered(struct outbox *box, uint32_t sequence)
{
	struct notice	*n = outbox_find(box, sequence);

	if (n == NULL || n->delivery == NOTICE_DELIVERED)
		return;
	n->delivery = NOTICE_DELIVERED;
	box->pending--;
	while (box->delivered < box->count &&
	    outbox_at(box, box->delivered)->delivery == NOTICE_DELIVERED)
		box->delivered++;
	while (box->delivered > OUTBOX_HISTORY) {
		forget_oldest(box);
		box->delivered--;
	}
}

void
outbox_returned(struct outbox *box, uint32_t sequence)
{
	struct notice	*n = outbox_find(box, sequence);

	if (n != NULL && n->delivery == NOTICE_SENT)
		n->delivery = NOTICE_PENDING;
}

void
outbox_all_returned(struct outbox *box)
{
	size_t	 i;

	for (i = box->delivered; i < box->count; i++)
		if (outbox_at(box, i)->delivery == NOTICE_SENT)
			outbox_at(box, i)->delivery = NOTICE_PENDING;
}
