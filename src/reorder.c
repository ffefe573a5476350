/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "reorder.h"

struct held {
	struct capture_frame	 frame;		/* its bytes follow */
	uint64_t		 number;	/* in the order of arrival */
	uint8_t			 bytes[];
};

/*
 * Frames that came in order are a queue, which costs nothing to keep; a heap
 * has the others.
 */
struct reorder {
	struct held		**queue;	/* a ring of REORDER_FRAMES */
	size_t			 queue_first;
	size_t			 queue_count;
	struct held		**heap;
	size_t			 heap_count;
	size_t			 octets;
	struct wall_time	 before;	/* of the last that came */
	struct wall_time	 latest;	/* of all that came */
	struct wall_time	 given;		/* of the last given away */
	struct reorder_count	 counts;
};

struct reorder *
reorder_new(void)
{
	struct reorder	*r;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return (NULL);
	r->queue = calloc(REORDER_FRAMES, sizeof(struct held *));
	r->heap = calloc(REORDER_FRAMES, sizeof(struct held *));
	if (r->queue == NULL || r->heap == NULL) {
		reorder_free(r);
		return (NULL);
	}
	return (r);
}

void
reorder_free(struct reorder *r)
{
	if (r == NULL)
		return;
	while (reorder_first(r) != NULL)
		reorder_shift(r);
	free(r->queue);
	free(r->heap);
	free(r);
}

static bool
earlier(const struct held *a, const struct held *b)
{
	if (a->frame.stamp.ns != b->frame.stamp.ns)
		return (a->frame.stamp.ns < b->frame.stamp.ns);
	return (a->number < b->number);
}

/* ---- the heap */

static void
heap_insert(struct reorder *r, struct held *held)
{
	size_t	 i = r->heap_count++;

	while (i > 0 && earlier(held, r->heap[(i - 1) / 2])) {
		r->heap[i] = r->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	r->heap[i] = held;
}

static void
heap_remove(struct reorder *r)
{
	struct held	*held = r->heap[--r->heap_count];
	size_t		 i = 0, child;

	while ((child = 2 * i + 1) < r->heap_count) {
		if (child + 1 < r->heap_count &&
		    earlier(r->heap[child + 1], r->heap[child]))
			child++;
		if (!earlier(r->heap[child], held))
			break;
		r->heap[i] = r->heap[child];
		i = child;
	}
	r->heap[i] = held;
}

/* ---- the queue */

static struct held **
queue_at(const struct reorder *r, size_t position)
{
	return (&r->queue[(r->queue_first + position) % REORDER_FRAMES]);
}

static bool
queue_takes(const struct reorder *r, const struct held *held)
{
	return (r->queue_count == 0 ||
	    !earlier(held, *queue_at(r, r->queue_count - 1)));
}

/* ---- both */

/* A copy of the frame that keeps its bytes with it. */
static struct held *
hold(const struct reorder *r, const struct capture_frame *frame)
{
	struct held	*held;

	held = malloc(sizeof(*held) + frame->captured);
	if (held == NULL)
		return (NULL);
	held->frame = *frame;
	held->frame.bytes = held->bytes;
	held->number = r->counts.frames;
	if (frame->captured > 0)
		memcpy(held->bytes, frame->bytes, frame->captured);
	return (held);
}

static void
count(struct reorder *r, struct wall_time stamp)
{
	struct reorder_count	*c = &r->counts;

	if (c->frames > 0 && stamp.ns < r->before.ns)
		c->back++;
	if (c->frames > 0 && wall_sub(r->latest, stamp) > c->back_ns)
		c->back_ns = wall_sub(r->latest, stamp);
	if (c->frames == 0 || stamp.ns > r->latest.ns)
		r->latest = stamp;
	if (stamp.ns < r->given.ns)
		c->late++;
	r->before = stamp;
	c->frames++;
}

bool
reorder_push(struct reorder *r, const struct capture_frame *frame)
{
	struct held	*held;

	held = hold(r, frame);
	if (held == NULL)
		return (false);
	count(r, frame->stamp);
	if (held->frame.stamp.ns < r->given.ns)
		held->frame.stamp = r->given;
	r->octets += frame->captured;
	if (queue_takes(r, held))
		*queue_at(r, r->queue_count++) = held;
	else
		heap_insert(r, held);
	return (true);
}

bool
reorder_full(const struct reorder *r)
{
	return (r->queue_count + r->heap_count >= REORDER_FRAMES ||
	    r->octets >= REORDER_OCTETS);
}

static bool
heap_is_first(const struct reorder *r)
{
	return (r->heap_count > 0 && (r->queue_count == 0 ||
	    earlier(r->heap[0], *queue_at(r, 0))));
}

const struct capture_frame *
reorder_first(const struct reorder *r)
{
	if (heap_is_first(r))
		return (&r->heap[0]->frame);
	return (r->queue_count > 0 ? &(*queue_at(r, 0))->frame : NULL);
}

void
reorder_shift(struct reorder *r)
{
	struct held	*held;

	if (heap_is_first(r)) {
		held = r->heap[0];
		heap_remove(r);
	} else {
		held = *queue_at(r, 0);
		r->queue_first = (r->queue_first + 1) % REORDER_FRAMES;
		r->queue_count--;
	}
	r->given = held->frame.stamp;
	r->octets -= held->frame.captured;
	free(held);
}

const struct reorder_count *
reorder_counts(const struct reorder *r)
{
	return (&r->counts);
}
