/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operators acknowledge and shelve alarms.  Each action is logged, notified as
 * hbwAlarmChanged, kept on disk and in the history.
 *
 * Acknowledged: somebody works on an active alarm; its clear ends that.
 * Shelved: raises and clears are only in the history, until the shelf ends.
 * Then the state is notified if receivers do not have it.  The shelf also ends
 * if the watch is removed or disabled, or gets another hbwAlarmKey.
 *
 * A shelf ends after its duration by the monotonic clock.  After a restart the
 * rest of it is calculated by the wall clock, and is never longer than the
 * whole duration.
 */
#ifndef HBW_OPERATOR_H
#define HBW_OPERATOR_H

#include <stdint.h>

#include "agent.h"
#include "agent_notify.h"
#include "base/mono.h"
#include "base/wall.h"
#include "state/operator_action.h"

/* A requested action; owns nothing. */
struct operator_request {
	/* OPERATOR_NONE: the alarm is neither acknowledged nor shelved. */
	enum operator_state	 state;
	int64_t			 duration_ns;	/* SHELVED; above 0 */
	const char		*who;		/* 1..255 octets */
	const char		*text;		/* why; 0..255 octets */
};

/*
 * The next five functions return NULL on success.  Otherwise nothing has
 * changed, and they return the reason: a constant text that fits after the name
 * of the watch, such as "the alarm is not active".
 */

/*
 * The first acknowledges the alarms of a watch that are active and not shelved,
 * the second shelves all its alarms, and the third ends the shelves of those
 * that are shelved.  It is an error if there is no such alarm, and if there
 * were too many actions on one of them in the last seconds.
 */
const char *operator_acknowledge(struct agent *, const char *watch,
	    const char *who, const char *text, struct wall_time now);
const char *operator_shelve(struct agent *, const char *watch,
	    int64_t duration_ns, const char *who, const char *text,
	    struct wall_time now);
const char *operator_unshelve(struct agent *, const char *watch,
	    const char *who, const char *text, struct wall_time now);

/*
 * The same for the alarm at a position of the current configuration.  The first
 * only checks the request.
 */
const char *operator_check(const struct agent *, size_t position,
	    const struct operator_request *);
const char *operator_act(struct agent *, size_t position,
	    const struct operator_request *, struct wall_time now);

/* The longest shelf in nanoseconds. */
int64_t	 operator_shelve_most(const struct agent *);
/* The rest of a shelf in seconds, rounded up; 0: it is not shelved. */
uint32_t operator_shelved_seconds(const struct operator_action *,
	    struct mono_time now);

/* The text of the action when another configuration ends a shelf. */
#define OPERATOR_CONFIGURATION	"the configuration changed"
/* Ends the shelf of an alarm; does nothing if it is not shelved. */
void	 operator_end(struct agent *, const struct agent_alarm *,
	    const char *text, struct wall_time now);

/* When the next shelf ends; MONO_NEVER: none. */
struct mono_time operator_due(const struct agent *);
/* Ends the shelves that are due. */
void	 operator_work(struct agent *, struct wall_time now);

/*
 * Sets the end of a shelf that was read from disk.  True if the clock was set
 * back before its begin: then the shelf begins now, with its whole duration,
 * and hbwAlarmChanged must be queued, which stores that.  Without this, the
 * shelf would begin again at each restart, and perhaps never end.
 */
bool	 operator_restore(struct operator_action *, struct mono_time now,
	    struct wall_time wall);
/*
 * Another configuration is in effect: counts the alarms by their operator
 * state, and lists the ends of the shelves.
 */
void	 operator_apply(struct agent *, struct wall_time now);

#endif
