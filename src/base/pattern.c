/* SPDX-License-Identifier: BSD-2-Clause */
#include <regex.h>

#include "base/pattern.h"

bool
pattern_is_valid(const char *text)
{
	regex_t	 pattern;

	if (regcomp(&pattern, text, REG_EXTENDED | REG_NOSUB) != 0)
		return (false);
	regfree(&pattern);
	return (true);
}
