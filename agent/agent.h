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

#include "base/wall.h"
#include "config/configuration.h"
#include "config/severity.h"
#include "engine/engine_process.h"
#include "engine/shared_state.h"
#include "generation.h"
#include "outbox.h"
#include "state/alarm.h"
#include "state/notification.h"
#include "state/store.h"
#include "state/storm.h"
#include "state/watch_index.h"
#include "views.h"

/* Severities are numbered from 1 to this. */
#define AGENT_SEVERITIES	SEVERITY_WARNING

struct agent {
	struct generation	 current;
	struct watch_index	 watch_index;	/* of all names ever */
	struct outbox		 outbox;
	struct storm		 storm;
	struct persistence	*persistence;	/* NULL: none, in tests */

	struct wall_time	 start_time;
	struct wall_time	 config_time;
	struct wall_time	 last_change;
	uint32_t		 serial;	/* raises, of all alarms */
	uint32_t		 epoch;
	uint32_t		 active[AGENT_SEVERITIES + 1];
	uint32_t		 active_all;
	bool			 engine_lives;
	/* Why the engine as a whole cannot be relied on; NULL: it can. */
	const char		*engine_fault;
	struct mono_time	 now;		/* of this turn of the loop */
};

/* An agent without a configuration yet.  False when there is no memory. */
bool	 agent_init(struct agent *, struct wall_time now);
void	 agent_free(struct agent *);

/* What an engine reported. */
void	 agent_event(struct agent *, const struct engine_report *);
void	 agent_capture_event(struct agent *, const struct engine_report *,
	    struct wall_time now);

/* Tells the storm that is over, if one is. */
void	 agent_storm(struct agent *, struct mono_time now,
	    struct wall_time wall);

/*
 * Says that nothing can be heard for a reason that is the engine's own (a
 * constant text), and with NULL that it can be relied on again.
 */
void	 agent_engine_fault(struct agent *, const char *reason,
	    struct wall_time now);

/*
 * Makes up for the reports that an engine could not give any more: what the
 * rows say is so.  To be called while no engine is at work on them.
 */
void	 agent_reconcile(struct agent *, struct mono_time now,
	    struct wall_time wall);

/* Can the rows be believed: does an engine look after them? */
bool	 agent_engine_is_alive(const struct agent *);
/* Until when they can, if no more is heard of it. */
struct mono_time agent_engine_alive_until(const struct agent *);

/*
 * Takes over the interfaces' numbers as the engine knows them now.  Between
 * two calls a walk of the captures keeps its order.
 */
void	 agent_order_captures(struct agent *);

/* What the tables and the notifications show at this moment. */
void	 agent_view_capture(const struct agent *, size_t capture,
	    struct capture_view *);
void	 agent_view_watch(const struct agent *, size_t watch,
	    struct watch_view *);

/* ---- for agent_apply.c */

/* An alarm that stands or not counts among the active ones. */
void	 agent_count_active(struct agent *, const struct configuration_watch *,
	    int change);
/* The alarm of a watch changes, and is told. */
void	 agent_raise(struct agent *, struct alarm *,
	    struct configuration_watch *, uint32_t index,
	    const struct detect_event *, struct wall_time at);
void	 agent_clear(struct agent *, struct alarm *,
	    struct configuration_watch *, uint32_t index,
	    const struct detect_event *, struct wall_time at, enum alarm_end);

#endif
