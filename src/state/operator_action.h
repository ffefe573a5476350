/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last action of an operator on an alarm: who acknowledged, shelved or
 * unshelved it, when and why.
 *
 * An action never changes and counts its references, because the alarm and the
 * notifications since then share it.  Only the thread of the agent takes and
 * drops references; another thread may read actions of a batch.
 */
#ifndef HBW_OPERATOR_ACTION_H
#define HBW_OPERATOR_ACTION_H

#include <stdint.h>

#include "base/mono.h"
#include "base/rate_limit.h"
#include "base/wall.h"

/* The numbers are hbwAlarmOperatorState's; they are in the state file. */
enum operator_state {
	OPERATOR_NONE = 1,		/* or an earlier state was ended */
	OPERATOR_ACKNOWLEDGED = 2,
	OPERATOR_SHELVED = 3,
};

/* The kind of change of an alarm.  The numbers are hbwAlarmChange's. */
enum operator_change {
	OPERATOR_CHANGE_CAUSE = 1,	/* no action */
	OPERATOR_CHANGE_ACKNOWLEDGED = 2,
	OPERATOR_CHANGE_UNACKNOWLEDGED = 3,
	OPERATOR_CHANGE_SHELVED = 4,
	OPERATOR_CHANGE_UNSHELVED = 5,
	OPERATOR_CHANGE_CHATTERING = 6,	/* no action; see flapping.h */
	OPERATOR_CHANGE_CALM = 7,	/* likewise */
};
#define OPERATOR_CHANGE_MAX	OPERATOR_CHANGE_CALM

/* The longest `who` and `text` in octets, those of an SnmpAdminString. */
#define OPERATOR_TEXT_MAX	255

struct operator_action {
	const char		*who;
	const char		*text;		/* why; "": not given */
	struct wall_time	 time;
	struct wall_time	 until;		/* SHELVED: its end, else 0 */
	/* SHELVED: the same in the clock of this process; not on disk. */
	struct mono_time	 ends;
	/* Limits the actions on this alarm, this one included; not stored. */
	struct rate_limit	 limit;
	unsigned		 references;
	uint8_t			 state;		/* enum operator_state */
	char			 texts[];
};

/*
 * An action with one reference, the caller's, and copies of the texts.  It is
 * like `like`; NULL when memory is exhausted.
 */
struct operator_action *operator_action_new(
	    const struct operator_action *like);
/* Add a reference, and drop one; NULL is allowed and does nothing. */
struct operator_action *operator_action_share(struct operator_action *);
void	 operator_action_release(struct operator_action *);

/* The state that an action leads to; NULL: there was no action. */
enum operator_state operator_action_state(const struct operator_action *);

/* SnmpAdminString; a longer text is cut. */
#define OPERATOR_ACTION_SIZE	256

/*
 * The action in words: "acknowledged by alice: I look after it".  `text` holds
 * OPERATOR_ACTION_SIZE bytes.  Returns text.
 */
char	*operator_action_text(const struct operator_action *,
	    enum operator_change, char *text);

#endif
