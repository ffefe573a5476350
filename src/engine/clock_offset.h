/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Converts between the wall clock, which the kernel uses for the timestamp of a
 * packet, and monotonic time.
 *
 * The offset is wall time minus monotonic time.  Reading both clocks gives it,
 * but not always correctly: the wall clock may be stepped while packets wait in
 * the ring, and this process may see another wall clock than the kernel does.
 * So the offset is also learned from the packets, because each packet arrived
 * between the previous pass and this one.
 */
#ifndef HBW_CLOCK_OFFSET_H
#define HBW_CLOCK_OFFSET_H

#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"

/* A smaller difference between offsets, or of an arrival, is tolerated. */
#define CLOCK_OFFSET_SLACK_NS	(5 * NSEC_PER_MSEC)

struct clock_offset {
	int64_t	 clock_ns;	/* the offset of the clocks */
	int64_t	 step_ns;	/* its step at the last update; 0: none */
	int64_t	 learned_ns;	/* the offset of the timestamps */
};

/* `offset_ns` is the offset of the clocks now. */
void	 clock_offset_begin(struct clock_offset *, int64_t offset_ns);

/*
 * The same at the start of each pass.  Returns the step of the wall clock since
 * the pass before, or 0 when it is within CLOCK_OFFSET_SLACK_NS.
 */
int64_t	 clock_offset_update(struct clock_offset *, int64_t offset_ns);

/*
 * The arrival of a packet with this timestamp, between `before` and `now`.  If
 * no known offset makes the timestamp fit in there, the result is `now`.
 */
struct mono_time clock_offset_arrival(struct clock_offset *,
	    struct wall_time timestamp, struct mono_time before,
	    struct mono_time now);

/* The wall time at `t`, by the clocks. */
static inline struct wall_time
clock_offset_wall(const struct clock_offset *offset, struct mono_time t)
{
	return ((struct wall_time){ t.ns + offset->clock_ns });
}

#endif
