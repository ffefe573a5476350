/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prepares the batches that persistence.c hands over: the part of the agent's
 * state that is not on disk.
 */
#ifndef HBW_PERSISTENCE_BATCH_H
#define HBW_PERSISTENCE_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "agent.h"
#include "base/mono.h"
#include "state/store_batch.h"

/* The content of the file, besides agent->outbox.stored. */
struct persistence_stored {
	struct store_counters	 counters;
	uint32_t		 last_index;	/* highest watch index */
	uint32_t		 last_capture;	/* highest capture index */
	uint32_t		 oldest;	/* oldest notification */
	uint64_t		 verdicts;	/* of agent->verdict_changes */
};

/*
 * The next batch, of limited size; `everything`: all that a new file needs.
 * The caller frees it with store_batch_free.  NULL when memory is exhausted.
 */
struct store_batch *persistence_batch(const struct agent *,
	    const struct persistence_stored *, bool everything,
	    struct mono_time now);

/*
 * The oldest notification of the history that ends with `sequence`.  It keeps
 * the ones that a storm notification refers to, because a manager may not have
 * read them yet.
 */
uint32_t persistence_history_start(const struct agent *, uint32_t sequence);

#endif
