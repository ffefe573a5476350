/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>

#include "stamps.h"

static bool
near(int64_t a, int64_t b)
{
	return (a - b <= STAMPS_SLACK_NS && b - a <= STAMPS_SLACK_NS);
}

void
stamps_begin(struct stamps *s, int64_t offset_ns)
{
	*s = (struct stamps){
		.clock_ns = offset_ns, .learned_ns = offset_ns,
	};
}

int64_t
stamps_look(struct stamps *s, int64_t offset_ns)
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
fits(struct stamps *s, struct wall_time stamp, int64_t offset_ns,
    struct mono_time before, struct mono_time now, struct mono_time *at)
{
	*at = (struct mono_time){ stamp.ns - offset_ns };
	if (at->ns < before.ns - STAMPS_SLACK_NS ||
	    at->ns > now.ns + STAMPS_SLACK_NS)
		return (false);
	*at = mono_min(mono_max(*at, before), now);
	s->learned_ns = stamp.ns - at->ns;
	return (true);
}

struct mono_time
stamps_arrival(struct stamps *s, struct wall_time stamp,
    struct mono_time before, struct mono_time now)
{
	struct mono_time	 at;
	int64_t			 learned_ns = s->learned_ns;

	if (fits(s, stamp, learned_ns, before, now, &at) ||
	    /* It may have come before the step, or after it. */
	    (s->step_ns != 0 &&
	    fits(s, stamp, learned_ns + s->step_ns, before, now, &at)) ||
	    fits(s, stamp, s->clock_ns, before, now, &at))
		return (at);
	s->learned_ns = stamp.ns - now.ns;
	return (now);
}
