/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growing array.  The caller keeps the pointer, the number of elements and
 * the capacity, and frees the array with free(3).
 */
#ifndef HBW_ARRAY_H
#define HBW_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes room for at least `needed` elements of `size` bytes.  `array` is the
 * address of the caller's pointer, which may have any type.  For a NULL pointer
 * *capacity is 0.  The capacity at least doubles, so appending n elements costs
 * O(n).  False when memory is exhausted (errno is ENOMEM); then nothing has
 * changed.
 */
bool	 array_reserve(void *array, size_t *capacity, size_t needed,
	    size_t size);

#endif
