/* SPDX-License-Identifier: BSD-2-Clause */
#include "pace.h"

/*
 * A trap is a datagram, and an overloaded receiver drops it silently.  After a
 * pause RATE_BURST notifications are sent at once, then at the configured rate.
 */
#define RATE_BURST		50

void
pace_sent(struct pace *pace, uint32_t rate, struct mono_time now)
{
	int64_t	 pace_ns = NSEC_PER_SEC / rate;

	/* After a pause, pace->next may be a whole burst ago. */
	pace->next = mono_add(mono_max(pace->next,
	    mono_add(now, -RATE_BURST * pace_ns)), pace_ns);
}
