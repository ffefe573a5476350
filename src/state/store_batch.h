/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A batch: all that one transaction writes, and its result.  It has copies of
 * everything but the watches, which notifications share.  So one thread can
 * prepare it, and another one can write it.  The first thread owns it, and only
 * that one changes the references of watches.
 */
#ifndef HBW_STORE_BATCH_H
#define HBW_STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "state/notification.h"
#include "state/store_counters.h"
#include "state/store_mark.h"
#include "state/watch_index.h"

struct store;

enum store_batch_result {
	STORE_BATCH_FAILED,	/* nothing is written */
	STORE_BATCH_WRITTEN,
	STORE_BATCH_INCOMPLETE,	/* the file is new and needs everything;
				   nothing is written */
};

struct store_batch_rows {
	struct notification	*rows;		/* owned */
	size_t			 count;
	size_t			 capacity;
};

struct store_batch {
	/* To be written, in this order. */
	struct watch_index	 blind;		/* interfaces */
	struct store_batch_rows	 alarms;
	struct watch_index	 names;
	struct watch_index	 interfaces;
	struct store_batch_rows	 notifications;
	uint32_t		 delete_before;	/* a sequence; 0: none */
	struct store_counters	 counters;
	uint64_t		 verdicts;	/* for the caller */

	struct mono_time	 now;
	bool			 everything;	/* what a new file needs */
	struct store_mark	 mark;		/* kept: there are newer ones */
	bool			 synced;	/* see store_set_synced() */
	bool			 idle;		/* see store_checkpoint() */
	bool			 damaged;	/* see store_set_damaged() */
	bool			 retry;		/* see store_retry_now() */
	bool			 no_memory;	/* the batch is not complete */

	enum store_batch_result	 result;
	uint32_t		 epoch;		/* see store_epoch() */
	struct mono_time	 next_retry;	/* FAILED: not before it */
};

/* An empty batch; NULL when memory is exhausted. */
struct store_batch *store_batch_new(struct mono_time now,
	    const struct store_counters *);
void	 store_batch_free(struct store_batch *);

/*
 * These add rows.  When memory is exhausted they set `no_memory`; such a batch
 * must not be written.
 */
void	 store_batch_add_name(struct store_batch *, uint32_t number,
	    const char *name);
void	 store_batch_add_interface(struct store_batch *, uint32_t number,
	    const char *name);
void	 store_batch_add_blind(struct store_batch *, const char *interface);
/* The caller keeps the notification. */
void	 store_batch_add_alarm(struct store_batch *,
	    const struct notification *);
/* Also gives the copy its epoch. */
void	 store_batch_add_notification(struct store_batch *,
	    const struct notification *);

/* Writes a batch in one transaction, and sets its result. */
void	 store_batch_write(struct store_batch *, struct store *);

#endif
