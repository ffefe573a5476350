/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "state/history_window.h"

bool
history_window_add(struct history_window *w, uint32_t sequence)
{
	if (!array_reserve(&w->extra, &w->capacity, w->count + 1,
	    sizeof(*w->extra)))
		return (false);
	w->extra[w->count++] = sequence;
	return (true);
}

/* The first sequence of a range with `size` notifications. */
static uint32_t
start_of(uint32_t sequence, uint64_t size)
{
	return (sequence < size ? 1 : (uint32_t)(sequence + 1 - size));
}

uint32_t
history_window_start(const struct history_window *w, uint32_t sequence,
    uint32_t size)
{
	size_t	 newer, low = 0, high, middle;
	uint32_t oldest;

	/* The caller may ask for a time when the newest were not there yet. */
	for (newer = w->count; newer > 0 && w->extra[newer - 1] > sequence;)
		newer--;
	/*
	 * Each extra one in the range makes it longer by one.  Search for how
	 * many there are: the next older one is then before the range.
	 */
	high = newer;
	while (low < high) {
		middle = (low + high) / 2;
		if (w->extra[newer - 1 - middle] <
		    start_of(sequence, (uint64_t)size + middle))
			high = middle;
		else
			low = middle + 1;
	}
	oldest = start_of(sequence, (uint64_t)size + low);
	if (low > size && w->extra[newer - 1 - size] >= oldest)
		oldest = w->extra[newer - 1 - size] + 1;
	return (oldest);
}

void
history_window_trim(struct history_window *w, uint32_t oldest)
{
	size_t	 n = 0;

	while (n < w->count && w->extra[n] < oldest)
		n++;
	w->count -= n;
	if (n > 0)
		memmove(w->extra, w->extra + n, w->count * sizeof(*w->extra));
}

void
history_window_free(struct history_window *w)
{
	free(w->extra);
	*w = (struct history_window){ .extra = NULL };
}
