/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The positions of alarms.  Position i below nwatches is the heartbeat alarm of
 * watch i.  The next positions are the alarms that are active while two nodes
 * are active (`dual-active`): one for each watch that has it, in the order of
 * the watches.  Events, rows and alarms use these positions.
 */
#ifndef HBW_ALARM_POSITIONS_H
#define HBW_ALARM_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/configuration.h"

struct alarm_positions {
	size_t		 nwatches;
	uint32_t	*duals;		/* their watches, ascending; owned */
	size_t		 nduals;
};

/* No such alarm. */
#define ALARM_POSITIONS_NONE	UINT32_MAX

/* False when memory is exhausted. */
bool	 alarm_positions_init(struct alarm_positions *,
	    const struct configuration *);
void	 alarm_positions_free(struct alarm_positions *);

/* The number of positions. */
static inline size_t
alarm_positions_count(const struct alarm_positions *p)
{
	return (p->nwatches + p->nduals);
}

/* Is it the alarm of two active nodes? */
static inline bool
alarm_positions_is_dual(const struct alarm_positions *p, size_t position)
{
	return (position >= p->nwatches);
}

/* The watch of a position below alarm_positions_count. */
static inline uint32_t
alarm_positions_watch(const struct alarm_positions *p, size_t position)
{
	return (position < p->nwatches ? (uint32_t)position :
	    p->duals[position - p->nwatches]);
}

/*
 * The position of the alarm of two active nodes of a watch;
 * ALARM_POSITIONS_NONE: the watch has no such alarm.
 */
uint32_t alarm_positions_dual(const struct alarm_positions *, size_t watch);

#endif
