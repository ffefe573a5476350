/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "offline/reorder_window.h"

/* The copy of a wanted frame. */
struct copy {
	struct capture_frame	 frame;		/* its bytes follow */
	uint64_t		 number;	/* counts the frames pushed */
	uint8_t			 bytes[];
};

/*
 * Frames in order are in a queue, which costs little time; the others are in a
 * heap.  When a frame is put into the heap, a later frame is at the end of the
 * queue.  Therefore, among frames with equal timestamps, those in the queue
 * were pushed first.
 */
struct reorder_window {
	struct reorder_window_entry *queue;	/* a ring; owned */
	size_t			 queue_first;
	size_t			 queue_count;
	struct reorder_window_entry *heap;	/* owned */
	size_t			 heap_count;
	size_t			 octets;	/* of all entries */
	/* Timestamps: */
	struct wall_time	 previous;	/* of the last frame pushed */
	struct wall_time	 latest;	/* of all frames pushed */
	struct wall_time	 reached;	/* of the last entry removed */
	struct reorder_window_count *counts;	/* not owned */
};

struct reorder_window *
reorder_window_new(struct reorder_window_count *counts)
{
	struct reorder_window	*r;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return (NULL);
	r->counts = counts;
	r->queue = calloc(REORDER_WINDOW_FRAMES, sizeof(*r->queue));
	r->heap = calloc(REORDER_WINDOW_FRAMES, sizeof(*r->heap));
	if (r->queue == NULL || r->heap == NULL) {
		reorder_window_free(r);
		return (NULL);
	}
	return (r);
}

void
reorder_window_free(struct reorder_window *r)
{
	if (r == NULL)
		return;
	while (reorder_window_first(r) != NULL)
		reorder_window_shift(r);
	free(r->queue);
	free(r->heap);
	free(r);
}

/* ---- the heap */

static uint64_t
number_of(const struct reorder_window_entry *entry)
{
	return (entry->frame != NULL ?
	    ((const struct copy *)(const void *)entry->frame)->number : 0);
}

static bool
earlier(const struct reorder_window_entry *a,
    const struct reorder_window_entry *b)
{
	if (a->timestamp.ns != b->timestamp.ns)
		return (a->timestamp.ns < b->timestamp.ns);
	return (number_of(a) < number_of(b));
}

static void
heap_insert(struct reorder_window *r,
    const struct reorder_window_entry *entry)
{
	size_t	 i = r->heap_count++;

	while (i > 0 && earlier(entry, &r->heap[(i - 1) / 2])) {
		r->heap[i] = r->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	r->heap[i] = *entry;
}

static void
heap_remove(struct reorder_window *r)
{
	const struct reorder_window_entry *entry = &r->heap[--r->heap_count];
	size_t	 i = 0, child;

	while ((child = 2 * i + 1) < r->heap_count) {
		if (child + 1 < r->heap_count &&
		    earlier(&r->heap[child + 1], &r->heap[child]))
			child++;
		if (!earlier(&r->heap[child], entry))
			break;
		r->heap[i] = r->heap[child];
		i = child;
	}
	r->heap[i] = *entry;
}

/* ---- the queue */

static struct reorder_window_entry *
queue_at(const struct reorder_window *r, size_t position)
{
	return (&r->queue[(r->queue_first + position) % REORDER_WINDOW_FRAMES]);
}

static bool
fits_queue(const struct reorder_window *r,
    const struct reorder_window_entry *entry)
{
	return (r->queue_count == 0 || entry->timestamp.ns >=
	    queue_at(r, r->queue_count - 1)->timestamp.ns);
}

/* ---- the window */

/* A copy of the frame with its bytes; NULL when memory is exhausted. */
static struct capture_frame *
copy_frame(const struct reorder_window *r, const struct capture_frame *frame)
{
	struct copy	*copy;

	copy = malloc(sizeof(*copy) + frame->captured);
	if (copy == NULL)
		return (NULL);
	copy->frame = *frame;
	copy->frame.bytes = copy->bytes;
	copy->number = r->counts->frames;
	if (frame->captured > 0)
		memcpy(copy->bytes, frame->bytes, frame->captured);
	return (&copy->frame);
}

static void
count(struct reorder_window *r, struct wall_time timestamp)
{
	struct reorder_window_count *c = r->counts;

	if (c->frames > 0 && timestamp.ns < r->previous.ns)
		c->out_of_order++;
	if (c->frames > 0 && wall_sub(r->latest, timestamp) > c->lag_ns)
		c->lag_ns = wall_sub(r->latest, timestamp);
	if (c->frames == 0 || timestamp.ns > r->latest.ns)
		r->latest = timestamp;
	if (timestamp.ns < r->reached.ns)
		c->late++;
	r->previous = timestamp;
	c->frames++;
}

bool
reorder_window_push(struct reorder_window *r,
    const struct capture_frame *frame, bool wanted)
{
	struct reorder_window_entry entry = {
		.timestamp = frame->timestamp, .captured = frame->captured,
	};

	if (wanted) {
		entry.frame = copy_frame(r, frame);
		if (entry.frame == NULL)
			return (false);
	}
	count(r, frame->timestamp);
	if (entry.timestamp.ns < r->reached.ns)
		entry.timestamp = r->reached;
	r->octets += entry.captured;
	if (fits_queue(r, &entry))
		*queue_at(r, r->queue_count++) = entry;
	else
		heap_insert(r, &entry);
	return (true);
}

bool
reorder_window_full(const struct reorder_window *r)
{
	return (r->queue_count + r->heap_count >= REORDER_WINDOW_FRAMES ||
	    r->octets >= REORDER_WINDOW_OCTETS);
}

static bool
heap_is_first(const struct reorder_window *r)
{
	return (r->heap_count > 0 && (r->queue_count == 0 ||
	    r->heap[0].timestamp.ns < queue_at(r, 0)->timestamp.ns));
}

const struct reorder_window_entry *
reorder_window_first(const struct reorder_window *r)
{
	if (heap_is_first(r))
		return (&r->heap[0]);
	return (r->queue_count > 0 ? queue_at(r, 0) : NULL);
}

void
reorder_window_shift(struct reorder_window *r)
{
	struct reorder_window_entry entry;

	if (heap_is_first(r)) {
		entry = r->heap[0];
		heap_remove(r);
	} else {
		entry = *queue_at(r, 0);
		r->queue_first = (r->queue_first + 1) % REORDER_WINDOW_FRAMES;
		r->queue_count--;
	}
	r->reached = entry.timestamp;
	r->octets -= entry.captured;
	free(entry.frame);
}
