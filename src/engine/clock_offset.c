/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>

#include "engine/clock_offset.h"

static bool
near(int64_t a, int64_t b)
{
	return (a - b <= CLOCK_OFFSET_SLACK_NS && b - a <= CLOCK_OFFSET_SLACK_NS);
}

void
clock_offset_begin(struct clock_offset *s, int64_t offset_ns)
{
	*s = (struct clock_offset){
		.clock_ns = offset_ns, .learned_ns = offset_ns,
	};
}

int64_t
clock_offset_update(struct clock_offset *s, int64_t offset_ns)
{
	s->step_ns = near(offset_ns, s->clock_ns) ? 0 :
	    offset_ns - s->clock_ns;
	s->clock_ns = offset_ns;
	/* The clocks know better, unless they are not the kernel's. */
	if (near(offset_ns, s->learned_ns))
		s->learned_ns = offset_ns;
	return (s->step_ns);
}

static bool
fits(struct clock_offset *s, struct wall_time timestamp, int64_t offset_ns,
    struct mono_time before, struct mono_time now, struct mono_time *at)
{
	*at = (struct mono_time){ timestamp.ns - offset_ns };
	if (at->ns < before.ns - CLOCK_OFFSET_SLACK_NS ||
	    at->ns > now.ns + CLOCK_OFFSET_SLACK_NS)
		return (false);
	*at = mono_min(mono_max(*at, before), now);
	s->learned_ns = timestamp.ns - at->ns;
	return (true);
}

struct mono_time
clock_offset_arrival(struct clock_offset *s, struct wall_time timestamp,
    struct mono_time before, struct mono_time now)
{
	struct mono_time	 at;
	int64_t			 learned_ns = s->learned_ns;

	if (fits(s, timestamp, learned_ns, before, now, &at) ||
	    /* It may have come before the step, or after it. */
	    (s->step_ns != 0 &&
	    fits(s, timestamp, learned_ns + s->step_ns, before, now, &at)) ||
	    fits(s, timestamp, s->clock_ns, before, now, &at))
		return (at);
	s->learned_ns = timestamp.ns - now.ns;
	return (now);
}
