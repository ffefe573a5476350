/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Converts between the wall clock, which the kernel uses for the timestamp of a
 * packet, and monotonic time.
 *
 * The offset is wall time minus monotonic time.  To read both clocks is not
 * always enough: the wall clock may be stepped while packets wait in the ring,
 * and this process may have another wall clock than the kernel, for example
 * with libfaketime.  So the offset is also computed from the packets: each
 * packet arrived between the last pass of the engine and this one.
 */
#ifndef HBW_CLOCK_OFFSET_H
#define HBW_CLOCK_OFFSET_H

#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"

/* The tolerance when offsets or times of arrival are compared. */
#define CLOCK_OFFSET_SLACK_NS	(5 * NSEC_PER_MSEC)

struct clock_offset {
	int64_t	 clock_ns;	/* the offset, from the clocks */
	int64_t	 step_ns;	/* its step at the last update; 0: none */
	int64_t	 packet_ns;	/* the offset, from the last packet */
};

/*
 * Reads the clocks.  The process may be interrupted between two readings, so
 * the wall clock is read between two readings of the other one, and again if
 * too much time has passed.  The result is never above the true offset, so that
 * a packet never seems to have arrived earlier than it did.
 */
int64_t	 clock_offset_read(void);

/* Starts with the offset that the clocks have now. */
void	 clock_offset_begin(struct clock_offset *, int64_t offset_ns);

/*
 * Call it at the start of each pass with the offset that the clocks have now.
 * Returns the step of the wall clock since the last pass, or 0 if the offset
 * differs by CLOCK_OFFSET_SLACK_NS at most.
 */
int64_t	 clock_offset_update(struct clock_offset *, int64_t offset_ns);

/*
 * The time of arrival of a packet with this timestamp.  The packet arrived
 * between `before` and `now`; if no known offset gives a time in that range,
 * the result is `now`.
 */
struct mono_time clock_offset_arrival(struct clock_offset *,
	    struct wall_time timestamp, struct mono_time before,
	    struct mono_time now);

/* The wall time at `t`, by the clock of this process. */
static inline struct wall_time
clock_offset_wall(const struct clock_offset *offset, struct mono_time t)
{
	return ((struct wall_time){ t.ns + offset->clock_ns });
}

#endif
