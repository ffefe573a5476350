/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collects the evidence on one interruption from frames.  Pure: no clock, no
 * I/O, no allocation; plain memory of a fixed size.
 *
 * The frames before the last heartbeat are the baseline: a signal is absent
 * only if, at the rate of the baseline, three of its frames are missing by now.
 */
#ifndef HBW_COLLECTOR_H
#define HBW_COLLECTOR_H

#include "diagnosis/collector_state.h"

/*
 * Begins a case.  `last` is the time of the last heartbeat; if none was
 * `received`, the time since which one was expected.
 */
void	 collector_begin(struct collector *, const struct collector_setting *,
	    struct mono_time last, bool received);

/*
 * Takes a frame.  Pass all frames in order of time, the oldest of the ring
 * first, also the heartbeats that the watch counted and announced stops.
 */
void	 collector_frame(struct collector *, const struct diagnosis_frame *);

/*
 * Writes what is known at `now`: the signals 1 to 11, 14, 17, 18 and 21, and
 * the flags RECEIVED, ROUTED, SHARED_LINK, OURS_FIRST, PARTLY, SAME_PROCESS,
 * NEW_PROCESS and OURS_ASSUMED.  Other signals and flags stay as they are.
 */
void	 collector_evidence(const struct collector *, struct mono_time now,
	    struct evidence *);

#endif
