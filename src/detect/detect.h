/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The detector: raises an alarm when the heartbeats of a watch are interrupted,
 * and clears it when heartbeats are received again.
 *
 * It is pure: it reads no clock, because `now` is an argument, does no I/O, and
 * allocates nothing after detect_init.  The daemon, replay, the scenario tests
 * and the fuzzer run the same code.
 *
 * A watch receives heartbeats through a source, which is the capture of one
 * interface.  Both are plain memory without pointers, so that processes can
 * share them.
 *
 * Durations are in nanoseconds and end in _ns.
 */
#ifndef HBW_DETECT_H
#define HBW_DETECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/copy_table.h"
#include "base/heap.h"
#include "base/mono.h"
#include "base/wall.h"

/* The numbers are those of hbwWatchState. */
enum detect_state {
	DETECT_STARTING = 1,		/* no heartbeat received yet */
	DETECT_ALIVE = 2,
	DETECT_LATE = 3,		/* see DETECT_LATE_INTERVALS, or the
					   hold-down of its alarm runs */
	DETECT_INTERRUPTED = 4,		/* its alarm is active */
	DETECT_BLIND = 5,		/* it or its source is blind */
	DETECT_DISABLED = 6,
};

/* The learned interval is the median of this many latest intervals. */
#define DETECT_INTERVALS	16
/* A watch is late after a silence of this many learned intervals. */
#define DETECT_LATE_INTERVALS	3
/* An `interruption` of fewer learned intervals than this is too short. */
#define DETECT_SAFE_INTERVALS	3
/* The learned interval is reliable when this many intervals are recorded. */
#define DETECT_LEARNED		5

/*
 * Heartbeats for this long after an announced stop do not revoke it: Linux-HA
 * still sends its status for about two seconds.
 */
#define DETECT_STOP_GRACE_NS	(3 * NSEC_PER_SEC)

struct detect_source {
	/* It captures without a gap since then; silence counts from then. */
	struct mono_time	 since;
	/* When a loss of packets was found last. */
	struct mono_time	 last_loss;
	/* These are 0 or 1.  Another process may write any other octet. */
	uint8_t			 blind;		/* it captures nothing */
	uint8_t			 link_down;	/* its interface is down */
	/*
	 * The enabled watches of the source, counted by the detector: blind
	 * ones (see detect_watch_set_blind), and of the others those whose
	 * alarm is active, and those without alarm that have received a
	 * heartbeat.  The rest has received none yet.
	 */
	uint32_t		 blind_watches;
	uint32_t		 interrupted;
	uint32_t		 alive;
};

#define DETECT_INTERRUPTION_BITS	47	/* up to 39 h, in ns */
#define DETECT_STOPPING_BITS	36		/* up to 2 years, in ms */
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

	/* These three and `recovery` below are the configuration. */
	uint64_t	 interruption_ns : DETECT_INTERRUPTION_BITS;
	uint64_t	 source : 16;	/* its position, if enabled */
	uint64_t	 enabled : 1;

	/* The last heartbeat.  Before it, `last` is the start of the watch. */
	struct mono_time last;
	struct wall_time last_wall;
	struct mono_time raised_at;	/* the last raise */
	uint64_t	 heartbeats : 44;	/* received so far */
	/* Heartbeats since the raise; `recovery` of them clear the alarm. */
	uint64_t	 recovered : 20;

	uint64_t	 recovery : 20;	/* 1 or more */
	uint64_t	 received : 1;	/* at least one heartbeat */
	uint64_t	 raised : 1;	/* the alarm is active */
	uint64_t	 stopping : 1;	/* the peer has announced its stop */
	uint64_t	 blind : 1;	/* see detect_watch_set_blind */
	uint64_t	 oldest : 4;	/* position of the oldest interval */
	/* When the stop was last announced: the low bits of the time in ms. */
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

/* Some members are valid only for the transition that is named there. */
struct detect_event {
	enum detect_transition	 transition;
	uint32_t		 watch;		/* its position */
	/* Numbers the transitions of the watch from 1; raises are odd. */
	uint32_t		 number;
	struct mono_time	 at;
	/* The last one up to `at`, or WALL_NEVER. */
	struct wall_time	 last_heartbeat;
	int64_t			 duration_ns;	/* CLEARED: since the raise */
	int64_t			 silence_ns;	/* RAISED: before it */
	bool			 received;	/* RAISED: a heartbeat before */
	bool			 stopping;	/* RAISED: stop was announced */
	bool			 lossy;		/* RAISED: packets were lost */
	bool			 link_down;	/* RAISED: interface is down */
	/* The alarm is that of two active nodes: no heartbeat is missing. */
	bool			 dual;
};

typedef void detect_emit(void *arg, const struct detect_event *);

/* Called when the silence of a watch is noticeable; see detect_report_late. */
typedef void detect_late(void *arg, uint32_t watch, struct mono_time now);

struct detect {
	struct detect_watch	*watches;	/* the caller's */
	struct detect_source	*const *sources;	/* the caller's */
	struct heap		 deadlines;
	/*
	 * The low bits of the hash of the last heartbeat of each watch.  If
	 * the next one comes within DETECT_COPY_NS, they move into `copies`,
	 * because a copy may still follow.  This is rare, so most heartbeats
	 * need no look-up.  Both are owned.
	 */
	uint32_t		*contents;
	/* One for each watch, see detect_hold_down.  Owned; NULL: 0. */
	int64_t			*hold_downs_ns;
	struct copy_table	*copies;
	/* Bit i % 64 of word i / 64: watch i is in `deadlines`.  Owned. */
	uint64_t		*scheduled;
	detect_emit		*emit;
	void			*arg;
	/*
	 * See detect_report_late.  The same bits: `late` was called for watch
	 * i, and its entry in `deadlines` has the deadline that it had then.
	 */
	detect_late		*late;		/* NULL: not reported */
	void			*late_arg;
	uint64_t		*reported;	/* owned */
};

/* Starts a watch at `now`.  It is disabled and has received no heartbeat. */
void	 detect_watch_begin(struct detect_watch *, struct mono_time now);

/* Sets the configuration of a watch and nothing else. */
void	 detect_watch_configure(struct detect_watch *, uint32_t source,
	    int64_t interruption_ns, uint32_t recovery, bool enabled);

/*
 * A blind watch cannot receive its heartbeats, though its source captures.  It
 * counts none and raises no alarm.  A watch that is no longer blind has to
 * receive a heartbeat again; its silence counts from `now` on.  Call it before
 * detect_init, which counts the blind watches of each source.
 */
void	 detect_watch_set_blind(struct detect_watch *, bool blind,
	    struct mono_time now);

/*
 * Gives a watch, which was started and configured, the state of an earlier
 * time: the number of transitions, whether the alarm was active (`raised`) and
 * since when, and the last heartbeat.  A disabled watch has no alarm: an active
 * one counts as cleared, which is one more transition, without an event.
 */
void	 detect_watch_restore(struct detect_watch *, uint32_t transitions,
	    bool raised, struct mono_time raised_at, struct wall_time last);

/*
 * Starts a detector for watches that were just started or that an earlier
 * detector used, and sanitizes them.  The caller keeps watches and sources
 * until detect_free.  False when memory is exhausted.
 *
 * detect_heartbeat and detect_advance call `emit` for each transition.  The
 * events of one watch are in order of time, and so are all events of one call
 * of detect_advance.
 */
bool	 detect_init(struct detect *, struct detect_watch *, size_t nwatches,
	    struct detect_source *const *sources, detect_emit *, void *arg);
void	 detect_free(struct detect *);

/*
 * From now on, detect_overdue and detect_advance call `late` once in each
 * silence of a watch, before its alarm is raised: when the silence is at least
 * half of `interruption` and at least DETECT_LATE_INTERVALS learned intervals;
 * at the latest at 9/10 of `interruption`.  Never while the source or the watch
 * is blind.  Call it before the first heartbeat.  False when memory is
 * exhausted.
 */
bool	 detect_report_late(struct detect *, detect_late *, void *arg);

/*
 * Finds the watch whose alarm is raised next, after `now` and before `limit`,
 * unless it receives a heartbeat.  Returns when, or MONO_NEVER.  Only a few of
 * the watches that have to be checked next are examined, so it may miss one.
 */
struct mono_time detect_next_raise(const struct detect *, struct mono_time now,
	    struct mono_time limit, uint32_t *watch);

/*
 * From now on, the alarm of the watch is raised this time, 0 to 24 h, after the
 * interruption, and only if there was no heartbeat up to then.  Call it before
 * the first heartbeat.  False when memory is exhausted.
 */
bool	 detect_hold_down(struct detect *, uint32_t watch, int64_t ns);

/*
 * Repairs a watch whose writer was killed during a write.  Call it only while
 * no process writes.
 */
void	 detect_watch_sanitize(struct detect_watch *);

/*
 * Counts a heartbeat that `watch` received at the time `at`, and at `wall` by
 * the wall clock.  An `at` before the last heartbeat or raise is replaced by
 * the time of that.  If the heartbeat comes after the deadline and the alarm
 * was not raised yet, it is raised here, unless the source is blind.
 *
 * True once for each watch that was begun, when detect_interruption_is_short
 * becomes meaningful; twice if no interval was learned then, but is later, or
 * if senders send together, so that the first intervals are short.
 */
bool	 detect_heartbeat(struct detect *, uint32_t watch, struct mono_time at,
	    struct wall_time wall);

/*
 * Less than this time is between a packet and its copy, and less than
 * 1/DETECT_COPY_SHARE of the learned interval, because a peer may send equal
 * heartbeats fast.
 */
#define DETECT_COPY_NS		COPY_TABLE_WINDOW_NS
#define DETECT_COPY_SHARE	4

/*
 * Call it before detect_heartbeat, with a hash of the content of the packet, of
 * which the low 32 bits are used.  True if the packet is a copy of a heartbeat
 * that the watch has just received: then detect_heartbeat must not be called.
 */
bool	 detect_is_copy(struct detect *, uint32_t watch, uint64_t content,
	    struct mono_time at);

/*
 * The peer announced at the time `at` that it stops.  This becomes the cause of
 * the next alarm, unless a heartbeat comes over DETECT_STOP_GRACE_NS later.
 */
void	 detect_stopping(struct detect *, uint32_t watch, struct mono_time at);

/*
 * Raises the alarms whose deadline is `now` or earlier.  Before, the caller
 * must call detect_heartbeat for all heartbeats up to `now`.
 */
void	 detect_advance(struct detect *, struct mono_time now);

/*
 * True if detect_advance with the same `now` will raise an alarm.  Postpones
 * the deadlines that heartbeats have moved.
 */
bool	 detect_overdue(struct detect *, struct mono_time now);

/*
 * When to call detect_advance next; MONO_NEVER if no alarm can be raised.  That
 * call may raise no alarm, because a heartbeat does not move this time.
 */
struct mono_time detect_next(const struct detect *);

/* Starts a source that captures from `now` on. */
void	 detect_source_begin(struct detect_source *, struct mono_time now);

/*
 * Lets silence count only from `now` on, because the source did not capture for
 * some time before.
 */
void	 detect_source_resume(struct detect_source *, struct mono_time now);

/* ---- for readers, which may be another process */

/*
 * Copies a watch that another process may be writing.  The copy is consistent,
 * unless the writer was killed or stopped in the middle of a write.
 */
void	 detect_watch_read(const struct detect_watch *, struct detect_watch *);

/* The state at `now`; the source is that of the watch. */
enum detect_state detect_state(const struct detect_watch *,
	    const struct detect_source *, struct mono_time now);
/*
 * The learned interval; 0 while there is none.  Heartbeats that come together,
 * as those of two masters of a group, count as one.
 */
int64_t	 detect_interval_ns(const struct detect_watch *);
/*
 * Is `interruption` below DETECT_SAFE_INTERVALS learned intervals?  False while
 * the interval is not reliable.  If all times between heartbeats were longer
 * than `interruption`, it is, although no interval was learned.
 */
bool	 detect_interruption_is_short(const struct detect_watch *);
/* The name in hbwWatchState. */
const char *detect_state_text(enum detect_state);
/* The time since the last heartbeat or the start of the watch; 0 or more. */
int64_t	 detect_silence_ns(const struct detect_watch *, struct mono_time now);
/* The jitter of the intervals (RFC 3550, section 6.4.1). */
int64_t	 detect_jitter_ns(const struct detect_watch *);
/* The longest time between two heartbeats, without unmonitored time. */
int64_t	 detect_longest_gap_ns(const struct detect_watch *);
/* How often the alarm was raised. */
uint32_t detect_interruptions(const struct detect_watch *);

#endif
