/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Validates all that the agent reads from an engine: the datagrams of its
 * socket and the rows in shared memory.  An attacker may control the engine, so
 * any octet can have any value.  Rows can also change at any time: copy a row
 * first, and check the copy.
 *
 * A report that no correct engine sends is an error, and the agent replaces the
 * engine.  In a row, invalid values are replaced by possible ones.
 *
 * Pure: no clock, no I/O, no log.
 */
#ifndef HBW_ENGINE_CHECK_H
#define HBW_ENGINE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "base/wall.h"
#include "detect/detect.h"
#include "detect/dual.h"
#include "engine/engine_message.h"
#include "engine/shared_state.h"

/* ---- reports */

/* The largest datagrams; `type` selects the member. */
union engine_datagram {
	uint32_t		 type;		/* enum engine_report_type */
	struct engine_events	 events;	/* ENGINE_EVENT */
	struct engine_evidence	 evidence;	/* ENGINE_EVIDENCE */
	struct engine_message	 message;	/* other types */
};

/*
 * True when the length of a datagram fits its type and its number of events,
 * and the type is known.
 */
bool	 engine_check_datagram(const union engine_datagram *, size_t length);

/* The agent's own record of an alarm. */
struct engine_check_known {
	uint32_t	 transitions;	/* applied so far; odd: raised */
	struct mono_time changed;	/* the last one, or the start */
	struct mono_time used;		/* engine_check_used of the last one */
	/* All reports that the engine had sent by then have been read. */
	struct mono_time read;
	int64_t		 interruption_ns;	/* with the hold-down */
	bool		 enabled;
	bool		 dual;	/* it is that of two active nodes */
};

/*
 * A correct engine sends a report sooner than this after its event, also when
 * it was stopped: the agent kills an engine that hangs for half of it.
 */
#define ENGINE_CHECK_DELAY_NS	(30 * NSEC_PER_SEC)

/*
 * Limits the transitions of an alarm.  Each raise needs a silence of its own;
 * of an alarm of two active nodes, each clear needs a time with one of them.
 * Returns the time when the silences of all raises so far, and of one more, can
 * have ended at the earliest; those that were not reported until `read` ended
 * at most ENGINE_CHECK_DELAY_NS before it.  If it is in the future, there was
 * not enough time for so many raises, whatever times the engine reports.
 */
struct mono_time engine_check_used(const struct engine_check_known *);

/* The two clocks at the same moment. */
struct engine_check_clocks {
	struct mono_time now;
	struct wall_time wall;
};

/*
 * Checks an event: it must be the next transition of its watch, and must not be
 * in the future, earlier than a correct engine can detect it or, with those
 * before it, too frequent.  `known` is NULL when there is no such watch.  On
 * success returns NULL and sets *event, whose time is never later than now, and
 * its wall-clock time; otherwise returns what is wrong, a constant text.
 */
const char *engine_check_event(const struct engine_event *,
	    const struct engine_check_known *,
	    const struct engine_check_clocks *, struct detect_event *event,
	    struct wall_time *at);

/*
 * The same for a message of type ENGINE_CAPTURE; its text becomes printable
 * UTF-8.
 */
const char *engine_check_capture(struct engine_message *, size_t ncaptures);

/*
 * The same for evidence, whose watch must be the one of `known`.  Signals that
 * the engine cannot have become unknown, and impossible times and codes 0.
 */
const char *engine_check_evidence(struct engine_evidence *,
	    const struct engine_check_known *, struct wall_time now);

/*
 * Corrects a message of type ENGINE_LOG: its text becomes printable UTF-8, and
 * its priority LOG_CRIT to LOG_DEBUG.
 */
void	 engine_check_line(struct engine_message *);

/* ---- copies of rows */

/*
 * Correct all members but the configuration, see detect_watch_configure and
 * dual_configure.
 */
void	 engine_check_watch(struct detect_watch *, struct mono_time now);
void	 engine_check_dual(struct dual *, struct mono_time now);
void	 engine_check_source(struct detect_source *, struct mono_time now);
/* Sets also the name of the interface. */
void	 engine_check_row(struct shared_capture *, const char *interface,
	    struct mono_time now);

#endif
