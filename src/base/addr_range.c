/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/addr_range.h"

/* Sorts by the first address; if that is the same, the larger range first. */
static int
range_compare(const void *a, const void *b)
{
	const struct addr_range *const *x = a, *const *y = b;
	int			 order;

	order = memcmp(&(*x)->first, &(*y)->first, sizeof((*x)->first));
	if (order != 0)
		return (order);
	if ((*x)->count != (*y)->count)
		return ((*x)->count > (*y)->count ? -1 : 1);
	return (*x < *y ? -1 : *x > *y);
}

/*
 * Two ranges are disjoint or one contains the other, so it is enough to compare
 * each with the last one that was not contained.
 */
void
addr_range_overlaps(const struct addr_range **ranges, size_t n,
    addr_range_report *report, void *arg)
{
	const struct addr_range	*outer;
	struct addr		 last;
	size_t			 i;

	if (n < 2)
		return;
	qsort(ranges, n, sizeof(*ranges), range_compare);
	for (i = 1, outer = ranges[0]; i < n; i++) {
		last = addr_at(&outer->first, outer->count - 1);
		if (memcmp(&ranges[i]->first, &last, sizeof(last)) <= 0)
			report(arg, outer, ranges[i]);
		else
			outer = ranges[i];
	}
}
