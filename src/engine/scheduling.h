/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduling of the engine: it has to be on time on a busy machine, without
 * taking the machine from others.
 */
#ifndef HBW_SCHEDULING_H
#define HBW_SCHEDULING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mono.h"

struct scheduling {
	uint32_t		 realtime;	/* priority; 0: ordinary */
	bool			 active;	/* now under SCHED_RR */
	bool			 may_return;	/* after it has left SCHED_RR */
	struct mono_time	 window;	/* begin of the measured time */
	int64_t			 used_ns;	/* processor time used then */
	struct mono_time	 entered;	/* last time under SCHED_RR */
	struct mono_time	 due;		/* not active: the next time */
	int64_t			 pause_ns;	/* the last pause */
};

/*
 * Called once by the agent, with the privileges of the start.  Raises the
 * priority of this process, and with it that of the engine, unless it was
 * started with another nice value than 0.  If permitted, it raises the limits
 * with which an engine without privileges can use SCHED_RR and lock its memory.
 */
void	 scheduling_prepare(void);

/*
 * True when RLIMIT_RTPRIO does not permit SCHED_RR, so that an engine needs
 * CAP_SYS_NICE when it starts.
 */
bool	 scheduling_needs_capability(void);

/*
 * Called by the engine before it enters the sandbox.  With a priority above 0
 * it runs under SCHED_RR; if that is not permitted, a warning is logged.
 */
void	 scheduling_begin(struct scheduling *, uint32_t realtime,
	    struct mono_time now);

/*
 * Called after each pass.  An engine that needs too much processor time leaves
 * SCHED_RR for a while, so that a flood of packets does not stop all other
 * programs.  Without RLIMIT_RTPRIO it cannot return.
 */
void	 scheduling_check(struct scheduling *, struct mono_time now);

/*
 * Locks the memory that the process has now, if RLIMIT_MEMLOCK permits it, so
 * that it never waits until a page is read from the disk.
 */
void	 scheduling_lock_memory(void);

#endif
