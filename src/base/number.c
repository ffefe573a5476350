/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"

bool
number_parse(const char *text, uint32_t minimum, uint32_t maximum,
    uint32_t *number)
{
	uint64_t	 n = 0;

	if (*text == '\0')
		return (false);
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return (false);
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > maximum)
			return (false);
	}
	if (n < minimum)
		return (false);
	*number = (uint32_t)n;
	return (true);
}
