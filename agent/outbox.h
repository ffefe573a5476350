/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The notifications that wait: for their answer, or to be on disk.  They are
 * numbered without a gap, leave in their order, and none leaves before it is
 * stored, unless there is no store to be had.
 *
 * Those that have both are in the store, as the history.
 */
#ifndef HBW_OUTBOX_H
#define HBW_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wall.h"
#include "state/notification.h"

/*
 * So many wait at most; beyond that the oldest is given up, and the gap in the
 * sequence tells.  Days of flapping without a master come to that.
 */
#define OUTBOX_MOST	1000000

struct outbox {
	struct notification	*notifications;	/* a ring, owned */
	size_t		 capacity;
	size_t		 first;		/* of the oldest */
	size_t		 count;
	uint32_t	 sequence;	/* of the newest; 0: none ever */
	uint32_t	 stored;	/* up to this one they are on disk */
	uint32_t	 delivered;	/* up to this one they were answered */
	uint32_t	 cursor;	/* before this one nothing is PENDING */
	size_t		 pending;	/* how many have no answer yet */
	uint64_t	 given_up;	/* ever */
};

/*
 * An outbox that goes on after `sequence`, all of which is on disk.  False when
 * there is no memory.
 */
bool	 outbox_init(struct outbox *, uint32_t sequence);
void	 outbox_free(struct outbox *);
/*
 * Takes over a notice that was on disk, the next in order.  False when it is
 * not, or when there is no memory.
 */
bool	 outbox_restore(struct outbox *, struct notification *);

/*
 * A new notice with the next sequence, for the caller to fill in the rest; it
 * owns what it is given.  NULL when there is no memory.  Good until the next
 * outbox_add.
 */
struct notification *outbox_add(struct outbox *, enum notification_event,
	    struct wall_time);

/* NULL when it does not wait any more. */
struct notification *outbox_find(const struct outbox *, uint32_t sequence);
/*
 * The oldest that is to be sent next, of those that are stored or, with
 * `unstored`, of all; NULL when there is none.
 */
struct notification *outbox_next(struct outbox *, bool unstored);

/* The answer came, or none is wanted. */
void	 outbox_delivered(struct outbox *, uint32_t sequence);
/* No answer will come to what was sent: it waits again. */
void	 outbox_returned(struct outbox *, uint32_t sequence);
void	 outbox_all_returned(struct outbox *);
/* All up to this one are on disk. */
void	 outbox_stored(struct outbox *, uint32_t sequence);

/*
 * Forgets what needs not wait: of what was delivered and is not stored the
 * newest `keep` stay.
 */
void	 outbox_trim(struct outbox *, size_t keep);

/* The oldest that is here; one more than the newest when there is none. */
uint32_t outbox_oldest(const struct outbox *);

#endif
