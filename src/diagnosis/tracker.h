/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker of one interface: puts frames into its ring, and collects the
 * evidence on each watch that is silent.  A case is one watch from the time at
 * which it becomes late until TRACKER_AFTER_NS after its alarm was cleared, or
 * until its heartbeat returns without an alarm.
 *
 * Pure, except that it writes the ring: no clock, no I/O, no log; it allocates
 * nothing after tracker_init.  The engine and `hbwatch replay` use it.
 */
#ifndef HBW_TRACKER_H
#define HBW_TRACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/own_addresses.h"
#include "base/rate_limit.h"
#include "base/wall.h"
#include "config/config_types.h"
#include "detect/detect.h"
#include "diagnosis/collector.h"
#include "diagnosis/evidence.h"
#include "diagnosis/evidence_ring.h"
#include "packet/capture.h"

#define TRACKER_CASES	64
/* More late watches than TRACKER_CASES within this time are a storm. */
#define TRACKER_STORM_NS	(5 * NSEC_PER_SEC)
#define TRACKER_AFTER_NS	(60 * NSEC_PER_SEC)

/* The peers whose frames are captured, at most. */
#define TRACKER_WANTED	16

/* At most so many heartbeats a second go into the ring. */
#define TRACKER_HEARTBEATS	1000

/* At most so many frames of the ring are given to new cases in one call. */
#define TRACKER_FEED	2000

struct tracker_case;

/* What the tracker knows of the interface.  All pointers are the caller's. */
struct tracker_setting {
	const struct configuration *config;
	const char		*interface;	/* NULL: any */
	const struct detect_watch *watches;	/* rows, by position */
	const struct detect_source *source;	/* of the interface */
	const struct own_addresses *own;	/* of this host; or NULL */
	struct mac		 mac;		/* zeros: unknown */
};

struct tracker {
	struct tracker_setting	 setting;
	struct evidence_ring	 ring;
	struct tracker_case	*cases;		/* owned */
	size_t			 ncases;	/* open ones are first */
	size_t			 cases_max;
	uint64_t		 open;		/* bit watch % 64 of each case */
	struct rate_limit	 heartbeats;
	/* The times of the last late watches, a ring; see TRACKER_STORM_NS. */
	struct mono_time	*late;
	size_t			 nlate;
	struct mono_time	 storm;		/* until then; or 0 */
	/* The watches of the interface that are compared with a silent one. */
	uint32_t		*others;	/* owned */
	size_t			 nothers;
};

/*
 * `ring` may be a struct of zeros: then nothing is kept.  False when memory is
 * exhausted.  The caller frees it with tracker_free.
 */
bool	 tracker_init(struct tracker *, const struct tracker_setting *,
	    const struct evidence_ring *ring);
void	 tracker_free(struct tracker *);

/* ---- frames */

/* A frame that a watch counted as its heartbeat, which arrived at `at`. */
void	 tracker_heartbeat(struct tracker *, const struct capture_frame *,
	    struct mono_time at);
/* A frame of the second capture: control traffic, our own, or of a peer. */
void	 tracker_frame(struct tracker *, const struct capture_frame *,
	    struct mono_time at);
/*
 * For a caller that captures all frames: true when the second capture of the
 * engine would have it, so that it is a frame for tracker_frame.
 */
bool	 tracker_wants_frame(const struct tracker *,
	    const struct capture_frame *);

/* ---- watches */

/* A detect_late: the watch is silent, but its alarm is not raised yet. */
void	 tracker_late(struct tracker *, uint32_t watch, struct mono_time now);
/* The alarm was raised or cleared; before its event is reported. */
void	 tracker_raised(struct tracker *, uint32_t watch, struct mono_time at,
	    struct wall_time wall);
void	 tracker_cleared(struct tracker *, uint32_t watch, struct mono_time at);

/* True when the watch may have a case; a fast check for each heartbeat. */
static inline bool
tracker_may_have(const struct tracker *tracker, uint32_t watch)
{
	return ((tracker->open >> watch % 64 & 1) != 0);
}

/* A heartbeat of the watch was counted: ends a case without an alarm. */
void	 tracker_returned(struct tracker *, uint32_t watch,
	    struct mono_time at);

/* Ends cases that are over, and gives frames of the ring to new ones. */
void	 tracker_advance(struct tracker *, struct mono_time now);

/*
 * The evidence on a watch, for wall-clock times of `wall` at `now`.  Without a
 * case it has EVIDENCE_NO_FRAMES and only the signals of the interface; then
 * the result is false.
 */
bool	 tracker_evidence(struct tracker *, uint32_t watch,
	    struct mono_time now, struct wall_time wall, struct evidence *);

/*
 * Finds the next watch whose evidence has changed since tracker_evidence or
 * since the last call, at most once a second for each.  UINT32_MAX: none.
 */
uint32_t tracker_changed(struct tracker *, struct mono_time now);

/* True while frames should be examined every 100 ms. */
bool	 tracker_is_active(const struct tracker *, struct mono_time now);

/* A peer whose frames are wanted now. */
struct tracker_wanted {
	struct addr	 peer;		/* ADDR_NONE: only the MAC address */
	struct mac	 mac;		/* zeros: unknown */
};

/* Sets wanted[TRACKER_WANTED]; returns their number. */
size_t	 tracker_wanted(const struct tracker *,
	    struct tracker_wanted wanted[TRACKER_WANTED]);

#endif
