/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/number.h"
#include "base/size.h"

bool
size_parse(const char *text, uint64_t *octets)
{
	static const char *const	 units[] = { "kB", "MB", "GB" };
	size_t				 digits = strspn(text, "0123456789"), i;
	uint32_t			 number;
	uint64_t			 size;

	if (strcmp(text, "0") == 0) {
		*octets = 0;
		return (true);
	}
	if (!number_parse_bytes(text, digits, 1, UINT32_MAX, &number))
		return (false);
	text += digits;
	text += strspn(text, " \t");
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text, units[i]) != 0)
			continue;
		size = (uint64_t)number << 10 * (i + 1);
		if (size < SIZE_MIN_OCTETS || size > SIZE_MAX_OCTETS)
			return (false);
		*octets = size;
		return (true);
	}
	return (false);
}
