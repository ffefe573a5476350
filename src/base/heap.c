/* SPDX-License-Identifier: BSD-2-Clause */
#include <assert.h>
#include <stdlib.h>

#include "base/heap.h"

bool
heap_init(struct heap *h, size_t capacity)
{
	h->entries = calloc(capacity > 0 ? capacity : 1, sizeof(*h->entries));
	h->count = 0;
	h->capacity = capacity;
	return (h->entries != NULL);
}

void
heap_free(struct heap *h)
{
	free(h->entries);
	h->entries = NULL;
	h->count = h->capacity = 0;
}

static bool
earlier(const struct heap_entry *a, const struct heap_entry *b)
{
	if (a->due.ns != b->due.ns)
		return (a->due.ns < b->due.ns);
	return (a->item < b->item);
}

static void
sift_up(struct heap *h, size_t i)
{
	struct heap_entry	 e = h->entries[i];

	while (i > 0 && earlier(&e, &h->entries[(i - 1) / 2])) {
		h->entries[i] = h->entries[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->entries[i] = e;
}

/*
 * Moves the top to its place.  That is mostly near the end, so it is moved to
 * the end first, with one comparison for each level instead of two.
 */
static void
sift_top(struct heap *h)
{
	struct heap_entry	 e = h->entries[0];
	size_t			 i = 0, child;

	while ((child = 2 * i + 1) < h->count) {
		if (child + 1 < h->count &&
		    earlier(&h->entries[child + 1], &h->entries[child]))
			child++;
		h->entries[i] = h->entries[child];
		i = child;
	}
	h->entries[i] = e;
	sift_up(h, i);
}

const struct heap_entry *
heap_top(const struct heap *h)
{
	return (h->count == 0 ? NULL : &h->entries[0]);
}

void
heap_push(struct heap *h, struct mono_time due, uint32_t item)
{
	assert(h->count < h->capacity);
	h->entries[h->count] = (struct heap_entry){ due, item };
	sift_up(h, h->count++);
}

void
heap_pop(struct heap *h)
{
	assert(h->count > 0);
	h->entries[0] = h->entries[--h->count];
	if (h->count > 0)
		sift_top(h);
}

void
heap_defer_top(struct heap *h, struct mono_time due)
{
	assert(h->count > 0);
	h->entries[0].due = due;
	sift_top(h);
}
