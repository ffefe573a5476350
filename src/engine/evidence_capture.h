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
	bool			 split;		/* evidence_capture_split */
	/* The peers in the filter of the kernel. */
	struct tracker_wanted	 wanted[TRACKER_WANTED];
	size_t			 nwanted;
	/* Heartbeats of these peers; see evidence_capture_needs. */
	struct rate_limit	 needed[TRACKER_WANTED];
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
 * Starts a tracker without a capture.  NULL when memory is exhausted.  All
 * pointers of the setting must outlive it.
 */
struct evidence_capture *evidence_capture_new(const struct tracker_setting *);
void	 evidence_capture_free(struct evidence_capture *);

/*
 * Opens the capture, before the main capture is opened.  If that fails, the
 * tracker has only the heartbeats; the reason is logged for debugging.
 * `ifindex`: the main capture will have capture_add_ifindex.
 */
void	 evidence_capture_open(struct evidence_capture *, bool ifindex);
/* Closes it again: there is no main capture. */
void	 evidence_capture_close(struct evidence_capture *);

/*
 * Lets the kernel hand each frame to only one of the two captures, if it can.
 * Then evidence_capture_frame must be called with each frame of the main
 * capture, whose filter is set and not locked, that is neither a heartbeat nor
 * an announcement for the tracker.
 */
void	 evidence_capture_split(struct evidence_capture *,
	    struct capture *main);

/*
 * True for a counted heartbeat that only the main capture has and the tracker
 * needs: each frame of a peer whose frames are wanted is evidence, also a
 * heartbeat of another watch.  At most TRACKER_HEARTBEATS a second for each
 * peer.
 */
bool	 evidence_capture_needs(struct evidence_capture *,
	    const struct packet *, struct mono_time at);

static inline void
evidence_capture_frame(struct evidence_capture *e,
    const struct capture_frame *frame, struct mono_time at)
{
	if (e->split)
		tracker_frame(&e->tracker, frame, at);
}

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
