/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the agent belongs to a configuration, and how it is carried over to
 * the next one: the alarms, their indexes and orders.
 */
#ifndef HBW_CARRY_H
#define HBW_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"

struct carry {
	struct configuration	*config;	/* the caller's */
	struct live		*live;		/* the caller's */
	struct alarm		*alarms;	/* owned, as those that follow */
	uint32_t		*indexes;
	uint32_t		*by_index;
	uint32_t		*by_alarm;
	struct agent_capture	*captures;
};

/* The agent's own, in force. */
struct carry carry_of(const struct agent *);
void	 carry_into(struct agent *, const struct carry *);

/*
 * New ones, with alarms that were never raised; names that are new get an index
 * in the agent.  False when there is no memory.
 */
bool	 carry_new(struct carry *, struct agent *, struct configuration *,
	    struct live *);
void	 carry_free(struct carry *);

/* Takes over what stays, and clears what goes while it stands. */
void	 carry_over(struct agent *, struct carry *, struct wall_time now);
/* The same from the record of the last run, into the live rows too. */
void	 carry_from_record(struct agent *, struct carry *,
	    struct wall_time now);

/* Position of a watch by its hbwWatchIndex; SIZE_MAX: there is none. */
size_t	 carry_find(const struct carry *, uint32_t index);

/* Sorts positions by a key of theirs; false when there is no memory. */
bool	 carry_sort(uint32_t *positions, size_t n, const uint64_t *keys);

#endif
