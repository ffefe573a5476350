/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>

#include "engine/clock_offset.h"

/* Two readings of the monotonic clock that are so near are exact enough. */
#define EXACT_NS	(10 * NSEC_PER_USEC)
#define READINGS_MAX	5

static bool
is_near(int64_t a, int64_t b)
{
	return (llabs(a - b) <= CLOCK_OFFSET_SLACK_NS);
}

int64_t
clock_offset_read(void)
{
	struct mono_time	 before = mono_now(), after;
	struct wall_time	 wall;
	int64_t			 offset_ns = 0, error_ns = INT64_MAX;
	int			 i;

	for (i = 0; i < READINGS_MAX && error_ns > EXACT_NS; i++) {
		wall = wall_now();
		after = mono_now();
		if (mono_sub(after, before) < error_ns) {
			error_ns = mono_sub(after, before);
			offset_ns = wall.ns - after.ns;
		}
		before = after;
	}
	return (offset_ns);
}

void
clock_offset_begin(struct clock_offset *offset, int64_t offset_ns)
{
	*offset = (struct clock_offset){
		.clock_ns = offset_ns, .packet_ns = offset_ns,
	};
}

int64_t
clock_offset_update(struct clock_offset *offset, int64_t offset_ns)
{
	offset->step_ns = is_near(offset_ns, offset->clock_ns) ? 0 :
	    offset_ns - offset->clock_ns;
	offset->clock_ns = offset_ns;
	/* If they differ much, the kernel has another clock. */
	if (is_near(offset_ns, offset->packet_ns))
		offset->packet_ns = offset_ns;
	return (offset->step_ns);
}

/*
 * Sets `at` to the time of arrival according to an offset.  True when it is in
 * the range; then the offset of this packet is kept.
 */
static bool
try_offset(struct clock_offset *offset, struct wall_time timestamp,
    int64_t offset_ns, struct mono_time before, struct mono_time now,
    struct mono_time *at)
{
	*at = (struct mono_time){ timestamp.ns - offset_ns };
	if (at->ns < before.ns - CLOCK_OFFSET_SLACK_NS ||
	    at->ns > now.ns + CLOCK_OFFSET_SLACK_NS)
		return (false);
	*at = mono_min(mono_max(*at, before), now);
	offset->packet_ns = timestamp.ns - at->ns;
	return (true);
}

struct mono_time
clock_offset_arrival(struct clock_offset *offset, struct wall_time timestamp,
    struct mono_time before, struct mono_time now)
{
	struct mono_time	 at;
	int64_t			 packet_ns = offset->packet_ns;

	/* Packets from before and from after a step may be waiting together. */
	if (try_offset(offset, timestamp, packet_ns, before, now, &at) ||
	    (offset->step_ns != 0 &&
	    try_offset(offset, timestamp, packet_ns + offset->step_ns, before,
	    now, &at)) ||
	    try_offset(offset, timestamp, offset->clock_ns, before, now, &at))
		return (at);
	offset->packet_ns = timestamp.ns - now.ns;
	return (now);
}
