/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/queue.h"

#define QUEUE_CAPACITY	64
/* What is larger is not kept for the next time. */
#define QUEUE_LARGE	4096

bool
queue_init(struct queue *q, size_t record_size)
{
	*q = (struct queue){ .size = record_size, .capacity = QUEUE_CAPACITY };
	q->records = calloc(q->capacity, q->size);
	return (q->records != NULL);
}

void
queue_free(struct queue *q)
{
	free(q->records);
	*q = (struct queue){ 0 };
}

static char *
slot(const struct queue *q, size_t i)
{
	return (q->records + (q->first + i) % q->capacity * q->size);
}

static bool
grow(struct queue *q)
{
	struct queue	 larger = *q;
	size_t		 i;

	larger.capacity = 2 * q->capacity;
	larger.first = 0;
	larger.records = calloc(larger.capacity, q->size);
	if (larger.records == NULL)
		return (false);
	for (i = 0; i < q->count; i++)
		memcpy(slot(&larger, i), slot(q, i), q->size);
	free(q->records);
	*q = larger;
	return (true);
}

bool
queue_push(struct queue *q, const void *record)
{
	if (q->count == q->capacity && !grow(q))
		return (false);
	memcpy(slot(q, q->count++), record, q->size);
	return (true);
}

const void *
queue_first(const struct queue *q)
{
	return (queue_at(q, 0));
}

const void *
queue_at(const struct queue *q, size_t i)
{
	return (i < q->count ? slot(q, i) : NULL);
}

static void
shrink(struct queue *q)
{
	char	*records;

	records = calloc(QUEUE_CAPACITY, q->size);
	if (records == NULL)
		return;
	free(q->records);
	q->records = records;
	q->capacity = QUEUE_CAPACITY;
	q->first = 0;
}

void
queue_shift(struct queue *q)
{
	q->first = (q->first + 1) % q->capacity;
	q->count--;
	if (q->count == 0 && q->capacity > QUEUE_LARGE)
		shrink(q);
}

void
queue_drop_last(struct queue *q)
{
	q->count--;
}
