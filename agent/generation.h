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

#include "base/rank_set.h"
#include "base/rate_limit.h"
#include "config/configuration.h"
#include "engine/shared_state.h"
#include "state/alarm.h"
#include "state/watch_index.h"

struct generation_capture {
	/* Entry i: the capture in row i of hbwCaptureTable. */
	uint32_t	 position;
	uint32_t	 index;		/* hbwCaptureIndex */
	uint32_t	 watches;	/* enabled ones, 1 or more */
	uint32_t	 restarts;	/* hbwCaptureRestarts */
	bool		 notified_blind;	/* in its last notification */
	bool		 deferred;	/* a notification, by the limit */
	struct rate_limit limit;	/* of its notifications */
};

struct generation {
	/*
	 * All pointers are owned.  Watches have the positions of config, and
	 * alarms those of shared->positions.
	 */
	struct configuration	*config;
	struct shared_state	*shared;
	struct alarm		*alarms;
	/* When the alarm changed last, or when the watch started. */
	struct mono_time	*changed;	/* of each alarm */
	struct mono_time	*used;		/* engine_check_used of each */
	/* When it was raised last, with its present hbwAlarmKey. */
	struct mono_time	*raised;
	/*
	 * The watch of each alarm of two active nodes, in the same order, with
	 * profile->dual in the place of profile->alarm.
	 */
	struct configuration_watch **duals;
	uint32_t		*indexes;	/* hbwWatchIndex of each */
	uint32_t		*by_index;	/* watches in this order */
	uint32_t		*by_alarm;	/* alarms by id, then index */
	struct rank_set		 active;	/* rows of by_alarm that are
						   active */
	struct generation_capture *captures;	/* as shared->captures */

	/* Positions in the previous generation, until this one is in effect. */
	uint32_t		*before;	/* of each watch, or
						   SHARED_STATE_NEW */
	uint32_t		*removed;	/* of the removed alarms */
	size_t			 nremoved;
};

/* The number of alarms. */
static inline size_t
generation_alarms(const struct generation *g)
{
	return (alarm_positions_count(&g->shared->positions));
}

/* The position of the watch of an alarm. */
static inline uint32_t
generation_watch(const struct generation *g, size_t position)
{
	return (alarm_positions_watch(&g->shared->positions, position));
}

/* The watch of an alarm; its profile->alarm is that alarm. */
static inline struct configuration_watch *
generation_alarm_watch(const struct generation *g, size_t position)
{
	return (position < g->config->nwatches ? g->config->watches[position] :
	    g->duals[position - g->config->nwatches]);
}

/* The hbwWatchIndex of an alarm. */
static inline uint32_t
generation_index(const struct generation *g, size_t position)
{
	return (g->indexes[generation_watch(g, position)]);
}

/*
 * The position that an alarm of a watch had in the previous generation;
 * SHARED_STATE_NEW: the alarm is new.
 */
uint32_t generation_before(const struct generation *,
	    const struct generation *old, size_t position);

/*
 * Makes the generation after `old`, which may be empty, with alarms that were
 * never raised.  New names of watches and of interfaces are added to their
 * indexes.  False when memory is exhausted; otherwise the generation owns the
 * configuration and the shared rows.
 */
bool	 generation_new(struct generation *, struct watch_index *watches,
	    struct watch_index *captures, const struct generation *old,
	    struct configuration *, struct shared_state *);
/* Frees `before` and `removed`, when the generation is in effect. */
void	 generation_forget_old(struct generation *);
void	 generation_free(struct generation *);

/* Finds the active alarms again, after all alarms were set. */
void	 generation_list_active(struct generation *);
/* Lists an alarm as active, or not any more.  An unknown one is ignored. */
void	 generation_set_active(struct generation *, uint32_t alarm_id,
	    uint32_t index, bool active);

/* The position of a watch by its hbwWatchIndex; SIZE_MAX: no such watch. */
size_t	 generation_find(const struct generation *, uint32_t index);
/*
 * The same of its alarm, that of two active nodes if `dual`; SIZE_MAX: no such
 * alarm.
 */
size_t	 generation_find_alarm(const struct generation *, uint32_t index,
	    bool dual);

#endif
