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
 * The same with another range, which may begin at 0.  If it ends above
 * DURATION_MAX_NS, there is also the unit d, a day of 24 hours.
 */
bool	 duration_parse_between(const char *text, int64_t min_ns,
	    int64_t max_ns, int64_t *ns);

/* Reads a duration of 1 min to 24 h, or "off", which is 0. */
bool	 duration_parse_period(const char *text, int64_t *ns);

/* How often something may happen in a time. */
struct duration_limit {
	int64_t		 window_ns;	/* 1 s .. 1 h; 0: there is no limit */
	uint32_t	 limit;		/* 0: there is none */
};

/*
 * Reads a limit, 1 to `most`, and a window, such as "80 in 5s"; "off" is no
 * limit.  False for any other text; then the result may have changed.
 */
bool	 duration_parse_limit(const char *text, uint32_t most,
	    struct duration_limit *);

#endif
