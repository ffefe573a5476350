/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A notification: what is said, as it was at that time.  The same record waits
 * in the outbox, is kept in the store and is read as a row of the history.
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

/* The numbers are hbwHistoryEvent's, and the notification's own. */
enum notification_event {
	NOTIFICATION_RAISED = 1,
	NOTIFICATION_CLEARED = 2,
	NOTIFICATION_BLIND = 3,
	NOTIFICATION_RESTORED = 4,
	NOTIFICATION_STORM = 5,
};

enum notification_delivery {
	NOTIFICATION_PENDING,		/* to be sent, or again */
	NOTIFICATION_SENT,		/* without an answer yet */
	NOTIFICATION_DELIVERED,
};

/* Of NOTIFICATION_BLIND and NOTIFICATION_RESTORED. */
struct notification_capture {
	uint32_t	 index;		/* hbwCaptureIndex */
	uint32_t	 state;		/* enum shared_capture_state */
	char		 interface[IF_NAMESIZE];
	char		 error[SHARED_ERROR_SIZE];
};

/* Of NOTIFICATION_STORM: what the notifications from `first` on did not tell. */
struct notification_storm {
	uint32_t	 raised;
	uint32_t	 cleared;
	uint32_t	 first;		/* sequence; all up to this notice's */
	struct wall_time since;
};

struct notification {
	uint32_t		 sequence;
	uint8_t			 event;		/* enum notification_event */
	uint8_t			 delivery;	/* enum notification_delivery */
	uint32_t		 watch_index;	/* hbwWatchIndex */
	struct wall_time	 time;
	union {
		/* RAISED, CLEARED: the alarm after it. */
		struct alarm	 alarm;
		struct notification_storm storm;
	};
	struct configuration_watch *watch;	/* a reference, or NULL */
	struct notification_capture	*capture;	/* owned, or NULL */
};

/* Is it about an alarm? */
static inline bool
notification_has_alarm(const struct notification *n)
{
	return (n->event == NOTIFICATION_RAISED || n->event == NOTIFICATION_CLEARED);
}

static inline bool
notification_has_capture(const struct notification *n)
{
	return (n->event == NOTIFICATION_BLIND || n->event == NOTIFICATION_RESTORED);
}

/* Is it left to a storm's notification, and not sent itself? */
static inline bool
notification_is_summarised(const struct notification *n)
{
	return (notification_has_alarm(n) &&
	    (n->alarm.flags & ALARM_SUMMARISED) != 0);
}

/* Lets go of what it owns. */
void	 notification_release(struct notification *);

/* The longest text of notification_detail, with its end. */
#define NOTIFICATION_DETAIL_SIZE	ALARM_DETAIL_SIZE

/* hbwHistoryDetail, into detail[NOTIFICATION_DETAIL_SIZE].  Returns detail. */
char	*notification_detail(const struct notification *, char *detail);

#endif
