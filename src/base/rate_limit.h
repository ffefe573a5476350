/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Limits how often something happens: some times at once, and after that once
 * in each interval.
 */
#ifndef HBW_RATE_LIMIT_H
#define HBW_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

/* A struct of zeros has not counted anything. */
struct rate_limit {
	struct mono_time	 used;	/* end of the used intervals */
};

/*
 * Counts one more at `now`.  False when it is one too many and was not counted;
 * `burst`, 1 or more, are allowed at once.
 */
static inline bool
rate_limit_allows(struct rate_limit *limit, int64_t interval_ns, unsigned burst,
    struct mono_time now)
{
	struct mono_time	 used = mono_max(limit->used, now);

	if (mono_sub(used, now) > (int64_t)(burst - 1) * interval_ns)
		return (false);
	limit->used = mono_add(used, interval_ns);
	return (true);
}

#endif
