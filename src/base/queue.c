/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/queue.h"

/* An empty queue with more capacity than this frees its memory. */
#define QUEUE_LARGE	4096

void
queue_init(struct queue *q, size_t record_size)
{
	*q = (struct queue){ .size = record_size };
}

void
queue_free(struct queue *q)
{
	free(q->records);
	queue_init(q, q->size);
}

bool
queue_reserve(struct queue *q, size_t count)
{
	return (array_reserve(&q->records, &q->capacity, q->first + count,
	    q->size));
}

static char *
record_at(const struct queue *q, size_t i)
{
	return (q->records + (q->first + i) * q->size);
}

bool
queue_push(struct queue *q, const void *record)
{
	size_t	 end = q->first + q->count;

	/*
	 * Use the space of the shifted records again, if there are not fewer
	 * of them than records to move.  So a push costs O(1) on average.
	 */
	if (end == q->capacity && q->first > 0 && q->first >= q->count) {
		memmove(q->records, record_at(q, 0), q->count * q->size);
		q->first = 0;
		end = q->count;
	}
	if (!array_reserve(&q->records, &q->capacity, end + 1, q->size))
		return (false);
	memcpy(record_at(q, q->count++), record, q->size);
	return (true);
}

const void *
queue_at(const struct queue *q, size_t i)
{
	return (i < q->count ? record_at(q, i) : NULL);
}

void
queue_shift(struct queue *q)
{
	q->first++;
	if (--q->count > 0)
		return;
	q->first = 0;
	if (q->capacity > QUEUE_LARGE)
		queue_free(q);
}
