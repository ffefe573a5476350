/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The detector: raises an alarm when the heartbeats of a watch are interrupted,
 * and clears it when they are back.
 *
 * It is pure: it reads no clock, because `now` is an argument, does no I/O, and
 * allocates nothing after detect_init.  The daemon, replay, the scenario tests
 * and the fuzzer run the same code.
 *
 * A watch receives heartbeats through a source, which is a capture.  Both are
 * plain memory without pointers, so that they can be shared between processes.
 *
 * Durations are in nanoseconds and end in _ns.
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

/* The numbers are those of hbwWatchState. */
enum detect_state {
	DETECT_STARTING = 1,		/* no heartbeat received yet */
	DETECT_ALIVE = 2,
	DETECT_LATE = 3,		/* see DETECT_LATE_INTERVALS */
	DETECT_INTERRUPTED = 4,		/* its alarm is active */
	DETECT_BLIND = 5,		/* its source is blind */
	DETECT_DISABLED = 6,
};

/* The learned interval is the median of this many intervals, the latest. */
#define DETECT_INTERVALS	16
/* A watch is late after a silence of this many learned intervals. */
#define DETECT_LATE_INTERVALS	3

/* Linux-HA sends its status for about two seconds after its shutdown. */
#define DETECT_STOP_GRACE_NS	(3 * NSEC_PER_SEC)

struct detect_source {
	/* Since then it captures without a break; silence counts from here. */
	struct mono_time	 since;
	/* When packets were last found to be lost. */
	struct mono_time	 lossy;
	bool			 blind;		/* it captures nothing */
	bool			 link_down;	/* its interface is down */
};

#define DETECT_INTERRUPTION_BITS	47	/* up to 39 h, in ns */
#define DETECT_STOPPING_BITS	37		/* up to 4 years, in ms */
#define DETECT_SOURCES_MAX	UINT16_MAX

/* The unit of the stored intervals. */
#define DETECT_UNIT_NS		(25 * NSEC_PER_USEC)

/*
 * A watch has two cache lines, which matters with 100,000 watches: a heartbeat
 * needs only the first, except that it stores its interval in the second.
 */
struct detect_watch {
	/* Odd during a write; see detect_watch_read. */
	_Atomic uint32_t version;
	/* The number of raises and clears; odd while the alarm is active. */
	uint32_t	 transitions;

	/* The configuration, with `recovery` below. */
	uint64_t	 interruption_ns : DETECT_INTERRUPTION_BITS;
	uint64_t	 source : 16;	/* its position; unused if disabled */
	uint64_t	 enabled : 1;

	/* The last heartbeat.  Before the first, `last` is the begin. */
	struct mono_time last;
	struct wall_time last_wall;
	struct mono_time raised_at;	/* the last raise */
	uint64_t	 heartbeats : 44;	/* received so far */
	uint64_t	 recovered : 20;	/* of these, towards recovery */

	uint64_t	 recovery : 20;	/* heartbeats that clear it; 1.. */
	uint64_t	 received : 1;	/* at least one heartbeat */
	uint64_t	 raised : 1;	/* the alarm is active */
	uint64_t	 stopping : 1;	/* the peer has announced its stop */
	uint64_t	 oldest : 4;	/* position in intervals */
	/* When the stop was last announced: the low bits. */
	uint64_t	 stopping_ms : DETECT_STOPPING_BITS;

	float		 jitter_ns;	/* RFC 3550, section 6.4.1 */
	uint32_t	 longest_gap_ms;	/* rounded to the nearest */
	/* A ring.  Each is in DETECT_UNIT_NS, rounded down, plus 1; 0: none. */
	uint32_t	 intervals[DETECT_INTERVALS];
};

enum detect_transition {
	DETECT_RAISED = 1,
	DETECT_CLEARED = 2,
};

/* Each of the last six members is valid for the transition that it names. */
struct detect_event {
	enum detect_transition	 transition;
	uint32_t		 watch;		/* its position */
	/* Counts the transitions of the watch: odd raises, even clears. */
	uint32_t		 number;
	struct mono_time	 at;
	/* The last one before `at`, or WALL_NEVER. */
	struct wall_time	 last_heartbeat;
	int64_t			 duration_ns;	/* CLEARED: since the raise */
	int64_t			 silence_ns;	/* RAISED: the interruption */
	bool			 received;	/* RAISED: ever, before it */
	bool			 stopping;	/* RAISED: a stop announced */
	bool			 lossy;		/* RAISED: packets lost in it */
	bool			 link_down;	/* RAISED: the interface */
};

typedef void detect_emit(void *arg, const struct detect_event *);

struct detect {
	struct detect_watch	*watches;	/* the caller's */
	struct detect_source	*const *sources;	/* the caller's */
	struct heap		 deadlines;
	uint64_t		*scheduled;	/* bits: in deadlines; owned */
	detect_emit		*emit;
	void			*arg;
};

/* Begins a watch at `now`: disabled, with no heartbeat received. */
void	 detect_watch_begin(struct detect_watch *, struct mono_time now);

/* Sets the configuration of a watch and nothing else. */
void	 detect_watch_configure(struct detect_watch *, uint32_t source,
	    int64_t interruption_ns, uint32_t recovery, bool enabled);

/*
 * Makes a watch that has just begun continue from an earlier time: the number
 * of its transitions, and whether its alarm is active and since when.  A
 * disabled watch has no alarm, so an active one counts as cleared: one more
 * transition, without an event.
 */
void	 detect_watch_restore(struct detect_watch *, uint32_t transitions,
	    bool raised, struct mono_time raised_at, struct wall_time last);

/*
 * Starts a detector over watches that have begun, or that an earlier detector
 * left.  It sanitizes them.  The caller keeps watches and sources until
 * detect_free.  The functions below call `emit` for each transition: in order
 * of time for each watch, and for all watches within one detect_advance.  False
 * when there is no memory.
 */
bool	 detect_init(struct detect *, struct detect_watch *, size_t nwatches,
	    struct detect_source *const *sources, detect_emit *, void *arg);
void	 detect_free(struct detect *);

/*
 * Repairs a watch whose writer was killed during a write.  To be called while
 * no process writes.
 */
void	 detect_watch_sanitize(struct detect_watch *);

/*
 * Takes a heartbeat of `watch` at time `at`, which is `wall` by the wall clock.
 * An `at` before the last heartbeat counts as the time of that.  If this
 * heartbeat ends an interruption that detect_advance has not seen, the alarm is
 * raised here; it is cleared as after any other interruption.
 */
void	 detect_heartbeat(struct detect *, uint32_t watch, struct mono_time at,
	    struct wall_time wall);

/*
 * Takes an announcement of the peer that it stops.  It becomes the cause of the
 * next alarm, unless a heartbeat comes more than DETECT_STOP_GRACE_NS later.
 */
void	 detect_stopping(struct detect *, uint32_t watch, struct mono_time at);

/*
 * Raises the alarms whose deadline is at `now` or before.  The caller has given
 * all heartbeats up to `now` to detect_heartbeat.
 */
void	 detect_advance(struct detect *, struct mono_time now);

/*
 * True if detect_advance with the same `now` will raise an alarm.  Postpones
 * the deadlines that heartbeats have moved.
 */
bool	 detect_overdue(struct detect *, struct mono_time now);

/* When detect_advance is to be called next; MONO_NEVER if no alarm can rise. */
struct mono_time detect_next(const struct detect *);

/* Begins a source that captures from `now` on. */
void	 detect_source_begin(struct detect_source *, struct mono_time now);

/*
 * Makes silence count from `now` on, because the source did not capture all of
 * the time before.
 */
void	 detect_source_resume(struct detect_source *, struct mono_time now);

/* ---- for readers, also of another process */

/*
 * Copies a watch that another process may be writing.  The copy is consistent,
 * unless the writer was killed during a write.
 */
void	 detect_watch_read(const struct detect_watch *, struct detect_watch *);

enum detect_state detect_state(const struct detect_watch *,
	    const struct detect_source *, struct mono_time now);
/* The learned interval; 0 while there is none. */
int64_t	 detect_interval_ns(const struct detect_watch *);
/* The time since the last heartbeat, or since the watch began; 0 or more. */
int64_t	 detect_silence_ns(const struct detect_watch *, struct mono_time now);
int64_t	 detect_jitter_ns(const struct detect_watch *);
int64_t	 detect_longest_gap_ns(const struct detect_watch *);
/* How often the alarm was raised. */
uint32_t detect_interruptions(const struct detect_watch *);

#endif
