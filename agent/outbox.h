/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications that wait to be delivered or to be written to disk.  Their
 * sequences have no gap, they are sent in this order, and none is sent before
 * it is on disk, unless the disk cannot be written or hangs.
 *
 * Notifications that are delivered and on disk leave the outbox.  They remain
 * in the store, as the history.
 */
#ifndef HBW_OUTBOX_H
#define HBW_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"
#include "state/history_window.h"
#include "state/notification.h"

/*
 * The most notifications in the outbox.  One more replaces the oldest one; the
 * receiver sees a gap in the sequence.
 */
#define OUTBOX_MAX	1000000

struct outbox {
	struct notification	*notifications;	/* a ring, owned */
	size_t		 capacity;
	size_t		 first;		/* place of the oldest */
	size_t		 count;
	uint32_t	 sequence;	/* of the newest; 0: never any */
	uint32_t	 stored;	/* all up to it are on disk */
	uint32_t	 delivered;	/* all up to it are delivered */
	uint32_t	 cursor;	/* none before it is PENDING */
	size_t		 pending;	/* number of undelivered ones */
	uint64_t	 dropped;	/* undelivered ones, ever */
	struct history_window window;	/* also of those that left it */
};

/*
 * Initialises an empty outbox whose next sequence follows `sequence`; all up to
 * that one are on disk and delivered.  False when memory is exhausted.
 */
bool	 outbox_init(struct outbox *, uint32_t sequence);
void	 outbox_free(struct outbox *);
/*
 * Adds a notification from the store, which must have the next sequence, and
 * takes over what it owns.  False when it has another sequence, when the outbox
 * is full or when memory is exhausted; then the caller still owns it.
 */
bool	 outbox_restore(struct outbox *, struct notification *);

/*
 * Adds a notification with the next sequence.  The caller fills in the rest;
 * the outbox owns it.  The pointer is valid until the next outbox_add().  NULL
 * when memory is exhausted.
 */
struct notification *outbox_add(struct outbox *, enum notification_event,
	    struct wall_time);

/* The notification with this sequence; NULL: it is not in the outbox. */
struct notification *outbox_find(const struct outbox *, uint32_t sequence);
/*
 * The oldest PENDING notification of those on disk or, with `unstored`, of all.
 * NULL: there is none.
 */
struct notification *outbox_next(struct outbox *, bool unstored);

/* Marks it as delivered: snmpd acknowledged it, or it needs no delivery. */
void	 outbox_delivered(struct outbox *, uint32_t sequence);
/* Marks it as PENDING again: it was sent and will not be acknowledged. */
void	 outbox_requeue(struct outbox *, uint32_t sequence);
/* The same for all notifications that were sent and not acknowledged. */
void	 outbox_requeue_all(struct outbox *);
/* Marks all up to this sequence as being on disk. */
void	 outbox_stored(struct outbox *, uint32_t sequence);

/*
 * Removes delivered notifications, from the oldest on, as long as they are on
 * disk or are not among the newest `keep`.
 */
void	 outbox_trim(struct outbox *, size_t keep);

/* The oldest sequence in it; one more than the newest when it is empty. */
uint32_t outbox_oldest(const struct outbox *);
/* Were notifications dropped that are not on disk? */
bool	 outbox_has_gap(const struct outbox *);

#endif
