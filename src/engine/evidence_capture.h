/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second capture of a listener, with its tracker: the frames that show why
 * a heartbeat stopped.  It has a socket and a small kernel ring of its own,
 * which may drop frames, and never wakes the engine up unless a watch is
 * silent.  Only the engine uses it.
 */
#ifndef HBW_EVIDENCE_CAPTURE_H
#define HBW_EVIDENCE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "config/configuration.h"
#include "diagnosis/tracker.h"
#include "engine/clock_offset.h"
#include "packet/capture.h"

/* The time between two passes that take frames, without and with a case. */
#define EVIDENCE_CAPTURE_IDLE_NS	(100 * NSEC_PER_MSEC)
#define EVIDENCE_CAPTURE_CASE_NS	(10 * NSEC_PER_MSEC)

struct evidence_capture {
	struct tracker		 tracker;
	struct capture		*capture;	/* NULL: none; owned */
	/* The peers in the filter of the kernel. */
	struct tracker_wanted	 wanted[TRACKER_WANTED];
	size_t			 nwanted;
	uint64_t		 dropped;	/* by the kernel so far */
	struct mono_time	 drained;	/* last */
	/* Frames up to this timestamp are skipped: the old engine took them. */
	struct wall_time	 skip;
	unsigned		 taken;		/* frames, in the last drain */
	/* Only within evidence_capture_pass. */
	const struct clock_offset *offset;
	struct mono_time	 now;
};

/*
 * Starts a tracker, and opens the capture if the main capture has `link_type`;
 * -1: it has none.  If the capture cannot be opened, the tracker has only the
 * heartbeats; the reason is logged for debugging.  NULL when memory is
 * exhausted.  All pointers of the setting must outlive it.
 */
struct evidence_capture *evidence_capture_new(const struct tracker_setting *,
	    int link_type);
void	 evidence_capture_free(struct evidence_capture *);

/*
 * Sets the ring, and takes over from another engine, which took the frames up
 * to `skip`.
 */
void	 evidence_capture_begin(struct evidence_capture *,
	    const struct evidence_ring *, struct wall_time skip,
	    struct mono_time now);

/* The one of them that is in effect now. */
static inline int64_t
evidence_capture_interval_ns(const struct evidence_capture *e)
{
	return (e->tracker.ncases > 0 ? EVIDENCE_CAPTURE_CASE_NS :
	    EVIDENCE_CAPTURE_IDLE_NS);
}

/*
 * Takes frames, at a limited rate, and changes the filter of the kernel when
 * other peers are wanted.  Returns when to call it next; MONO_NEVER: in any
 * later pass.
 */
struct mono_time evidence_capture_pass(struct evidence_capture *,
	    const struct clock_offset *, struct mono_time now);

#endif
