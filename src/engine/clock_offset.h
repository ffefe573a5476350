/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the kernel's stamp of a packet, which is of its wall clock, to the
 * monotonic time at which it came.
 *
 * Both clocks are asked for what lies between them; but the wall clock may be
 * stepped while packets wait, and a process may have been given another clock
 * than the kernel's.  So what lies between is also learned from the packets:
 * each came between the last look and this one.
 */
#ifndef HBW_CLOCK_OFFSET_H
#define HBW_CLOCK_OFFSET_H

#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"

/* A stamp, or a clock, that is off by more is not to be trusted. */
#define CLOCK_OFFSET_SLACK_NS	(5 * NSEC_PER_MSEC)

struct clock_offset {
	int64_t	 clock_ns;	/* wall minus monotonic, by the clocks */
	int64_t	 step_ns;	/* by which it changed at the last look */
	int64_t	 learned_ns;	/* the same for stamps */
};

/* The first look at the clocks; `offset_ns` is wall minus monotonic time. */
void	 clock_offset_begin(struct clock_offset *, int64_t offset_ns);

/* The next.  Returns the step of the wall clock, 0 when it is none. */
int64_t	 clock_offset_update(struct clock_offset *, int64_t offset_ns);

/*
 * When a packet came, which is not before `before` and not after `now`.  A
 * stamp that can be no such time is not believed: then it came now.
 */
struct mono_time clock_offset_arrival(struct clock_offset *, struct wall_time timestamp,
	    struct mono_time before, struct mono_time now);

#endif
