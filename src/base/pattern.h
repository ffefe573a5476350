/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extended regular expressions; see regex(7).
 */
#ifndef HBW_PATTERN_H
#define HBW_PATTERN_H

#include <stdbool.h>

/* True when the text is such an expression. */
bool	 pattern_is_valid(const char *text);

#endif
