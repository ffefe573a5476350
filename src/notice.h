/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A notification: what is said, as it was at that time.  The same record waits
 * in the outbox, is kept in the store and is read as a row of the history.
 */
#ifndef HBW_NOTICE_H
#define HBW_NOTICE_H

#include <net/if.h>

#include <stdbool.h>
#include <stdint.h>

#include "alarm.h"
#include "configuration.h"
#include "live.h"
#include "wall.h"

/* The numbers are hbwHistoryEvent's, and the notification's own. */
enum notice_event {
	NOTICE_RAISED = 1,
	NOTICE_CLEARED = 2,
	NOTICE_BLIND = 3,
	NOTICE_RESTORED = 4,
	NOTICE_STORM = 5,
};

enum notice_delivery {
	NOTICE_PENDING,		/* to be sent, or again */
	NOTICE_SENT,		/* without an answer yet */
	NOTICE_DELIVERED,
};

/* Of NOTICE_BLIND and NOTICE_RESTORED. */
struct notice_capture {
	uint32_t	 index;		/* hbwCaptureIndex */
	uint32_t	 state;		/* enum live_capture_state */
	char		 interface[IF_NAMESIZE];
	char		 error[LIVE_ERROR_SIZE];
};

/* Of NOTICE_STORM: what the notifications from `first` on did not tell. */
struct notice_storm {
	uint32_t	 raised;
	uint32_t	 cleared;
	uint32_t	 first;		/* sequence; all up to this notice's */
	struct wall_time since;
};

struct notice {
	uint32_t		 sequence;
	uint8_t			 event;		/* enum notice_event */
	uint8_t			 delivery;	/* enum notice_delivery */
	uint32_t		 watch_index;	/* hbwWatchIndex */
	struct wall_time	 time;
	union {
		/* RAISED, CLEARED: the alarm after it. */
		struct alarm	 alarm;
		struct notice_storm storm;
	};
	struct configuration_watch *watch;	/* a reference, or NULL */
	struct notice_capture	*capture;	/* owned, or NULL */
};

/* Is it about an alarm? */
static inline bool
notice_has_alarm(const struct notice *n)
{
	return (n->event == NOTICE_RAISED || n->event == NOTICE_CLEARED);
}

static inline bool
notice_has_capture(const struct notice *n)
{
	return (n->event == NOTICE_BLIND || n->event == NOTICE_RESTORED);
}

/* Is it left to a storm's notification, and not sent itself? */
static inline bool
notice_is_summarised(const struct notice *n)
{
	return (notice_has_alarm(n) &&
	    (n->alarm.flags & ALARM_SUMMARISED) != 0);
}

/* Lets go of what it owns. */
void	 notice_release(struct notice *);

/* The longest text of notice_detail, with its end. */
#define NOTICE_DETAIL_SIZE	ALARM_DETAIL_SIZE

/* hbwHistoryDetail, into detail[NOTICE_DETAIL_SIZE].  Returns detail. */
char	*notice_detail(const struct notice *, char *detail);

#endif
