/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/interned_string.h"
#include "config/places.h"

bool
places_add(struct places *p, int line, const char *file, int real)
{
	struct place	*place;
	size_t		 size = p->size == 0 ? 16 : p->size * 2;
	const char	*shared;

	if (p->n == p->size) {
		place = reallocarray(p->place, size, sizeof(*place));
		if (place == NULL)
			return (false);
		p->place = place;
		p->size = size;
	}
	shared = interned_string_share(file);
	if (shared == NULL)
		return (false);
	p->place[p->n++] = (struct place){ line, real, shared };
	return (true);
}

const char *
places_find(const struct places *p, int line, int *real)
{
	size_t	 low = 0, high = p->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (p->place[middle].line <= line)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return (NULL);
	*real = p->place[low - 1].real + (line - p->place[low - 1].line);
	return (p->place[low - 1].file);
}

void
places_free(struct places *p)
{
	while (p->n > 0)
		interned_string_release(p->place[--p->n].file);
	free(p->place);
	*p = (struct places){ 0 };
}
