/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Binary search.  The elements need not be an array, because a function
 * compares the element at a position.
 */
#ifndef HBW_SEARCH_H
#define HBW_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/* Is the element at `position` less than the wanted one, which is in `arg`? */
typedef bool search_less(const void *arg, size_t position);

/*
 * The first of the positions 0 to count - 1 whose element is not less than the
 * wanted one; count when there is none.  The elements are in ascending order.
 */
static inline size_t
search_first(size_t count, search_less *less, const void *arg)
{
	size_t	 low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (less(arg, middle))
			low = middle + 1;
		else
			high = middle;
	}
	return (low);
}

#endif
