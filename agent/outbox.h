/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications that wait to be delivered or to be written to disk.  Their
 * sequences have no gap, they are sent in this order, and none is sent before
 * it is on disk, unless the state cannot be written.
 *
 * Those that are delivered and on disk leave the outbox: the store has them, as
 * the history.
 */
#ifndef HBW_OUTBOX_H
#define HBW_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"
#include "state/notification.h"

/*
 * When more wait, the oldest is dropped; the gap in the sequence shows it.  It
 * takes days without snmpd to come to that.
 */
#define OUTBOX_MAX	1000000

struct outbox {
	struct notification	*notifications;	/* a ring, owned */
	size_t		 capacity;
	size_t		 first;		/* the oldest one's place */
	size_t		 count;
	uint32_t	 sequence;	/* of the newest; 0: never any */
	uint32_t	 stored;	/* all up to it are on disk */
	uint32_t	 delivered;	/* all up to it are delivered */
	uint32_t	 cursor;	/* none before it is PENDING */
	size_t		 pending;	/* how many are not delivered */
	uint64_t	 dropped;	/* undelivered ones, ever */
};

/*
 * An empty outbox whose next sequence follows `sequence`; all up to that one
 * are on disk and delivered.  False when memory is exhausted.
 */
bool	 outbox_init(struct outbox *, uint32_t sequence);
void	 outbox_free(struct outbox *);
/*
 * Adds a notification from the store, which must have the next sequence, and
 * owns what it owned.  False when it has not, when the outbox is full or when
 * memory is exhausted; then the caller still owns it.
 */
bool	 outbox_restore(struct outbox *, struct notification *);

/*
 * Adds a notification with the next sequence.  The caller fills in the rest;
 * the outbox owns it.  Valid until the next outbox_add; NULL when memory is
 * exhausted.
 */
struct notification *outbox_add(struct outbox *, enum notification_event,
	    struct wall_time);

/* NULL: the sequence is not in the outbox. */
struct notification *outbox_find(const struct outbox *, uint32_t sequence);
/*
 * The oldest PENDING one of those on disk or, with `unstored`, of all; NULL:
 * there is none.
 */
struct notification *outbox_next(struct outbox *, bool unstored);

/* snmpd acknowledged it, or it needs no delivery. */
void	 outbox_delivered(struct outbox *, uint32_t sequence);
/* It was sent and will not be acknowledged: it is PENDING again. */
void	 outbox_requeue(struct outbox *, uint32_t sequence);
/* The same for all that are sent and not acknowledged. */
void	 outbox_requeue_all(struct outbox *);
/* All up to this one are on disk. */
void	 outbox_stored(struct outbox *, uint32_t sequence);

/*
 * Removes the oldest ones that are delivered, and on disk or not among the
 * newest `keep`.
 */
void	 outbox_trim(struct outbox *, size_t keep);

/* The oldest sequence here; one more than the newest when it is empty. */
uint32_t outbox_oldest(const struct outbox *);

#endif
