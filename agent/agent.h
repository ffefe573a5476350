/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of the agent: the configuration in effect with its alarms, the
 * shared rows of the engine, and the notifications.
 */
#ifndef HBW_AGENT_H
#define HBW_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/mono.h"
#include "base/rate_limit.h"
#include "base/severity.h"
#include "base/wall.h"
#include "generation.h"
#include "outbox.h"
#include "state/storm.h"
#include "state/watch_index.h"

/* Severities are numbered from 1 to this. */
#define AGENT_SEVERITIES	SEVERITY_WARNING

/* See agent_watcher.h. */
struct agent_watcher {
	bool			 started;	/* it is queued */
	/* The last hbwWatcherStarted or hbwWatcherAlive was due then. */
	struct mono_time	 since;
	uint32_t		 alive;	/* sequence of the latter, or 0 */
};

/* See reminder.h. */
struct reminders {
	struct heap		 heap;		/* of positions of alarms */
	bool			*listed;	/* in the heap; owned */
	struct rate_limit	 limit;
	struct mono_time	 held;		/* by the limit, until then */
};

/* See flapping.h. */
struct flapping_raises;
struct flapping {
	struct flapping_raises	*raises;	/* of each alarm; owned */
	size_t			 count;		/* 0: no watch has the option */
	struct heap		 calm;		/* chattering alarms */
};

struct agent {
	struct generation	 current;	/* in effect */
	/* Every name ever configured, of watches and of interfaces. */
	struct watch_index	 watch_index;
	struct watch_index	 capture_index;
	struct outbox		 outbox;
	struct storm		 storm;
	struct persistence	*persistence;	/* not owned; NULL in tests */
	struct evidence_writer	*evidence_writer;	/* the same */
	struct diagnose		*diagnose;	/* the same */

	struct wall_time	 start_time;
	struct wall_time	 config_time;
	uint32_t		 configured;	/* counts configurations */
	struct wall_time	 last_change;	/* of an alarm */
	uint32_t		 serial;	/* the last hbwAlarmSerial */
	/* How often the verdict on an active alarm was changed. */
	uint64_t		 verdict_changes;
	uint32_t		 epoch;		/* hbwNotificationEpoch */
	uint32_t		 logged;	/* sequence of the last one */
	/* Alarms that are active: of each severity, and all. */
	uint32_t		 active[AGENT_SEVERITIES + 1];
	uint32_t		 active_all;
	uint32_t		 shelved;
	uint32_t		 unacknowledged;	/* active, and neither
							   acknowledged nor
							   shelved */
	struct heap		 shelves;	/* their ends; see operator.c */
	bool			 engine_running;
	struct agent_watcher	 watcher;
	struct reminders	 reminders;
	struct flapping		 flapping;
	struct rate_limit	 invalid_rows;	/* log lines about them */
	/* All reports that the engine had sent by then have been read. */
	struct mono_time	 reports_read;
	/* Constant text: why no capture is reliable; NULL: no fault. */
	const char		*engine_fault;
	struct mono_time	 now;		/* start of this turn */
};

/*
 * Initialises an agent without a configuration; agent_configure() sets one.
 * False when memory is exhausted.
 */
bool	 agent_init(struct agent *, struct wall_time now);
void	 agent_free(struct agent *);

/* True when an engine updates the shared rows, so that they are current. */
bool	 agent_engine_is_alive(const struct agent *);
/* The time until which that stays true, even if the engine hangs. */
struct mono_time agent_engine_alive_until(const struct agent *);

#endif
