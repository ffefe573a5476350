/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A notification with the values of its time.  The same struct waits in the
 * outbox, is written to the store and is read as a row of the history.
 */
#ifndef HBW_NOTIFICATION_H
#define HBW_NOTIFICATION_H

#include <net/if.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/wall.h"
#include "config/configuration.h"
#include "engine/shared_state.h"
#include "state/alarm.h"

/* The numbers of hbwHistoryEvent, and of the notifications in the MIB. */
enum notification_event {
	NOTIFICATION_RAISED = 1,
	NOTIFICATION_CLEARED = 2,
	NOTIFICATION_BLIND = 3,
	NOTIFICATION_RESTORED = 4,
	NOTIFICATION_STORM = 5,
	NOTIFICATION_CHANGED = 6,	/* of an alarm; see `change` */
	NOTIFICATION_ALIVE = 7,
	NOTIFICATION_REMINDER = 8,	/* of an active alarm */
	NOTIFICATION_STARTED = 9,
	NOTIFICATION_STOPPED = 10,
};

/* The reason why it is only in the history; a number of the state file. */
enum notification_withheld {
	NOTIFICATION_NOT_WITHHELD = 0,
	NOTIFICATION_SHELVED = 1,	/* its alarm was shelved */
	NOTIFICATION_CHATTERING = 2,	/* its alarm was chattering */
};
#define NOTIFICATION_WITHHELD_MAX	NOTIFICATION_CHATTERING

enum notification_delivery {
	NOTIFICATION_PENDING,		/* to be sent */
	NOTIFICATION_SENT,		/* not acknowledged yet */
	NOTIFICATION_DELIVERED,		/* acknowledged by snmpd */
};

/* The size of a text of the configuration with its NUL. */
#define NOTIFICATION_TEXT_SIZE	256

/* hbwatchd itself, in a notification that is not about an alarm. */
struct notification_watcher {
	uint32_t	 watches;	/* hbwWatchCount */
	uint32_t	 blind_watches;	/* hbwBlindWatches */
	uint32_t	 active;	/* hbwActiveAlarms */
	char		 source[NOTIFICATION_TEXT_SIZE];
	char		 host[NOTIFICATION_TEXT_SIZE];
};

/* For BLIND and RESTORED; of ALIVE, STARTED and STOPPED only the watcher. */
struct notification_capture {
	struct notification_watcher watcher;
	uint32_t	 index;		/* hbwCaptureIndex */
	uint32_t	 state;		/* enum shared_capture_state */
	char		 interface[IF_NAMESIZE];
	char		 error[SHARED_ERROR_SIZE];
};

/* For NOTIFICATION_STORM: the changes that it summarises. */
struct notification_storm {
	uint32_t	 raised;	/* how many */
	uint32_t	 cleared;	/* how many */
	uint32_t	 first;		/* sequence of the first one */
	struct wall_time since;		/* time of the first one */
};

struct notification {
	uint32_t		 sequence;
	uint8_t			 event;		/* enum notification_event */
	uint8_t			 delivery;	/* enum notification_delivery */
	uint8_t			 sent_early;	/* 1: before it was stored */
	uint8_t			 withheld;	/* enum notification_withheld */
	uint8_t			 change;	/* CHANGED: enum
						   operator_change */
	uint32_t		 watch_index;	/* hbwWatchIndex */
	uint32_t		 epoch;		/* see notification_epoch */
	struct wall_time	 time;
	union {
		/* After it, if notification_has_alarm(); owns a reference. */
		struct alarm	 alarm;
		struct notification_storm storm;	/* STORM */
	};
	/* Those of an alarm have a reference to the watch, else NULL. */
	struct configuration_watch *watch;
	/* Owned; NULL unless notification_has_watcher() is true. */
	struct notification_capture *capture;
};

static inline bool
notification_has_alarm(const struct notification *n)
{
	return (n->event == NOTIFICATION_RAISED ||
	    n->event == NOTIFICATION_CLEARED ||
	    n->event == NOTIFICATION_CHANGED ||
	    n->event == NOTIFICATION_REMINDER);
}

static inline bool
notification_has_capture(const struct notification *n)
{
	return (n->event == NOTIFICATION_BLIND ||
	    n->event == NOTIFICATION_RESTORED);
}

static inline bool
notification_has_watcher(const struct notification *n)
{
	return (notification_has_capture(n) ||
	    n->event == NOTIFICATION_ALIVE ||
	    n->event == NOTIFICATION_STARTED ||
	    n->event == NOTIFICATION_STOPPED);
}

/*
 * These repeat what receivers have, or are frequent if hbwatchd fails again and
 * again.  They are not counted for `history`, so that they do not push alarms
 * out of it; see history_window.h.
 */
static inline bool
notification_is_extra(enum notification_event event)
{
	return (event >= NOTIFICATION_ALIVE);
}

/* Is it only in the history, because a storm notification summarises it? */
static inline bool
notification_is_summarised(const struct notification *n)
{
	return ((n->event == NOTIFICATION_RAISED ||
	    n->event == NOTIFICATION_CLEARED) && n->withheld == 0 &&
	    (n->alarm.flags & ALARM_SUMMARISED) != 0);
}

/* Is it in the history, but never sent? */
static inline bool
notification_is_unsent(const struct notification *n)
{
	return (n->withheld != 0 || notification_is_summarised(n));
}

/*
 * The epoch of a notification is that of the time when it was stored or sent,
 * whichever was first; before that it is 0.  So a notification that is repeated
 * has the same content, also after a new epoch.
 */
static inline uint32_t
notification_epoch(const struct notification *n, uint32_t present)
{
	return (n->epoch != 0 ? n->epoch : present);
}

/*
 * Makes a copy that shares the watch and the action of the operator, and has a
 * capture of its own; it is released as the original.  False when memory is
 * exhausted.
 */
bool	 notification_copy(struct notification *copy,
	    const struct notification *);
/* Releases all that it refers to, not the struct itself. */
void	 notification_release(struct notification *);

#define NOTIFICATION_DETAIL_SIZE	ALARM_DETAIL_SIZE

/*
 * hbwHistoryDetail: the event in words, and whether it was sent early.
 * `detail` holds NOTIFICATION_DETAIL_SIZE bytes; a longer text is cut.  Returns
 * detail.
 */
char	*notification_detail(const struct notification *, char *detail);

#endif
