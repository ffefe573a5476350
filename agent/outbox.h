/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications: those that wait for their answer, and behind them those
 * that had it, as the history.  They are numbered without a gap.
 */
#ifndef HBW_OUTBOX_H
#define HBW_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarm.h"
#include "views.h"
#include "wall.h"

/* So many delivered ones are kept to be read. */
#define OUTBOX_HISTORY	1000

/* The numbers are hbwHistoryEvent's, and the notification's own. */
enum notice_event {
	NOTICE_RAISED = 1,
	NOTICE_CLEARED = 2,
	NOTICE_BLIND = 3,
	NOTICE_RESTORED = 4,
};

enum notice_delivery {
	NOTICE_PENDING,		/* to be sent, or again */
	NOTICE_SENT,		/* without an answer yet */
	NOTICE_DELIVERED,
};

/* What is said, as it was at that time. */
struct notice {
	uint32_t		 sequence;
	enum notice_event	 event;
	enum notice_delivery	 delivery;
	struct wall_time	 time;
	struct alarm		 alarm;		/* RAISED, CLEARED: a copy */
	struct capture_view	*capture;	/* BLIND, RESTORED; owned */
};

struct outbox {
	struct notice	*notices;	/* a ring, owned */
	size_t		 capacity;
	size_t		 first;		/* of the oldest */
	size_t		 count;
	uint32_t	 sequence;	/* of the newest; 0: none ever */
	size_t		 delivered;	/* how many at the old end are */
	size_t		 pending;	/* how many have no answer yet */
};

/* False when there is no memory. */
bool	 outbox_init(struct outbox *);
void	 outbox_free(struct outbox *);

/*
 * A new notice with the next sequence, for the caller to fill in the rest; it
 * owns what it is given.  NULL when there is no memory.  Good until the next
 * outbox_add.
 */
struct notice *outbox_add(struct outbox *, enum notice_event,
	    struct wall_time);

/* The i-th oldest of outbox.count. */
struct notice *outbox_at(const struct outbox *, size_t i);
/* NULL when it is not there. */
struct notice *outbox_find(const struct outbox *, uint32_t sequence);
/* The oldest that waits to be sent; NULL when there is none. */
struct notice *outbox_next(const struct outbox *);

/* The answer came; the oldest of the history may be dropped for it. */
void	 outbox_delivered(struct outbox *, uint32_t sequence);
/* No answer will come to what was sent: it waits again. */
void	 outbox_returned(struct outbox *, uint32_t sequence);
void	 outbox_all_returned(struct outbox *);

#endif
