/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent knows: the configuration in force, the live rows of the
 * engine, the alarms, and the notifications about them.
 */
#ifndef HBW_AGENT_H
#define HBW_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarm.h"
#include "configuration.h"
#include "engine.h"
#include "live.h"
#include "names.h"
#include "outbox.h"
#include "severity.h"
#include "views.h"
#include "wall.h"

/* Severities are numbered from 1 to this. */
#define AGENT_SEVERITIES	SEVERITY_WARNING

struct agent {
	struct configuration	*config;	/* owned, as all that follows */
	struct live		*live;
	struct alarm		*alarms;	/* as config->watches */
	uint32_t		*indexes;	/* hbwWatchIndex of each */
	uint32_t		*by_index;	/* positions by hbwWatchIndex */
	uint32_t		*by_alarm;	/* by alarm, hbwWatchIndex */
	uint32_t		*by_ifindex;	/* captures by their index */
	uint32_t		*ifindexes;	/* hbwCaptureIndex of each */
	uint32_t		*restarts;	/* as live->captures */
	struct names		 names;		/* indexes of all names ever */
	struct outbox		 outbox;

	struct wall_time	 start_time;
	struct wall_time	 config_time;
	struct wall_time	 last_change;
	uint32_t		 serial;	/* raises, of all alarms */
	uint32_t		 epoch;
	uint32_t		 active[AGENT_SEVERITIES + 1];
	uint32_t		 active_all;
	bool			 engine_lives;
	struct mono_time	 now;		/* of this turn of the loop */
};

/*
 * An agent without a configuration yet.  False when there is no memory.
 */
bool	 agent_init(struct agent *, struct wall_time now, uint32_t epoch);
void	 agent_free(struct agent *);

/*
 * Puts a configuration and its rows in force, and takes over from the ones
 * before it what stays.  An alarm that goes while it stands is cleared.  On
 * error (no memory) false, and the agent is as it was; else it owns both.
 */
bool	 agent_configure(struct agent *, struct configuration *,
	    struct live *, struct wall_time now);

/* What an engine reported. */
void	 agent_event(struct agent *, const struct engine_report *);
void	 agent_capture(struct agent *, const struct engine_report *,
	    struct wall_time now);

/*
 * Makes up for the reports that an engine could not give any more: what the
 * rows say is so.  To be called while no engine is at work on them.
 */
void	 agent_reconcile(struct agent *, struct mono_time now,
	    struct wall_time wall);

/* Can the rows be believed: does an engine look after them? */
bool	 agent_sees(const struct agent *);

/*
 * Takes over the interfaces' numbers as the engine knows them now.  Between
 * two calls a walk of the captures keeps its order.
 */
void	 agent_order_captures(struct agent *);

/* What hbwCaptureTable and the notifications show of a capture. */
void	 agent_view_capture(const struct agent *, size_t capture,
	    struct capture_view *);
/* What hbwWatchTable shows of a watch at this moment. */
void	 agent_view_watch(const struct agent *, size_t watch,
	    struct watch_view *);

#endif
