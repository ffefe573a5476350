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
#include "match/match.h"
#include "packet/capture.h"

#define TRACKER_CASES	64
/* More late watches than TRACKER_CASES within this time are a storm. */
#define TRACKER_STORM_NS	(5 * NSEC_PER_SEC)
#define TRACKER_AFTER_NS	(60 * NSEC_PER_SEC)

/* The frames of a peer are wanted for this time after the raise. */
#define TRACKER_WANTED_NS	(600 * NSEC_PER_SEC)
/* The largest number of peers whose frames are wanted. */
#define TRACKER_WANTED	16

/* At most this many broadcasts a second go into the ring. */
#define TRACKER_BROADCASTS	100

/* At most this many heartbeats a second go into the ring. */
#define TRACKER_HEARTBEATS	1000

/* At most this many records of the ring are given to new cases in one call. */
#define TRACKER_FEED	2000

/* The other watches that are compared with a silent one, at most. */
#define TRACKER_OTHERS	256

struct tracker_case;

/*
 * The interface and its watches.  All pointers are the caller's and must
 * outlive the tracker.
 */
struct tracker_setting {
	const struct configuration *config;
	const char		*interface;	/* its name, or "any" */
	const struct match	*match;		/* of the interface */
	const struct detect_watch *watches;	/* rows, by position */
	const struct detect_source *source;	/* of the interface */
	/* Its position in the watches; UINT32_MAX: all have this one. */
	uint32_t		 position;
	const struct own_addresses *own;	/* of this host; or NULL */
	struct mac		 mac;		/* zeros: unknown */
	/*
	 * For captures, where the host of a watch is not known: true for a
	 * packet to a peer.  NULL: only this host sends to the peers.
	 */
	bool			(*to_peer)(const void *arg,
				    const struct packet *);
	const void		*to_peer_arg;
	/* Called with each frame of tracker_frame that is kept; or NULL. */
	void			(*kept)(void *arg,
				    const struct diagnosis_frame *);
	void			*kept_arg;
};

struct tracker {
	struct tracker_setting	 setting;
	struct evidence_ring	 ring;
	struct tracker_case	*cases;		/* owned */
	size_t			 ncases;	/* the open ones, first */
	size_t			 cases_max;
	/* The watch of each case.  A search does not touch the cases. */
	uint32_t		 case_watches[TRACKER_CASES];
	uint64_t		 open;		/* bits of tracker_may_have */
	struct rate_limit	 broadcasts;
	struct rate_limit	 heartbeats, own;	/* into the ring */
	struct rate_limit	 others_limit;	/* see tracker_evidence */
	struct mono_time	 lost;		/* see tracker_lost */
	struct mono_time	 late[TRACKER_CASES];	/* times, a ring */
	size_t			 nlate;
	struct mono_time	 storm;		/* it lasts until then */
	/* The positions of the watches that are compared; owned. */
	uint32_t		*others;
	size_t			 nothers;
	/* Timestamps of heartbeats, by hash; see is_counted. */
	int64_t			 counted[256];
};

/*
 * `ring` is copied; its memory must outlive the tracker.  False when memory is
 * exhausted.  The caller frees it with tracker_free; a struct of zeros is
 * allowed there.
 */
bool	 tracker_init(struct tracker *, const struct tracker_setting *,
	    const struct evidence_ring *ring);
void	 tracker_free(struct tracker *);

/* ---- frames; those of each capture in order of time */

/*
 * A frame that a watch counted as its heartbeat, which arrived at `at`.
 * Normally at most TRACKER_HEARTBEATS a second are kept.  `keep_it`: also this
 * one, as when tracker_may_have is true for such a watch.
 */
static inline void tracker_heartbeat(struct tracker *,
	    const struct capture_frame *, struct mono_time at, bool keep_it);
/* The same without a limit. */
void	 tracker_keep_heartbeat(struct tracker *, const struct capture_frame *,
	    struct mono_time at);

/* A frame of the main capture that announces that its peer stops. */
void	 tracker_announcement(struct tracker *, const struct capture_frame *,
	    struct mono_time at);

/*
 * Any other frame.  Keeps control traffic, heartbeats that this host sends, and
 * frames of the peers that are wanted now; ignores all others.
 */
void	 tracker_frame(struct tracker *, const struct capture_frame *,
	    struct mono_time at);

/* The kernel has dropped such frames, up to `now`. */
void	 tracker_lost(struct tracker *, struct mono_time now);

/* ---- watches */

/* A detect_late: the watch is silent, but its alarm is not raised yet. */
void	 tracker_late(struct tracker *, uint32_t watch, struct mono_time now);
/* The alarm was raised or cleared; call it before tracker_evidence. */
void	 tracker_raised(struct tracker *, uint32_t watch, struct mono_time at,
	    struct wall_time wall);
void	 tracker_cleared(struct tracker *, uint32_t watch, struct mono_time at);

/*
 * The alarm of the watch was raised before this tracker began; the ring may
 * have the frames from then.
 */
void	 tracker_resume(struct tracker *, uint32_t watch);

/* A fast check for each heartbeat: false if the watch has no case. */
static inline bool
tracker_may_have(const struct tracker *tracker, uint32_t watch)
{
	return ((tracker->open >> watch % 64 & 1) != 0);
}

/* A heartbeat of the watch was counted: ends a case without an alarm. */
void	 tracker_returned(struct tracker *, uint32_t watch);

/*
 * Ends cases that are over, and gives records of the ring to new ones.  Then
 * each case has all frames, unless tracker_due is a few milliseconds later.
 */
void	 tracker_advance(struct tracker *, struct mono_time now);
/* True if some case still misses records of the ring. */
bool	 tracker_lags(const struct tracker *);
/* When to call it next at the latest; MONO_NEVER: nothing is observed now. */
struct mono_time tracker_due(const struct tracker *, struct mono_time now);

/*
 * Writes the evidence on a watch, as known at `now`.  A watch without a case
 * has EVIDENCE_NO_FRAMES and only the signals of the interface.  False when the
 * limit of such watches a second is reached.
 */
bool	 tracker_evidence(struct tracker *, uint32_t watch,
	    struct mono_time now, struct evidence *);

/*
 * A watch whose alarm was raised or cleared within the last minute and whose
 * evidence has changed since tracker_evidence; each at most once a second.
 * Writes the evidence.  UINT32_MAX: there is none.
 */
uint32_t tracker_changed(struct tracker *, struct mono_time now,
	    struct evidence *);

/* A peer whose frames are wanted now. */
struct tracker_wanted {
	struct addr	 peer;		/* ADDR_NONE: unknown */
	struct mac	 mac;		/* zeros: unknown */
};

/* Sets wanted[TRACKER_WANTED]; returns their number. */
size_t	 tracker_wanted(const struct tracker *, struct mono_time now,
	    struct tracker_wanted *wanted);
/*
 * The position of the first of `n` peers that has sent the packet or is its
 * destination; `n` if there is none.
 */
size_t	 tracker_find_wanted(const struct tracker_wanted *, size_t n,
	    const struct packet *);

/* Inlined, because most heartbeats of a high rate are not kept. */
static inline void
tracker_heartbeat(struct tracker *t, const struct capture_frame *frame,
    struct mono_time at, bool keep_it)
{
	if (rate_limit_allows(&t->heartbeats, NSEC_PER_SEC /
	    TRACKER_HEARTBEATS, TRACKER_HEARTBEATS / 10, at) || keep_it)
		tracker_keep_heartbeat(t, frame, at);
}

#endif
