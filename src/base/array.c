/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define CAPACITY_MIN	16

bool
array_reserve(void *array, size_t *capacity, size_t needed, size_t size)
{
	size_t	 larger = *capacity < CAPACITY_MIN / 2 ? CAPACITY_MIN :
		    2 * *capacity;
	void	*elements;

	if (needed <= *capacity)
		return (true);
	if (larger < needed)
		larger = needed;
	/* reallocarray(3) would end the process under the address sanitizer. */
	if (larger > SIZE_MAX / size) {
		errno = ENOMEM;
		return (false);
	}
	/* `array` points to a pointer of an unknown type, so it is copied. */
	memcpy(&elements, array, sizeof(elements));
	elements = realloc(elements, larger * size);
	if (elements == NULL)
		return (false);
	memcpy(array, &elements, sizeof(elements));
	*capacity = larger;
	return (true);
}
