/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "offline/reorder_window.h"

/* The copy of a wanted frame. */
struct held {
	struct capture_frame	 frame;		/* its bytes follow */
	uint64_t		 number;	/* in the order of arrival */
	uint8_t			 bytes[];
};

/*
 * Frames that arrive in order are in a queue, which costs little; a heap has
 * the others.  A frame at the end of the queue is later than all frames of the
 * heap that arrived before it.  So of frames with equal timestamps those in the
 * queue arrived first.
 */
struct reorder_window {
	struct reorder_window_entry *queue;	/* a ring; owned */
	size_t			 queue_first;
	size_t			 queue_count;
	struct reorder_window_entry *heap;	/* owned */
	size_t			 heap_count;
	size_t			 octets;
	struct wall_time	 before;	/* of the frame pushed last */
	struct wall_time	 latest;	/* of all frames pushed */
	struct wall_time	 given;		/* of the frame shifted last */
	struct reorder_window_count counts;
};

struct reorder_window *
reorder_window_new(void)
{
	struct reorder_window	*r;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return (NULL);
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
	    ((const struct held *)(const void *)entry->frame)->number : 0);
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
queue_takes(const struct reorder_window *r,
    const struct reorder_window_entry *entry)
{
	return (r->queue_count == 0 || entry->timestamp.ns >=
	    queue_at(r, r->queue_count - 1)->timestamp.ns);
}

/* ---- both */

/* A copy of the frame with its bytes; NULL when memory is exhausted. */
static struct capture_frame *
hold(const struct reorder_window *r, const struct capture_frame *frame)
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
	return (&held->frame);
}

static void
count(struct reorder_window *r, struct wall_time timestamp)
{
	struct reorder_window_count *c = &r->counts;

	if (c->frames > 0 && timestamp.ns < r->before.ns)
		c->back++;
	if (c->frames > 0 && wall_sub(r->latest, timestamp) > c->back_ns)
		c->back_ns = wall_sub(r->latest, timestamp);
	if (c->frames == 0 || timestamp.ns > r->latest.ns)
		r->latest = timestamp;
	if (timestamp.ns < r->given.ns)
		c->late++;
	r->before = timestamp;
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
		entry.frame = hold(r, frame);
		if (entry.frame == NULL)
			return (false);
	}
	count(r, frame->timestamp);
	if (entry.timestamp.ns < r->given.ns)
		entry.timestamp = r->given;
	r->octets += entry.captured;
	if (queue_takes(r, &entry))
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
	struct reorder_window_entry entry = *reorder_window_first(r);

	if (heap_is_first(r)) {
		heap_remove(r);
	} else {
		r->queue_first = (r->queue_first + 1) % REORDER_WINDOW_FRAMES;
		r->queue_count--;
	}
	r->given = entry.timestamp;
	r->octets -= entry.captured;
	free(entry.frame);
}

const struct reorder_window_count *
reorder_window_counts(const struct reorder_window *r)
{
	return (&r->counts);
}
