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

#include "agent.h"

struct generation {
	struct configuration	*config;	/* owned, as all that follows */
	struct shared_state		*shared;
	struct alarm		*alarms;	/* as config->watches */
	uint32_t		*indexes;
	uint32_t		*by_index;
	uint32_t		*by_alarm;
	struct agent_capture	*captures;

	/* Until it is in force: where its watches are in the agent's. */
	uint32_t		*before;	/* shared_state_old_positions's */
	uint32_t		*removed;	/* of the agent's, those gone */
	size_t			 nremoved;
};

/*
 * New ones, with alarms that were never raised; names that are new get an index
 * in the agent.  False when there is no memory; else it owns the configuration
 * and the rows.
 */
bool	 generation_new(struct generation *, struct agent *, struct configuration *,
	    struct shared_state *);
void	 generation_free(struct generation *);

/* The agent has these from now on, and they are what it had before. */
void	 generation_swap(struct agent *, struct generation *);

/* Takes over what stays of the agent's; clears what goes while it stands. */
void	 generation_take_over(struct agent *, struct generation *, struct wall_time now);
/* The same from the record of the last run, into the live rows too. */
void	 generation_restore(struct agent *, struct generation *,
	    struct wall_time now);

/* Position of a watch by its hbwWatchIndex; SIZE_MAX: there is none. */
size_t	 generation_find(const struct generation *, uint32_t index);

/* Sorts positions by a key of theirs; false when there is no memory. */
bool	 generation_sort(uint32_t *positions, size_t n, const uint64_t *keys);

#endif
