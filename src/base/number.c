/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "base/number.h"

bool
number_parse_bytes(const char *text, size_t length, uint32_t minimum,
    uint32_t maximum, uint32_t *number)
{
	uint64_t	 n = 0;
	size_t		 i;

	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return (false);
		n = n * 10 + (uint64_t)(text[i] - '0');
		if (n > maximum)
			return (false);
	}
	if (length == 0 || n < minimum)
		return (false);
	*number = (uint32_t)n;
	return (true);
}

bool
number_parse(const char *text, uint32_t minimum, uint32_t maximum,
    uint32_t *number)
{
	return (number_parse_bytes(text, strlen(text), minimum, maximum,
	    number));
}

bool
number_parse_flag(const char *text, bool *flag)
{
	static const char *const words[] = { "false", "true", "no", "yes",
		"off", "on" };
	size_t			 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*flag = i % 2 == 1;
			return (true);
		}
	return (false);
}
