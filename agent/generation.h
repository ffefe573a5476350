/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the agent that belongs to a configuration and that a reload
 * replaces: the configuration, its shared rows, the alarms and their order.
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

struct agent_capture {
	/* Entry i: the capture in row i of hbwCaptureTable. */
	uint32_t	 position;
	uint32_t	 ifindex;	/* hbwCaptureIndex */
	uint32_t	 restarts;	/* hbwCaptureRestarts */
	bool		 notified_blind;	/* by its last notification */
};

struct generation {
	struct configuration	*config;	/* owned, as all that follows */
	struct shared_state	*shared;
	struct alarm		*alarms;	/* as config->watches */
	uint32_t		*indexes;	/* hbwWatchIndex of each */
	uint32_t		*by_index;	/* positions by hbwWatchIndex */
	uint32_t		*by_alarm;	/* by alarm and hbwWatchIndex */
	struct agent_capture	*captures;	/* as shared->captures */

	/* Until it takes effect: positions in the previous generation. */
	uint32_t		*before;	/* of each watch, or
						   SHARED_STATE_NEW */
	uint32_t		*removed;	/* watches that are gone */
	size_t			 nremoved;
};

/*
 * The generation after `old`, with alarms that were never raised.  New names of
 * watches are added to the index.  False when memory is exhausted; otherwise it
 * owns the configuration and the shared rows.
 */
bool	 generation_new(struct generation *, struct watch_index *,
	    const struct generation *old, struct configuration *,
	    struct shared_state *);
/* Frees `before` and `removed`, once it has taken effect. */
void	 generation_forget_old(struct generation *);
void	 generation_free(struct generation *);

/* The position of a watch by its hbwWatchIndex; SIZE_MAX: no such watch. */
size_t	 generation_find(const struct generation *, uint32_t index);

/* Sorts positions by their keys, of which no two are equal. */
struct generation_pair {
	uint64_t	 key;
	uint32_t	 position;
};
void	 generation_sort(struct generation_pair *, size_t n);

#endif
