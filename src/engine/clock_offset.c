/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>

#include "engine/clock_offset.h"

static bool
near(int64_t a, int64_t b)
{
	return (llabs(a - b) <= CLOCK_OFFSET_SLACK_NS);
}

void
clock_offset_begin(struct clock_offset *offset, int64_t offset_ns)
{
	*offset = (struct clock_offset){
		.clock_ns = offset_ns, .learned_ns = offset_ns,
	};
}

int64_t
clock_offset_update(struct clock_offset *offset, int64_t offset_ns)
{
	offset->step_ns = near(offset_ns, offset->clock_ns) ? 0 :
	    offset_ns - offset->clock_ns;
	offset->clock_ns = offset_ns;
	/* If these differ much, the clock is not the one of the kernel. */
	if (near(offset_ns, offset->learned_ns))
		offset->learned_ns = offset_ns;
	return (offset->step_ns);
}

/* Sets `at` and learns the offset when the timestamp fits with it. */
static bool
fits(struct clock_offset *offset, struct wall_time timestamp, int64_t offset_ns,
    struct mono_time before, struct mono_time now, struct mono_time *at)
{
	*at = (struct mono_time){ timestamp.ns - offset_ns };
	if (at->ns < before.ns - CLOCK_OFFSET_SLACK_NS ||
	    at->ns > now.ns + CLOCK_OFFSET_SLACK_NS)
		return (false);
	*at = mono_min(mono_max(*at, before), now);
	offset->learned_ns = timestamp.ns - at->ns;
	return (true);
}

struct mono_time
clock_offset_arrival(struct clock_offset *offset, struct wall_time timestamp,
    struct mono_time before, struct mono_time now)
{
	struct mono_time	 at;
	int64_t			 learned_ns = offset->learned_ns;

	/* While the clock is stepped, packets from before and after it wait. */
	if (fits(offset, timestamp, learned_ns, before, now, &at) ||
	    (offset->step_ns != 0 &&
	    fits(offset, timestamp, learned_ns + offset->step_ns, before, now,
	    &at)) ||
	    fits(offset, timestamp, offset->clock_ns, before, now, &at))
		return (at);
	offset->learned_ns = timestamp.ns - now.ns;
	return (now);
}
