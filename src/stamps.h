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
#ifndef HBW_STAMPS_H
#define HBW_STAMPS_H

#include <stdint.h>

#include "mono.h"
#include "wall.h"

/* A stamp, or a clock, that is off by more is not to be trusted. */
#define STAMPS_SLACK_NS	(5 * NSEC_PER_MSEC)

struct stamps {
	int64_t	 clock_ns;	/* wall minus monotonic, by the clocks */
	int64_t	 step_ns;	/* by which it changed at the last look */
	int64_t	 learned_ns;	/* the same for stamps */
};

/* The first look at the clocks; `offset_ns` is wall minus monotonic time. */
void	 stamps_begin(struct stamps *, int64_t offset_ns);

/* The next.  Returns the step of the wall clock, 0 when it is none. */
int64_t	 stamps_look(struct stamps *, int64_t offset_ns);

/*
 * When a packet came, which is not before `before` and not after `now`.  A
 * stamp that can be no such time is not believed: then it came now.
 */
struct mono_time stamps_arrival(struct stamps *, struct wall_time stamp,
	    struct mono_time before, struct mono_time now);

#endif
