/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The detector: when is a heartbeat interrupted, and when is it back?
 *
 * Pure: `now` is an argument, and after detect_init nothing is allocated.  The
 * same code runs in the daemon, in replay, in the scenario tests and in the
 * fuzzer.
 *
 * A watch and its source (the capture that it hears by) are plain memory
 * without a pointer, so that the daemon keeps them where its other process can
 * read them and where a new engine finds them again.
 */
#ifndef HBW_DETECT_H
#define HBW_DETECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/mono.h"
#include "base/wall.h"

/* The numbers are hbwWatchState's. */
enum detect_state {
	DETECT_STARTING = 1,		/* nothing heard yet */
	DETECT_ALIVE = 2,
	DETECT_LATE = 3,		/* silent for over three intervals */
	DETECT_INTERRUPTED = 4,		/* its alarm stands */
	DETECT_BLIND = 5,		/* its source cannot see */
	DETECT_DISABLED = 6,
};

/* How many of the latest intervals the learned interval is the median of. */
#define DETECT_INTERVALS	16
/* A watch is late after so many learned intervals of silence. */
#define DETECT_LATE_INTERVALS	3

/* Linux-HA sends its status for some two seconds after its shutdown. */
#define DETECT_STOP_GRACE_NS	(3 * NSEC_PER_SEC)

struct detect_source {
	/* Since when it sees without a break.  No silence is counted before. */
	struct mono_time	 since;
	/* When packets were last found to be lost on their way to us. */
	struct mono_time	 lossy;
	bool			 blind;
	bool			 link_down;
};

/* The longest interruption, some 39 h; four years; the most sources. */
#define DETECT_INTERRUPTION_BITS	47
#define DETECT_STOPPING_BITS	37
#define DETECT_SOURCES_MAX	UINT16_MAX

/* An interval is kept as so many of these, rounded down, and 1. */
#define DETECT_UNIT_NS		(25 * NSEC_PER_USEC)

/*
 * Two cache lines, which matters where there are a hundred thousand: all that
 * a heartbeat looks at is in the first, and the second is the intervals.
 */
struct detect_watch {
	/* Odd while the writer is at it: detect_watch_read. */
	_Atomic uint32_t version;
	uint32_t	 transitions;	/* raises and clears so far */

	/* What is asked for; and recovery, below. */
	uint64_t	 interruption_ns : DETECT_INTERRUPTION_BITS;
	uint64_t	 source : 16;	/* position of its, if enabled */
	uint64_t	 enabled : 1;

	/* What was found. */
	struct mono_time last;		/* heartbeat; it began, if not heard */
	struct wall_time last_wall;
	struct mono_time raised_at;	/* of the last raise */
	uint64_t	 heartbeats : 44;	/* centuries of them */
	uint64_t	 recovered : 20;	/* heartbeats of a recovery */

	uint64_t	 recovery : 20;	/* heartbeats that clear, 1.. */
	uint64_t	 received : 1;	/* ever */
	uint64_t	 raised : 1;	/* the alarm stands */
	uint64_t	 stopping : 1;	/* the peer announced it */
	uint64_t	 oldest : 4;	/* position in intervals; the next */
	uint64_t	 stopping_ms : DETECT_STOPPING_BITS;	/* last of it */

	/* What is told about it. */
	float		 jitter_ns;	/* RFC 3550, section 6.4.1 */
	uint32_t	 longest_gap_ms;	/* to the nearest */
	uint32_t	 intervals[DETECT_INTERVALS];	/* a ring; 0: none */
};

enum detect_transition {
	DETECT_RAISED = 1,
	DETECT_CLEARED = 2,
};

struct detect_event {
	enum detect_transition	 transition;
	uint32_t		 watch;		/* position */
	uint32_t		 number;	/* of the watch, from 1:
						   odd raises, even clears */
	struct mono_time	 at;
	struct wall_time	 last_heartbeat;	/* known at that time */
	int64_t			 duration_ns;	/* CLEARED: since the raise */
	int64_t			 silence_ns;	/* RAISED: waited for */
	bool			 received;		/* RAISED: ever before it */
	bool			 stopping;	/* RAISED: a stop announced */
	bool			 lossy;		/* RAISED: packets lost in it */
	bool			 link_down;	/* RAISED: of our interface */
};

typedef void detect_emit(void *arg, const struct detect_event *);

struct detect {
	struct detect_watch	*watches;	/* the caller's */
	size_t			 nwatches;
	struct detect_source	*const *sources;	/* the caller's */
	struct heap		 deadlines;
	uint64_t		*waiting;	/* bits: in deadlines? owned */
	detect_emit		*emit;
	void			*arg;
};

/* A watch that begins `now`, with nothing heard. */
void	 detect_watch_begin(struct detect_watch *, uint32_t source,
	    int64_t interruption_ns, uint32_t recovery, bool enabled,
	    struct mono_time now);

/* What of a watch is asked for, and not found. */
void	 detect_watch_configure(struct detect_watch *, uint32_t source,
	    int64_t interruption_ns, uint32_t recovery, bool enabled);

/*
 * A watch that begins, but goes on from an earlier run: so many transitions
 * were told of it, and its alarm stands since `raised_at`, or does not.  One
 * that is not enabled has no alarm: that is a transition more.
 */
void	 detect_watch_restore(struct detect_watch *, uint32_t transitions,
	    bool raised, struct mono_time raised_at, struct wall_time last);

/*
 * A detector over watches that began, or that another detector left.  `emit` is
 * called with each transition from within the calls below: in the order of time
 * for each watch, and for all of them within one detect_advance.  False when
 * there is no memory.
 */
bool	 detect_init(struct detect *, struct detect_watch *, size_t nwatches,
	    struct detect_source *const *sources, detect_emit *, void *arg);
void	 detect_free(struct detect *);

/*
 * Makes whole a watch whose last writer was killed within a write; detect_init
 * does that to all of its.  To be called while nobody writes.
 */
void	 detect_watch_sanitize(struct detect_watch *);

/*
 * A heartbeat of `watch` at `at`; `wall` is the same time for people.  An `at`
 * before the last one counts as the last one's.  An interruption that ended
 * with this heartbeat before anyone looked is raised and cleared.
 */
void	 detect_heartbeat(struct detect *, uint32_t watch, struct mono_time at,
	    struct wall_time wall);

/*
 * The peer announced that it stops: remembered as the cause to come, until a
 * heartbeat that is later than DETECT_STOP_GRACE_NS.
 */
void	 detect_stopping(struct detect *, uint32_t watch, struct mono_time at);

/*
 * Judges every deadline up to and including `now`.  What was captured before
 * `now` must have been given to detect_heartbeat already.
 */
void	 detect_advance(struct detect *, struct mono_time now);

/*
 * Will detect_advance of the same `now` raise an alarm?  Puts off the deadlines
 * that heartbeats have moved.
 */
bool	 detect_overdue(struct detect *, struct mono_time now);

/* When detect_advance has work next; MONO_NEVER when it has none. */
struct mono_time detect_next(const struct detect *);

/* A source that sees from `now` on. */
void	 detect_source_begin(struct detect_source *, struct mono_time now);

/*
 * A source that did not see, or cannot say that it did, up to `now`: silence
 * counts from `now` on.
 */
void	 detect_source_resume(struct detect_source *, struct mono_time now);

/* ---- for readers, also of another process */

/* A copy of a watch that its writer may be changing. */
void	 detect_watch_read(const struct detect_watch *, struct detect_watch *);

enum detect_state detect_state(const struct detect_watch *,
	    const struct detect_source *, struct mono_time now);
/* The learned interval, the median of the latest; 0 when there is none. */
int64_t	 detect_interval_ns(const struct detect_watch *);
/* Since the last heartbeat, or since the watch began. */
int64_t	 detect_silence_ns(const struct detect_watch *, struct mono_time now);
int64_t	 detect_jitter_ns(const struct detect_watch *);
int64_t	 detect_longest_gap_ns(const struct detect_watch *);
/* How many times it was raised. */
uint32_t detect_interruptions(const struct detect_watch *);

#endif
