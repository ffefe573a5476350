/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the agent belongs to a configuration, and how it is carried over to
 * the next one: the alarms, their indexes and orders.
 */
#ifndef HBW_GENERATION_H
#define HBW_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/configuration.h"
#include "engine/shared_state.h"
#include "state/alarm.h"
#include "state/watch_index.h"

/* What is known of a capture beside the live row; as live->captures. */
struct agent_capture {
	uint32_t	 position;	/* in the table's order, of a capture */
	uint32_t	 ifindex;	/* hbwCaptureIndex */
	uint32_t	 restarts;
	bool		 notified_blind;	/* by the last notification of it */
};

struct generation {
	struct configuration	*config;	/* owned, as all that follows */
	struct shared_state	*shared;
	struct alarm		*alarms;	/* as config->watches */
	uint32_t		*indexes;	/* hbwWatchIndex of each */
	uint32_t		*by_index;	/* positions by hbwWatchIndex */
	uint32_t		*by_alarm;	/* by alarm, hbwWatchIndex */
	struct agent_capture	*captures;	/* as shared->captures */

	/* Until it takes effect: positions in the generation before. */
	uint32_t		*before;	/* of each watch, or
						   SHARED_STATE_NEW */
	uint32_t		*removed;	/* of watches that go */
	size_t			 nremoved;
};

/*
 * The next generation after `old`, with alarms that were never raised.  Names
 * of watches that are not in the index get one there.  False when memory is
 * exhausted; otherwise it owns the configuration and the shared rows.
 */
bool	 generation_new(struct generation *, struct watch_index *,
	    const struct generation *old, struct configuration *,
	    struct shared_state *);
/* Frees what was needed to take over from the generation before. */
void	 generation_forget_old(struct generation *);
void	 generation_free(struct generation *);

/* Position of a watch by its hbwWatchIndex; SIZE_MAX: there is none. */
size_t	 generation_find(const struct generation *, uint32_t index);

/* Sorts positions by a key of theirs; false when there is no memory. */
bool	 generation_sort(uint32_t *positions, size_t n, const uint64_t *keys);

#endif
