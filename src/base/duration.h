/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HBW_DURATION_H
#define HBW_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

#define DURATION_MIN_NS	NSEC_PER_MSEC
#define DURATION_MAX_NS	(24 * 3600 * NSEC_PER_SEC)

/*
 * Reads a duration: a decimal number and a unit, ms, s, min or h, with or
 * without blanks between them, such as 30s, 0.5s or 3000.5ms.  The result is
 * exact.  Returns false for any other text, for a number without a unit, for
 * less than DURATION_MIN_NS or more than DURATION_MAX_NS, and for a digit other
 * than 0 whose place is not worth a whole number of nanoseconds; then *ns may
 * have changed.
 */
bool	 duration_parse(const char *text, int64_t *ns);

/*
 * Reads a limit, 1 to 1000000, and a window of 1 s to 1 h, such as "80 in 5s";
 * "off" is the limit 0.  False for any other text; then the results may have
 * changed.
 */
bool	 duration_parse_limit(const char *text, uint32_t *limit,
	    int64_t *window_ns);

#endif
